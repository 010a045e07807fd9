import type { Engine } from '../app/engine.ts';
import type { ProgramStatus } from '../app/status.ts';
import { formatInstant } from '../core/time/instant.ts';
import { boundaryCount, endless, owedFrom } from '../core/schedule/repeat.ts';
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
  isoOrNull,
  json,
  type Money,
  styled,
  table,
} from './print.ts';
import { reading } from './session.ts';
import { haltText } from './settle.ts';

/** `prorata status`: the program at a glance. */
export async function status(options: GlobalOptions, io: Io): Promise<number> {
  return reading(io, options, async ({ engine, program, money }) => {
    const found = await engine.status(program);
    const { location } = await engine.describe();
    const people = found.rules.scoring.model === 'cred' ? await peopleCounts(engine, program) : null;
    if (options.json === true)
      await io.stdout.write(`${json({ store: location, ...view(found), ...(people === null ? {} : { people }) })}\n`);
    else await io.stdout.write(text(io, found, { money, people }));
    return exitCodes.ok;
  });
}

/** People of a program that scores contributions, and how many of them are active. */
interface PeopleCounts {
  readonly all: number;
  readonly active: number;
}

async function peopleCounts(engine: Engine, program: string): Promise<PeopleCounts> {
  const accounts = (await engine.people(program)).ledger.accounts();
  return { all: accounts.length, active: accounts.filter(({ active }) => active).length };
}

interface PoolLine {
  readonly pool: string;
  readonly pays: string;
  readonly balance: bigint;
  /** By what is left of the schedule; of one without an end, once. */
  readonly owed: bigint;
}

function poolLines({ rules, schedule, balances }: ProgramStatus): PoolLine[] {
  return rules.pools.map(({ name, pays }) => {
    const balance = balances.find(({ account }) => account.kind === 'pool' && account.pool === name)?.balance ?? 0n;
    return { pool: name, pays, balance, owed: owedFrom(schedule, name) };
  });
}

const residualOf = ({ balances }: ProgramStatus): bigint =>
  balances.find(({ account }) => account.kind === 'residual')?.balance ?? 0n;

function view(found: ProgramStatus): Record<string, unknown> {
  const { program, clock, period, events, head, paused, halted, window, schedule, counts, totals, rules } = found;
  const next = schedule[0];
  return {
    program,
    clock: formatInstant(clock),
    period,
    events,
    head,
    paused,
    halted,
    window: window && {
      ...window,
      start: isoOrNull(window.start),
      boundary: iso(window.boundary),
      frontier: undefined,
    },
    next: next ? { at: iso(next.at), allocations: next.allocations, repeat: next.repeat ?? null } : null,
    boundariesLeft: boundaryCount(schedule),
    asset: rules.asset,
    pools: poolLines(found),
    residual: { name: rules.residual, balance: residualOf(found) },
    counts,
    ...(found.graph === null ? {} : { graph: found.graph }),
    totals,
  };
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
