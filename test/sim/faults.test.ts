import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine } from '../../src/app/engine.ts';
import { strategyNames } from '../../src/core/program.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openPostgresStore } from '../../src/stores/postgres/store.ts';
import { Cluster, missing, postgresForTests } from '../stores/postgres.ts';
import { Proxy } from '../stores/proxy.ts';
import { exported } from './crash-kit.ts';
import { definition, PROGRAM, script } from './kill-child.ts';
import { Prng } from './prng.ts';

const FAULTS = 200;
const WORKERS = 3;
const PROGRAMS = 2;
const LEASE_MS = 400;
const TO = 1_800_000_000_000;
const seed = Number(process.env['SEED'] ?? 50_000);
const child = join(import.meta.dirname, 'worker-child.ts');
const skip = (await postgresForTests())?.cluster ? false : missing || 'needs a server of its own, to be restarted';

describe('test/sim/faults', { skip }, () => {
  let cluster: Cluster;
  let proxy: Proxy;
  const workers = new Set<ChildProcess>();
  let complaint = '';
  before(async () => {
    // The machine under it does not fail: fsync may be off. The server does: a commit that was answered must be in its log.
    cluster = await Cluster.start('synchronous_commit=on');
    proxy = await Proxy.to(cluster.port);
  });
  after(() => {
    for (const one of workers) one.kill('SIGKILL');
    proxy.close();
    cluster.remove();
  });

  function hire(url: string): void {
    const one = spawn(process.execPath, [child, url, String(LEASE_MS), String(TO)], { stdio: ['ignore', 'ignore', 'pipe'] }); // prettier-ignore
    let errors = '';
    one.stderr.on('data', (text) => (errors += text));
    workers.add(one);
    one.on('exit', (code, signal) => {
      workers.delete(one);
      if (signal !== 'SIGKILL') complaint = `a worker ended with ${code ?? signal}: ${errors}`;
    });
  }

  it(`loses nothing and pays nothing twice over ${FAULTS} faults: workers killed or stopped past their lease, servers restarted, connections cut (seed ${seed})`, async () => {
    const random = new Prng(seed);
    const counts: Record<string, number> = {};
    let total = 0;
    for (let round = 0; total < FAULTS; round += 1) {
      const strategies = Array.from({ length: PROGRAMS }, (_, i) => strategyNames[(round + i) % strategyNames.length]!);
      const names = strategies.map((_, i) => `${PROGRAM}-${i}`);
      const whole = new Engine(openMemoryStore());
      for (const [i, strategy] of strategies.entries()) {
        await whole.createProgram({ ...definition(strategy), name: names[i]! });
        for (const ask of script('race')) if (ask.ask === 'ingest') await whole.ingest(names[i]!, ask.events);
      }
      const url = cluster.url(`round_${round}`, '&idle_timeout=1&lock_timeout=3&connect_timeout=2');
      const direct = new Engine(openPostgresStore({ url }));
      await direct.import((await exported(whole)).split('\n'));
      for (const name of names) await whole.advance(name, { to: TO });
      const stopped: Promise<void>[] = [];
      for (let n = 0; n < WORKERS; n += 1) hire(proxy.through(url));
      for (let over = false; !over;) {
        await sleep(random.int(5, 60));
        assert.equal(complaint, '');
        const one = random.pick([...workers]);
        const roll = random.int(0, 99);
        // Enough is enough: what is left is worked off in peace.
        const fault = total >= FAULTS ? 'none' : roll < 25 ? 'killed' : roll < 40 ? 'stopped' : roll < 50 ? 'restarted' : roll < 90 ? 'cut at COMMIT' : 'all cut'; // prettier-ignore
        if (fault !== 'none') {
          counts[fault] = (counts[fault] ?? 0) + 1;
          total += 1;
        }
        if (fault === 'killed') {
          one.kill('SIGKILL');
          hire(proxy.through(url));
        } else if (fault === 'stopped') {
          one.kill('SIGSTOP');
          stopped.push(sleep(LEASE_MS * random.pick([0.5, 1.5, 3])).then(() => void one.kill('SIGCONT')));
        } else if (fault === 'restarted') {
          cluster.stop(random.pick(['fast', 'immediate']));
          await cluster.run();
        } else if (fault === 'all cut') {
          proxy.drop();
        } else if (fault !== 'none') {
          const before = proxy.cuts;
          proxy.cut(random.pick(['before', 'answer', 'both']));
          for (let ms = 0; proxy.cuts === before && ms < 300; ms += 5) await sleep(5);
          if (proxy.cuts === before) [counts[fault], total] = [counts[fault]! - 1, total - 1]; // nobody committed: no fault
        }
        const states = await Promise.all(names.map((name) => direct.periods(name)));
        over = states.every((periods) => periods.length === 6 && periods.every(({ status }) => status === 'settled'));
      }
      await Promise.all(stopped);
      for (const one of workers) {
        one.kill('SIGKILL');
        await once(one, 'exit');
      }
      assert.equal(await exported(direct), await exported(whole), `round ${round}, ${JSON.stringify(counts)}`);
      for (const name of names) assert.ok((await direct.verify(name)).findings.every(({ holds }) => holds));
      await direct.close();
    }
    assert.ok(total >= FAULTS);
    assert.ok(['killed', 'stopped', 'restarted', 'cut at COMMIT', 'all cut'].every((fault) => counts[fault]! >= 5), JSON.stringify(counts)); // prettier-ignore
    process.stdout.write(`# faults: ${JSON.stringify(counts)}\n`);
  });

  it('reads from a server that follows, and writes to the one that is followed', async () => {
    const url = cluster.url('followed');
    const engine = new Engine(openPostgresStore({ url }));
    await engine.createProgram(definition('cut'));
    const follower = await cluster.follower();
    const there = follower.url('followed');
    const reader = new Engine(openPostgresStore({ url: there, readOnly: true }));
    const fund = (key: string) => ({ kind: 'fund', key, time: 1_700_000_000_000, pool: 'team', amount: 1n }) as const;
    const { events } = await engine.ingest(PROGRAM, [fund('f')]);
    const reaches = async (count: number): Promise<void> => {
      for (let tries = 0; tries < 200 && (await reader.status(PROGRAM)).events < count; tries += 1) await sleep(20);
      assert.equal((await reader.status(PROGRAM)).events, count);
    };
    await reaches(events);
    assert.equal(await exported(reader), await exported(engine));
    const writer = new Engine(openPostgresStore({ url: there }));
    await assert.rejects(writer.ingest(PROGRAM, [fund('x')]), { code: 'store-read-only' });

    const bin = join(import.meta.dirname, '../../bin/prorata.js');
    const serving = spawn(process.execPath, [bin, 'serve', '--port', '0', '--json', '--quiet', '--store', url, '--read-url', there]); // prettier-ignore
    const [first] = (await once(serving.stdout, 'data')) as [Buffer];
    const { url: address } = JSON.parse(String(first)) as { url: string };
    const body = JSON.stringify({ kind: 'fund', key: 'g', time: '2023-11-14T22:13:20Z', pool: 'team', amount: '1' });
    const headers = { 'content-type': 'application/x-ndjson' };
    const post = await fetch(`${address}/v1/programs/${PROGRAM}/events`, { method: 'POST', headers, body });
    assert.equal(post.status, 200, await post.text());
    assert.equal((await engine.status(PROGRAM)).events, events + 1, 'it was written to the one that is followed');
    await reaches(events + 1);
    const read = await fetch(`${address}/v1/programs/${PROGRAM}/events?limit=9`);
    assert.equal(((await read.json()) as { items: unknown[] }).items.length, events + 1);
    serving.kill('SIGTERM');
    assert.deepEqual(await once(serving, 'exit'), [0, null]);
    await Promise.all([reader.close(), writer.close()]);
    await engine.close();
    follower.remove();
  });
});
