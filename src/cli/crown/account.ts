import type { CrownExplanation } from '../../app/crown/read.ts';
import type { Io } from '../io.ts';
import { counted, grouped, indented, iso, type Money, table, visible } from '../print.ts';
import { brief, percent } from './show.ts';
import { standings } from '../../views/account.ts';

/** An account of a crown program: where it stands in every lane now, its part of the running round, what it got. */
export async function writeCrownAccount(
  io: Io,
  { program, account, period, end, excluded, explained, part }: CrownExplanation,
  { money, count, liquid }: { readonly money: Money; readonly count: number; readonly liquid: bigint },
): Promise<void> {
  const lanes = standings(explained);
  const lines = [
    `${visible(account)} in ${visible(program)}${excluded ? ': excluded' : ''}`,
    `score    ${percent(part)} (${brief(part)}) of period ${period} so far, at ${iso(end)}`,
    `paid     ${money.full(liquid)} in ${counted(count, 'payout')}`,
  ];
  const rows = lanes.map(({ lane, holds, failed, quote, best, alone, shared, lost }) => [
    lane,
    holds ? 'holds' : (failed ?? '-'),
    quote ?? '-',
    best ?? '-',
    grouped(alone),
    grouped(shared),
    grouped(lost),
  ]);
  await io.stdout.write(
    `${lines.join('\n')}\n\n${indented(table(['lane', 'last', '>quote', '>best', '>alone (s)', '>shared', '>not held'], rows))}`,
  );
}
