import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import {
  credContributions,
  credDifferences,
  credPersons,
  explainCredContribution,
  explainCredPerson,
} from '../../src/app/cred/read.ts';
import { parseCredScoring } from '../../src/core/scoring/cred/scoring.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { credProgram, day, edge, idOf, node, story, sunday, week } from './cred-small.ts';

const at = (weeks: number): number => (sunday + weeks * week) * 1000;
const sum = (values: readonly bigint[]): bigint => values.reduce((all, value) => all + value, 0n);

async function settled(scoring: Record<string, unknown> = {}): Promise<Engine> {
  const engine = new Engine(openMemoryStore());
  await engine.createProgram(credProgram({ scoring }));
  await engine.ingest('grain', [
    ...story(),
    node('chat/message/1', sunday + day, { label: 'Hello' }),
    edge('chat/wrote/1', 'chat/message/1', 'forum/user/ada', sunday + day),
  ]);
  await engine.advance('grain', { to: at(2) });
  return engine;
}

describe('test/app/cred-view', () => {
  it('says who has how much cred, and of what, and it adds up', async () => {
    for (const interval of ['weeks', 'days', 'periods']) {
      const engine = await settled({ interval });
      for (const period of [1, 2, 3]) {
        const view = await engine.credView('grain', { period, named: true });
        const persons = credPersons(view);
        assert.equal(sum(persons.map(({ lifetime }) => lifetime)), view.closing.minted);
        for (const { id, name, score } of persons) {
          const why = explainCredPerson(view, `@${name.toUpperCase()}`);
          assert.equal(why.score, score);
          assert.equal(sum(why.intervals.map((one) => one.score)), score);
          assert.equal(sum(why.edges.map((one) => one.score)) + why.remainder, score);
          assert.equal(sum(why.contributions.map((one) => one.score)), sum(why.sources.map((one) => one.score)));
          assert.ok(why.remainder >= 0n && why.remainder <= BigInt(why.edges.length) + 1n, `${why.remainder}`);
          assert.equal(
            why.sources.reduce((all, { tenThousandths }) => all + tenThousandths, 0),
            sum(why.sources.map((one) => one.score)) > 0n ? 10_000 : 0,
          );
          assert.equal(id, idOf(name));
        }
        for (const { address, cred } of credContributions(view, { limit: 100, ofPeriod: false })) {
          const why = explainCredContribution(view, address);
          assert.equal(why.cred, cred);
          assert.equal(why.minted + sum(why.incoming.map((flow) => flow.cred)) + why.inRemainder, cred);
          assert.equal(why.returned + sum(why.outgoing.map((flow) => flow.cred)) + why.outRemainder, cred);
          for (const rest of [why.inRemainder, why.outRemainder]) assert.ok(rest >= 0n && rest <= 5n, `${rest}`);
        }
      }
      await engine.close();
    }
  });

  it('shows where cred comes from, when somebody was last active, and what things are called', async () => {
    const engine = await settled();
    const view = await engine.credView('grain', { period: 1, named: true });
    const ada = explainCredPerson(view, 'ada');
    assert.deepEqual(
      ada.sources.map(({ source }) => source),
      ['forum', 'chat'],
    );
    assert.equal(ada.lastActivity, (sunday + day) * 1000);
    assert.deepEqual(
      [...(await engine.labels('grain', ['chat/message/1', 'forum/post/1', 'nothing']))],
      [
        ['chat/message/1', { label: 'Hello' }],
        ['forum/post/1', {}],
      ],
    );
    assert.throws(() => explainCredPerson(view, 'adda'), { code: 'account-unknown', message: /Did you mean ada\?/ });
    assert.throws(() => explainCredContribution(view, 'chat/message/9'), { code: 'cred-contribution-unknown' });
    await engine.close();
  });

  it('compares two periods, and two settings of weights', async () => {
    const engine = await settled();
    const [first, second] = [
      await engine.credView('grain', { period: 1 }),
      await engine.credView('grain', { period: 2 }),
    ];
    const changes = credDifferences(first, second);
    assert.deepEqual(
      changes.map(({ name, before, after }) => [name, after > before]),
      [
        ['ada', false],
        ['bo', true],
      ],
    );
    const scoring = parseCredScoring({ model: 'cred', weights: { nodes: { chat: 0 } } }, 'scoring');
    const whatIf = await engine.credView('grain', { period: 1, scoring });
    const [ada] = credDifferences(first, whatIf);
    assert.deepEqual([ada!.name, ada!.after < ada!.before], ['ada', true]);
    await engine.close();
  });

  it('may be stopped between sweeps', async () => {
    const engine = await settled();
    const controller = new AbortController();
    let sweeps = 0;
    const view = engine.credView('grain', {
      signal: controller.signal,
      onProgress: () => {
        sweeps += 1;
        controller.abort(new Error('enough'));
      },
    });
    await assert.rejects(view, { message: 'enough' });
    assert.equal(sweeps, 1);
    await engine.close();
  });

  describe('scores of the period that runs, as a job', () => {
    for (const kind of ['memory', 'SQLite'] as const) {
      it(`are computed once for what is known, and begin where they ended (${kind})`, async () => {
        const dir = mkdtempSync(join(tmpdir(), 'prorata-cred-'));
        try {
          const store = kind === 'memory' ? openMemoryStore() : openSqliteStore({ path: join(dir, 'store.db') });
          const engine = new Engine(store);
          await engine.createProgram(credProgram());
          await engine.ingest('grain', story());
          assert.equal(await engine.estimate('grain'), null);
          const { did, estimate } = await engine.recompute('grain');
          assert.equal(did, 'computed');
          assert.deepEqual(await engine.estimate('grain'), estimate);
          assert.equal((await engine.recompute('grain')).did, 'known');
          const view = await engine.credView('grain', { period: 1 });
          assert.deepEqual(
            estimate.persons.map(({ id, score }) => [id, score]),
            credPersons(view).map(({ id, score }) => [id, score]),
          );
          await engine.ingest('grain', [node('forum/post/9', sunday + 3 * day)]);
          const again = await engine.recompute('grain');
          assert.equal(again.did, 'computed');
          assert.ok(again.estimate.sweeps <= estimate.sweeps, `${again.estimate.sweeps} after ${estimate.sweeps}`);
          const held = await store.tryLock('cred-1');
          await engine.ingest('grain', [node('forum/post/10', sunday + 3 * day)]);
          await assert.rejects(engine.recompute('grain'), { code: 'recompute-running' });
          await held!.release();
          assert.equal((await engine.recompute('grain')).did, 'computed');
          await engine.close();
        } finally {
          rmSync(dir, { recursive: true, force: true });
        }
      });
    }

    it('are let go by a process that is killed', async () => {
      const dir = mkdtempSync(join(tmpdir(), 'prorata-cred-'));
      try {
        const path = join(dir, 'store.db');
        const store = openSqliteStore({ path });
        const code = `import { openSqliteStore } from ${JSON.stringify(new URL('../../src/stores/sqlite/store.ts', import.meta.url).href)};
        const lock = await openSqliteStore({ path: process.argv[1] }).tryLock('cred-1');
        console.log(lock === null ? 'none' : 'held');
        setInterval(() => {}, 1000);`;
        const child = spawn(process.execPath, ['--input-type=module', '-e', code, path], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const [said] = await once(child.stdout, 'data');
        assert.equal(String(said).trim(), 'held');
        assert.equal(await store.tryLock('cred-1'), null);
        child.kill('SIGKILL');
        await once(child, 'exit');
        const lock = await store.tryLock('cred-1');
        assert.notEqual(lock, null);
        await lock!.release();
        await store.close();
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    });
  });
});
