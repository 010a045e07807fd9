import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import { Scheduler, type SchedulerOptions, type SchedulerReport } from '../../src/app/scheduler/scheduler.ts';
import { progressOf, StepWatch } from '../../src/app/scheduler/step-watch.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import type { Window } from '../../src/core/state.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { credProgram, sunday, week } from './cred-small.ts';
import { definition, PROGRAM, smallEngine } from './small.ts';

const fund: ProrataEvent = { kind: 'fund', key: 'f', time: 150_000, pool: 'stakers', amount: 5000n };
const resume: ProrataEvent = { kind: 'resume', key: 'r', time: 150_000, reason: 'funded' };
/** The clock of the log moves to this second. */
const until = (second: number): ProrataEvent => ({
  kind: 'fund',
  key: `u${second}`,
  time: second * 1000,
  pool: 'stakers',
  amount: 1n,
});

interface Running {
  readonly reports: SchedulerReport[];
  /** Resolves with the first report for which it holds. */
  readonly when: (holds: (report: SchedulerReport) => boolean) => Promise<SchedulerReport>;
  readonly stop: () => Promise<void>;
}

function running(engine: Engine, options: Partial<SchedulerOptions> = {}, now = 0): Running {
  const stopping = new AbortController();
  const reports: SchedulerReport[] = [];
  const waiting: (() => void)[] = [];
  const ended = new Scheduler(
    engine,
    { due: 'auto', tickMs: 5, pauseMs: 0, ...options },
    {
      now: () => now,
      clock: () => performance.now(),
      signal: stopping.signal,
      onReport: (report) => {
        reports.push(report);
        for (const look of waiting.splice(0)) look();
      },
    },
  ).run();
  return {
    reports,
    async when(holds) {
      for (;;) {
        const found = reports.find(holds);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

const settled = (period: number) => (report: SchedulerReport) =>
  report.what === 'step' && report.did === 'settled' && report.period === period;
const what = (wanted: SchedulerReport['what']) => (report: SchedulerReport) => report.what === wanted;

describe('test/app/scheduler', () => {
  it('steps what is due by the log, and goes on when the log does', { timeout: 20_000 }, async () => {
    const engine = await smallEngine(['a', 'b', 'c']);
    await engine.ingest(PROGRAM, [until(150)]);
    const one = running(engine);
    const last = await one.when(settled(1));
    assert.deepEqual(
      one.reports.map((report) => (report.what === 'step' ? `${report.step} ${report.phase}` : report.what)),
      [
        'leads',
        '1 opening',
        '2 scoring',
        '3 scoring',
        '4 scoring',
        '5 scoring',
        '6 paying',
        '7 paying',
        '8 paying',
        '9 paying',
      ],
    );
    assert.ok(last.what === 'step' && last.accountsPaid === 3 && last.rowsWritten > 0 && last.ms >= 0);
    assert.equal((await engine.periods(PROGRAM)).length, 1, 'the second boundary is not due');
    await engine.ingest(PROGRAM, [until(200)]);
    await one.when(settled(2));
    await one.stop();
    assert.ok((await engine.verify(PROGRAM)).holds);
  });

  it('steps what is due by the clock of the machine where it is asked to', { timeout: 20_000 }, async () => {
    const engine = await smallEngine(['a']);
    const one = running(engine, { due: 'now' }, 100_000);
    await one.when(settled(1));
    await one.stop();
    assert.equal((await engine.periods(PROGRAM)).length, 1);
  });

  it(
    'steps a program of contributions by the clock of the machine, unless it is told to go by the log',
    { timeout: 20_000 },
    async () => {
      const engine = new Engine(openMemoryStore());
      await engine.createProgram(credProgram());
      const now = (sunday + week) * 1000;
      const waiting = running(engine, { due: 'log' }, now);
      await waiting.when(what('leads'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      await waiting.stop();
      assert.equal((await engine.periods('grain')).length, 0);
      const one = running(engine, {}, now);
      await one.when(settled(1));
      await one.stop();
      assert.equal((await engine.periods('grain')).length, 1);
    },
  );

  it(
    'steps a program where nobody else does, and takes over when whoever did is gone',
    { timeout: 20_000 },
    async () => {
      const engine = await smallEngine(['a', 'b', 'c']);
      const first = running(engine);
      await first.when(what('leads'));
      await assert.rejects(engine.advance(PROGRAM, { to: 100_000 }), { code: 'advance-running' });
      const second = running(engine);
      await second.when(what('stands-by'));
      await engine.ingest(PROGRAM, [until(150)]);
      await first.when(settled(1));
      await first.stop();
      await engine.ingest(PROGRAM, [until(200)]);
      await second.when(settled(2));
      await second.stop();
      assert.deepEqual(
        second.reports.filter(({ what }) => what !== 'step').map(({ what }) => what),
        ['stands-by', 'leads'],
      );
      assert.equal((await engine.advance(PROGRAM, { to: 200_000 })).ended, 'idle', 'the right was let go');
    },
  );

  it('asks again for a right that it has lost, and stands by while another has it', { timeout: 20_000 }, async () => {
    const engine = await smallEngine(['a']);
    const tryLead = engine.tryLead.bind(engine);
    const given: { lost: boolean; release(): Promise<void> }[] = [];
    engine.tryLead = async (program) => {
      const lock = await tryLead(program);
      if (lock !== null) given.push({ ...lock, lost: false });
      return lock && given.at(-1)!;
    };
    const one = running(engine);
    await one.when(what('leads'));
    await given[0]!.release();
    const another = (await tryLead(PROGRAM))!;
    given[0]!.lost = true;
    await one.when(what('stands-by'));
    await engine.ingest(PROGRAM, [until(150)]);
    await another.release();
    await one.when(settled(1));
    await one.stop();
    const said = one.reports.filter((report) => report.what !== 'step').map((report) => report.what);
    assert.deepEqual(said, ['leads', 'stands-by', 'leads']);
  });

  it(
    'says once that a program is halted, goes on with the others, and goes on with it when it is mended',
    { timeout: 20_000 },
    async () => {
      const engine = await smallEngine(['a'], { funding: 0n });
      await engine.createProgram({
        ...definition(),
        name: 'other',
        rules: { ...definition().rules, onZeroTotal: 'residual' },
      });
      await engine.ingest(PROGRAM, [until(150)]);
      await engine.ingest('other', [until(150)]);
      const one = running(engine);
      const halted = await one.when(what('halted'));
      assert.ok(halted.what === 'halted' && halted.halt.code === 'insufficient-funds');
      await one.when((report) => settled(1)(report) && report.program === 'other');
      await engine.ingest(PROGRAM, [fund, resume]);
      await one.when((report) => settled(1)(report) && report.program === PROGRAM);
      await one.stop();
      const said = one.reports
        .filter((report) => report.program === PROGRAM && report.what !== 'step')
        .map(({ what }) => what);
      assert.deepEqual(said, ['leads', 'halted', 'mended']);
    },
  );

  it('tries again what failed, later and later, and goes on with the others', { timeout: 20_000 }, async () => {
    const engine = await smallEngine(['a']);
    await engine.createProgram({ ...definition(), name: 'other' });
    const step = engine.step.bind(engine);
    let failures = 0;
    engine.step = async (program, now) => {
      if (program !== PROGRAM || failures === 3) return step(program, now);
      failures += 1;
      throw new Error('The disk is away.');
    };
    await engine.ingest(PROGRAM, [until(150)]);
    const one = running(engine, { tickMs: 2 });
    await one.when(settled(1));
    await one.stop();
    const failed = one.reports.filter(({ what }) => what === 'failed');
    assert.deepEqual(failed[0], { what: 'failed', program: PROGRAM, code: 'unexpected', message: 'The disk is away.' });
    assert.equal(failed.length, 3);
    const [first] = one.reports.flatMap((report, index) => (report.program === 'other' ? [index] : []));
    assert.ok(first! < one.reports.indexOf(failed[2]!), 'the other program was looked at meanwhile');
  });

  it('waits out a store that cannot be read', { timeout: 20_000 }, async () => {
    const engine = new Engine(openMemoryStore());
    const programs = engine.programs.bind(engine);
    let broken = true;
    engine.programs = async () => {
      if (!broken) return programs();
      throw new Error('gone');
    };
    const one = running(engine);
    assert.deepEqual(await one.when(what('failed')), {
      what: 'failed',
      program: null,
      code: 'unexpected',
      message: 'gone',
    });
    broken = false;
    await engine.createProgram(definition());
    await one.when(what('leads'));
    await one.stop();
  });

  describe('what is remembered of steps', () => {
    const step = (given: object) =>
      ({
        what: 'step',
        program: 'p',
        did: 'paid',
        phase: 'paying',
        period: 1,
        step: 1,
        rowsWritten: 9,
        entriesScored: 0,
        accountsPaid: 0,
        ms: 1,
        ...given,
      }) as const;
    const window = (given: object) =>
      ({ period: 1, phase: 'paying', entriesScored: 50, accountsPaid: 0, ...given }) as unknown as Window;

    it('gives their times, and forgets the oldest', () => {
      const watch = new StepWatch(() => 0);
      assert.deepEqual([watch.times('p'), watch.msOf('p', 1, 1), watch.role('p')], [null, null, null]);
      for (let n = 1; n <= 5000; n += 1) watch.record(step({ step: n, ms: n }));
      assert.deepEqual(watch.times('p'), { last: 5000, median: 4500, p99: 4990, count: 1000 });
      assert.deepEqual([watch.msOf('p', 1, 4999), watch.msOf('p', 1, 7), watch.msOf('p', 2, 7)], [4999, 7, null]);
      for (const period of [2, 3, 4]) watch.record(step({ period, ms: period }));
      assert.deepEqual(
        [1, 2, 3, 4].map((period) => watch.msOf('p', period, 1)),
        [null, 2, 3, 4],
      );
      watch.record({ what: 'stands-by', program: 'p' });
      assert.equal(watch.role('p'), 'stands-by');
    });

    it('estimates how long a window takes from the pace of its newest steps, pauses included', () => {
      let now = 0;
      const watch = new StepWatch(() => now);
      const paying = window({ accountsPaid: 20, toPay: 100 });
      assert.equal(watch.timeLeft('p', paying), null);
      watch.record(step({ period: 9, accountsPaid: 900 })); // of another window: says nothing
      for (const accountsPaid of [0, 10, 20]) {
        watch.record(step({ accountsPaid }));
        now += 1000;
      }
      assert.equal(watch.timeLeft('p', paying), 8000, '80 accounts at 10 a second');
      assert.equal(watch.timeLeft('p', window({ accountsPaid: 20 })), null, 'it is not known how many there are');
      assert.equal(watch.timeLeft('p', null), null);
      const scoring = window({ phase: 'scoring', entriesScored: 40, toScore: 50, toPay: 40 });
      assert.equal(watch.timeLeft('p', scoring), 6000, '10 entries, and 50 accounts to pay');
    });

    it('says how far a window is in what its phase counts', () => {
      assert.deepEqual(progressOf(window({ accountsPaid: 2, toPay: 7 })), { phase: 'paying', done: 2, of: 7 });
      assert.deepEqual(progressOf(window({ phase: 'scoring', toScore: 70 })), { phase: 'scoring', done: 50, of: 70 });
      assert.deepEqual(progressOf(window({ phase: 'scoring' })), { phase: 'scoring', done: 50, of: null });
      assert.deepEqual(progressOf(window({ accountsPaid: 9, toPay: 7 })).of, 9);
    });
  });
});
