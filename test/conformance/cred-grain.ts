import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import { ProrataError } from '../../src/core/errors.ts';
import { formatDecimal18, formatUnits, one18, parseAmount, parseDecimal18 } from '../../src/core/money/amount.ts';
import { decimalOf, divide, multiply, type Rational, rational, subtract } from '../../src/core/money/rational.ts';
import { distributePending, type PastPayment, pendingPeriods } from '../../src/core/payout/policies/pending.ts';
import type { Policy } from '../../src/core/payout/policies/policy.ts';
import { type Allocation, type Period, runRound, scopeOf, type View } from '../../src/core/payout/policies/round.ts';
import { shareByScore } from '../../src/core/payout/policies/share.ts';
import { readPolicy, readUnits } from '../../src/core/token/read-event.ts';
import {
  allocate,
  type Approx,
  exactly,
  exactUnits,
  multiplyFloat,
  type OraclePerson,
  over,
  rationalOfDouble,
  sizeOf,
  splitBudget,
  sumUnits,
  type Units,
} from './grain-oracle.ts';
import type { VectorResult } from './stake.ts';
import { failureOf, readText } from './vector-file.ts';

/**
 * Runs `grain_split`, `grain_arithmetic`, `grain_policies`, `grain_apply` and `grain_interval_choice` (README of that
 * folder): one result for each case, run or table. Every amount of the reference is first made again in its own doubles, to
 * the last unit; that gives a bound on what those doubles lost, and within it the exact share must lie. Where nothing was
 * lost the two are equal. `print` gets a summary for each file.
 */
export async function* runCredGrainVectors(
  dir: string,
  print: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
): AsyncGenerator<VectorResult> {
  const runs: readonly [file: string, run: (vectors: any, tally: Tally) => Generator<readonly [string, () => void]>][] =
    [
      ['grain_split.json.gz', splits],
      ['grain_arithmetic.json', arithmetic],
      ['grain_policies.json.gz', policyRuns],
      ['grain_apply.json.gz', distributions],
      ['grain_interval_choice.json', choices],
    ];
  for (const [file, run] of runs) {
    const tally = new Tally();
    for (const [name, check] of run(JSON.parse(readText(dir, file)), tally))
      yield { name: `${file} ${name}`, failure: failureOf(check) };
    if (tally.receipts > 0) print(`${file}: ${tally.summary()}`);
  }
}

/** How near the exact shares are to the reference's. In a budget below `small` what was floored on the way weighs most. */
class Tally {
  receipts = 0;
  #exact = 0;
  #vacuous = 0;
  #units = { apart: 0, allowed: 0 };
  #parts = { apart: 0, allowed: 0 };

  /** `due` is exact, `got` the reference's, out of `whole`; `got.off` the most that its doubles can have lost. */
  compare(due: Rational, got: Units, whole: bigint, what: string): void {
    const apart = sizeOf(subtract(due, rational(got.units)));
    ok(apart <= got.off, `${what}: exact ${show(due)}, reference ${got.units}, which is off by ${got.off} at most`);
    const size = Math.abs(Number(whole));
    this.receipts += 1;
    if (got.off === 0) this.#exact += 1;
    else if (got.off > 1 && got.off >= size) this.#vacuous += 1;
    else if (size < small) this.#units = larger(this.#units, { apart, allowed: got.off });
    else this.#parts = larger(this.#parts, { apart: apart / size, allowed: got.off / size });
  }

  summary(): string {
    const [units, parts] = [this.#units, this.#parts];
    return [
      `${this.receipts} receipts`,
      `${this.#exact} without loss and equal`,
      `${this.#vacuous} where doubles can have lost all there was`,
      `of budgets below 10^15 at most ${units.apart.toFixed(2)} units apart (allowed ${units.allowed.toFixed(2)})`,
      `of others ${parts.apart.toExponential(1)} of the budget (allowed ${parts.allowed.toExponential(1)})`,
    ].join(', ');
  }
}

interface Distance {
  readonly apart: number;
  readonly allowed: number;
}

const small = 1e15;

const larger = (a: Distance, b: Distance): Distance => ({
  apart: Math.max(a.apart, b.apart),
  allowed: Math.max(a.allowed, b.allowed),
});

const show = ({ numerator, denominator }: Rational): string => `${numerator / denominator}`;

// --- splitBudget

function* splits({ cases }: any, tally: Tally): Generator<readonly [string, () => void]> {
  for (const { name, budget, scores, expected, error } of cases) {
    yield [
      name,
      () => {
        const claims = unitsOf(scores).units.map((score, index) => ({ account: accountAt(index), score }));
        const units = BigInt(budget);
        if (error !== undefined) {
          throwsAs(() => splitBudget(units, scores.map(exactly)), error);
          // What is too much for doubles is nothing special here.
          if (error.includes('finite')) return checkExact(units, claims);
          return refusedAs(() => shareByScore(units, claims), codesOf(error));
        }
        const pieces = splitBudget(units, scores.map(exactly));
        deepStrictEqual(
          pieces.map((piece) => `${piece.units}`),
          expected,
          'the oracle is not the reference',
        );
        checkExact(units, claims);
        for (const [index, { due }] of shareByScore(units, claims).shares.entries()) {
          tally.compare(due, pieces[index]!, units, `piece ${index}`);
        }
      },
    ];
  }
}

const accountAt = (index: number): string => String(index).padStart(6, '0');

/** Sum, rounding below one unit, nothing for nothing. */
function checkExact(budget: bigint, claims: readonly { account: string; score: bigint }[]): void {
  const total = claims.reduce((sum, { score }) => sum + score, 0n);
  const { shares } = shareByScore(budget, claims);
  equal(
    shares.reduce((sum, { amount }) => sum + amount, 0n),
    budget,
  );
  for (const [index, { amount, score }] of shares.entries()) {
    equal(score, claims[index]!.score);
    const rounding = amount * total - budget * score;
    ok(-total < rounding && rounding < total, 'rounded by a unit or more');
    if (score === 0n) equal(amount, 0n);
  }
}

// --- amounts

function* arithmetic({ cases }: any, tally: Tally): Generator<readonly [string, () => void]> {
  for (const vector of cases) {
    const { op, args, expected, error } = vector;
    yield [
      `${op} ${JSON.stringify(args)}`,
      () => {
        if (op === 'multiplyFloat' || op === 'divideFloat') return floatProduct(vector, tally);
        if (op === 'toFloatRatio') return equal(Number(BigInt(args[0])) / Number(BigInt(args[1])), expected); // reference only
        const got = valueOf(() => amountOps[op]!(args));
        const stricter = deviations[`${op} ${JSON.stringify(args)}`];
        if (stricter !== undefined) equal(got, stricter);
        else if (error === undefined) equal(got, expected);
        else ok(refusals.has(String(got)), `${got} is no refusal`);
      },
    ];
  }
}

function floatProduct({ op, args: [text, x], expected, error }: any, tally: Tally): void {
  const units = exactUnits(BigInt(text));
  const factor = (): Approx => (op === 'multiplyFloat' ? exactly(x) : over(exactly(1), exactly(x)));
  if (error !== undefined) return throwsAs(() => multiplyFloat(units, factor()), error);
  const product = multiplyFloat(units, factor());
  equal(`${product.units}`, expected, 'the oracle is not the reference');
  const by = rationalOfDouble(x);
  const exact = (op === 'multiplyFloat' ? multiply : divide)(rational(units.units), by);
  tally.compare(exact, product, product.units, `${text} ${op} ${x}`);
}

const amountOps: Readonly<Record<string, (args: any) => string | null>> = {
  fromInteger: ([value]) =>
    `${parseAmount(Number.isInteger(value) ? `${BigInt(value)}` : String(value), 'amount') * one18}`,
  fromFloatString: ([text]) => `${parseDecimal18(text, 'amount')}`,
  toFloatString: ([text]) => formatDecimal18(BigInt(text)),
  format: ([text, places, suffix]) => {
    if (places < 0 || places > 18) return null;
    return `${formatUnits(BigInt(text) / 10n ** BigInt(18 - places), places, { group: true })}${suffix}`;
  },
  formatAndTrim: ([text, suffix]) => `${formatDecimal18(BigInt(text))}${suffix}`,
  fromString: ([text]) => readUnits(text)?.toString() ?? null,
  nonnegativeFromString: ([text]) => {
    const units = readUnits(text);
    return units === null || units < 0n ? null : `${units}`;
  },
  div: ([a, b]) => `${BigInt(a) / BigInt(b)}`,
  sum: ([all]) => `${all.reduce((sum: bigint, text: string) => sum + BigInt(text), 0n)}`,
};

/** What cannot be read, by the code of the refusal; "null" where reading gives nothing. */
const refusals = new Set(['null', 'amount-malformed', 'amount-fractional', 'amount-negative', 'decimal-too-precise']);

/** Where this engine is stricter, or says it another way: whole tokens are written in full, and a zero has no sign. */
const deviations: Readonly<Record<string, string | null>> = {
  'fromInteger [-1]': 'amount-negative',
  'fromFloatString ["-1.5"]': 'amount-negative',
  'fromFloatString [".5"]': 'amount-malformed',
  'fromFloatString ["1."]': 'amount-malformed',
  'format ["-999999999999999999",0,"g"]': '0g',
  'fromString ["1e3"]': null,
  'fromString [""]': null,
  'fromString [" 12 "]': null,
  'fromString ["-0"]': null,
  'fromString ["+5"]': null,
  'nonnegativeFromString ["-0"]': null,
};

// --- policies

function* policyRuns({ cases }: any, tally: Tally): Generator<readonly [string, () => void]> {
  for (const { name, view, runs } of cases) {
    const exact = viewOf(view);
    const people = peopleOf(view);
    for (const [index, { policy, effectiveTimestamp: at, expected, error }] of runs.entries()) {
      yield [
        `${name} ${index} ${policy.policyType}`,
        () => {
          const run = (): Allocation => runRound(exact, [readPolicy(policy)], at).allocations[0]!;
          if (error !== undefined) return refusedAs(run, codesOf(error));
          const scope = scopeOf(exact.periods, at, policy.numIntervalsLookback ?? 0);
          const receipts = allocate(policy, people, scope, decimalOf(policy.discount ?? 0));
          deepStrictEqual(
            receipts.map(([id, { units }]) => [id, `${units}`]),
            expected.receipts,
            'the oracle is not the reference',
          );
          compareLines(run(), receipts, tally);
        },
      ];
    }
  }
}

function compareLines(
  { policy, lines, rollover }: Allocation,
  receipts: readonly (readonly [string, Units])[],
  tally: Tally,
): void {
  equal(rollover, 0n);
  equal(
    lines.reduce((sum, { amount }) => sum + amount, 0n),
    policy.budget,
  );
  const byAccount = new Map(receipts);
  equal(lines.length, byAccount.size, 'not everybody, or somebody else');
  for (const { account, amount, due, rounding } of lines) {
    deepStrictEqual(subtract(rational(amount), due), rounding);
    ok(sizeOf(rounding) < 1 || rounding.numerator === 0n, 'rounded by a unit or more');
    tally.compare(due, byAccount.get(account)!, policy.budget, account);
  }
}

// --- distributions over several periods

function* distributions({ cases }: any, tally: Tally): Generator<readonly [string, () => void]> {
  for (const vector of cases) yield [vector.name, () => distribute(vector, tally)];
}

/**
 * The reference shares on what it saw at the start of a run; this engine on what was paid a moment before. So the oracle
 * runs twice: as the reference, to be seen equal to it; and on what this engine paid up to each allocation, to be compared
 * with that.
 */
function distribute(vector: any, tally: Tally): void {
  const { view, previous, policies, maxSimultaneousDistributions: max, now, error, expected } = vector;
  const exact = viewOf(view);
  const { periods } = exact;
  const again = vector.allowMultipleDistributionsPerInterval;
  const before: PastPayment[] = previous.map(({ credTimestamp, id, amount }: any) => {
    return { at: credTimestamp, account: id, amount: BigInt(amount) };
  });
  const last = before.length === 0 ? null : Math.max(...before.map(({ at }) => at));
  const options = { now, last, max: Number(max), again };
  if (error !== undefined) ok(last! >= periods.at(-1)!.end, 'an error of another kind');
  else {
    const asReference = referenceChoice(periods, options).map(({ end }) => ({
      credTimestamp: end,
      allocations: policies.map((policy: any) => ({
        policyType: policy.policyType,
        receipts: oracleReceipts(view, policy, end, before, false).map(([id, { units }]) => [id, `${units}`]),
      })),
    }));
    deepStrictEqual(asReference, expected.distributions, 'the oracle is not the reference');
  }
  const rounds = distributePending({
    view: exact,
    policies: policies.map(readPolicy) as Policy[],
    payments: before,
    ...options,
  });
  deepStrictEqual(
    rounds.map(({ at }) => at),
    pendingPeriods(periods, options).map(({ end }) => end),
  );
  const made = [...before];
  for (const { at, allocations } of rounds) {
    for (const [index, allocation] of allocations.entries()) {
      compareLines(allocation, oracleReceipts(view, policies[index], at, made, true), tally);
      for (const { account, amount } of allocation.lines) made.push({ at, account, amount });
    }
  }
}

/** `seesAll`: also payments that lie in no interval of the scope, as those of a moment before do. */
function oracleReceipts(
  view: any,
  policy: any,
  at: number,
  payments: readonly PastPayment[],
  seesAll: boolean,
): (readonly [string, Units])[] {
  const people = peopleOf(view).map((person) => {
    const own = payments.filter(({ account }) => account === person.id);
    const since = own.filter((payment) => seesAll && payment.at >= at);
    const paid = person.paid.map((units, index) => {
      const [start, end] = view.intervals[index];
      const inside = own.filter((payment) => !since.includes(payment) && start <= payment.at && payment.at < end);
      return sumUnits([units, ...inside.map(({ amount }) => exactUnits(amount))]);
    });
    return { ...person, paid, since: sumUnits(since.map(({ amount }) => exactUnits(amount))) };
  });
  const scope = scopeOf(viewOf(view).periods, at, policy.numIntervalsLookback ?? 0);
  return allocate(policy, people, scope, decimalOf(policy.discount ?? 0));
}

// --- which periods

function* choices({ rows }: any): Generator<readonly [string, () => void]> {
  for (const [complete, max, last, now, again, ends] of rows) {
    yield [
      JSON.stringify([complete, max, last, now, again]),
      () => {
        const periods = Array.from({ length: complete }, (_, k) => ({ start: 10 * k + 10, end: 10 * k + 20 }));
        const options = { now, last: last === '-Infinity' ? null : last, max: Number(max), again: again === 1 };
        const endsOf = (chosen: readonly Period[]): number[] => chosen.map(({ end }) => end);
        deepStrictEqual(endsOf(referenceChoice(periods, options)), ends, 'the oracle is not the reference');
        const got = endsOf(pendingPeriods(periods, options));
        const pending = endsOf(
          periods.filter(({ end }) => end <= now && (options.last === null || end > options.last)),
        );
        // The quirk: fewer than `max` are pending, and some of them are skipped for good.
        if (pending.length > 0 && options.max > pending.length) deepStrictEqual(got, pending);
        else deepStrictEqual(got, ends);
      },
    ];
  }
}

/** With the quirk: a `max` above the number of pending periods counts from the wrong end. */
function referenceChoice(
  periods: readonly Period[],
  { now, last, max, again }: { now: number; last: number | null; max: number; again: boolean },
): readonly Period[] {
  const complete = periods.filter(({ end }) => end <= now);
  const pending = complete.filter(({ end }) => last === null || end > last);
  const taken = pending.slice(pending.length - max);
  return taken.length === 0 && again ? complete.slice(-1) : taken;
}

// --- views

/** Cred as exact integers: all doubles of a view times one power of two, which changes no share. */
function viewOf({ intervals, participants }: any): View {
  const { units, one } = unitsOf(participants.flatMap(({ credPerInterval }: any) => credPerInterval));
  return {
    periods: intervals.map(([start, end]: [number, number]) => ({ start, end })),
    earners: participants.map(({ id, active, grainEarnedPerInterval }: any, index: number) => ({
      account: id,
      active,
      scores: units.slice(index * intervals.length, (index + 1) * intervals.length),
      paid: grainEarnedPerInterval.map(BigInt),
    })),
    leastScore: one,
  };
}

function unitsOf(doubles: readonly number[]): { units: bigint[]; one: bigint } {
  const exact = doubles.map(rationalOfDouble);
  const one = exact.reduce((most, { denominator }) => (denominator > most ? denominator : most), 1n);
  return { units: exact.map(({ numerator, denominator }) => numerator * (one / denominator)), one };
}

const peopleOf = ({ participants }: any): OraclePerson[] =>
  participants.map(({ id, active, credPerInterval: cred, grainEarnedPerInterval }: any) => ({
    id,
    active,
    cred,
    paid: grainEarnedPerInterval.map((text: string) => exactUnits(BigInt(text))),
    since: exactUnits(0n),
  }));

// --- refusals

/** The reference's messages, by what this engine says instead. */
const refusalsByMessage: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^negative budget/, ['budget-negative']],
  [/^negative score/, ['score-negative']],
  [/^total score must be positive|^invalid input: num is Infinity/, ['scores-all-zero']],
  [/^no active grain account/, ['recipient-inactive', 'recipient-unknown']],
  [/^must have at least one identity/, ['nobody-to-pay']],
  [/^numIntervalsLookback must be/, ['lookback-range']],
  [/^orElse Parser/, ['token-event-malformed', 'budget-negative', 'discount-range']],
];

function codesOf(message: string): readonly string[] {
  return refusalsByMessage.find(([pattern]) => pattern.test(message))?.[1] ?? [];
}

function refusedAs(run: () => unknown, codes: readonly string[]): void {
  const got = valueOf(() => {
    run();
    return 'taken';
  });
  ok(got !== null && codes.includes(got), `found ${got}, expected ${codes.join(' or ') || 'a known refusal'}`);
}

function throwsAs(run: () => unknown, message: string): void {
  let found = 'nothing thrown';
  try {
    run();
  } catch (error) {
    found = (error as Error).message;
  }
  ok(message.startsWith(found), `the oracle says "${found}", the reference "${message}"`);
}

/** The value, or the code of the error. */
function valueOf(run: () => string | null): string | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof ProrataError) return error.code;
    throw error;
  }
}
