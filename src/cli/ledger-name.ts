import type { LedgerAccount } from '../core/state.ts';

/** A ledger account as people and scripts read it: `pool:community`, `stake:alice`, `residual`, `outside`. */
export function ledgerName(account: LedgerAccount): string {
  switch (account.kind) {
    case 'pool':
      return `pool:${account.pool}`;
    case 'liquid':
    case 'stake':
      return `${account.kind}:${account.account.name}`;
    default:
      return account.kind;
  }
}
