import type { PastPayment } from '../payout/policies/pending.ts';
import type { TokenLedger } from './ledger.ts';

/**
 * What a ledger says that policies may know: what each account was paid, and for which period, without what was reversed.
 * Balances are left out on purpose: what people do with their money changes nothing that they are due.
 */
export function paymentsOf(ledger: TokenLedger): PastPayment[] {
  return ledger
    .accounts()
    .flatMap(({ id: account, receipts }) =>
      receipts.flatMap(({ credTimestamp, amount, reversed }) =>
        reversed === null ? [{ at: credTimestamp, account, amount }] : [],
      ),
    );
}
