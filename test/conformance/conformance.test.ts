import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Store } from '../../src/app/ports.ts';
import { strategyNames } from '../../src/core/program.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { missing, postgresForTests } from '../stores/postgres.ts';
import { runCredVectorsInStore } from './cred-engine.ts';
import { runCredRankVectors } from './cred-rank.ts';
import { runCrownVectors } from './crown.ts';
import { runCrownVectorsInStore } from './crown-engine.ts';
import { runStakeVectors } from './stake.ts';

const vectors = join(import.meta.dirname, '../vectors/stake');
const postgres = await postgresForTests();
const files = readdirSync(vectors).filter((name) => name.endsWith('.json'));

// Real chain sets have a test of their own beside this one: stake-data.test.ts, skipped where they are not at hand.
describe('test/conformance/conformance', () => {
  let folder: string;
  let count = 0;
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'prorata-conformance-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const stores: Record<string, () => Store> = {
    memory: openMemoryStore,
    SQLite: () => openSqliteStore({ path: join(folder, `${(count += 1)}.db`) }),
  };
  for (const [kind, openStore] of Object.entries(stores)) {
    it(`agrees with every stake vector under every freeze strategy, on the ${kind} store`, async () => {
      const results: string[] = [];
      const failures: string[] = [];
      for await (const { name, failure } of runStakeVectors(vectors, openStore)) {
        results.push(name);
        if (failure !== null) failures.push(`${name}: ${failure}`);
      }
      assert.deepEqual(failures, []);
      assert.equal(results.length, files.length * strategyNames.length, 'a vector was not run');
      assert.ok(files.length >= 70, `only ${files.length} vectors`);
    });
  }

  const seed = Number(process.env['SEED'] ?? 0);
  const which = `agrees with every stake vector under a freeze strategy each, on the PostgreSQL store (seed ${seed})`;
  it(which, { skip: postgres === null && missing }, async () => {
    const failures: string[] = [];
    const one = (nth: number) => [strategyNames[(nth + seed) % strategyNames.length]!];
    for await (const { name, failure } of runStakeVectors(vectors, () => postgres!.store(), one)) {
      if (failure !== null) failures.push(`${name}: ${failure}`);
    }
    assert.deepEqual(failures, []);
  });

  it('agrees with every crown vector', async () => {
    const results: string[] = [];
    for await (const { name, failure } of runCrownVectors(join(import.meta.dirname, '../vectors/crown'))) {
      results.push(failure === null ? 'agrees' : `${name}: ${failure}`);
    }
    assert.deepEqual(
      results,
      Array.from({ length: 217 }, () => 'agrees'),
    );
  });

  const crownVectors = join(import.meta.dirname, '../vectors/crown');

  it('agrees with the crown vectors about time as programs too, but for those with facts that a log refuses', async () => {
    const results: string[] = [];
    for await (const result of runCrownVectorsInStore(crownVectors, openMemoryStore)) {
      results.push(
        result === null ? 'refused' : result.failure === null ? 'agrees' : `${result.name}: ${result.failure}`,
      );
    }
    const count = (what: string): number => results.filter((one) => one === what).length;
    assert.deepEqual(
      results.filter((one) => one !== 'refused' && one !== 'agrees'),
      [],
    );
    assert.deepEqual([count('agrees'), count('refused')], [148, 43]);
  });

  const some = `agrees with one in eight of the crown vectors as programs, on the PostgreSQL store (seed ${seed})`;
  it(some, { skip: postgres === null && missing }, async () => {
    const failures: string[] = [];
    let count = 0;
    const pick = (nth: number): boolean => (nth + seed) % 8 === 0;
    for await (const result of runCrownVectorsInStore(crownVectors, () => postgres!.store(), pick)) {
      if (result !== null) count += 1;
      if (result !== null && result.failure !== null) failures.push(`${result.name}: ${result.failure}`);
    }
    assert.deepEqual(failures, []);
    assert.ok(count >= 10, `only ${count}`);
  });

  it('agrees with every CredRank vector', async () => {
    const results: string[] = [];
    for await (const { name, failure } of runCredRankVectors(join(import.meta.dirname, '../vectors/cred'))) {
      results.push(failure === null ? 'agrees' : `${name}: ${failure}`);
    }
    assert.deepEqual(
      results,
      Array.from({ length: 59 }, () => 'agrees'),
    );
  });

  const credVectors = join(import.meta.dirname, '../vectors/cred');
  const parts = {
    'every CredRank vector that can be logged as a program': { openStore: openMemoryStore, every: 1, least: 23 },
    [`one in four of them on the PostgreSQL store (seed ${seed})`]: {
      ...{ openStore: () => postgres!.store(), every: 4, least: 5 },
    },
  };
  for (const [which, { openStore, every, least }] of Object.entries(parts)) {
    const skip = every > 1 && postgres === null && missing;
    it(`agrees with ${which}`, { skip }, async () => {
      const failures: string[] = [];
      let count = 0;
      for await (const { name, failure } of runCredVectorsInStore(
        credVectors,
        openStore,
        (nth) => (nth + seed) % every === 0,
      )) {
        count += 1;
        if (failure !== null) failures.push(`${name}: ${failure}`);
      }
      assert.deepEqual(failures, []);
      assert.ok(count >= least, `only ${count}`);
    });
  }
});
