import type { Books } from '../../books.ts';
import { invariant } from '../../errors.ts';
import type { Attribution, ProrataEvent, TokenHappened } from '../../events/event.ts';
import { type Refusal, refuse } from '../../events/refusal.ts';
import { refuseUnlessAsked } from '../../settings.ts';
import { issuance } from '../../token/ledger.ts';
import { periodOfWindow } from '../../token/names.ts';
import type { People } from './people.ts';

/**
 * Takes an event about people. One that reverses what a window paid is also posted in the books: from the account back to the
 * pool, which can then pay it again. Codes: those of `People.apply`; `invalid-authority`, since who is who and who has what are
 * settings; and `period-not-settled` for a window that still pays.
 */
export function applyPeopleEvent(books: Books, event: Attribution | TokenHappened, people: People): Refusal | null {
  const unasked = refuseUnlessAsked(books, event);
  if (unasked !== null) return unasked;
  const period = periodNamedBy(event);
  if (period === null) return people.apply(event);
  if (books.state.window?.period === period) {
    const message = `Period ${period} is being settled; accepted: a period that is settled.`;
    return refuse('period-not-settled', message, 'action');
  }
  const { postings } = people.ledger;
  const first = postings.length;
  const refusal = people.apply(event);
  if (refusal !== null) return refusal;
  const pool = books.rules.pools.find(({ pays }) => pays === 'score')!.name;
  for (const { book, from, to, amount } of postings.slice(first)) {
    if (book !== 'paid') continue;
    invariant(to === issuance, 'reversal.from-account', { from, to });
    const account = books.accountOf(from);
    const [source, target] = [{ kind: 'liquid', account } as const, { kind: 'pool', pool } as const];
    books.post({ period, allocation: pool, source, target, amount, reason: 'reversal' });
  }
  return null;
}

/** Accounts whose payments an event takes back; they must be put into the books before. */
export function reversedBy(event: ProrataEvent, { ledger }: People): readonly string[] {
  if (event.kind !== 'token' || periodNamedBy(event) === null) return [];
  return event.action.type === 'REVERSE_RECEIPT'
    ? [event.action.identityId]
    : event.action.type === 'REVERSE_DISTRIBUTION'
      ? ledger.receiversOf(event.action.distributionId)
      : [];
}

/** The period whose window an event is about as one that has paid. */
function periodNamedBy(event: Attribution | TokenHappened): number | null {
  if (event.kind !== 'token') return null;
  const { action } = event;
  if (action.type === 'REVERSE_DISTRIBUTION') return periodOfWindow(action.distributionId);
  if (action.type === 'MARK_DISTRIBUTION_EXECUTED') return periodOfWindow(action.id);
  return action.type === 'REVERSE_RECEIPT' ? periodOfWindow(action.allocationId) : null;
}
