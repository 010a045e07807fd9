/** A worker of bench/postgres.ts: `node postgres-child.ts URL PROGRAM INSTANT` makes so many steps as it is told, and says how long each took. */
import { Engine } from '../src/app/engine.ts';
import { openPostgresStore } from '../src/stores/postgres/store.ts';

export interface Step {
  readonly did: 'opened' | 'scored' | 'paid' | 'settled';
  readonly payouts: number;
  /** Milliseconds since 1970, with fractions. */
  readonly began: number;
  readonly ended: number;
}

const [url, program, instant] = process.argv.slice(2) as [string, string, string];
const engine = new Engine(openPostgresStore({ url, create: false }));
await engine.programs();
const now = (): number => performance.timeOrigin + performance.now();

/** Up to `count` steps, not past the beginning of paying, nor past the end. */
async function steps(count: number): Promise<Step[]> {
  const made: Step[] = [];
  while (made.length < count) {
    const began = now();
    const outcome = await engine.step(program, Number(instant));
    if (!('period' in outcome)) break;
    made.push({ did: outcome.did, payouts: outcome.payouts, began, ended: now() });
    if (outcome.did === 'settled') break;
  }
  return made;
}

process.on('message', (count: number) => void steps(count).then((made) => process.send!(made)));
process.send!([]);
