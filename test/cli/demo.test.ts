import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { demo } from '../../src/cli/demo.ts';
import { openProrata } from '../../src/index.ts';
import { directIo } from './direct-io.ts';

interface ProgramAnswer {
  readonly program: string;
  readonly model: string;
  readonly running: number;
  readonly periods: readonly {
    readonly status: string;
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

async function answerOf(seed: string, options: { readonly only?: string } = {}): Promise<ProgramAnswer[]> {
  const { io, out } = directIo();
  assert.equal(await demo({ accounts: '60', seed, json: true, ...options }, io), 0);
  return (JSON.parse(out()) as { programs: ProgramAnswer[] }).programs;
}

const rootsOf = (programs: readonly ProgramAnswer[]): string[][] =>
  programs.map(({ periods }) => periods.map(({ root }) => root));

/** The invariants that had nothing to look at. */
const idleIn = ({ verify }: ProgramAnswer): string[] =>
  verify.findings.filter(({ checked }) => checked === 0).map(({ invariant }) => invariant);

describe('test/cli/demo', () => {
  it('tells a year with 300 stakers: changes, slash, exclusion, halt and repair, table, roots, one payment, verify', async () => {
    const { io, out } = directIo();
    assert.equal(await demo({ accounts: '300', only: 'stake' }, io), 0);
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
      /prorata explain acct1\w+ --period 3 --program demo/,
      /validator val007 was slashed/,
      /demo: all \d+ invariants hold/,
    ]) {
      assert.match(text, part);
    }
    assert.doesNotMatch(text, /BROKEN/);
    assert.equal(text.match(/^ +\d+ {2}[0-9a-f]{64}$/gm)?.length, 12);
  });

  it('tells a market: what happened, its rounds, somebody paid and somebody not, the round that runs, verify', async () => {
    const { io, out } = directIo();
    assert.equal(await demo({ only: 'crown' }, io), 0);
    for (const part of [
      /36 participants quote in two lanes, btc-tao and tao-btc/,
      /8 rounds settled, and the next one runs/,
      /round 4: \w+ loses eligibility/,
      /round 5: a failed swap of \w+ becomes known late/,
      /^ +8 {2}2026-01-15T12:00:00Z .* unearned /m,
      /btc-tao: .* s held alone, .* s shared/,
      /together .* of 1,000\.000000 SWAP, .*: [\d.]+ SWAP/,
      /\w+: nothing, as it was outbid for 21,\d+ s/,
      /the round that runs, so far: \w+ \d+\.\d+ %/,
      /^market: all \d+ invariants hold/m,
    ]) {
      assert.match(out(), part);
    }
    assert.doesNotMatch(out(), /stakers|community/);
  });

  it('tells a community: what happened, its weeks, somebody paid by policies and somebody not, the week that runs, verify', async () => {
    const { io, out } = directIo();
    assert.equal(await demo({ only: 'cred' }, io), 0);
    for (const part of [
      /30 people and a bot/,
      /8 rounds settled, and the next one runs/,
      /\w+ and greeter-bot are not activated/,
      /a pull request of \w+ from two weeks ago becomes known/,
      /round 5: \w+ is excluded/,
      /round 6: what \w+ got for week 5 is taken back/,
      /cred [\d.]+ in the week: .* from forum/,
      /^ {2}immediate .*\n {2}recent .*\n {2}balanced .*\n {2}together [\d.]+ GRAIN$/m,
      /\w+: nothing, as no edge ever brought cred to it/,
      /the round that runs, so far: \w+ \d+\.\d+, /,
      /^community: all \d+ invariants hold/m,
    ]) {
      assert.match(out(), part);
    }
    assert.doesNotMatch(out(), /stakers|SWAP/);
  });

  it('prints of the market and of the community what README.md shows', async () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const shown = /^A swap market: [^`]*?(?=^[\d.]+ s in all$)/m.exec(readme)![0].split('\n');
    const { io, out } = directIo();
    for (const only of ['crown', 'cred']) assert.equal(await demo({ only }, io), 0);
    const printed = new Set(out().split('\n'));
    assert.deepEqual(
      shown.filter((line) => line !== '...' && !printed.has(line)),
      [],
    );
  });

  it('pays the same for the same seed and something else for another, in all programs; all invariants hold', async () => {
    const [first, again, other] = [await answerOf('1'), await answerOf('1'), await answerOf('2')];
    assert.deepEqual(again, first);
    assert.deepEqual(
      first.map(({ program, model, running, periods }) => [program, model, periods.length, running]),
      [
        ['demo', 'stake', 12, 13],
        ['market', 'crown', 8, 9],
        ['community', 'cred', 8, 9],
      ],
    );
    for (const [index, roots] of rootsOf(first).entries()) {
      assert.equal(new Set([...roots, ...rootsOf(other)[index]!]).size, 2 * roots.length);
    }
    for (const { periods, verify } of [...first, ...other]) {
      assert.ok(verify.holds);
      assert.ok(periods.every(({ status }) => status === 'settled'));
    }
    assert.deepEqual(
      rootsOf(await answerOf('1', { only: 'cred' })),
      rootsOf(first).slice(2),
      'a program alone is the same as among others',
    );
  });

  it('has what each model can have, and gives back what nobody could be paid', async () => {
    const [stakes, market, community] = (await answerOf('1')) as [ProgramAnswer, ProgramAnswer, ProgramAnswer];
    assert.deepEqual(
      stakes.periods.map(({ strategy }) => strategy),
      [...Array(5).fill('cut'), ...Array(7).fill('generations')],
    );
    assert.ok(BigInt(stakes.periods[9]!.residual.undelivered) > 0n);
    assert.ok(stakes.periods.every(({ steps }) => steps > 20));
    const ofOthers = [
      'period.cred-matches-log',
      'period.shares-match-log',
      'graph.matches-log',
      'ledger.reversals-match-log',
      'period.round-matches-log',
      'checkpoint.matches-log',
    ];
    assert.deepEqual(idleIn(stakes), ofOthers, 'it scores stakes, and shares in proportion');
    const looked = (program: ProgramAnswer, name: string): boolean => !idleIn(program).includes(name);
    for (const name of ['period.round-matches-log', 'checkpoint.matches-log']) assert.ok(looked(market, name), name);
    for (const name of ['period.cred-matches-log', 'graph.matches-log', 'ledger.reversals-match-log'])
      assert.ok(looked(community, name), name);
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
      const hints = [...out().matchAll(/^ {2}prorata (?:[\w-]+ )+.*--program (\w+) --store .*kept\/demo\.db$/gm)];
      assert.deepEqual([...new Set(hints.map(([, program]) => program))], ['demo', 'market', 'community']);
      const engine = openProrata({ store: join(folder, 'kept', 'demo.db'), create: false });
      assert.deepEqual(await engine.programs(), ['demo', 'market', 'community']);
      assert.equal((await engine.periods('demo')).length, 12);
      await engine.close();
      await assert.rejects(demo({ accounts: '60', keep: join(folder, 'kept') }, io), { code: 'file-exists' });
      await assert.rejects(demo({ only: 'forum' }, io), { code: 'option-invalid' });
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
      await rm(folder, { recursive: true });
    }
  });
});
