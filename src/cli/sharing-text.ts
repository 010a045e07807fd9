import type { PolicyExplained, SharingExplained } from '../app/explain-sharing.ts';
import type { Rational } from '../core/money/rational.ts';
import { grouped, indented, type Money, table, visible } from './print.ts';

/** Policy by policy what there was to share, and what came of it; every number stands there, so that one can do it again. */
export function sharingText(
  sharing: SharingExplained | null,
  { money, named, score }: { readonly money: Money; readonly named: string; readonly score: (of: Rational) => string },
): string {
  if (sharing === null) return '';
  const { policies, share, owedBefore, paid, owed, waitsFor } = sharing;
  const headings = ['policy', '>budget', `>${named}`, '>paid before', '>should have in all', '>due', '>gets'];
  const rows = policies.map(({ budget, earned, paidBefore, entitled, due, amount, capped, ...policy }) => [
    policyText(policy),
    grouped(budget),
    score(earned),
    grouped(paidBefore),
    entitled === null ? '-' : inUnits(entitled),
    inUnits(due),
    `${grouped(amount)}${capped ? ' (capped)' : ''}`,
  ]);
  const waits = waitsFor === null ? '' : `, which waits for ${waitsFor === 'minimum' ? 'the minimum' : 'activation'}`;
  return (
    `shares by policy, in units\n${rows.length === 0 ? '' : indented(table(headings, rows))}` +
    `  ${grouped(share)} of all policies and ${grouped(owedBefore)} owed before: ${grouped(paid)} paid, ${grouped(owed)} owed${waits}\n` +
    `  = ${money.full(paid)}\n`
  );
}

const policyText = ({ policy, memo }: Pick<PolicyExplained, 'policy' | 'memo'>): string =>
  memo === undefined ? policy : `${policy}: ${visible(memo)}`;

/** An exact fraction of units as far as people read it: whole, and the rest as a fraction where it is short. */
export function inUnits({ numerator, denominator }: Rational): string {
  const [whole, rest] = [numerator / denominator, numerator % denominator];
  if (rest === 0n) return grouped(whole);
  const exact = `${rest}/${denominator}`;
  if (exact.length <= 21) return `${grouped(whole)} ${exact}`;
  return `${grouped(whole)}.${String((rest * 1_000_000n) / denominator).padStart(6, '0')}…`;
}
