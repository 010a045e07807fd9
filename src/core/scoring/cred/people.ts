import { compareBytes } from '../../bytes.ts';
import type { Attribution, TokenHappened } from '../../events/event.ts';
import { type Refusal, refuse } from '../../events/refusal.ts';
import { decimalOf, formatRational, type Rational, sumOf as addAll } from '../../money/rational.ts';
import { unknownIdentity } from '../../token/identities.ts';
import { type Account, TokenLedger } from '../../token/ledger.ts';
import { windowId } from '../../token/names.ts';
import { addressOf } from './address.ts';
import type { PersonalAttribution } from './attributions.ts';
import { isWeightText } from './weight-text.ts';

/** Somebody cred can go to: one person under all its ids. */
export interface Person extends Account {
  /** Nodes of the graph that are this person: its own, and its aliases. */
  readonly nodes: readonly string[];
}

interface Change {
  readonly timestampMs: number;
  readonly value: number;
}

/**
 * Who is who, who leaves cred to whom, and who was paid: a state machine over the events about people and the payouts of windows,
 * in the order in which they were committed. An event is applied whole, or refused with a code and changes nothing.
 */
export class People {
  readonly ledger = new TokenLedger();
  /** By giver, then by taker, in the order of their first mention: ids as they were logged. */
  readonly #attributions = new Map<string, Map<string, Change[]>>();

  /** Codes: those of the token ledger; `event-field-invalid`, `attribution-to-self`, `attribution-backwards`, `attribution-above-one`, `attribution-cycle`. */
  apply(event: Attribution | TokenHappened): Refusal | null {
    if (event.kind === 'attribution') return this.#attribute(event);
    const { key: uuid, time: ledgerTimestamp, action } = event;
    return this.ledger.apply({ action, ledgerTimestamp, uuid, version: '1' });
  }

  /** What a step of a window paid: by name of the account, which is an id. */
  paid(period: number, boundary: number, receipts: readonly { readonly id: string; readonly amount: bigint }[]): void {
    this.ledger.paidByWindow(windowId(period), boundary * 1000, receipts);
  }

  /** By the bytes of their ids. */
  persons(): Person[] {
    return this.ledger
      .accounts()
      .map((account) => ({
        ...account,
        nodes: [account.address, ...account.aliases.map(({ address }) => address)].map(nodeOf),
      }))
      .toSorted((a, b) => compareBytes(a.id, b.id));
  }

  /**
   * Between persons, by their ids. Of somebody merged into another only what the other leaves is in force, as of names; what goes
   * to two ids of one person adds up, and to oneself is nothing.
   */
  attributions(): PersonalAttribution[] {
    const found: PersonalAttribution[] = [];
    for (const [from, takers] of this.#attributions) {
      if (this.ledger.rootOf(from) !== from) continue;
      const byPerson = new Map<string, Change[][]>();
      for (const [id, changes] of takers) {
        const to = this.ledger.rootOf(id)!;
        if (to !== from) byPerson.set(to, [...(byPerson.get(to) ?? []), changes]);
      }
      const recipients = [...byPerson].map(([to, series]) => ({ to, proportions: sumOf(series) }));
      if (recipients.length > 0) found.push({ from, recipients });
    }
    return found.toSorted((a, b) => compareBytes(a.from, b.from));
  }

  #attribute({ from, to, part, time }: Attribution): Refusal | null {
    if (!isWeightText(part) || Number(part) > 1) {
      return refuse(
        'event-field-invalid',
        `Found part ${JSON.stringify(part)}; accepted: a decimal from 0 to 1.`,
        'part',
      );
    }
    const [giver, taker] = [this.ledger.rootOf(from), this.ledger.rootOf(to)];
    if (giver === undefined) return unknownIdentity(from);
    if (taker === undefined) return unknownIdentity(to);
    if (giver === taker) {
      return refuse('attribution-to-self', `${from} and ${to} are one person; accepted: two.`, 'to');
    }
    const takers = this.#attributions.get(from) ?? new Map<string, Change[]>();
    const changes = takers.get(to) ?? [];
    if (time < (changes.at(-1)?.timestampMs ?? -Infinity)) {
      return refuse('attribution-backwards', 'It lies before the newest attribution between the two.', 'time');
    }
    const next = new Map([...takers, [to, [...changes, { timestampMs: time, value: Number(part) }]]]);
    const above = aboveOne([...next.values()]);
    if (above !== null) {
      const message = `${from} would leave ${above} of its cred to others; accepted: at most 1 together.`;
      return refuse('attribution-above-one', message, 'part');
    }
    if (Number(part) > 0 && this.#reaches(to, from)) {
      return refuse(
        'attribution-cycle',
        `${to} leaves cred to ${from}, also by way of others; accepted: no circle.`,
        'to',
      );
    }
    this.#attributions.set(from, next);
    return null;
  }

  /** Whether cred of `from` goes on to `to`, by what was attributed last. */
  #reaches(from: string, to: string): boolean {
    const seen = new Set<string>();
    const waiting = [from];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const person = this.ledger.rootOf(id)!;
      if (person === this.ledger.rootOf(to)) return true;
      if (seen.has(person)) continue;
      seen.add(person);
      for (const [taker, changes] of this.#attributions.get(person) ?? []) {
        if (changes.at(-1)!.value > 0) waiting.push(taker);
      }
    }
    return false;
  }
}

/**
 * The node that an address of the token ledger means: without the leading "N" and the NULs. The ledger takes some that no node can
 * have; they lead to none.
 */
export const nodeOf = (address: string): string => addressOf(address.split('\0').slice(1, -1));

const timesOf = (series: readonly (readonly Change[])[]): number[] =>
  [...new Set(series.flatMap((changes) => changes.map(({ timestampMs }) => timestampMs)))].sort((a, b) => a - b);

const valueAt = (changes: readonly Change[], time: number): number =>
  changes.findLast(({ timestampMs }) => timestampMs <= time)?.value ?? 0;

function sumOf(series: readonly (readonly Change[])[]): readonly Change[] {
  if (series.length === 1) return series[0]!;
  return timesOf(series).map((timestampMs) => ({
    timestampMs,
    value: doubleOf(addAll(series.map((changes) => decimalOf(valueAt(changes, timestampMs))))),
  }));
}

/** The double next to a part, never above it: as decimals, parts that were the whole must not become more than the whole. */
function doubleOf(part: Rational): number {
  let value = Number(part.numerator) / Number(part.denominator);
  while (value > 0 && isAbove(decimalOf(value), part)) value = Math.max(0, value - Number.EPSILON / 2);
  return value;
}

const isAbove = (a: Rational, b: Rational): boolean => a.numerator * b.denominator > b.numerator * a.denominator;

/** The first sum above 1 at any time, exact; null: none. */
function aboveOne(series: readonly (readonly Change[])[]): string | null {
  for (const time of timesOf(series)) {
    const sum = addAll(series.map((changes) => decimalOf(valueAt(changes, time))));
    if (sum.numerator > sum.denominator) return formatRational(sum);
  }
  return null;
}
