import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { credProgram, idOf, story, sunday, week } from './cred-small.ts';

describe('contributions, from the log to the payouts', () => {
  it('pays a week by cred', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(credProgram());
    const summary = await engine.ingest('grain', story(), { onRefused: (_, refusal) => assert.fail(refusal.message) });
    assert.equal(summary.committed, true);
    for (let k = 0; k < 40; k += 1) console.log(JSON.stringify(await engine.step('grain', (sunday + 2 * week) * 1000)));
    console.log(await engine.payouts('grain'));
    console.log(idOf('ada'), await engine.periods('grain'), await engine.balances('grain'));
    await engine.close();
  });
});
