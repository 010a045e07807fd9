#!/usr/bin/env node
// Plain JavaScript, so that an older Node gets far enough to say what is wrong. In a checkout it runs the TypeScript as
// it is, in the package what was built from it (Node strips no types inside node_modules).
import { existsSync } from 'node:fs';

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `prorata needs Node 24 or newer; this is Node ${process.versions.node}, ${process.execPath}.\n` +
      'In a checkout on Linux `npm ci` brings the right one, and `npx prorata` then uses it.\n',
  );
  process.exitCode = 1;
} else {
  // Early releases of Node 24 call node:sqlite and type stripping experimental on every start; nobody here can act on it.
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) => {
    if ((rest[0]?.type ?? rest[0]) !== 'ExperimentalWarning') emitWarning.call(process, warning, ...rest);
  };
  const source = new URL('../src/main.ts', import.meta.url);
  await import(existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href);
}
