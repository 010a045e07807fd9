import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { SchedulerReport } from '../../src/app/scheduler/scheduler.ts';
import { demoPrograms, fillDemo } from '../../src/app/demo/fill.ts';
import { openProrata } from '../../src/index.ts';
import { stepperThread } from '../../src/threads/stepper.ts';

const program = demoPrograms.stake;

describe('test/threads/stepper', { timeout: 60_000 }, () => {
  it('begins anew when it could not begin, makes no step while somebody writes, and ends when it is told to', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'prorata-stepper-'));
    const store = join(folder, 'store.db');
    const made = openProrata({ store: `${store}-made` });
    await fillDemo(made, { seed: 1, accounts: 60, models: ['stake'], stakesUntil: { month: 2, steps: 5 } });
    await made.close();

    const reports: SchedulerReport[] = [];
    let look = (): void => {};
    const when = async (holds: (report: SchedulerReport) => boolean): Promise<SchedulerReport> => {
      for (;;) {
        const found = reports.find(holds);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => (look = resolve));
      }
    };
    const options = { due: 'log', tickMs: 50, pauseMs: 10 } as const;
    const stepper = stepperThread({ store, options }, (report) => {
      reports.push(report);
      look();
    });
    t.after(() => stepper.stop(5000));
    const failed = await when(({ what }) => what === 'failed');
    assert.ok(failed.what === 'failed' && failed.code === 'store-not-found' && failed.program === null);
    assert.equal(await stepper.between(async () => 'written'), 'written', 'nothing to wait for');
    renameSync(`${store}-made`, store);

    await when(({ what }) => what === 'step');
    const engine = openProrata({ store, create: false });
    const steps = async (): Promise<number> => (await engine.status(program)).window?.steps ?? 0;
    await stepper.between(async () => {
      const before = await steps();
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(await steps(), before);
      assert.ok(before > 0, 'the window is open');
    });
    const seen = reports.length;
    await when((report) => reports.indexOf(report) >= seen);
    await assert.rejects(
      stepper.between(async () => assert.fail('no')),
      { message: 'no' },
    );
    await when((report) => report.what === 'step' && report.did === 'settled');
    await stepper.stop(5000);
    assert.ok((await engine.verify(program)).holds);
    await engine.close();
    assert.deepEqual(readdirSync(folder), ['store.db', 'store.db-lock-advance-1']);
    await stepper.stop(5000);
    rmSync(folder, { recursive: true });
  });
});
