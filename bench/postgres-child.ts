/** A worker of bench/postgres.ts: `node postgres-child.ts URL PROGRAM INSTANT` steps one program to its end and says how long each step took. */
import { Engine } from '../src/app/engine.ts';
import { openPostgresStore } from '../src/stores/postgres/store.ts';

const [url, program, instant] = process.argv.slice(2) as [string, string, string];
const engine = new Engine(openPostgresStore({ url, create: false }));
await engine.programs();
process.send!('ready');
await new Promise((resolve) => process.once('message', resolve));
const steps: [did: string, ms: number, payouts: number, endedAt: number][] = [];
for (;;) {
  const began = performance.now();
  const outcome = await engine.step(program, Number(instant));
  if (!('period' in outcome)) break;
  const ended = performance.now();
  steps.push([outcome.did, ended - began, outcome.payouts, performance.timeOrigin + ended]);
}
process.send!(steps);
await engine.close();
process.disconnect();
