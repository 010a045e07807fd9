/**
 * Runs the tests in two processes side by side, since many wait for processes of their own: shares of the tests, of which whichever process is
 * through takes the next. What a share says is shown once those that began before it have ended. Arguments go to all, say
 * --test-name-pattern=...
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, globSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
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
// All that tests write, removed with this process. Whoever runs PostgreSQL for them may be somebody else, who goes through it.
const folder = mkdtempSync(join(folderInMemory() ?? tmpdir(), 'prorata-tests-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
chmodSync(folder, 0o711);
// All say the same seed, so that each can be repeated.
const env = {
  ...process.env,
  SEED: process.env.SEED ?? String(Math.floor(Math.random() * 1e9)),
  TMPDIR: folder,
  // What is compiled is kept for the hundreds of processes that tests start: each needs a third of the time then.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(folder, 'compiled'),
};

/**
 * Stores wait for the disk at every commit, and tests make a hundred thousand of them: they write into memory where there is a folder of it
 * with room, from which programs can be run. `null`: there is none, or TMPDIR says where.
 */
function folderInMemory() {
  const [place, roomLeast] = ['/dev/shm', 3 * 1024 ** 3];
  if (process.env.TMPDIR !== undefined) return null;
  let tried = null;
  try {
    const { bavail, bsize } = statfsSync(place);
    if (bavail * bsize < roomLeast) return null;
    tried = mkdtempSync(join(place, 'prorata-tried-'));
    const program = join(tried, 'true');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    execFileSync(program);
    return place;
  } catch {
    return null;
  } finally {
    if (tried !== null) rmSync(tried, { recursive: true });
  }
}

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
