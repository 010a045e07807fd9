import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { SqliteTx } from '../../src/stores/sqlite/tx.ts';
import { crownThread } from '../../src/threads/crown.ts';
import { marketCli } from '../cli/harness.ts';
import { served } from '../http/harness.ts';
import { turnsWhile } from '../turns.ts';

const base = '/v1/programs/market';
/** What is computed from all facts of the period that runs. */
const routes = [
  `${base}/crown/intervals?period=3&limit=10`,
  `${base}/crown/intervals?period=3&limit=10&cursor=10&lane=btc-tao`,
  `${base}/scores?sort=-score`,
  `${base}/scores?limit=1&cursor=alice`,
  `${base}/accounts/alice`,
  `${base}/accounts/bob/explanation?period=3`,
  `${base}/export/scores`,
  `${base}/export/scores?format=csv`,
];

/** So many facts after those of the market, one a second: also after the end of the period, whose window has not opened yet. */
async function addFacts(writer: Engine, count: number): Promise<void> {
  const start = Date.UTC(2025, 2, 1, 2);
  const facts = Array.from({ length: count }, (_, n): ProrataEvent => ({
    ...{ kind: 'rate', key: `more ${n}`, time: start + n * 1000, account: ['alice', 'bob', 'carol'][n % 3]! },
    ...{ direction: 'btc-tao', rate: `${345 + (n % 7)}` },
  }));
  assert.equal((await writer.ingest('market', facts)).recorded, count);
}

const fund = (key: string): ProrataEvent => ({
  ...{ kind: 'fund', key, time: Date.UTC(2025, 2, 1, 4), pool: 'rewards', amount: 1n },
});

describe('test/threads/crown', () => {
  it('answers all that is computed from facts as the engine does, and lets others have their turn meanwhile', async () => {
    const cli = await marketCli();
    const path = cli.path('prorata.db');
    const writer = new Engine(openSqliteStore({ path }));
    await addFacts(writer, 4000);
    await using here = await served(cli, 'market');
    await using apart = await served(cli, 'market', { crown: crownThread(path) });
    // The thread has begun, and knows the program.
    assert.equal((await apart.app.inject({ url: `${base}/crown/at` })).statusCode, 200);
    for (const url of routes) {
      // A round is kept until something changes.
      assert.equal((await writer.ingest('market', [fund(url)])).recorded, 1);
      const answered = async ({ app }: typeof here) => {
        const { result, turns } = await turnsWhile(() => app.inject({ url }));
        assert.equal(result.statusCode, 200, result.body);
        return { body: result.body, turns };
      };
      const [one, other] = [await answered(here), await answered(apart)];
      assert.equal(other.body, one.body, url);
      assert.ok(one.turns < 20 && other.turns >= 20, `${url}: ${one.turns} turns here, ${other.turns} apart`);
    }
    await writer.close();
  });

  it('reads the facts of a round once as long as nothing changes', async (context) => {
    using cli = await marketCli();
    const engine = new Engine(openSqliteStore({ path: cli.path('prorata.db') }));
    const { mock: facts } = context.mock.method(SqliteTx.prototype, 'facts');
    const asked = async (period: number): Promise<number> => {
      facts.resetCalls();
      const { scores } = await engine.crownScores('market', { period });
      await engine.crownIntervals('market', { period, lane: 'btc-tao', skip: 1, limit: 1 });
      await engine.explainCrown('market', { period, account: scores[0]?.account ?? 'alice' });
      return facts.callCount();
    };
    const [first, again, other] = [await asked(1), await asked(1), await asked(2)];
    assert.deepEqual([first > 0, again, other > 0], [true, 0, true]);
    assert.equal((await engine.ingest('market', [fund('more')])).recorded, 1);
    assert.equal(await asked(2), other);
    await engine.close();
  });
});
