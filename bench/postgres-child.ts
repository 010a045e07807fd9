/** A worker of bench/postgres.ts: `node postgres-child.ts URL INSTANT` works beside others until it made so many steps as it is told, and says what it did. */
import { Engine } from '../src/app/engine.ts';
import { openPostgresStore } from '../src/stores/postgres/store.ts';

export interface Step {
  readonly did: 'opened' | 'scored' | 'paid' | 'settled' | 'halted';
  readonly payouts: number;
  /** Milliseconds since 1970, with fractions: when the one before had ended, and when it was committed. */
  readonly began: number;
  readonly ended: number;
}

const [url, instant] = process.argv.slice(2) as [string, string];
const engine = new Engine(openPostgresStore({ url, create: false }));
await engine.programs();
const now = (): number => performance.timeOrigin + performance.now();

/** Up to `count` steps, fewer where nothing is left to do. */
async function steps(count: number): Promise<Step[]> {
  const made: Step[] = [];
  const enough = new AbortController();
  let began = now();
  await engine.work({
    ...{ holder: String(process.pid), leaseMs: 60_000, signal: enough.signal },
    now: () => Number(instant),
    clock: () => performance.now(),
    wait: async () => false,
    onStep: (_program, outcome) => {
      if (outcome.did === 'idle') return;
      const ended = now();
      made.push({ did: outcome.did, payouts: outcome.did === 'halted' ? 0 : outcome.payouts, began, ended });
      began = ended;
      if (made.length >= count) enough.abort();
    },
  });
  return made;
}

process.on('message', (count: number) => void steps(count).then((made) => process.send!(made)));
process.send!([]);
