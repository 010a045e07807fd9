import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Engine } from '../../src/app/engine.ts';
import { NamePlaces } from '../../src/app/ranking/name-places.ts';
import { type RankedPage, type RankQuery, sortings } from '../../src/app/ranking/ranking.ts';
import { KeptRankings } from '../../src/app/ranking/rankings.ts';
import type { AccountView } from '../../src/app/read.ts';
import { compareBytes } from '../../src/core/bytes.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { rankingsThread } from '../../src/threads/rankings.ts';
import { definition, PROGRAM, smallEngine } from './small.ts';

const setUp: ProrataEvent = {
  ...{ kind: 'validator-set', key: 'v', time: 1000, validator: 'v', tokens: 3n, shares: 4n * 10n ** 18n },
  jailed: false,
};
const stake = (account: string, second: number, amount: bigint): ProrataEvent => ({
  ...{ kind: 'delegate', key: `${account} ${second}`, time: second * 1000, account, validator: 'v', amount },
});

async function engineOf(events: readonly ProrataEvent[], store = openMemoryStore()): Promise<Engine> {
  const engine = new Engine(store);
  await engine.createProgram(definition());
  const { refused } = await engine.ingest(PROGRAM, [setUp, ...events]);
  assert.equal(refused, 0);
  return engine;
}

const rankingsOf = (engine: Engine, options: Partial<ConstructorParameters<typeof KeptRankings>[1]> = {}) =>
  new KeptRankings({ engine, maker: engine }, { clock: () => performance.now(), ...options });

const all: RankQuery = { sort: 'name', search: '', offset: 0, limit: 1000 };

async function ready(page: () => Promise<RankedPage | null>): Promise<RankedPage> {
  for (;;) {
    const found = await page();
    if (found !== null) return found;
    await sleep(5);
  }
}

/** Every account, sorted in the obvious way. */
function naive(accounts: readonly AccountView[], { sort, search }: Pick<RankQuery, 'sort' | 'search'>): string[] {
  const sign = sort.startsWith('-') ? -1 : 1;
  const by = (a: AccountView, b: AccountView): number => {
    if (sort.endsWith('name')) return compareBytes(a.account, b.account);
    const [x, y] = sort.endsWith('score') ? [a.score, b.score] : [a.staked, b.staked];
    return x < y ? -1 : Number(x > y);
  };
  return accounts
    .filter(({ account }) => account.toLowerCase().includes(search.toLowerCase()))
    .toSorted((a, b) => sign * by(a, b) || compareBytes(a.account, b.account))
    .map(({ account }) => account);
}

describe('test/app/ranking', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prorata-test-'));
  after(() => rmSync(folder, { recursive: true }));

  it('is the order of a naive sort by exact numbers, ties by bytes, page by page, whatever is searched', async () => {
    const name = fc.string({
      unit: fc.constantFrom('a', 'B', 'b', '～', '\u{10348}', 'É'),
      minLength: 1,
      maxLength: 4,
    });
    const amount = fc.oneof(fc.bigInt({ min: 10n, max: 13n }), fc.bigInt({ min: 10n, max: 10n ** 40n }));
    const stakes = fc.array(fc.record({ account: name, second: fc.integer({ min: 2, max: 5 }), amount }), {
      ...{ minLength: 1, maxLength: 15 },
    });
    await fc.assert(
      fc.asyncProperty(stakes, name, fc.integer({ min: 1, max: 4 }), async (given, search, limit) => {
        const once = new Map(given.map((one) => [`${one.account} ${one.second}`, one]));
        const events = [...once.values()].toSorted((a, b) => a.second - b.second);
        await using engine = disposed(
          await engineOf(events.map(({ account, second, amount: tokens }) => stake(account, second, tokens))),
        );
        const accounts = await engine.accounts(PROGRAM, { limit: 1000 });
        const rankings = rankingsOf(engine);
        for (const sort of sortings) {
          for (const part of ['', search]) {
            const expected = naive(accounts, { sort, search: part });
            const found: string[] = [];
            do {
              const query = { sort, search: part, offset: found.length, limit };
              const page = await ready(() => rankings.page(PROGRAM, query));
              assert.equal(page.total, expected.length);
              assert.deepEqual(page.asOf, { seq: events.length + 2, time: events.at(-1)!.second * 1000 });
              found.push(...page.names);
            } while (found.length < expected.length);
            assert.deepEqual(found, expected, `${sort} ${part}`);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is made anew once it is old and something has changed, while the old one answers', async () => {
    await using engine = disposed(await smallEngine(['ann', 'bob', 'cy']));
    let now = 0;
    const rankings = rankingsOf(engine, { clock: () => now, freshMs: 100 });
    const highest = async (): Promise<string[]> => [
      ...(await ready(() => rankings.page(PROGRAM, { ...all, sort: '-stake' }))).names,
    ];
    assert.deepEqual(await highest(), ['ann', 'bob', 'cy']);
    await engine.ingest(PROGRAM, [stake('cy', 3, 100n), stake('dot', 3, 50n)]);
    now = 100;
    assert.deepEqual(await highest(), ['ann', 'bob', 'cy']);
    await sleep(20);
    assert.deepEqual(await highest(), ['ann', 'bob', 'cy'], 'it is not old enough yet');
    now = 101;
    assert.deepEqual(await highest(), ['ann', 'bob', 'cy'], 'the old one answers');
    let newer: string[];
    do {
      await sleep(5);
      newer = await highest();
    } while (newer.length < 4);
    assert.deepEqual(newer, ['cy', 'dot', 'ann', 'bob']);
    now = 1000;
    await highest();
    const { asOf } = await ready(() => rankings.page(PROGRAM, all));
    assert.deepEqual(asOf, { seq: 7, time: 3000 }, 'nothing has changed');
  });

  it('says that it is being made to whoever will not wait, and has it afterwards', async () => {
    await using engine = disposed(await smallEngine(Array.from({ length: 300 }, (_, i) => `a${i}`)));
    const { promise: gate, resolve: go } = Promise.withResolvers<void>();
    const maker = {
      ranking: async (...of: Parameters<Engine['ranking']>) => {
        await gate;
        return engine.ranking(...of);
      },
    } as Engine;
    const rankings = new KeptRankings({ engine, maker }, { clock: () => 0, patienceMs: 0 });
    assert.equal(await rankings.page(PROGRAM, { ...all, sort: '-score' }), null);
    go();
    assert.equal((await ready(() => rankings.page(PROGRAM, { ...all, sort: '-score' }))).total, 300);
  });

  it('is refused of a program that is too large, and of one that is not there', async () => {
    await using engine = disposed(await smallEngine(['ann', 'bob']));
    await assert.rejects(rankingsOf(engine, { accountsMost: 1 }).page(PROGRAM, all), { code: 'ranking-too-large' });
    await assert.rejects(rankingsOf(engine).page('nobody', all), { code: 'program-unknown' });
  });

  it('keeps those of the programs asked for last, within what there may be', async () => {
    await using engine = disposed(await smallEngine(['ann', 'bob']));
    await engine.createProgram({ ...definition(), name: 'other' });
    await engine.ingest('other', [setUp, stake('ann', 2, 9n)]);
    let made = 0;
    const maker = {
      ranking: async (...of: Parameters<Engine['ranking']>) => {
        made += 1;
        return engine.ranking(...of);
      },
    } as Engine;
    const rankings = new KeptRankings({ engine, maker }, { clock: () => 0, accountsMost: 2 });
    for (const program of [PROGRAM, PROGRAM, 'other', 'other', PROGRAM]) await ready(() => rankings.page(program, all));
    assert.equal(made, 3);
  });

  it('comes from a thread of its own, with the errors of the engine, and sees what others write', async () => {
    const path = join(folder, 'thread.db');
    await using engine = disposed(
      await engineOf([stake('ann', 2, 5n), stake('bob', 3, 9n)], openSqliteStore({ path })),
    );
    const rankings = rankingsThread(path);
    try {
      const asked = (): Promise<RankedPage | null> => rankings.page(PROGRAM, { ...all, sort: '-stake', search: 'B' });
      const page = await ready(asked);
      assert.deepEqual(page, { names: ['bob'], total: 1, asOf: { seq: 4, time: 3000 } });
      await assert.rejects(rankings.page('nobody', all), { code: 'program-unknown', kind: 'not-found' });
      await engine.ingest(PROGRAM, [stake('bab', 4, 5n)]);
      assert.equal((await ready(asked)).total, 1, 'an order of some seconds ago is taken as it is');
    } finally {
      await rankings.close();
    }
    const nothing = rankingsThread(join(folder, 'nothing.db'));
    await assert.rejects(nothing.page(PROGRAM, all), /There is no store/);
    await nothing.close();
  });

  it('knows places in the order of names as long as nobody comes', () => {
    const places = new NamePlaces();
    assert.deepEqual(places.before('p', 10_000, 5000), { place: 0, after: null });
    places.learn('p', 10_000, { place: 4500, name: 'm' });
    assert.deepEqual(places.before('p', 10_000, 4499), { place: 0, after: null });
    assert.deepEqual(places.before('p', 10_000, 4500), { place: 4500, after: 'm' });
    assert.deepEqual(places.before('p', 10_000, 9999), { place: 4500, after: 'm' });
    assert.deepEqual(places.before('q', 10_000, 9999), { place: 0, after: null });
    assert.deepEqual(places.before('p', 10_001, 9999), { place: 0, after: null });
  });
});

/** Closed at the end of its block. */
const disposed = (engine: Engine): Engine & AsyncDisposable =>
  Object.assign(engine, { [Symbol.asyncDispose]: () => engine.close() });
