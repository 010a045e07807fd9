import fc from 'fast-check';
import type { CrownFact, ProrataEvent } from '../../src/core/events/event.ts';
import { activityCodes } from '../../src/core/events/event.ts';
import type { ProgramDefinition } from '../../src/core/program.ts';
import { parseCrownScoring } from '../../src/core/scoring/crown/scoring.ts';

/**
 * Crown programs and their facts as a log has them: batches between the steps of their rounds, with facts that come late, in
 * the middle of a window too, facts ahead of their time, retractions, outcomes, volumes, standings, exclusions and money. Few
 * names, instants and rates, so that much coincides. `crown.ts` has markets of one lane; here everything that rounds read occurs.
 *
 * What an event may be refused for (a flag that runs backwards, a swap that nobody opened) is left in: give them to
 * `ingest` with `partial`.
 */
export interface CrownStory {
  readonly definition: ProgramDefinition;
  /** In order, one for each round: what is logged before its window opens, and between its steps. */
  readonly rounds: readonly { readonly before: readonly ProrataEvent[]; readonly within: readonly ProrataEvent[] }[];
}

export const storyProgram = 'story';
/** Second at which the first round begins; each has so many seconds, and pays so much. */
export const storyStart = 1_700_000_000;
export const storyEvery = 10;
export const storyAmount = 1_000_003n;
export const storyNames: readonly string[] = ['a', 'b', 'c', 'd'];

/** The second at which round `n` ends (0: at which the first begins). */
export const storyBoundary = (n: number): number => storyStart + n * storyEvery;

const tie = {
  model: 'crown',
  rules: 'best-rate-tie',
  directions: { 'btc-tao': '1/2', 'tao-btc': '1/3' },
  success: { exponent: 2, seconds: 25 },
};
const band = {
  model: 'crown',
  rules: 'capacity-band',
  directions: ['sol-tao', 'tao-btc'],
  success: { exponent: 1, seconds: 40 },
  hubs: ['tao', 'sol'],
  chains: {
    tao: { decimals: 2, min_onchain: '3' },
    sol: { decimals: 3, min_onchain: '5' },
    btc: { decimals: 1, min_onchain: '2' },
  },
  band: '1/100',
  capacity_exponent: 1,
  requirement_bps: 11_000,
  miner_share: '3/4',
  alpha: '1/2',
  volume_seconds: 25,
  candidates: { min_successes: 1, max_failures: 4 },
};

function storyDefinition(scoring: object): ProgramDefinition {
  return {
    name: storyProgram,
    rules: {
      asset: { symbol: 'T', decimals: 0 },
      pools: [{ name: 'rewards', pays: 'score', funding: storyAmount * 100n, recipients: [] }],
      residual: 'recycle',
      scoring: parseCrownScoring(scoring, 'scoring'),
      window: { settle: 'multi_block', strategy: 'cut', batchSize: 2 },
      onZeroTotal: 'residual',
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: [
      {
        at: storyBoundary(1),
        allocations: [{ pool: 'rewards', amount: storyAmount }],
        repeat: { every: storyEvery, left: null },
      },
    ],
    excluded: ['d'],
    start: storyStart,
  };
}

/** An event without its key; `time` counts seconds. */
type Draft = ProrataEvent extends infer E ? (E extends ProrataEvent ? Omit<E, 'key'> : never) : never;

const account = fc.constantFrom(...storyNames);
const flag = fc.integer({ min: 0, max: 3 }).map((value) => value > 0);
const rate = fc.constantFrom('1.98', '1.99', '2', '2.01', '2.02', '7', '0', '-1');
const small = fc.bigInt({ min: 0n, max: 130n });
/** Hardly ever the same one twice. */
const swap = fc.integer({ min: 0, max: 1_000_000 }).map((n) => `s${n}`);

/** A fact in force from second `time` on. */
function anyFact(isBand: boolean, time: fc.Arbitrary<number>): fc.Arbitrary<Draft> {
  const kinds: fc.Arbitrary<Omit<CrownFact, 'key'>>[] = [
    fc.record({ kind: fc.constant('eligible' as const), time, account, on: flag }),
    fc.record({ kind: fc.constant('active' as const), time, account, on: flag }),
    fc.record({ kind: fc.constant('outcome' as const), time, account, swap, completed: flag }),
  ];
  const direction = fc.constantFrom(...(isBand ? ['sol-tao', 'tao-btc'] : ['btc-tao', 'tao-btc']));
  if (!isBand) {
    const delta = fc.constantFrom<1 | -1>(1, 1, -1);
    const quote = fc.record({ kind: fc.constant('rate' as const), time, account, direction, rate });
    kinds.push(fc.record({ kind: fc.constant('busy' as const), time, account, delta }), quote, quote);
    return fc.oneof(...kinds) as fc.Arbitrary<Draft>;
  }
  const backing = fc.constantFrom('tao', 'sol');
  const quote = fc.record({ kind: fc.constant('rate' as const), time, account, direction, backing, rate });
  kinds.push(
    quote,
    quote,
    fc.record({ kind: fc.constant('activity' as const), time, account, what: fc.constantFrom(...activityCodes) }),
    fc.record({
      kind: fc.constant('activity' as const),
      time,
      account,
      what: fc.constantFrom(...activityCodes),
      hub: backing,
    }),
    fc.record({ kind: fc.constant('collateral' as const), time, account, backing, amount: small }),
    fc.record({
      kind: fc.constant('bounds' as const),
      time,
      backing,
      min: fc.constantFrom(0n, 1n, 4n),
      max: fc.constantFrom(0n, 50n, 100n),
    }),
    fc.record({ kind: fc.constant('cleared' as const), time, account, direction, from: small, to: small }),
    fc.record({
      kind: fc.constant('standing' as const),
      time,
      account,
      ok: fc.integer({ min: 0, max: 3 }),
      failed: fc.integer({ min: 0, max: 5 }),
      settling: fc.constantFrom({}, { tao: storyBoundary(2) }),
    }),
  );
  return fc.oneof(...kinds) as fc.Arbitrary<Draft>;
}

/** Up to `facts` facts, some about the past or the future, and (`settles`) the settings; `now`: the second they are logged at. */
function batch(
  isBand: boolean,
  now: number,
  { facts, settles }: { facts: number; settles: boolean },
): fc.Arbitrary<readonly Draft[]> {
  const inRound = fc.integer({ min: now - storyEvery, max: now });
  const beside = fc.oneof(
    fc.integer({ min: now - 2 * storyEvery, max: now + 4 }),
    fc.integer({ min: storyStart - 3, max: now }),
  );
  const time = fc.constant(now);
  const settings: fc.Arbitrary<Draft> = fc.oneof(
    fc.record({ kind: fc.constant('fund' as const), time, pool: fc.constant('rewards'), amount: fc.constant(7n) }),
    fc.record({ kind: fc.constant('exclusion' as const), time, add: fc.constant(['c']), remove: fc.constant([]) }),
    fc.record({ kind: fc.constant('exclusion' as const), time, add: fc.constant([]), remove: fc.constant(['c']) }),
  );
  const taken = fc.nat(80).map((n): Draft => ({ kind: 'retracted', time: now, event: `f${n}` }));
  return fc.array(
    fc.oneof(
      { weight: 20, arbitrary: anyFact(isBand, inRound) },
      { weight: 1, arbitrary: anyFact(isBand, beside) },
      { weight: settles ? 1 : 0, arbitrary: settings },
      { weight: 1, arbitrary: taken },
    ),
    { maxLength: facts },
  );
}

/** What everybody is from the beginning, so that most rounds have holders. */
const opening = (isBand: boolean): Draft[] =>
  storyNames.flatMap((name): Draft[] => [
    { kind: 'eligible', time: storyStart, account: name, on: true },
    { kind: 'active', time: storyStart, account: name, on: true },
    ...(isBand
      ? ([
          { kind: 'standing', time: storyStart, account: name, ok: 1, failed: 0, settling: {} },
          { kind: 'collateral', time: storyStart, account: name, backing: 'tao', amount: 100n },
          { kind: 'rate', time: storyStart, account: name, direction: 'tao-btc', backing: 'tao', rate: '2' },
        ] satisfies Draft[])
      : ([{ kind: 'rate', time: storyStart, account: name, direction: 'tao-btc', rate: '2' }] satisfies Draft[])),
  ]);

/** A story of so many rounds. Keys are f0, f1 ... in the order in which everything is logged. */
export const crownStory = (rounds: number): fc.Arbitrary<CrownStory> =>
  fc.boolean().chain((isBand) =>
    fc
      .tuple(
        ...Array.from({ length: rounds }, (_, index) =>
          fc.record({
            before: batch(isBand, storyBoundary(index + 1), { facts: 16, settles: true }),
            within: batch(isBand, storyBoundary(index + 1) + 2, { facts: 4, settles: false }),
          }),
        ),
      )
      .map((drafts) => {
        let key = 0;
        const events = (list: readonly Draft[]): ProrataEvent[] =>
          list.map((draft) => ({ ...draft, key: `f${key++}`, time: draft.time * 1000 }) as ProrataEvent);
        return {
          definition: storyDefinition(isBand ? band : tie),
          rounds: drafts.map(({ before, within }, index) => ({
            before: events(index === 0 ? [...opening(isBand), ...before] : before),
            within: events(within),
          })),
        };
      }),
  );
