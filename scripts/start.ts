/**
 * The server on the programs of the demo, in `tmp/demo`: made when it is not there yet, used again afterwards. It steps slowly what is due,
 * and something goes on happening (src/app/demo/feed.ts), for people to see. Arguments are those of `prorata serve`. The dashboard is
 * built when it is older than what it is built from.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import { fillDemo } from '../src/app/demo/fill.ts';
import { openProrata } from '../src/index.ts';

const root = join(import.meta.dirname, '..');
const store = join(root, 'tmp/demo/demo.db');
/** What the page about freeze strategies shows; a run of one's own by `--compare`. */
const comparison = join(root, 'bench/results/compare-2026-11-26.json');
const said = (line: string): void => void process.stderr.write(`${line}\n`);

const seed = 1;
const accounts = 5000;

/** A program of each model; that of the stakers is left in the middle of a window. */
async function makeStore(): Promise<void> {
  said(
    `making the programs of the demo in ${relative(process.cwd(), store)}: ${accounts} stakers, a market, a community`,
  );
  const unfinished = `${store}-unfinished`;
  mkdirSync(join(root, 'tmp/demo'), { recursive: true });
  for (const file of globSync(`${unfinished}*`)) rmSync(file);
  const engine = openProrata({ store: unfinished });
  await fillDemo(engine, { seed, accounts, stakesUntil: { month: 8, steps: 10 } });
  await engine.close();
  // Closed, a store is one file: whoever was interrupted begins anew.
  renameSync(unfinished, store);
}

function buildDashboard(): void {
  const built = join(root, 'dist/web/index.html');
  const from = globSync(['web/**/*', 'src/core/**/*.ts', 'package-lock.json'], { cwd: root });
  const newest = Math.max(...from.map((file) => statSync(join(root, file)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return;
  said('building the dashboard');
  const bundler = [join(root, 'node_modules/vite/bin/vite.js'), 'build', join(root, 'web'), '--logLevel', 'warn'];
  const { status } = spawnSync(process.execPath, bundler, { stdio: 'inherit' });
  if (status !== 0) said('the dashboard could not be built: the API is served without it');
}

buildDashboard();
if (existsSync(store)) await openProrata({ store }).close(); // brings one of an older layout up to date
else await makeStore();
const stepping = ['--advance', '--due', 'log', '--pause', '1000'];
process.argv.splice(2, 0, 'serve', '--store', store, '--compare', comparison, ...stepping);
const feeder = new Worker(new URL('feeder.ts', import.meta.url), { workerData: { store, seed, accounts } });
feeder.on('error', (error) => said(`nothing happens any more in the programs of the demo: ${error.message}`));
feeder.unref();
