/** A worker as faults.test.ts starts it: `node worker-child.ts STORE LEASE_MS TO_MS`. It takes its time after each step, so that faults meet it. */
import { Engine } from '../../src/app/engine.ts';
import { ProrataError } from '../../src/core/errors.ts';
import { openPostgresStore } from '../../src/stores/postgres/store.ts';

const [url, leaseMs, to] = process.argv.slice(2) as [string, string, string];
const engine = new Engine(openPostgresStore({ url, create: false }));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
for (;;) {
  try {
    await engine.work({
      holder: String(process.pid),
      leaseMs: Number(leaseMs),
      now: () => Number(to),
      clock: () => performance.now(),
      wait: async () => (await pause(20), true),
      onStep: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4),
      onError: () => {},
    });
  } catch (error) {
    if (!(error instanceof ProrataError && error.kind === 'unavailable')) throw error;
    await pause(20);
  }
}
