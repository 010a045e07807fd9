import type { OpenWindow, Program } from '../../api/types.ts';
import { grouped } from '../../lib/amount.ts';

/** How far a window is in the phase that it is in: entries scored, or accounts paid. */
export function progressOf(
  { period, phase, entries_scored: scored, accounts_paid: paid, to_score: toScore, to_pay: toPay }: OpenWindow,
  { positions, accounts }: Program['counts'],
): { readonly done: number; readonly all: number; readonly says: string; readonly scoring: boolean } {
  const scoring = phase === 'scoring';
  const [done, all, what] = scoring ? [scored, toScore ?? positions, 'entries'] : [paid, toPay ?? accounts, 'accounts'];
  const says = `${scoring ? 'Scoring' : 'Paying'} period ${period}: ${grouped(done)} of ${grouped(all)} ${what}`;
  return { done, all, says, scoring };
}
