import type { Explanation, Interval } from '../app/explain.ts';
import type { PeriodRecord } from '../core/state.ts';
import { writeCredExplanation } from './cred/explain.ts';
import { periodOf } from './cred/options.ts';
import { writeCrownExplanation } from './crown/explain.ts';
import { assertOnlyFor, type RoundFlags, roundQuery } from './crown/options.ts';
import { postingsText } from './postings-text.ts';
import { inUnits, sharingText } from './sharing-text.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { explanationJson } from '../views/explanation.ts';
import { type GlobalOptions, instantOption, wholeOption } from './options.ts';
import { grouped, indented, iso, json, type Money, table, visible } from './print.ts';
import { reading } from './session.ts';

/** `prorata explain`: the intervals, the total, the division, the split, the postings; for a zero, why. */
export async function explain(
  options: GlobalOptions & RoundFlags & { account: string; limit?: string },
  io: Io,
): Promise<number> {
  return reading(io, options, async ({ engine, program, money }) => {
    const { rules } = await engine.status(program);
    if (rules.scoring.model === 'crown') {
      const explained = await engine.explainCrown(program, { account: options.account, ...roundQuery(options) });
      const limit = options.limit === undefined ? 40 : wholeOption(options.limit, '--limit', 1);
      const { residual } = rules;
      await writeCrownExplanation(io, explained, { asJson: options.json === true, limit, money, residual });
      return exitCodes.ok;
    }
    if (rules.scoring.model === 'cred') {
      assertOnlyFor('crown', options, ['from', 'to', 'at'], 'contributions are explained by --period');
      const limit = options.limit === undefined ? 20 : wholeOption(options.limit, '--limit', 1);
      const { account, period } = options;
      const explained = await engine.explainCred(program, {
        account,
        ...(period === undefined ? {} : { period: periodOf(period) }),
      });
      await writeCredExplanation(io, explained, { asJson: options.json === true, limit, money });
      return exitCodes.ok;
    }
    assertOnlyFor('crown', options, ['from', 'to', 'limit'], 'stakes are explained by --period, in full');
    const explanation = await engine.explain(program, {
      account: options.account,
      ...(options.period === undefined ? {} : { period: wholeOption(options.period, '--period', 1) }),
      ...(options.at === undefined ? {} : { at: instantOption(options.at, '--at') }),
    });
    if (options.json === true) {
      await io.stdout.write(`${json(explanationJson(explanation))}\n`);
      return exitCodes.ok;
    }
    const record = (await engine.periods(program)).find(({ period }) => period === explanation.period);
    await io.stdout.write(explanationText(explanation, { record, money, residual: rules.residual }));
    return exitCodes.ok;
  });
}

interface Context {
  readonly record: PeriodRecord | undefined;
  readonly money: Money;
  readonly residual: string;
}

/** The explanation for people: every number that is added or divided stands there, so that one can do it again. */
export function explanationText(explanation: Explanation, context: Context): string {
  const { account, program, period, start, end, status } = explanation;
  const until = end === null ? `, until ${iso(explanation.until)} so far` : ` to ${iso(end)}`;
  const from = start === 0 ? 'from the beginning' : `from ${iso(start)}`;
  const parts = [
    `${visible(account)} in ${visible(program)}, period ${period} (${status}), ${from}${until}\n`,
    scoreText(explanation),
    notesText(explanation),
    explanation.zero ? `why nothing: ${explanation.zero.text} [${explanation.zero.code}]\n` : '',
    divisionText(explanation, context),
    sharingText(explanation.sharing, { money: context.money, named: 'score', score: inUnits }),
    splitText(explanation, context),
    postingsText(explanation.postings, context.money),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function scoreText({ intervals, score }: Explanation): string {
  if (intervals.length === 0) return 'score: 0, no interval with stake\n';
  const rows = intervals.map((interval) => [
    interval.validator ?? sourceName(interval.source),
    interval.source === 'taken-over' ? '-' : iso(interval.from),
    interval.source === 'taken-over' ? '-' : iso(interval.until),
    grouped(interval.tokens),
    grouped(interval.until - interval.from),
    grouped(interval.score),
  ]);
  rows.push(['total', '', '', '', '', grouped(score)]);
  return `score: units x seconds, summed\n${indented(table(['held on', 'from', 'until', '>units', '>seconds', '>score'], rows))}`;
}

const sourceName = (source: Interval['source']): string =>
  ({ held: 'past stake', 'taken-over': 'taken over', reward: 'restaked reward' })[source];

function notesText({ notes }: Explanation): string {
  if (notes.length === 0) return '';
  const lines = notes.map(({ at, event, text }) => `${iso(at)}  ${text}${event === null ? '' : ` (event ${event})`}\n`);
  return `what happened\n${indented(lines.join(''))}`;
}

function divisionText({ division, score, payouts }: Explanation, { money, residual }: Context): string {
  const direct = payouts.filter(({ reason }) => reason === 'direct');
  const lines = direct.map(({ pool, due }) => `direct: ${money.full(due)} (${due}), an equal part of ${pool}\n`);
  if (division) {
    const { pool, amount, total, due, remainder } = division;
    const product = amount * score;
    lines.push(
      `share: pool ${pool} pays ${money.full(amount)} by score\n` +
        `  ${grouped(amount)} units x ${grouped(score)} / ${grouped(total)}\n` +
        `  = ${grouped(product)} / ${grouped(total)}\n` +
        `  = ${grouped(due)} units, remainder ${grouped(remainder)} / ${grouped(total)} of a unit, which is cut off: it goes to ${residual}\n` +
        `  = ${money.full(due)}\n`,
    );
  }
  return lines.join('');
}

function splitText({ split, payouts }: Explanation, { money }: Context): string {
  const paid = payouts.find(({ reason }) => reason === 'paid');
  if (!paid || split.length === 0) return '';
  const staked = split.reduce((sum, { tokens }) => sum + tokens, 0n);
  const rows = split.map(({ validator, tokens, restaked }) => [validator, grouped(tokens), grouped(restaked)]);
  rows.push(['liquid, what those roundings leave', '', grouped(paid.liquid)]);
  rows.push(['together', grouped(staked), grouped(paid.restaked + paid.liquid)]);
  return (
    `delivery: restaked by the stake at the time of payment, each part rounded down\n` +
    indented(table(['validator', '>stake (units)', '>gets (units)'], rows)) +
    `  ${money.full(paid.restaked)} restaked, ${money.full(paid.liquid)} liquid\n`
  );
}
