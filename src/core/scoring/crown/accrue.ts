import type { Books } from '../../books.ts';
import type { CrownFact } from '../../events/event.ts';
import { type Refusal, refuse } from '../../events/refusal.ts';
import { parseRational } from '../../money/rational.ts';
import { formatInstant } from '../../time/instant.ts';
import type { IsName } from '../stake-time/accrue.ts';
import { backingsOf, type CrownScoring } from './scoring.ts';

/** How many swaps each account has open, by the facts logged so far; only counts that are not zero. */
export type OpenSwaps = Map<string, bigint>;

/**
 * Takes a fact into the books of a crown program, or refuses it and changes nothing. Nothing is computed: what a fact is
 * worth is decided when a window replays it. Codes: `account-malformed`, `direction-unknown`, `backing-unknown`,
 * `hub-unknown`, `rate-malformed`, `amount-negative`, `event-field-invalid`, `block-backwards`, `busy-below-zero`,
 * `fact-behind-checkpoint`.
 */
export function applyCrownFact(
  books: Books,
  scoring: CrownScoring,
  fact: Exclude<CrownFact, { kind: 'retracted' }>,
  { isName, open }: { readonly isName: IsName; readonly open: OpenSwaps },
): Refusal | null {
  const refusal = checkNames(scoring, fact, isName) ?? checkValues(fact) ?? checkOrder(books, fact);
  if (refusal) return refusal;
  if (fact.kind === 'busy') {
    const count = (open.get(fact.account) ?? 0n) + BigInt(fact.delta);
    if (count < 0n) {
      const message = `${fact.account} has no swap open that could end; accepted: an end after its opening.`;
      return refuse('busy-below-zero', message, 'delta');
    }
    open.set(fact.account, count);
  }
  if ('account' in fact) books.accountOf(fact.account);
  if (fact.kind === 'active') books.state.crown = { ...crownOf(books), activeUntil: secondIn(fact) };
  if (fact.kind === 'busy') books.state.crown = { ...crownOf(books), busyUntil: secondIn(fact) };
  return null;
}

/** The counters of a crown program; those of one that has none yet. */
export const crownOf = (books: Books): NonNullable<Books['state']['crown']> =>
  books.state.crown ?? { activeUntil: 0, busyUntil: 0, checkpoint: null };

/** The second from which on a fact is in force: instants are cut, never lengths of time. */
export const secondIn = ({ time }: { readonly time: number }): number => Math.floor(time / 1000);

/**
 * Flags and swaps are logged as they happen: a block of theirs that runs backwards is a mistake of the log. Other facts may
 * come late, but not where the log was pruned, since what was folded there cannot be taken apart again.
 */
function checkOrder(books: Books, fact: CrownFact): Refusal | null {
  const at = secondIn(fact);
  const { activeUntil, busyUntil } = crownOf(books);
  const until = fact.kind === 'active' ? activeUntil : fact.kind === 'busy' ? busyUntil : 0;
  if (at < until) {
    const newest = formatInstant(until * 1000);
    const message = `Found ${fact.kind} at ${formatInstant(fact.time)}; accepted: from ${newest} on, that of the newest one.`;
    return refuse('block-backwards', message, 'time');
  }
  return behindCheckpoint(books, at);
}

/** Why nothing can be said any more about second `at`; null when it can. */
export function behindCheckpoint(books: Books, at: number): Refusal | null {
  const { checkpoint } = crownOf(books);
  if (checkpoint === null || at > checkpoint) return null;
  const [found, from] = [formatInstant(at * 1000), formatInstant(checkpoint * 1000)];
  const message = `Found a fact at ${found}; accepted: after ${from}, up to where the log was pruned.`;
  return refuse('fact-behind-checkpoint', message, 'time');
}

/** What `normalizeEvent` has checked already; whoever makes facts in a program of their own may not have used it. */
function checkValues(fact: CrownFact): Refusal | null {
  switch (fact.kind) {
    case 'rate':
      return !fact.rate.includes('/') && parseRational(fact.rate) !== null
        ? null
        : refuse(
            'rate-malformed',
            `Found rate ${JSON.stringify(fact.rate.slice(0, 60))}; accepted: a decimal such as "0.00015".`,
            'rate',
          );
    case 'busy':
      return Math.abs(fact.delta) === 1
        ? null
        : refuse('event-field-invalid', `Found delta ${fact.delta}; accepted: 1 or -1.`, 'delta');
    case 'collateral':
      return notBelow('amount', fact.amount);
    case 'bounds':
      return notBelow('min', fact.min) ?? notBelow('max', fact.max);
    case 'cleared':
      return notBelow('from', fact.from) ?? notBelow('to', fact.to);
    default:
      return null;
  }
}

const notBelow = (field: string, amount: bigint): Refusal | null =>
  amount >= 0n ? null : refuse('amount-negative', `Found ${field} ${amount}; accepted: an amount from 0 on.`, field);

function checkNames(scoring: CrownScoring, fact: CrownFact, isName: IsName): Refusal | null {
  if ('account' in fact && !isName(fact.account)) {
    return refuse('account-malformed', `${JSON.stringify(fact.account)} is no account of this program.`, 'account');
  }
  if (fact.kind === 'rate' || fact.kind === 'cleared') {
    const { direction } = fact;
    const known = scoring.directions.map((one) => one.direction);
    if (!known.includes(direction)) {
      const message = `Found direction ${JSON.stringify(direction)}; accepted: ${known.join(', ')}.`;
      return refuse('direction-unknown', message, 'direction');
    }
  }
  const { band } = scoring;
  switch (fact.kind) {
    case 'rate': {
      const accepted = band === null ? [] : backingsOf(fact.direction, band.hubs);
      return band === null ? absent(fact.backing) : backingUnknown(fact.backing, accepted);
    }
    case 'collateral':
    case 'bounds':
      return band === null ? null : backingUnknown(fact.backing, band.hubs);
    case 'activity':
      return band === null || fact.hub === undefined ? null : hubUnknown(fact.hub, band.hubs);
    default:
      return null;
  }
}

function absent(backing: string | undefined): Refusal | null {
  if (backing === undefined) return null;
  return refuse(
    'backing-unknown',
    `Found backing ${JSON.stringify(backing)}; accepted: none under best-rate-tie.`,
    'backing',
  );
}

const accepts = (found: string | undefined, accepted: readonly string[]): boolean =>
  found !== undefined && accepted.includes(found);

function backingUnknown(found: string | undefined, accepted: readonly string[]): Refusal | null {
  if (accepts(found, accepted)) return null;
  const message = `Found backing ${JSON.stringify(found ?? 'none')}; accepted: ${accepted.join(', ')}.`;
  return refuse('backing-unknown', message, 'backing');
}

function hubUnknown(found: string, accepted: readonly string[]): Refusal | null {
  if (accepts(found, accepted)) return null;
  return refuse('hub-unknown', `Found hub ${JSON.stringify(found)}; accepted: ${accepted.join(', ')}.`, 'hub');
}
