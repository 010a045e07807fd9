import type { LedgerAccount } from '../core/state.ts';

/** A ledger account as people and scripts read it: `pool:community`, `stake:alice`, `residual`, `outside`; earners as `nameOf` has them. */
export function ledgerName(account: LedgerAccount, nameOf = (name: string): string => name): string {
  switch (account.kind) {
    case 'pool':
      return `pool:${account.pool}`;
    case 'liquid':
    case 'stake':
      return `${account.kind}:${nameOf(account.account.name)}`;
    default:
      return account.kind;
  }
}
