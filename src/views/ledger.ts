import type { Engine } from '../app/engine.ts';
import type { EventRow } from '../app/ports.ts';
import { periodUnknown } from '../app/read.ts';
import { decodeEvent } from '../core/events/encode.ts';
import type { LedgerAccount, Payout, Posting } from '../core/state.ts';
import { eventJson } from './json.ts';
import { ledgerName } from './ledger-name.ts';
import type { AccountNames } from './account-names.ts';

/** A payout for JSON. */
export function payoutJson({ account, ...payout }: Payout, names: AccountNames) {
  return { ...payout, account: account.name, ...names.json(account.name) };
}

/** A posting for JSON. */
export function postingJson({ source, target, ...posting }: Posting, names: AccountNames) {
  return {
    ...posting,
    source: ledgerName(source),
    target: ledgerName(target),
    ...earnerIn(source, names),
    ...earnerIn(target, names),
  };
}

/** The name of the earner that one side of a posting is. */
function earnerIn(side: LedgerAccount, { json }: AccountNames): { readonly name?: string } {
  return 'account' in side ? json(side.account.name) : {};
}

/** Balances for JSON, and what all earners hold: what is missing to zero. */
export function balancesJson(
  held: readonly { readonly account: LedgerAccount; readonly balance: bigint }[],
  residual: string,
) {
  const balances = held.map(({ account, balance }) => ({
    account: account.kind === 'residual' ? `residual:${residual}` : ledgerName(account),
    balance,
  }));
  return { balances, earners: -held.reduce((sum, { balance }) => sum + balance, 0n) };
}

/** An event of the log for JSON, in the form that files have. */
export function eventRowJson({ seq, hash, payload }: EventRow): Record<string, unknown> {
  return { seq, hash, ...eventJson(decodeEvent(payload)) };
}

/** Throws NotFoundError `period-unknown` for a period that neither has been opened nor accrues. */
export async function assertPeriod(engine: Engine, program: string, period: number | undefined): Promise<void> {
  if (period === undefined) return;
  const known = [
    ...(await engine.periods(program)).map((record) => record.period),
    (await engine.status(program)).period,
  ];
  if (!known.includes(period)) throw periodUnknown(period, known);
}
