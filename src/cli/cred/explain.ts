import type { CredExplanation } from '../../app/cred/explain.ts';
import { formatRational, type Rational } from '../../core/money/rational.ts';
import { formatInstant } from '../../core/time/instant.ts';
import type { Io } from '../io.ts';
import { ledgerName } from '../ledger-name.ts';
import { grouped, indented, json, type Money, table, visible } from '../print.ts';
import { postingsText } from '../postings-text.ts';
import { credText, namesOf, percentText, periodJson, periodText, timeText } from './options.ts';

/** Writes why somebody gets what it gets of a period of contributions. */
export async function writeCredExplanation(
  io: Io,
  explained: CredExplanation,
  { asJson, limit, money }: { readonly asJson: boolean; readonly limit: number; readonly money: Money },
): Promise<void> {
  const text = asJson ? `${json(viewOf(explained))}\n` : textOf(explained, limit, money);
  await io.stdout.write(text);
}

function viewOf({ view, person, lines, shared, zero, payouts, postings }: CredExplanation): unknown {
  return {
    program: view.program,
    ...periodJson(view),
    account: person.id,
    ...person,
    lastActivity: person.lastActivity === null ? null : timeText(person.lastActivity),
    intervals: person.intervals.map(({ start, end, score }) => ({
      from: formatInstant(start),
      to: formatInstant(end),
      score,
    })),
    edges: person.edges.map((edge) => ({ ...edge, interval: formatInstant(edge.interval) })),
    policies: lines.map(({ policy, earned, paidBefore, entitled, due, amount, rounding, capped }) => ({
      policy: policy.kind,
      budget: policy.budget,
      earned: formatRational(earned),
      paidBefore,
      entitled: entitled === null ? null : formatRational(entitled),
      due: formatRational(due),
      amount,
      rounding: formatRational(rounding),
      capped,
    })),
    share: shared?.share ?? 0n,
    owedBefore: shared?.owedBefore ?? 0n,
    paid: shared?.paid ?? 0n,
    owed: shared?.owed ?? 0n,
    waitsFor: shared?.waitsFor ?? null,
    zero,
    payouts: payouts.map(({ account, ...payout }) => ({ ...payout, account: account.name })),
    postings: postings.map(({ source, target, ...posting }) => ({
      ...posting,
      source: ledgerName(source),
      target: ledgerName(target),
    })),
  };
}

function textOf(explained: CredExplanation, limit: number, money: Money): string {
  const { view, person, zero, postings } = explained;
  const cred = (score: bigint): string => credText(view, score);
  const nameOf = namesOf(view);
  const parts = [
    `@${visible(person.name)} (${person.id}) in ${visible(view.program)}, ${periodText(view)}\n`,
    `cred ${cred(person.score)} in the period, ${cred(person.lifetime)} of a lifetime as it is known now\n` +
      (person.sources.length === 0
        ? ''
        : indented(
            table(
              ['source', '>cred', '>part'],
              person.sources.map(({ source, score, tenThousandths }) => [
                source,
                cred(score),
                percentText(tenThousandths),
              ]),
            ),
          )) +
      (person.contributions.length === 0
        ? ''
        : indented(
            table(
              ['>cred', 'of contribution'],
              person.contributions.slice(0, limit).map(({ address, score }) => [cred(score), nameOf(address)]),
            ),
          )) +
      (person.contributions.length > limit
        ? `  ... and ${person.contributions.length - limit} more: prorata cred person ${visible(person.name)}\n`
        : '') +
      (person.remainder === 0n ? '' : `  and ${cred(person.remainder)} that rounding down left\n`),
    zero === null ? '' : `why nothing: ${zero.text} [${zero.code}]\n`,
    policiesText(explained, money),
    postingsText(postings, money, nameOf),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** Policy by policy what there was to share, and what came of it; every number stands there, so that one can do it again. */
function policiesText({ view, lines, shared }: CredExplanation, money: Money): string {
  if (shared === null) return '';
  const rows = lines.map(({ policy, earned, paidBefore, entitled, due, amount, capped }) => [
    `${policy.kind}${'lookback' in policy && policy.lookback > 0 ? ` (${policy.lookback})` : ''}`,
    money.bare(policy.budget),
    earned.denominator === 1n ? credText(view, earned.numerator) : inUnits(earned),
    money.bare(paidBefore),
    entitled === null ? '-' : inUnits(entitled),
    inUnits(due),
    `${grouped(amount)}${capped ? ' (capped)' : ''}`,
  ]);
  const headings = [
    'policy',
    '>budget',
    '>cred',
    '>paid before',
    '>should have in all, units',
    '>due, units',
    '>gets, units',
  ];
  const { share, owedBefore, paid, owed, waitsFor } = shared;
  const waits = waitsFor === null ? '' : `, which waits for ${waitsFor === 'minimum' ? 'the minimum' : 'activation'}`;
  return (
    `shares\n${lines.length === 0 ? '' : indented(table(headings, rows))}` +
    `  ${grouped(share)} units of all policies, and ${grouped(owedBefore)} owed before: ${grouped(paid)} paid, ${grouped(owed)} owed${waits}\n` +
    `  = ${money.full(paid)}\n`
  );
}

/** An exact fraction of units as far as people read it: whole, and the rest as a fraction where it is short. */
function inUnits({ numerator, denominator }: Rational): string {
  const [whole, rest] = [numerator / denominator, numerator % denominator];
  if (rest === 0n) return grouped(whole);
  const exact = `${rest}/${denominator}`;
  if (exact.length <= 21) return `${grouped(whole)} ${exact}`;
  return `${grouped(whole)}.${String((rest * 1_000_000n) / denominator).padStart(6, '0')}…`;
}
