/** Builds the package's JavaScript and types: dist/ is made anew from src/, without the tests, and the dashboard in dist/web from web/. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
rmSync(join(root, 'dist'), { recursive: true, force: true });
const compiler = [join(root, 'node_modules/ts7/bin/tsc'), '-p', join(root, 'tsconfig.build.json')];
const { status } = spawnSync(process.execPath, compiler, { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
const bundler = [join(root, 'node_modules/vite/bin/vite.js'), 'build', join(root, 'web'), '--logLevel', 'warn'];
const built = spawnSync(process.execPath, bundler, { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);
// What the code reads beside itself, say a template.
for (const file of globSync('**/*', { cwd: join(root, 'src') })) {
  const source = join(root, 'src', file);
  if (file.endsWith('.ts') || statSync(source).isDirectory()) continue;
  mkdirSync(join(root, 'dist', dirname(file)), { recursive: true });
  copyFileSync(source, join(root, 'dist', file));
}
