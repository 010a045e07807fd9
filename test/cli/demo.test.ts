import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { demo } from '../../src/cli/demo.ts';
import { openProrata } from '../../src/index.ts';
import { directIo } from './direct-io.ts';

interface Answer {
  readonly periods: readonly {
    readonly strategy: string;
    readonly root: string;
    readonly steps: number;
    readonly residual: { readonly undelivered: string };
  }[];
  readonly verify: {
    readonly holds: boolean;
    readonly findings: readonly { readonly invariant: string; readonly holds: boolean; readonly checked: number }[];
  };
}

async function answerOf(seed: string): Promise<Answer> {
  const { io, out } = directIo();
  assert.equal(await demo({ accounts: '60', seed, json: true }, io), 0);
  return JSON.parse(out()) as Answer;
}

describe('test/cli/demo', () => {
  it('tells a year with 300 stakers: changes, slash, exclusion, halt and repair, table, roots, one payment, verify', async () => {
    const { io, out } = directIo();
    assert.equal(await demo({ accounts: '300' }, io), 0);
    const text = out();
    for (let month = 1; month <= 12; month += 1)
      assert.match(text, new RegExp(`month ${month} settled: .* changes between them`));
    for (const part of [
      /300 stakers on 60 validators/,
      /val007 is slashed by 5 %/,
      /is excluded/,
      /is included again/,
      /halted \[insufficient-funds\].*Pool alliance/,
      /resumed: "alliance was funded/,
      /becomes generations: this window finishes under cut/,
      /unstakes everything .* goes to the residual/,
      /nobody steps for 2 days/,
      /settlement roots/,
      /prorata explain acct1\w+ --period 3/,
      /validator val007 was slashed/,
      /all \d+ invariants hold/,
    ]) {
      assert.match(text, part);
    }
    assert.doesNotMatch(text, /BROKEN/);
    assert.equal(text.match(/^ +\d+ {2}[0-9a-f]{64}$/gm)?.length, 12);
  });

  it('pays the same for the same seed and something else for another, and gives back what nobody could be paid', async () => {
    const [first, again, other] = [await answerOf('1'), await answerOf('1'), await answerOf('2')];
    assert.deepEqual(again, first);
    assert.notEqual(other.periods[0]!.root, first.periods[0]!.root);
    assert.deepEqual(
      first.periods.map(({ strategy }) => strategy),
      [...Array(5).fill('cut'), ...Array(7).fill('generations')],
    );
    assert.ok(BigInt(first.periods[9]!.residual.undelivered) > 0n);
    assert.ok(first.periods.every(({ steps }) => steps > 20));
    const ofOthers = [
      'period.cred-matches-log',
      'period.shares-match-log',
      'graph.matches-log',
      'ledger.reversals-match-log',
      'period.round-matches-log',
      'checkpoint.matches-log',
    ];
    const idle = first.verify.findings.filter(({ checked }) => checked === 0).map(({ invariant }) => invariant);
    assert.ok(first.verify.holds);
    assert.deepEqual(idle, ofOthers, 'the demo scores stakes, and shares in proportion');
  });

  it('leaves nothing behind, or the store where --keep says, and never writes over one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'prorata-keep-'));
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder; // so that no demo that somebody else runs is counted
    try {
      const { io, out } = directIo();
      assert.equal(await demo({ accounts: '60' }, io), 0);
      assert.deepEqual(await readdir(folder), []);
      assert.equal(await demo({ accounts: '60', keep: join(folder, 'kept') }, io), 0);
      assert.deepEqual(await readdir(folder), ['kept']);
      assert.match(out(), /prorata status --store .*kept\/demo\.db/);
      const engine = openProrata({ store: join(folder, 'kept', 'demo.db'), create: false });
      assert.equal((await engine.periods('demo')).length, 12);
      await engine.close();
      await assert.rejects(demo({ accounts: '60', keep: join(folder, 'kept') }, io), { code: 'file-exists' });
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
      await rm(folder, { recursive: true });
    }
  });
});
