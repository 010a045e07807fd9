import type { VerifyReport } from '../app/verify.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { counted, grouped, json, styled } from './print.ts';
import { startProgress } from './progress.ts';
import { reading } from './session.ts';

/** `prorata verify`: every named invariant over a program's books, whether it holds, and what contradicts it. */
export async function verify(options: GlobalOptions, io: Io): Promise<number> {
  return reading(io, options, async ({ engine, program }) => {
    const progress = startProgress(io, options);
    const report = await engine.verify(program, (what) => progress.update(() => `verifying ${what}`));
    progress.end();
    await io.stdout.write(options.json === true ? `${json(report)}\n` : verifyText(io, report));
    return report.holds ? exitCodes.ok : exitCodes['does-not-hold'];
  });
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
