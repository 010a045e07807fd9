import type { Posting } from '../core/state.ts';
import { ledgerName } from '../views/ledger-name.ts';
import { indented, type Money, table } from './print.ts';

/** The postings of an explanation, under a heading; nothing where there are none. Earners as `nameOf` has them. */
export function postingsText(postings: readonly Posting[], money: Money, nameOf?: (name: string) => string): string {
  if (postings.length === 0) return '';
  const rows = postings.map(({ id, source, target, amount, reason }) => [
    String(id),
    ledgerName(source, nameOf),
    ledgerName(target, nameOf),
    money.bare(amount),
    reason,
  ]);
  return `postings\n${indented(table(['>id', 'from', 'to', `>amount (${money.unit})`, 'reason'], rows))}`;
}
