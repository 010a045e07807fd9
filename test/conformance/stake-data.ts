import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { Engine } from '../../src/app/engine.ts';
import type { Store } from '../../src/app/ports.ts';
import type { AccountView } from '../../src/app/read.ts';
import { compareBytes } from '../../src/core/bytes.ts';
import type { ProgramDefinition, RateRule, WindowRules } from '../../src/core/program.ts';
import { strategyNames } from '../../src/core/program.ts';
import type { Payout } from '../../src/core/state.ts';
import { readSnapshot, readSnapshotMeta } from '../../src/sources/snapshot.ts';
import type { VectorResult } from './stake.ts';

/**
 * Runs folders of real chain sets (README of `dir`) through the engine, from the snapshot's files to the payouts, on
 * stores from `openStore`: one result per set, check and strategy. A failure shows the first few lines that differ.
 */
export async function* runStakeData(dir: string, openStore: () => Store): AsyncGenerator<VectorResult> {
  const sets = readdirSync(dir).filter((name) => existsSync(join(dir, name, 'validators.csv')));
  for (const set of sets.toSorted(compareBytes)) {
    const folder = join(dir, set);
    const ways: readonly Way[] = [
      ...strategyNames.map((strategy): Way => ({ settle: 'multi_block', strategy, batchSize: 10_000 })),
      { settle: 'single_block', strategy: 'cut', batchSize: 10_000 },
    ];
    for (const way of ways) {
      yield judged(`${set} payouts (${nameOf(way)})`, () => checkPayouts(folder, way, openStore));
    }
    if (existsSync(join(folder, 'expected_window_payouts.csv'))) {
      for (const strategy of strategyNames) {
        const way: Way = { settle: 'multi_block', strategy, batchSize: 500 };
        yield judged(`${set} window scores (${nameOf(way)})`, () => checkWindowScores(folder, way, openStore));
      }
    }
    yield judged(`${set} stakes (floor)`, () => checkStakes(folder, openStore));
    yield judged(`${set} stakes (sdk)`, () => checkRounding(folder, openStore));
  }
}

type Way = WindowRules;
/** Lines by their key, as expected or as found. */
type Lines = ReadonlyMap<string, string>;

const PROGRAM = 'set';
const AMOUNT = 476_190_476_190_476n;
const SECONDS = 2_592_000;

const nameOf = ({ settle, strategy }: Way): string => (settle === 'multi_block' ? strategy : settle);

async function judged(name: string, check: () => Promise<string | null>): Promise<VectorResult> {
  try {
    return { name, failure: await check() };
  } catch (error) {
    return { name, failure: (error as Error).message };
  }
}

/** Payouts and leftover when everything was held for 2,592,000 s. What is due is compared: some of it cannot be delivered. */
async function checkPayouts(folder: string, way: Way, openStore: () => Store): Promise<string | null> {
  const expected = new Map(
    table(folder, 'expected_by_delegator').map((row) => [row[0]!, `score ${row[1]} payout ${row[2]}`]),
  );
  return withSet(folder, { way, rate: 'floor' }, openStore, async (engine, at) => {
    await engine.advance(PROGRAM, { to: at * 1000 });
    const payouts = await allPayouts(engine);
    const found = new Map(payouts.map(({ account, score, due }) => [account.name, `score ${score} payout ${due}`]));
    // Who scores nothing has no payout at all.
    for (const name of expected.keys())
      if (!found.has(name) && name !== 'leftover') found.set(name, 'score 0 payout 0');
    const leftover = payouts.reduce((left, { due }) => left - due, AMOUNT);
    found.set('leftover', `score  payout ${leftover}`);
    return differences(expected, found) ?? (await residualDiffers(engine, payouts)) ?? verified(engine);
  });
}

/** What the residual holds is the leftover and what nobody's stake could take. */
async function residualDiffers(engine: Engine, payouts: readonly Payout[]): Promise<string | null> {
  const kept = payouts.reduce((left, { restaked, liquid }) => left - restaked - liquid, AMOUNT);
  const balances = await engine.balances(PROGRAM);
  const residual = balances.find(({ account }) => account.kind === 'residual')?.balance ?? 0n;
  return residual === kept ? null : `the residual holds ${residual}, ${kept} was not handed out`;
}

async function verified(engine: Engine): Promise<string | null> {
  const { findings } = await engine.verify(PROGRAM);
  const broken = findings.filter(({ holds }) => !holds);
  return broken.length === 0
    ? null
    : broken.map(({ invariant, contradictions }) => `${invariant}: ${contradictions[0]}`).join('; ');
}

/** Closing scores of a window of 2,592,000 s in which unbonding stake counts until it began to unbond, read and paid. */
async function checkWindowScores(folder: string, way: Way, openStore: () => Store): Promise<string | null> {
  const sums = new Map<string, bigint>();
  for (const [delegator, , score] of table(folder, 'expected_window_payouts')) {
    if (delegator !== 'leftover') sums.set(delegator!, (sums.get(delegator!) ?? 0n) + BigInt(score!));
  }
  const expected = new Map([...sums].map(([name, score]) => [name, `score ${score}`]));
  return withSet(
    folder,
    { way, rate: 'floor' },
    openStore,
    async (engine, at) => {
      await engine.advance(PROGRAM, { to: at * 1000, steps: 1 });
      const read = new Map(
        (await allAccounts(engine)).map(({ account, closing }) => [account, `score ${closing!.score}`]),
      );
      const failure = differences(expected, read);
      if (failure !== null) return `while the window is open: ${failure}`;
      await engine.advance(PROGRAM, { to: at * 1000 });
      const payouts = await allPayouts(engine);
      const paid = new Map(payouts.map(({ account, score }) => [account.name, `score ${score}`]));
      for (const [name, score] of sums) if (score === 0n && !paid.has(name)) paid.set(name, 'score 0');
      return differences(expected, paid) ?? verified(engine);
    },
    true,
  );
}

/** What every position is worth at the exported rate, rounded down once. */
async function checkStakes(folder: string, openStore: () => Store): Promise<string | null> {
  const rows = table(folder, 'expected_payouts').filter(([delegator]) => delegator !== 'leftover');
  const expected = new Map(rows.map(([delegator, validator, stake]) => [`${delegator} on ${validator}`, `${stake}`]));
  const found = await stakesUnder(folder, 'floor', openStore);
  return differences(expected, new Map([...found].map(([key, tokens]) => [key, `${tokens}`])));
}

/** The positions that half-even rounding at 18 places makes worth more: exactly those listed, with both values. */
async function checkRounding(folder: string, openStore: () => Store): Promise<string | null> {
  const rows = table(folder, 'rounding_differences');
  const expected = new Map(
    rows.map(([delegator, validator, floor, sdk]) => [`${delegator} on ${validator}`, `floor ${floor} sdk ${sdk}`]),
  );
  const floor = await stakesUnder(folder, 'floor', openStore);
  const sdk = await stakesUnder(folder, 'sdk', openStore);
  const found = [...floor].filter(([key, tokens]) => sdk.get(key) !== tokens);
  return differences(expected, new Map(found.map(([key, tokens]) => [key, `floor ${tokens} sdk ${sdk.get(key)}`])));
}

async function stakesUnder(folder: string, rate: RateRule, openStore: () => Store): Promise<Map<string, bigint>> {
  const way: Way = { settle: 'multi_block', strategy: 'cut', batchSize: 1000 };
  return withSet(folder, { way, rate }, openStore, async (engine) => {
    const stakes = (await allAccounts(engine)).flatMap(({ account, stakes }) =>
      stakes.map((stake) => ({ account, ...stake })),
    );
    return new Map(stakes.map(({ account, validator, tokens }) => [`${account} on ${validator}`, tokens] as const));
  });
}

/** A fresh engine with the set in it: one allocation, due at the export's second `at`, to those who held since the window's start. */
async function withSet<T>(
  folder: string,
  { way, rate }: { way: Way; rate: RateRule },
  openStore: () => Store,
  work: (engine: Engine, at: number) => Promise<T>,
  unbonding = false,
): Promise<T> {
  const time = readSnapshotMeta(folder).exportTime!;
  const at = Math.floor(time / 1000);
  const definition: ProgramDefinition = {
    name: PROGRAM,
    rules: {
      asset: { symbol: 'SET', decimals: 6 },
      pools: [{ name: 'community', pays: 'score', funding: AMOUNT, recipients: [] }],
      residual: 'community_pool',
      scoring: { model: 'stake-time', rate },
      window: way,
      onZeroTotal: 'halt',
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: [{ at, allocations: [{ pool: 'community', amount: AMOUNT }] }],
    excluded: [],
  };
  const engine = new Engine(openStore());
  try {
    await engine.createProgram(definition);
    const options = { heldSince: at - SECONDS, ...(unbonding ? {} : { unbonding: false }) };
    const { refused } = await engine.ingest(PROGRAM, readSnapshot(folder, options));
    if (refused > 0) throw new Error(`${refused} events of the snapshot were refused`);
    return await work(engine, at);
  } finally {
    await engine.close();
  }
}

async function allAccounts(engine: Engine): Promise<AccountView[]> {
  const all: AccountView[] = [];
  for (;;) {
    const page = await engine.accounts(PROGRAM, { after: all.at(-1)?.account ?? null, limit: 1000 });
    all.push(...page);
    if (page.length < 1000) return all;
  }
}

async function allPayouts(engine: Engine): Promise<Payout[]> {
  const all: Payout[] = [];
  for (;;) {
    const page = await engine.payouts(PROGRAM, { after: all.at(-1)?.id ?? 0 });
    all.push(...page);
    if (page.length < 1000) return all;
  }
}

/** The rows of a CSV file without its header. */
function table(folder: string, name: string): string[][] {
  return parse(readFileSync(join(folder, `${name}.csv`), 'utf8'), { from_line: 2 }) as string[][];
}

function differences(expected: Lines, found: Lines): string | null {
  const keys = [...new Set([...expected.keys(), ...found.keys()])].filter(
    (key) => expected.get(key) !== found.get(key),
  );
  if (keys.length === 0) return null;
  const shown = keys
    .slice(0, 3)
    .map((key) => `${key}: expected ${expected.get(key) ?? 'nothing'}, found ${found.get(key) ?? 'nothing'}`);
  return `${keys.length} differ; ${shown.join('; ')}`;
}
