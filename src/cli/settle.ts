import type { Engine } from '../app/engine.ts';
import { UnavailableError } from '../core/errors.ts';
import { residualOf } from '../core/payout/window.ts';
import type { Halt, PeriodRecord } from '../core/state.ts';
import { exitCodes } from './exit-codes.ts';
import { hintFor } from './hints.ts';
import type { Io } from './io.ts';
import { counted, grouped, iso, type Money, styled, table } from './print.ts';
import { breather, type Progress } from './progress.ts';
import { Hinted } from './report.ts';

export interface Settling {
  steps: number;
  payouts: number;
  /** Periods whose window was closed, in order. */
  readonly settled: number[];
  /** Why it ended: nothing is due any more, the steps allowed are used up, the program does not move, Ctrl-C. */
  ended: 'idle' | 'steps' | 'paused' | 'halted' | 'interrupted';
}

export const nothingSettled = (): Settling => ({ steps: 0, payouts: 0, settled: [], ended: 'idle' });

/**
 * Steps a program until nothing is due at `to` (milliseconds), adding to `count`. Each step is a transaction; Ctrl-C ends
 * it after the current one.
 */
export async function settle(
  engine: Engine,
  program: string,
  { to, steps = Infinity }: { readonly to: number; readonly steps?: number },
  { io, progress, count }: { readonly io: Io; readonly progress: Progress; readonly count: Settling },
): Promise<Settling> {
  const breathe = breather(io);
  for (let made = 0; ; made += 1) {
    if (io.signal.aborted) count.ended = 'interrupted';
    else if (made >= steps) count.ended = 'steps';
    else {
      const outcome = await engine.step(program, to);
      if (outcome.did !== 'idle' && outcome.did !== 'halted') {
        count.steps += 1;
        count.payouts += outcome.payouts;
        if (outcome.did === 'settled') count.settled.push(outcome.period);
        const { period, entriesScored, accountsPaid } = outcome;
        progress.update(
          () => `period ${period}: ${grouped(entriesScored)} entries scored, ${counted(accountsPaid, 'account')} paid`,
        );
        await breathe();
        continue;
      }
      count.ended = outcome.did === 'halted' ? 'halted' : (outcome.blocked ?? 'idle');
    }
    progress.end();
    return count;
  }
}

/** What is thrown when `done` steps (or events) stand already: the hint of `store-busy` or `store-full` would deny it. */
export function afterSteps(error: unknown, done: number): unknown {
  if (done === 0 || !(error instanceof UnavailableError)) return error;
  const hint = hintFor(error.code)?.replace(/ Nothing was changed\.$/, '') ?? 'see the message.';
  return new Hinted(error, `${hint} Steps that were finished before it stand; run it again.`);
}

export function exitCodeOf({ ended }: Settling): number {
  if (ended === 'interrupted') return exitCodes.interrupted;
  return ended === 'halted' || ended === 'paused' ? exitCodes.halted : exitCodes.ok;
}

/** Why it does not go on, and what to do about it; empty when it does. */
export function blockedText(io: Io, { ended }: Settling, halted: Halt | null, paused: string | null): string {
  if (ended === 'interrupted') return 'stopped after the current step: repeat the command to go on\n';
  if (halted) return haltText(io, halted);
  if (ended !== 'paused') return '';
  return `${styled(io.stdout, 'yellow', 'paused')} ${paused ?? ''}\n  what to do: prorata resume --reason TEXT\n`;
}

export function haltText(io: Io, { code, message, facts, period }: Halt): string {
  const { pool, balance, amount } = facts;
  const hint =
    code === 'insufficient-funds' && pool && balance && amount
      ? `prorata fund ${pool} ${BigInt(amount) - BigInt(balance)}, then prorata resume --reason TEXT, then prorata advance`
      : hintFor(code);
  const what = hint === undefined ? '' : `  what to do: ${hint}\n`;
  return `${styled(io.stdout, 'red', `halted [${code}]`)} period ${period}: ${message}\n${what}`;
}

/** What went to the residual in a period, all reasons together. */
export const toResidual = ({ residual }: PeriodRecord): bigint => residualOf(residual);

/** One row per period: what it owed, what was paid, what went to the residual and why, and the settlement root. */
export function periodTable(records: readonly PeriodRecord[], money: Money): string {
  const headings = [
    '>period',
    'boundary',
    '>accounts',
    `>owed (${money.unit})`,
    '>paid',
    '>to residual',
    '=of it',
    'settlement root',
  ];
  const rows = records.map((record) => {
    const { rounding, undelivered, directRemainder, zeroTotal, unearned = 0n } = record.residual;
    const reasons = [
      [rounding, 'rounding'],
      [undelivered, 'undelivered'],
      [directRemainder, 'equal parts'],
      [zeroTotal, 'nobody to pay'],
      [unearned, 'unearned'],
    ] as const;
    const shown = reasons.flatMap(([amount, name]) => (amount === 0n ? [] : [`${name} ${money.bare(amount)}`]));
    return [
      String(record.period),
      iso(record.boundary),
      grouped(record.accountsPaid),
      money.bare(record.allocations.reduce((sum, { amount }) => sum + amount, 0n)),
      money.bare(record.delivered),
      record.status === 'open' ? 'open' : money.bare(toResidual(record)),
      shown.join(', ') || '-',
      record.root === null ? '-' : `${record.root.slice(0, 16)}...`,
    ];
  });
  return table(headings, rows);
}
