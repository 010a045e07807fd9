/**
 * Runs the tests in two processes side by side, since many wait for processes of their own: shares of the tests, of which whichever process is
 * through takes the next. What a share says is shown once those that began before it have ended. Arguments go to all, say
 * --test-name-pattern=...
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** What takes longest first; the tests of the dashboard share a browser and what is built for it. A file is in the first share that fits. */
const shares = [
  /^test\/sim\/(?!kill|faults)/,
  /^test\/web\//,
  /^test\/(docs|bench|start|package)\.test|^test\/cli\//,
  /^test\/(app|conformance|http|stores|threads)\//,
  /^test\/sim\//,
  /^/,
];
const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root }).toSorted();
const left = shares.map((share) => files.filter((file) => shares.find((one) => one.test(file)) === share));
// What is compiled is kept for the hundreds of processes that tests start: each needs a third of the time then.
const compiled = mkdtempSync(join(tmpdir(), 'prorata-compiled-'));
process.once('exit', () => rmSync(compiled, { recursive: true, force: true }));
// All say the same seed, so that each can be repeated.
const env = {
  ...process.env,
  SEED: process.env.SEED ?? String(Math.floor(Math.random() * 1e9)),
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compiled,
};

const children = new Set();
let isStopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    isStopped = true;
    for (const child of children) child.kill(signal);
  });
}

/** What is not shown yet, of those that run or have ended, in the order in which they began; the first is shown as it comes. */
const said = [];
let failed = false;

function show() {
  for (let first = said[0]; first !== undefined; first = said[0]) {
    process.stdout.write(Buffer.concat(first.parts.splice(0)));
    if (!first.ended) return;
    said.shift();
  }
}

function run(share) {
  const args = ['--import', './scripts/seed.ts', '--test', '--test-isolation=none', ...process.argv.slice(2), ...share];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['inherit', 'pipe', 'inherit'] });
  const speaker = { parts: [], ended: false };
  children.add(child);
  said.push(speaker);
  child.stdout.on('data', (part) => {
    speaker.parts.push(part);
    show();
  });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      children.delete(child);
      speaker.ended = true;
      if (code !== 0) failed = true;
      show();
      resolve();
    });
  });
}

async function work() {
  for (let share = left.shift(); share !== undefined && !isStopped; share = left.shift()) await run(share);
}

await Promise.all([work(), work()]);
process.exitCode = failed || isStopped ? 1 : 0;
