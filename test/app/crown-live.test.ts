import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type CellsQuery, readCrownCells } from '../../src/app/crown/cells.ts';
import { type CrownChange, type CrownStand, readCrownChanges } from '../../src/app/crown/changes.ts';
import { KeptExclusions } from '../../src/app/crown/kept-exclusions.ts';
import { KeptFacts } from '../../src/app/crown/kept-facts.ts';
import { KeptMarkets } from '../../src/app/crown/kept-markets.ts';
import { KeptRounds } from '../../src/app/crown/kept-rounds.ts';
import { ConflictError } from '../../src/core/errors.ts';
import { factsFrom } from '../../src/app/crown/facts.ts';
import { Engine } from '../../src/app/engine.ts';
import { BooksCache } from '../../src/app/load-books.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { formatRational, rationalOf } from '../../src/core/money/rational.ts';
import { toJson } from '../../src/core/json.ts';
import { parseCrownScoring } from '../../src/core/scoring/crown/scoring.ts';
import type { Store } from '../../src/app/ports.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { crownThread } from '../../src/threads/crown.ts';

const start = 1_740_787_200;
const names = ['amy', 'bob', 'cleo'];
const lanes = ['btc-tao', 'tao-btc'] as const;

async function market(
  every = 1000,
  store = openMemoryStore(),
): Promise<{ readonly engine: Engine; readonly store: Store }> {
  const engine = new Engine(store);
  await engine.createProgram({
    name: 'market',
    rules: {
      asset: { symbol: 'GOLD', decimals: 3 },
      pools: [{ name: 'rewards', pays: 'score', funding: 10_000n, recipients: [] }],
      residual: 'recycle',
      scoring: parseCrownScoring(
        { model: 'crown', rules: 'best-rate-tie', directions: { 'btc-tao': '1/2', 'tao-btc': '1/2' } },
        'scoring',
      ),
      window: { settle: 'multi_block', strategy: 'cut', batchSize: 10 },
      onZeroTotal: 'residual',
      requireAllPools: true,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: [{ at: start + every, allocations: [{ pool: 'rewards', amount: 100n }], repeat: { every, left: 9 } }],
    start,
    excluded: [],
  });
  return { engine, store };
}

/** What happens, by what each is about; `at`: seconds after the beginning. */
type Happening =
  | { readonly kind: 'rate'; readonly at: number; readonly who: number; readonly lane: 0 | 1; readonly rate: string }
  | { readonly kind: 'eligible' | 'active'; readonly at: number; readonly who: number; readonly on: boolean }
  | { readonly kind: 'exclusion'; readonly at: number; readonly who: number; readonly on: boolean }
  | { readonly kind: 'retracted'; readonly at: number; readonly which: number };

const who = fc.nat(2);
const on = fc.boolean();
const at = fc.nat(40);
const anyRate = fc.record({
  kind: fc.constant('rate' as const),
  at,
  who,
  lane: fc.constantFrom<0 | 1>(0, 1),
  rate: fc.constantFrom('1', '2', '2.0', '3', '0'),
});
const anyFact = fc.oneof(
  { weight: 5, arbitrary: anyRate },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('eligible' as const), at, who, on }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('active' as const), at, who, on }) },
);
const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: anyFact },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('exclusion' as const), at, who, on }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retracted' as const), at, which: fc.nat(30) }) },
);

const beginning: readonly ProrataEvent[] = names.flatMap((account): ProrataEvent[] => [
  { kind: 'eligible', key: `e-${account}`, time: start * 1000, account, on: true },
  { kind: 'active', key: `a-${account}`, time: start * 1000, account, on: true },
]);

/** Events of what happens. Flags go forwards, rates come as they like; only rates are taken back. */
function eventsOf(happenings: readonly Happening[]): ProrataEvent[] {
  let newest = 0;
  return happenings.map((happening, index): ProrataEvent => {
    const key = `k${index}`;
    newest = Math.max(newest, happening.at);
    const now = (start + newest) * 1000;
    switch (happening.kind) {
      case 'rate':
        return {
          kind: 'rate',
          key,
          time: (start + happening.at) * 1000,
          account: names[happening.who]!,
          direction: lanes[happening.lane],
          rate: happening.rate,
        };
      case 'exclusion': {
        const [name] = [names[happening.who]!];
        return {
          kind: 'exclusion',
          key,
          time: now,
          add: happening.on ? [name] : [],
          remove: happening.on ? [] : [name],
        };
      }
      case 'retracted': {
        const rates = happenings.flatMap((one, i) => (i < index && one.kind === 'rate' ? [i] : []));
        const which = rates[happening.which % Math.max(1, rates.length)];
        return which === undefined
          ? { kind: 'eligible', key, time: now, account: names[0]!, on: true }
          : { kind: 'retracted', key, time: now, event: `k${which}` };
      }
      default:
        return { kind: happening.kind, key, time: now, account: names[happening.who]!, on: happening.on };
    }
  });
}

const standText = ({ best, holders }: CrownStand): string =>
  `${best === null ? '-' : formatRational(rationalOf(best))}: ${holders.map(({ account, share }) => `${account} ${formatRational(share)}`).join(', ')}`;

const changeText = ({ at, seq, revised, lanes: changed }: CrownChange): string =>
  [
    at,
    seq,
    revised,
    ...changed.map(({ lane, before, ...now }) => `${lane} ${standText(before!)} > ${standText(now)}`),
  ].join();

/** How lanes stand now, by a question that knows nothing of changes. */
async function standNow(engine: Engine): Promise<Record<string, string>> {
  const stands: Record<string, string> = {};
  for (const lane of lanes) {
    const { best, holders } = await engine.crownMoment('market', { lane, limit: 10 });
    stands[lane] = standText({ best, holders });
  }
  return stands;
}

class Follower {
  readonly stands: Record<string, string> = Object.fromEntries(lanes.map((lane) => [lane, '-: ']));
  readonly told: CrownChange[] = [];
  seq = 0;
  readonly #read: ((after: number) => ReturnType<Engine['crownChanges']>) | null;

  /** `read`: how changes are read; `null`: by the engine that is followed. */
  constructor(read: ((after: number) => ReturnType<Engine['crownChanges']>) | null = null) {
    this.#read = read;
  }

  async follow(engine: Engine): Promise<void> {
    const { events } = await engine.counters('market');
    while (this.seq < events) {
      const { changes, seq } = await (this.#read?.(this.seq) ?? engine.crownChanges('market', this.seq));
      assert.ok(seq > this.seq);
      for (const change of changes) this.take(change);
      this.seq = seq;
    }
  }

  take(change: CrownChange): void {
    assert.ok(change.lanes.length > 0);
    for (const { lane, before, ...now } of change.lanes) {
      if (before !== null) {
        assert.equal(standText(before), this.stands[lane], `before ${change.seq} in ${lane}`);
        assert.notEqual(standText(now), this.stands[lane], `after ${change.seq} in ${lane}`);
      }
      this.stands[lane] = standText(now);
    }
    this.told.push(change);
  }
}

describe('test/app/crown-live', () => {
  it('tells changes that lead to how lanes stand, whatever comes late, is taken back or excluded, and in whatever batches', async () => {
    const batches = fc.array(fc.array(anyHappening, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(batches, async (given) => {
        const { engine } = await market();
        const follower = new Follower();
        await engine.ingest('market', beginning);
        const events = eventsOf(given.flat());
        let next = 0;
        for (const batch of given) {
          await engine.ingest('market', events.slice(next, next + batch.length), { partial: true });
          next += batch.length;
          await follower.follow(engine);
          assert.deepEqual(follower.stands, await standNow(engine));
        }
        const late = new Follower();
        await late.follow(engine);
        assert.deepEqual(late.stands, follower.stands);
      }),
      { numRuns: 60 },
    );
  });

  it('tells each change once, and goes on after any of them as if it had never ended, where facts come in order', async () => {
    const inOrder = fc
      .array(anyFact, { minLength: 1, maxLength: 30 })
      .map((facts) => facts.toSorted((a, b) => a.at - b.at));
    await fc.assert(
      fc.asyncProperty(inOrder, async (given) => {
        const { engine } = await market();
        await engine.ingest('market', [...beginning, ...eventsOf(given)], { partial: true });
        const whole = new Follower();
        await whole.follow(engine);
        const intervals = (await engine.crownIntervals('market', { from: start, to: start + 100 })).intervals;
        const expected = lanes.flatMap((lane) => {
          let last = '-: ';
          return intervals.flatMap((one) => {
            if (one.lane !== lane || standText(one) === last) return [];
            last = standText(one);
            return [`${one.start} ${lane} ${last}`];
          });
        });
        const told = whole.told.flatMap(({ at, revised, lanes: changed }) =>
          changed.map((one) => `${at} ${one.lane} ${standText(one)}${revised ? ' revised' : ''}`),
        );
        assert.deepEqual(told.toSorted(), expected.toSorted());
        for (const [i, { seq }] of whole.told.entries()) {
          const { changes } = await engine.crownChanges('market', seq);
          assert.deepEqual(changes.map(changeText), whole.told.slice(i + 1).map(changeText));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('says that the past was revised, and only how it stands then', async () => {
    const { engine } = await market();
    const quote = (at: number, who: number, rate: string): Happening => ({ kind: 'rate', at, who, lane: 0, rate });
    const events = eventsOf([quote(10, 0, '2'), quote(20, 1, '3'), quote(5, 2, '9'), quote(30, 2, '1')]);
    await engine.ingest('market', [...beginning, ...events]);
    const follower = new Follower();
    await follower.follow(engine);
    assert.deepEqual(
      follower.told.map(({ at, seq, revised, lanes: changed }) => [at - start, seq, revised, standText(changed[0]!)]),
      [
        [10, 8, false, '2: amy 1'],
        [20, 9, false, '3: bob 1'],
        // The quote of second 5 came after that of second 20.
        [20, 10, true, '9: cleo 1'],
        [30, 11, false, '3: bob 1'],
      ],
    );
  });

  it('keeps facts that give the same states as the store, as events come, of any window and log', async () => {
    const options = fc.record({ most: fc.integer({ min: 8, max: 60 }), stride: fc.integer({ min: 1, max: 7 }) });
    const given = fc.array(anyHappening, { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(given, options, fc.integer({ min: 1, max: 20 }), async (happenings, kept, size) => {
        const { engine, store } = await market(15);
        const cache = new BooksCache();
        let facts = new KeptFacts(kept);
        await engine.ingest('market', beginning);
        const events = eventsOf(happenings);
        for (let next = 0; next < events.length; next += size) {
          await engine.ingest('market', events.slice(next, next + size), { partial: true });
          if (next % 2 === 1) await engine.advance('market', { to: (start + next) * 1000 });
          await store.transact('read', async (tx) => {
            const books = await cache.load(tx, 'market');
            facts = await facts.refreshed(tx, books, start);
            assert.ok(facts.size <= kept.most + kept.stride + 40);
            for (const seq of [books.state.events, books.state.events - 3]) {
              for (const from of [0, 7, 15, 30, 60]) {
                const wanted = { start: start + from, until: start + from + 10, seq };
                const ours = facts.from(wanted);
                if (ours === null) continue;
                const theirs = await factsFrom(tx, books, wanted);
                assert.deepEqual(toJson(ours.fold.toJson()), toJson(theirs.fold.toJson()));
                assert.deepEqual(ours.facts, theirs.facts);
              }
            }
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives those who read beside each other what each of them gets alone', async () => {
    const queries = fc.record({ from: fc.constantFrom(-1, start + 10, Infinity), back: fc.nat(12), wait: fc.nat(8) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyHappening, { minLength: 10, maxLength: 40 }),
        fc.array(queries, { minLength: 2, maxLength: 4 }),
        fc.boolean(),
        fc.scheduler(),
        async (happenings, asked, late, scheduler) => {
          const { engine, store } = await market(15);
          // Where nothing is late, the states of the windows before stay, and facts are read from there on.
          const events = [
            ...beginning,
            ...eventsOf(happenings.map((one, i) => (late || i < 5 ? one : { ...one, at: 31 + (one.at % 9) }))),
          ];
          const [markets, cache] = [new KeptMarkets({ most: 1000, stride: 3 }), new BooksCache()];
          const half = beginning.length + 5;
          for (const part of [events.slice(0, half), events.slice(half)]) {
            await engine.ingest('market', part, { partial: true });
            await engine.advance('market', { to: (start + 40) * 1000 });
            if (part[0] !== beginning[0]) continue;
            await store.transact('read', async (tx) => {
              const books = await cache.load(tx, 'market');
              await (await markets.of(tx, books, Infinity)).exclusions.at(tx, books, books.state.events);
            });
          }
          await store.transact('read', async (tx) => {
            const books = await cache.load(tx, 'market');
            // Answers come in any order.
            const slow = new Proxy(tx, {
              get: (target, verb) =>
                scheduler.scheduleFunction(async (...args: unknown[]) => (target as any)[verb](...args)),
            });
            const ask = async ({ from, back, wait }: (typeof asked)[number]) => {
              for (let turns = 0; turns < wait; turns += 1) await scheduler.schedule(Promise.resolve());
              const seq = books.state.events - back;
              const { facts, exclusions } = await markets.of(slow, books, from);
              const look = () =>
                [0, 15, 30].map((second) => {
                  const found = facts.from({ start: start + second, until: start + second + 10, seq });
                  return found && { ...found, fold: toJson(found.fold.toJson()) };
                });
              const before = look();
              const excluded = [...(await exclusions.at(slow, books, seq))].sort();
              assert.deepEqual(look(), before, 'what somebody reads from stays');
              return { found: before, excluded };
            };
            const answers = await scheduler.waitFor(Promise.all(asked.map(ask)));
            for (const [i, { found, excluded }] of answers.entries()) {
              const seq = books.state.events - asked[i]!.back;
              assert.deepEqual(excluded, [...(await new KeptExclusions().at(tx, books, seq))].sort());
              for (const [nth, ours] of found.entries()) {
                if (ours === null) continue;
                const wanted = { start: start + nth * 15, until: start + nth * 15 + 10, seq };
                const theirs = await factsFrom(tx, books, wanted);
                assert.deepEqual(ours, { ...theirs, fold: toJson(theirs.fold.toJson()) });
              }
            }
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('tells what it can where few facts are kept, and reads no more at once than it may', async () => {
    const batches = fc.array(fc.array(anyFact, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 });
    const kept = fc.record({ most: fc.integer({ min: 4, max: 20 }), stride: fc.integer({ min: 1, max: 4 }) });
    await fc.assert(
      fc.asyncProperty(batches, kept, async (given, options) => {
        const { engine, store } = await market(15);
        const reader = { cache: new BooksCache(), markets: new KeptMarkets(options), program: 'market' };
        const few = new KeptRounds(new KeptMarkets(options));
        await engine.ingest('market', beginning);
        const follower = new Follower((after) => readCrownChanges(store, reader, after));
        await follower.follow(engine);
        const events = eventsOf(given.flat());
        let next = 0;
        for (const batch of given) {
          await engine.ingest('market', events.slice(next, next + batch.length), { partial: true });
          next += batch.length;
          await follower.follow(engine);
          assert.deepEqual(follower.stands, await standNow(engine));
          await engine.advance('market', { to: (start + next) * 1000 });
        }
        // Where facts are not kept, rounds are read one after the other: the same cells.
        const query = { lane: 'btc-tao', from: start, to: start + 60, cells: 60 };
        const whole = await engine.crownCells('market', query);
        const read = await readCrownCells(store, { cache: reader.cache, rounds: few, program: 'market' }, query);
        assert.deepEqual(read, whole);
        const strict = new KeptRounds(new KeptMarkets({ most: 1, stride: 1 }), 5);
        await assert.rejects(
          readCrownCells(store, { cache: reader.cache, rounds: strict, program: 'market' }, query),
          (error: unknown) => error instanceof ConflictError && error.code === 'facts-too-many',
        );
      }),
      { numRuns: 40 },
    );
  });

  it('is answered by a thread of its own, with the errors of the engine, and sees what others write', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'prorata-crown-'));
    const path = join(folder, 'market.db');
    const { engine } = await market(1000, openSqliteStore({ path }));
    const answers = crownThread(path);
    try {
      await engine.ingest('market', [...beginning, ...eventsOf([{ kind: 'rate', at: 5, who: 0, lane: 0, rate: '2' }])]);
      const read = async (query: CellsQuery): Promise<any> =>
        JSON.parse(Buffer.from(await answers.cells('market', query)).toString());
      const wanted = { lane: 'btc-tao', from: start, to: start + 20, cells: 20 };
      assert.deepEqual((await read(wanted)).participants, []);
      await engine.ingest('market', eventsOf([0, 1, 2].map((at) => ({ kind: 'rate', at: at + 10, who: 1, lane: 0, rate: '3' }))).map((one) => ({ ...one, key: `n${one.key}` }))); // prettier-ignore
      assert.deepEqual(
        (await read(wanted)).participants.map(({ account, runs }: any) => [account, runs]),
        [
          ['amy', [[5, 5, '1']]],
          ['bob', [[10, 2, '1']]],
        ],
      );
      const moment = JSON.parse(Buffer.from(await answers.moment('market', { limit: 5 })).toString());
      assert.deepEqual(moment.passed_over.map(({ account, why }: any) => [account, why]), [['amy', 'outbid'], ['cleo', 'no-quote']]); // prettier-ignore
      const { changes, seq } = await answers.changes('market', 0);
      assert.deepEqual([changes.map((one) => one.seq), seq], [[8, 9], 11]);
      await assert.rejects(answers.cells('nobody', {}), { code: 'program-unknown', kind: 'not-found' });
      await assert.rejects(answers.cells('market', { lane: 'x' }), { code: 'lane-unknown', kind: 'invalid-input' });
    } finally {
      await answers.close();
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
