#!/usr/bin/env node
// Plain JavaScript, so that an older Node gets far enough to say what is wrong. In a checkout it runs the TypeScript as
// it is, in the package what was built from it (Node strips no types inside node_modules).
import { existsSync, readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const [major, minor] = process.versions.node.split('.').map(Number);
const [majorMin, minorMin] = engines.node.replace('>=', '').split('.').map(Number);

if (major < majorMin || (major === majorMin && minor < minorMin)) {
  process.stderr.write(
    `prorata needs Node ${majorMin}.${minorMin} or newer; this is Node ${process.versions.node}, ${process.execPath}.\n` +
      'In a checkout on Linux `npm ci` brings the right one, and `npx prorata` then uses it.\n',
  );
  process.exitCode = 1;
} else {
  // Some releases call node:sqlite experimental on every start; nobody who runs a command can act on it.
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (warning, ...rest) => {
    if ((rest[0]?.type ?? rest[0]) !== 'ExperimentalWarning') emitWarning(warning, ...rest);
  };
  const source = new URL('../src/main.ts', import.meta.url);
  await import(existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href);
}
