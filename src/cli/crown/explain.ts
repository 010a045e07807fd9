import type { CrownExplanation, CrownLaneExplained, CrownStretch } from '../../app/crown/read.ts';
import { scoreUnits } from '../../core/scoring/crown/awards.ts';
import { type Rational, rational } from '../../core/money/rational.ts';
import type { Io } from '../io.ts';
import { crownExplanationJson } from '../../views/explanation.ts';
import { counted, grouped, indented, iso, json, type Money, table, visible } from '../print.ts';
import { postingsText } from '../postings-text.ts';
import { sharingText } from '../sharing-text.ts';
import { brief, decimal, percent, roundText } from './show.ts';

/** Writes a crown explanation: JSON in full, or text with at most `limit` stretches of each lane. */
export async function writeCrownExplanation(
  io: Io,
  explanation: CrownExplanation,
  {
    asJson,
    limit,
    money,
    residual,
  }: { readonly asJson: boolean; readonly limit: number; readonly money: Money; readonly residual: string },
): Promise<void> {
  await io.stdout.write(
    asJson ? `${json(crownExplanationJson(explanation))}\n` : text(explanation, { limit, money, residual }),
  );
}

interface Context {
  readonly limit: number;
  readonly money: Money;
  readonly residual: string;
}

function text(explanation: CrownExplanation, context: Context): string {
  const { program, account, explained, zero } = explanation;
  const parts = [
    `${visible(account)} in ${visible(program)}, ${roundText(explanation)}\n`,
    ...explained.map((lane) => laneText(lane, context)),
    zero.length === 0 ? '' : zeroText(explanation),
    partText(explanation),
    divisionText(explanation, context),
    sharingText(explanation.sharing, { money: context.money, named: 'part', score: partScore }),
    postingsText(explanation.postings, context.money),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function laneText(lane: CrownLaneExplained, { limit }: Context): string {
  const { alone, shared, lost, stretches } = lane;
  const rows = stretches
    .slice(0, limit)
    .map((stretch) => [
      iso(stretch.start),
      iso(stretch.end),
      grouped(stretch.end - stretch.start),
      reasonOf(stretch),
      stretch.quote ?? '-',
      stretch.best ?? '-',
      namesOf(stretch.others),
    ]);
  const more = stretches.length - rows.length;
  return (
    `${lane.lane}: ${seconds(alone)} held alone, ${seconds(shared)} shared, ${seconds(lost)} not held\n` +
    indented(table(['from', 'to', '>seconds', 'held, or why not', '>quote', '>best', 'by others'], rows)) +
    (more > 0 ? `  ... ${counted(more, 'stretch', 'stretches')} more: --limit N\n` : '')
  );
}

const seconds = (count: number): string => `${grouped(count)} s`;

function reasonOf({ failed, share, others, best }: CrownStretch): string {
  if (failed === null) return others.length === 0 ? 'held' : `held ${brief(share)}`;
  return failed === 'outbid' ? `outbid at ${best ?? '-'}` : failed;
}

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(visible).join(', ');
  return names.length <= 3 ? shown : `${shown} and ${names.length - 3} more`;
}

function zeroText({ zero }: CrownExplanation): string {
  const list = zero.map(({ reason, seconds: time }) => `${reason} ${grouped(time)} s`).join(', ');
  return `why nothing: ${list}, over all lanes\n`;
}

/** Every lane's part of the whole: pool x paid / seconds with a holder x conduct. */
function partText({ explained, conduct, part }: CrownExplanation): string {
  const rows = explained.map((lane) => [
    lane.lane,
    brief(lane.pool),
    decimal(lane.held, 3),
    decimal(lane.paid, 3),
    grouped(lane.covered),
    brief(conduct),
    brief(lane.part),
    percent(lane.part),
  ]);
  rows.push(['together', '', '', '', '', '', brief(part), percent(part)]);

  return (
    `part of the whole: pool x paid / seconds with a holder x conduct\n` +
    indented(
      table(
        ['lane', '>pool', '>held (s)', '>paid (s)', '>with a holder (s)', '>conduct', '>part', '>rounded down'],
        rows,
      ),
    )
  );
}

/** A score of policies is a part of the whole in 10^-18. */
const partScore = ({ numerator, denominator }: Rational): string =>
  brief(rational(numerator, denominator * scoreUnits));

function divisionText({ division, part }: CrownExplanation, { money, residual }: Context): string {
  if (division === null) return '';
  const { pool, amount, due, remainder } = division;
  return (
    `share: pool ${pool} pays ${money.full(amount)} for the round\n` +
    `  ${grouped(amount)} units x ${brief(part)}\n` +
    `  = ${grouped(due)} units, remainder ${brief(remainder)} of a unit, which is cut off: it goes to ${residual}\n` +
    `  = ${money.full(due)}\n`
  );
}
