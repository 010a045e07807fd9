import type { PeopleCounts } from '../app/cred/people-counts.ts';
import type { ProgramStatus } from '../app/status.ts';
import { formatInstant } from '../core/time/instant.ts';
import { endless } from '../core/schedule/repeat.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import {
  boundariesText,
  counted,
  endlessText,
  grouped,
  indented,
  iso,
  json,
  type Money,
  styled,
  table,
} from './print.ts';
import { reading } from './session.ts';
import { haltText } from './settle.ts';
import { peopleCounts, poolLines, residualOf, statusJson } from '../views/program.ts';

/** `prorata status`: the program at a glance. */
export async function status(options: GlobalOptions, io: Io): Promise<number> {
  return reading(io, options, async ({ engine, program, money }) => {
    const found = await engine.status(program);
    const { location } = await engine.describe();
    const people = await peopleCounts(engine, found);
    if (options.json === true) await io.stdout.write(`${json({ store: location, ...statusJson(found, people) })}\n`);
    else await io.stdout.write(text(io, found, { money, people }));
    return exitCodes.ok;
  });
}

/** What there is beside events and payouts. */
function contentText({ counts, graph }: ProgramStatus, people: PeopleCounts | null): string {
  if (people === null) return `${counted(counts.accounts, 'account')}, ${counted(counts.positions, 'position')}`;
  const { nodes, edges } = graph ?? { nodes: 0, edges: 0 };
  const persons = `${counted(people.all, 'person', 'people')} (${grouped(people.active)} active)`;
  return `${counted(nodes, 'node')}, ${counted(edges, 'edge')}, ${persons}`;
}

function text(
  io: Io,
  found: ProgramStatus,
  { money, people }: { readonly money: Money; readonly people: PeopleCounts | null },
): string {
  const { program, clock, period, events, paused, halted, window, schedule, counts, rules } = found;
  const next = schedule[0];
  const state = halted ? 'halted' : paused === null ? 'running' : 'paused';
  const lines = [
    `program  ${program}: ${styled(io.stdout, state === 'running' ? 'green' : 'red', state)}${paused === null ? '' : ` (${paused})`}`,
    `clock    ${formatInstant(clock)}, period ${period} accrues`,
    `log      ${counted(events, 'event')}; ${contentText(found, people)}, ${counted(counts.payouts, 'payout')}`,
    window
      ? `window   period ${window.period} to ${iso(window.boundary)}, ${window.phase}: ${grouped(window.entriesScored)} entries scored, ${counted(window.accountsPaid, 'account')} paid (${window.strategy})`
      : 'window   none open',
    next
      ? `next     ${iso(next.at)}${next.at * 1000 <= clock && !window ? ' (due: prorata advance)' : ''}; ${boundariesText(schedule)} to come`
      : 'next     nothing: the schedule has ended',
  ];
  const rows = poolLines(found).map(({ pool, pays, balance, owed }) => [
    pool,
    pays === 'score' ? 'by score' : 'recipients',
    money.bare(balance),
    money.bare(owed),
    owed > balance ? `lacks ${money.bare(owed - balance)}` : '',
  ]);
  rows.push([rules.residual, 'takes the rest', money.bare(residualOf(found)), '-', '']);
  const pools = indented(table(['pool', 'pays', `>holds (${money.unit})`, '>owes to come', ''], rows));
  const note = endless(schedule) ? `\n  ${endlessText}\n` : '';
  return `${lines.join('\n')}\n\n${pools}${note}${halted ? `\n${haltText(io, halted)}` : ''}`;
}
