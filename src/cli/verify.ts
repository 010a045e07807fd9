import type { VerifyReport } from '../app/verify.ts';
import { NotFoundError } from '../core/errors.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { counted, grouped, json, styled } from './print.ts';
import { startProgress } from './progress.ts';
import { loadConfig, storeOf } from './session.ts';

/**
 * `prorata verify`: every named invariant over the books of every program in the store, or of `--program`: whether it
 * holds, and what contradicts it. With --json one line per program.
 */
export async function verify(options: GlobalOptions, io: Io): Promise<number> {
  const config = options.store === undefined ? await loadConfig(io, options) : null;
  const engine = await io.openEngine({ store: storeOf(io, options, config), create: false, readOnly: true });
  try {
    const programs = options.program === undefined ? await engine.programs() : [options.program];
    if (programs.length === 0) throw new NotFoundError('store-empty', 'There is no program in this store yet.');
    let holds = true;
    for (const program of programs) {
      const progress = startProgress(io, options);
      let report: VerifyReport;
      try {
        report = await engine.verify(program, (what) => progress.update(() => `verifying ${what}`));
      } finally {
        progress.end();
      }
      await io.stdout.write(options.json === true ? `${json(report)}\n` : verifyText(io, report));
      holds &&= report.holds;
    }
    return holds ? exitCodes.ok : exitCodes['does-not-hold'];
  } finally {
    await engine.close();
  }
}

/** The report for people: a line per invariant, and below those that do not hold what contradicts them. */
export function verifyText(io: Io, { program, holds, findings }: VerifyReport): string {
  const width = Math.max(...findings.map(({ invariant }) => invariant.length));
  const digits = Math.max(...findings.map(({ checked }) => grouped(checked).length));
  const lines = findings.flatMap(({ invariant, statement, holds, checked, contradictions }) => {
    const mark = holds ? styled(io.stdout, 'green', 'holds   ') : styled(io.stdout, 'red', 'BROKEN  ');
    const line = `${mark}${invariant.padEnd(width)}  ${grouped(checked).padStart(digits)} checked  ${statement}`;
    return [line, ...contradictions.map((text) => `        ${text}`)];
  });
  const broken = findings.filter((finding) => !finding.holds).length;
  const end = holds
    ? `${program}: all ${findings.length} invariants hold`
    : `${program}: ${counted(broken, 'invariant')} of ${findings.length} ${broken === 1 ? 'does' : 'do'} not hold`;
  return `${lines.join('\n')}\n${end}\n`;
}
