import { rateRuleOf } from '../../src/core/program.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { audit, Auditor, byBytes } from './auditor.ts';
import type { AuditReport } from './auditor.ts';
import { randomProgram } from './random-program.ts';
import type { RandomProgram } from './random-program.ts';

const PROGRAMS = 200;
/** The run's own seed (see scripts/seed.ts), so that every run looks at other programs. */
const firstSeed = Number(process.env['SEED'] ?? 20_000);

/** Made once: every test below looks at the same programs. */
const cases = Array.from({ length: PROGRAMS }, (_, index) => {
  const program = randomProgram(firstSeed + index);
  return { seed: program.seed, program, report: audit(program) };
});

const sum = (values: Iterable<bigint>): bigint => [...values].reduce((total, value) => total + value, 0n);

/** What happened in a program, as words: the generator must reach all of them, or it tests less than it seems to. */
function happenings(program: RandomProgram, report: AuditReport): string[] {
  const found = new Set<string>();
  const auditor = new Auditor(program.definition, program.createdMs);
  for (const action of program.actions) {
    const { windowOpen } = auditor.glance();
    const outcome = auditor.apply(action);
    const { halted } = auditor.glance();
    if (halted !== null) found.add(`halted ${halted}`);
    if (action.do === 'advance')
      found.add(`until ${typeof action.until === 'object' ? `${Object.keys(action.until).join()} k` : action.until}`);
    else if (outcome !== 'recorded') found.add(`outcome ${outcome}`);
    else found.add(`event ${action.event.kind}`).add(windowOpen ? `in window ${action.event.kind}` : 'between windows');
  }
  for (const action of program.actions) {
    if (action.do !== 'ingest') continue;
    if (action.event.kind === 'delegate' && action.event.since !== undefined) found.add('backdated');
    if (action.event.kind === 'rules' && action.event.settle !== undefined) found.add('settle changed');
  }
  const { settle, strategy } = program.definition.rules.window;
  found
    .add(`settle ${settle}`)
    .add(`strategy ${strategy}`)
    .add(`rate ${rateRuleOf(program.definition.rules)}`);
  for (const period of report.periods) {
    if (period.residual.zeroTotal > 0n) found.add('zero total to the residual');
    if (period.residual.directRemainder > 0n) found.add('direct remainder');
    if (period.direct.length > 0) found.add('direct payment');
    for (const payout of period.payouts.values()) found.add(`payout ${payout.reason}`);
    for (const payout of period.payouts.values())
      if (payout.restaked.size > 1) found.add('restaked over several validators');
  }
  if (report.periods.length > 2) found.add('three periods or more');
  return [...found];
}

describe('test/sim/random-program', () => {
  it(`makes the same program from the same seed, and expects what the auditor finds (seeds from ${firstSeed})`, () => {
    for (const { seed, program, report } of cases) {
      assert.deepEqual(randomProgram(seed), program, `seed ${seed}`);
      assert.deepEqual(report.outcomes, program.expected, `seed ${seed}`);
    }
    assert.notDeepEqual(randomProgram(1).actions, randomProgram(2).actions);
  });

  it(`conserves money, to the unit (seeds from ${firstSeed})`, () => {
    for (const { seed, report } of cases) {
      const { pools, liquid, restaked, residual, outside } = report;
      assert.equal(
        sum(pools.values()) + sum(liquid.values()) + sum(restaked.values()) + residual + outside,
        0n,
        `seed ${seed}`,
      );
      assert.ok(
        [...pools.values(), residual].every((balance) => balance >= 0n),
        `seed ${seed}: negative balance`,
      );
      for (const period of report.periods.filter((candidate) => candidate.settled)) {
        const paid = sum([...period.payouts.values()].map((payout) => payout.liquid + sum(payout.restaked.values())));
        const { rounding, undelivered, zeroTotal } = period.residual;
        assert.equal(paid + rounding + undelivered + zeroTotal, period.amount, `seed ${seed}, period ${period.period}`);
        assert.ok(rounding >= 0n, `seed ${seed}, period ${period.period}: paid too much`);
      }
    }
  });

  it('pays in the order of bytes, and every score is counted in the total', () => {
    for (const { seed, report } of cases) {
      for (const { payouts, total, period } of report.periods) {
        const names = [...payouts.keys()];
        assert.deepEqual(names, names.toSorted(byBytes), `seed ${seed}, period ${period}`);
        if (payouts.size > 0)
          assert.ok(
            sum([...payouts.values()].map(({ score }) => score)) <= (total ?? 0n),
            `seed ${seed}, period ${period}`,
          );
      }
    }
  });

  it('never lets time go backwards, except in events that are refused or repeated', () => {
    for (const { seed, program } of cases) {
      let [time, now] = [program.createdMs, program.createdMs];
      for (const [index, action] of program.actions.entries()) {
        if (action.do === 'ingest' && program.expected[index] === 'recorded') {
          assert.ok(action.event.time >= time, `seed ${seed}, action ${index}`);
          time = action.event.time;
        }
        if (action.do !== 'advance') continue;
        assert.ok(action.now >= now && action.now >= time, `seed ${seed}, action ${index}`);
        now = action.now;
      }
    }
  });

  it('reaches every kind of event, refusal, window state and payout', () => {
    const counts = new Map<string, number>();
    // Always the same seeds: this asks whether the generator is good, which must not depend on luck.
    for (let seed = 1; seed <= PROGRAMS; seed += 1) {
      const program = randomProgram(seed);
      for (const happening of happenings(program, audit(program))) {
        counts.set(happening, (counts.get(happening) ?? 0) + 1);
      }
    }
    const kinds = [
      'validator-set',
      'validator-changed',
      'validator-slashed',
      'validator-jailed',
      'delegate',
      'undelegate',
      'redelegate',
      'cancel-unbonding',
      'held',
      'booked',
      'exclusion',
      'fund',
      'rules',
      'schedule',
      'pause',
      'resume',
    ];
    const inWindow = [
      'delegate',
      'undelegate',
      'redelegate',
      'validator-slashed',
      'validator-changed',
      'exclusion',
      'rules',
      'fund',
      'pause',
    ];
    const refusals = [
      'duplicate',
      'key-conflict',
      'time-backwards',
      'validator-unknown',
      'pool-unknown',
      'validator-worthless',
      'stake-insufficient',
      'shares-zero',
    ];
    const wanted = [
      ...kinds.map((kind) => `event ${kind}`),
      ...inWindow.map((kind) => `in window ${kind}`),
      ...refusals.map((code) => `outcome ${code}`),
      ...['opened', 'scored', 'scored k', 'paid k', 'settled'].map((until) => `until ${until}`),
      ...['paid', 'no-stake', 'below-one-unit'].map((reason) => `payout ${reason}`),
      ...['single_block', 'multi_block'].map((settle) => `settle ${settle}`),
      ...['cut', 'copy', 'double-buffer', 'generations'].map((strategy) => `strategy ${strategy}`),
      ...['floor', 'sdk'].map((rule) => `rate ${rule}`),
      ...[
        'zero total to the residual',
        'direct remainder',
        'direct payment',
        'restaked over several validators',
        'three periods or more',
        'backdated',
        'settle changed',
      ],
      ...['halted zero-total', 'halted pool-underfunded'],
    ];
    assert.deepEqual(
      wanted.filter((happening) => (counts.get(happening) ?? 0) < 2),
      [],
      'reached less than twice',
    );
  });
});
