import { existsSync } from 'node:fs';
import { runCredData } from './cred-data.ts';
import { runCredRankVectors } from './cred-rank.ts';
import { runCrownVectors } from './crown.ts';
import { runCrownData } from './crown-data.ts';
import { runCredGrainVectors } from './cred-grain.ts';
import { runCredLedgerData, runCredLedgerVectors } from './cred-ledger.ts';
import { runStakeVectors, type VectorResult } from './stake.ts';
import { runStakeData } from './stake-data.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';

/**
 * `npm run conformance -- KIND DIR`, of the kinds below: a line per failure, `N passed, N failed`
 * last, exit 1 on a failure.
 */
const kinds = {
  stake: (dir: string) => runStakeVectors(dir, openMemoryStore),
  'stake-data': (dir: string) => runStakeData(dir, openMemoryStore),
  crown: runCrownVectors,
  'crown-data': runCrownData,
  cred: (dir: string) => oneAfterAnother(dir, [runCredRankVectors, runCredGrainVectors, runCredLedgerVectors]),
  'cred-data': (dir: string) => oneAfterAnother(dir, [runCredData, runCredLedgerData]),
};

/** A folder that several share: each takes the files that it knows. */
async function* oneAfterAnother(
  dir: string,
  parts: readonly ((dir: string) => AsyncIterable<VectorResult>)[],
): AsyncGenerator<VectorResult> {
  for (const run of parts) yield* run(dir);
}

const [kind, dir] = process.argv.slice(2);
if (kind === undefined || dir === undefined || !Object.hasOwn(kinds, kind)) {
  process.stderr.write(`usage: npm run conformance -- ${Object.keys(kinds).join('|')} DIR\n`);
  process.exit(2);
}
if (!existsSync(dir)) {
  process.stderr.write(`there is no folder ${dir}\n`);
  process.exit(2);
}
let [passed, failed] = [0, 0];
for await (const { name, failure } of kinds[kind as keyof typeof kinds](dir)) {
  if (failure === null) passed += 1;
  else {
    failed += 1;
    process.stdout.write(`FAILED ${name}: ${failure}\n`);
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
