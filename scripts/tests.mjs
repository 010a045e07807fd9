/**
 * Runs the tests in two processes side by side, each about half of the work by time: many wait for processes of their own. What the
 * second one says is shown when the first one has ended. Arguments go to both, say --test-name-pattern=...
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const first = /^test\/(app|bench|cli|git|http|index|package|tidy|web)\b/;
const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root }).toSorted();
const halves = [files.filter((file) => first.test(file)), files.filter((file) => !first.test(file))];
// What is compiled is kept for the hundreds of processes that tests start: each needs a third of the time then.
const compiled = mkdtempSync(join(tmpdir(), 'prorata-compiled-'));
process.once('exit', () => rmSync(compiled, { recursive: true, force: true }));
// Both say the same seed, so that either can be repeated.
const env = {
  ...process.env,
  SEED: process.env.SEED ?? String(Math.floor(Math.random() * 1e9)),
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compiled,
};

const runs = halves.map((half) => {
  const args = ['--import', './scripts/seed.ts', '--test', '--test-isolation=none', ...process.argv.slice(2), ...half];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['inherit', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  return { child, ended };
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => runs.forEach(({ child }) => child.kill(signal)));

const later = [];
runs[1].child.stdout.on('data', (chunk) => later.push(chunk));
runs[0].child.stdout.pipe(process.stdout, { end: false });
const codes = await Promise.all(runs.map(({ ended }) => ended));
process.stdout.write(Buffer.concat(later));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
