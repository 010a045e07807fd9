import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import type { SyncOptions } from '../../src/app/cred/sync.ts';
import type { GraphRecord } from '../../src/core/scoring/cred/record.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { credProgram, sunday } from './cred-small.ts';

const at = (sunday + 1000) * 1000;
const records: readonly GraphRecord[] = [
  { what: 'node', node: 'git/repository', at: null },
  { what: 'node', node: 'git/commit/1', at: sunday * 1000, label: 'first' },
  { what: 'node', node: 'git/author/ada@example.org', at: null },
  {
    what: 'person',
    node: 'git/author/ada@example.org',
    name: 'Ada L.',
    description: 'git author',
    type: 'USER',
    at: sunday * 1000,
  },
  {
    what: 'edge',
    edge: 'git/authors/1',
    from: 'git/commit/1',
    to: 'git/author/ada@example.org',
    at: sunday * 1000,
    backward: '0.5',
  },
];

async function engineOf(): Promise<Engine> {
  const engine = new Engine(openMemoryStore());
  await engine.createProgram(credProgram());
  return engine;
}

async function counts(engine: Engine, given: readonly GraphRecord[], sync: Partial<SyncOptions> = {}): Promise<string> {
  const summary = await engine.sync('grain', given, {
    sync: { at, ...sync },
    onRefused: (_, { code, message }) => assert.fail(`${code}: ${message}`),
  });
  assert.equal(summary.committed, true);
  const { added, changed, removed, unchanged, identities, dangling } = summary.counts;
  return [added, changed, removed, unchanged, identities, dangling].join(' ');
}

describe('test/app/cred-sync', () => {
  it('is logged once: what is new, what changed, and what is gone', async () => {
    const engine = await engineOf();
    assert.equal(await counts(engine, records), '4 0 0 0 1 0');
    assert.equal(await counts(engine, records), '0 0 0 4 0 0');
    const changed = records.map((record) => (record.what === 'edge' ? { ...record, backward: '0.25' } : record));
    assert.equal(await counts(engine, changed), '0 1 0 3 0 0');
    assert.equal(await counts(engine, records), '0 1 0 3 0 0'); // and back again
    const complete = ['git'];
    assert.equal(await counts(engine, records.slice(0, 4), { complete }), '0 0 1 3 0 0');
    assert.equal(await counts(engine, records.slice(0, 1), { complete }), '0 0 2 1 0 0');
    assert.equal(await counts(engine, records, { complete }), '3 0 0 1 0 0');
    const { findings } = await engine.verify('grain');
    assert.deepEqual(
      findings.filter(({ holds }) => !holds),
      [],
    );
    await engine.close();
  });

  it('makes an identity of whoever is new, under a free name, and knows it again', async () => {
    const engine = await engineOf();
    await counts(engine, records);
    const namesake: readonly GraphRecord[] = [
      { what: 'node', node: 'github/user/ada-l', at: null },
      { what: 'person', node: 'github/user/ada-l', name: 'Ada L', description: 'user', type: 'USER', at },
      { what: 'person', node: 'github/user/%F0', name: '', description: 'nobody', type: 'BOT', at },
    ];
    assert.equal(await counts(engine, namesake.slice(0, 2), { people: 'activate' }), '1 0 0 0 1 0');
    assert.equal(await counts(engine, namesake.slice(0, 2), { people: 'leave' }), '0 0 0 1 0 0');
    const accounts = (await engine.people('grain')).ledger.accounts();
    assert.deepEqual(
      accounts.map(({ name, active, aliases }) => [name, active, aliases.length]),
      [
        ['Ada-L', false, 1],
        ['Ada-L-github', true, 1],
      ],
    );
    await engine.close();
  });

  it('finds names for any number of people whose names have no Latin letter', async () => {
    const engine = await engineOf();
    const people = Array.from({ length: 150 }, (_, index): GraphRecord => {
      const name = String.fromCodePoint(0x4e00 + index);
      return { what: 'person', node: `git/author/${index}`, name, description: 'git author', type: 'USER', at };
    });
    assert.equal(await counts(engine, people), '150 0 0 0 150 0');
    const names = (await engine.people('grain')).ledger.accounts().map(({ name }) => name);
    assert.equal(new Set(names).size, 150);
    assert.deepEqual([names[0], names[1], names[100]], ['someone', 'someone-git', 'someone-git-99']);
    assert.equal(await counts(engine, people), '0 0 0 150 0 0');
    await engine.close();
  });

  it('leaves out edges to nowhere, and says how many; of what is given twice the last counts', async () => {
    const engine = await engineOf();
    const twice: readonly GraphRecord[] = [
      ...records,
      { what: 'edge', edge: 'git/parents/1', from: 'git/commit/1', to: 'git/commit/0', at: 0 },
      { what: 'node', node: 'git/commit/1', at: sunday * 1000, weight: '0' },
    ];
    assert.equal(await counts(engine, twice), '4 1 0 0 1 1');
    const last = twice.toSpliced(1, 1);
    assert.equal(await counts(engine, last), '0 0 0 4 0 1');
    await engine.close();
  });
});
