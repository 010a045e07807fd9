import { sum } from '../../core/money/sum.ts';
import type { Books } from '../../core/books.ts';
import { compareBytes } from '../../core/bytes.ts';
import { InvalidInputError } from '../../core/errors.ts';
import { shareWindow, type SharedWindow } from '../../core/payout/policies/window-round.ts';
import type { PastPayment } from '../../core/payout/policies/pending.ts';
import { sharingOf } from '../../core/program.ts';
import type { GraphColumns } from '../../core/scoring/cred/columns.ts';
import type { Person } from '../../core/scoring/cred/people.ts';
import type { PersonalAttribution } from '../../core/scoring/cred/attributions.ts';
import { prepareCred } from '../../core/scoring/cred/prepare.ts';
import { scaleCred } from '../../core/scoring/cred/scale.ts';
import type { CredScoring } from '../../core/scoring/cred/scoring.ts';
import { type CredScores, solveSteps, type SolveOptions } from '../../core/scoring/cred/solve.ts';
import type { CredRecord, PeriodRecord, Tally } from '../../core/state.ts';
import { paymentsOf } from '../../core/token/payments.ts';
import type { Tx } from '../ports.ts';
import { rulesAt, type ScoringRules } from '../rules-at.ts';
import { readPeople } from './people.ts';
import { readGraph } from './read-graph.ts';

/** The scoring of a program of contributions. Throws InvalidInputError `model-differs` for any other. */
export function credScoringOf(books: Books): CredScoring {
  const { scoring } = books.rules;
  if (scoring.model === 'cred') return scoring;
  throw new InvalidInputError(
    'model-differs',
    `Program ${books.name} scores by ${scoring.model}; accepted: a program that scores by cred.`,
  );
}

/** What a round of contributions is read of: the log up to `seq`, facts before `until` (second), by the rules of then. */
export interface CredQuery {
  readonly seq: number;
  readonly until: number;
  /** Where it begins, second: the boundary of the period before. */
  readonly start: number;
  readonly period: number;
  readonly excluded: readonly string[];
  /** With the names of edges, for explanations. */
  readonly named?: boolean;
  /** Instead of the scoring of then: what if. */
  readonly scoring?: CredScoring;
}

/** Everything that was read for a round; the rest is computed of it, without the store. */
export interface CredReading extends CredQuery {
  readonly columns: GraphColumns;
  readonly scoring: CredScoring;
  readonly rules: ScoringRules;
  readonly persons: readonly Person[];
  readonly rootOf: (id: string) => string | undefined;
  readonly attributions: readonly PersonalAttribution[];
  readonly payments: readonly PastPayment[];
  /** Periods settled before, ascending. */
  readonly closed: readonly PeriodRecord[];
  readonly tallies: readonly Tally[];
}

export async function readCredRound(tx: Tx, books: Books, query: CredQuery): Promise<CredReading> {
  const { seq, until, period } = query;
  const rules = await rulesAt(tx, books, seq);
  const scoring = query.scoring ?? (rules.scoring as CredScoring);
  const people = await readPeople(tx, books, { seq, before: period });
  // Rules of weight for edges go by their names.
  const named = query.named === true || scoring.edges.length > 0;
  return {
    ...query,
    columns: await readGraph(tx, books, { seq, until: until * 1000, named }),
    scoring,
    rules,
    persons: people.persons(),
    rootOf: (id) => people.ledger.rootOf(id),
    attributions: people.attributions(),
    payments: paymentsOf(people.ledger),
    closed: (await tx.periods(books.id)).filter((record) => record.period < period),
    tallies: (await tx.tallies({ program: books.id })).filter((tally) => tally.period < period),
  };
}

/** Cred of everybody, as whole scores. */
export interface CredClosing {
  /** `null`: there is no cred at all. */
  readonly scores: CredScores | null;
  /** By person as in the reading, then by interval. */
  readonly scaled: readonly (readonly bigint[])[];
  /** By person, by period: before the first one (index 0), the closed ones, and the last one, which is scored. */
  readonly byPeriod: readonly (readonly bigint[])[];
  /** By interval: the index of its period in `byPeriod`. */
  readonly periodOf: readonly number[];
  /** All that was minted, in units of a score. */
  readonly minted: bigint;
}

/** Solves a reading, sweep by sweep; yields how far it is, so that whoever asks may stop. Throws as `solveCred`. */
export function* closeCred(
  reading: CredReading,
  options: SolveOptions = {},
): Generator<{ readonly sweeps: number; readonly bound: number }, CredClosing, undefined> {
  const { columns, scoring, persons, rootOf, attributions } = reading;
  const bounds = [...reading.closed.map(({ start }) => start), reading.start, reading.until];
  const cuts = [...new Set(bounds.filter((second) => second > 0))].map((second) => second * 1000);
  const input = prepareCred({ columns, scoring, persons, rootOf, attributions, cuts });
  const none = persons.map(() => []);
  if (input === null) {
    const periods = Array.from({ length: reading.closed.length + 2 }, () => 0n);
    return { scores: null, scaled: none, byPeriod: persons.map(() => periods), periodOf: [], minted: 0n };
  }
  const scores = yield* solveSteps(input, options);
  const { total, scores: whole } = scaleCred(scores, BigInt(scoring.factor));
  const count = input.intervals.length;
  const ends = [bounds[0]!, ...reading.closed.map(({ boundary }) => boundary), reading.until].map(
    (second) => second * 1000,
  );
  const periodOf = input.intervals.map(({ start }) => ends.findIndex((end) => start < end));
  const scaled = persons.map((_, p) => whole.slice(p * count, (p + 1) * count));
  const byPeriod = scaled.map((ofPerson) => {
    const sums = ends.map(() => 0n);
    for (const [k, score] of ofPerson.entries()) sums[periodOf[k]!]! += score;
    return sums;
  });
  return { scores, scaled, byPeriod, periodOf, minted: total };
}

/** What a window of contributions pays, and remembers. */
export interface CredRound {
  readonly query: CredQuery;
  readonly record: CredRecord;
  readonly total: bigint;
  /** By the bytes of the account; whoever has anything. */
  readonly lines: readonly CredLine[];
  readonly shared: SharedWindow;
}

export interface CredLine {
  readonly account: string;
  readonly score: bigint;
  readonly revision: bigint;
  readonly owed: bigint;
  /** What is paid now; with what was owed before. */
  readonly due: bigint;
}

/** Shares `amount` by what was closed. Throws InvalidInputError as `shareWindow`. */
export function shareCred(
  reading: CredReading,
  closing: CredClosing,
  { amount }: { readonly amount: bigint },
): CredRound {
  const { persons, columns, closed, rules, payments, until, start, period, seq } = reading;
  const notAmong = new Set(reading.excluded);
  const history = new Map<string, Map<number, Tally>>();
  for (const tally of reading.tallies) {
    const own = history.get(tally.account.name);
    if (own === undefined) history.set(tally.account.name, new Map([[tally.period, tally]]));
    else own.set(tally.period, tally);
  }
  const scoreIn = (ids: readonly string[], ofPeriod: number): bigint =>
    sum(ids.map((id) => history.get(id)?.get(ofPeriod)?.score ?? 0n));
  // Not always the newest: a period for which the pool owes nothing by score shares nothing, and carries nothing over.
  const last = closed.findLast(({ carried }) => carried !== undefined);
  const owed = new Map<string, bigint>();
  for (const { period: ofPeriod, account, owed: units } of reading.tallies) {
    if (ofPeriod !== last?.period || units === 0n) continue;
    const root = reading.rootOf(account.name) ?? account.name;
    owed.set(root, (owed.get(root) ?? 0n) + units);
  }
  const taking = persons.flatMap((person, p) =>
    notAmong.has(person.id) ? [] : [{ person, now: closing.byPeriod[p]! }],
  );
  const earners = taking.map(({ person: { id, ids, active }, now }) => ({
    account: id,
    active,
    // Closed periods keep the cred that they were paid by.
    scores: [now[0]!, ...closed.map((record) => scoreIn(ids, record.period)), now.at(-1)!],
    revised: now,
  }));
  const first = closed[0]?.start ?? start;
  const shared = shareWindow({
    sharing: sharingOf(rules)!,
    amount,
    owed,
    rollover: last?.carried?.rollover ?? 0n,
    // What lies before the first period is one of its own.
    periods: [
      { start: -Infinity, end: first * 1000 },
      ...closed.map((record) => ({ start: record.start * 1000, end: record.boundary * 1000 })),
      { start: start * 1000, end: until * 1000 },
    ],
    earners,
    payments,
    unclaimed: rules.onZeroTotal === 'halt' ? 'refuse' : 'leave',
  });
  const paid = new Map(shared.payouts.map((payout) => [payout.account, payout]));
  const lines = taking
    .map(({ person: { id, ids }, now }): CredLine => {
      const before = sum(
        ids.flatMap((id) => [...(history.get(id)?.values() ?? [])].map((tally) => tally.score + tally.revision)),
      );
      const payout = paid.get(id);
      return {
        account: id,
        score: now.at(-1)!,
        revision: sum(now.slice(0, -1)) - before,
        owed: payout?.owed ?? 0n,
        due: payout?.paid ?? 0n,
      };
    })
    .filter(({ score, revision, owed: units, due }) => score > 0n || revision !== 0n || units > 0n || due > 0n)
    .toSorted((a, b) => compareBytes(a.account, b.account));
  return {
    query: { seq, until, start, period, excluded: reading.excluded },
    record: {
      excluded: reading.excluded,
      nodes: columns.nodes.there.reduce((count, there) => count + there, 0),
      edges: columns.edges.there.reduce((count, there) => count + there, 0),
      participants: persons.length,
      intervals: closing.scores?.input.intervals.length ?? 0,
      minted: closing.minted,
    },
    total: sum(lines.map(({ score }) => score)),
    lines,
    shared,
  };
}

/** Runs a generator to its end. */
export function finish<T>(steps: Generator<unknown, T, undefined>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
