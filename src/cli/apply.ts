import type { ProgramStatus } from '../app/status.ts';
import { ConflictError } from '../core/errors.ts';
import { decodeEvent } from '../core/events/encode.ts';
import type { ProgramCreated, ProrataEvent } from '../core/events/event.ts';
import { type ProgramDefinition, type Rules, type ScheduleEntry, type Scoring, sharingOf } from '../core/program.ts';
import { formatInstant } from '../core/time/instant.ts';
import { ensuring, type EnsuredSession } from './ensure-program.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { boundariesText, counted, iso, json } from './print.ts';
import { requireConfig } from './session.ts';
import { appendAll, assertAt, type SettingFlags, settingEvent } from './settings.ts';
import { repeatedAfter } from '../core/schedule/repeat.ts';
import { scoringText } from '../core/scoring/crown/scoring.ts';
import { sharingToFile } from '../core/payout/policies/sharing.ts';
import { scoringToFile } from '../core/scoring/parse.ts';

interface ApplyFlags extends SettingFlags {
  readonly prune?: boolean;
}

/** One key of prorata.yaml that differs from the program, and what it takes. */
interface Difference {
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

/** `prorata apply`: makes the program, or brings what may change of it to what prorata.yaml says, by events in its log. */
export async function apply(options: ApplyFlags, io: Io): Promise<number> {
  assertAt(io, options);
  const { definition } = await requireConfig(io, options);
  const named = { ...options, program: options.program ?? definition.name };
  return ensuring(io, named, async (session) => {
    if (session.created) return createdNow(io, session, definition, named);
    const { differences, kept, events } = await changes(session, definition, named);
    if (events.length > 0) await appendAll(session, events);
    if (options.json === true) {
      const facts = {
        program: session.program,
        created: false,
        differences,
        kept,
        events: events.map(({ key }) => key),
      };
      await io.stdout.write(`${json({ ...facts, dryRun: options.dryRun === true })}\n`);
      return exitCodes.ok;
    }
    if (options.quiet === true) return exitCodes.ok;
    const lines = differences.map(({ key, from, to }) => `  ${key}: ${from} -> ${to}`);
    if (kept.length > 0)
      lines.push(`  excluded, but not in the file: ${kept.join(', ')} (stays so; --prune includes them again)`);
    const verb = options.dryRun === true ? 'would be appended' : 'appended';
    const end = events.length === 0 ? 'is as the file says' : `${counted(events.length, 'event')} ${verb}`;
    await io.stdout.write(`${[`program ${session.program}: ${end}`, ...lines].join('\n')}\n`);
    return exitCodes.ok;
  });
}

async function createdNow(
  io: Io,
  { program, keep }: EnsuredSession,
  { schedule }: ProgramDefinition,
  options: ApplyFlags,
): Promise<number> {
  keep();
  const dryRun = options.dryRun === true;
  if (options.json === true)
    await io.stdout.write(`${json({ program, created: true, differences: [], kept: [], events: [], dryRun })}\n`);
  else if (options.quiet !== true) {
    await io.stdout.write(`program ${program} ${dryRun ? 'would be ' : ''}created: ${boundariesText(schedule)}\n`);
  }
  return exitCodes.ok;
}

/** What differs, and the events that end it. Throws ConflictError `definition-fixed` when something differs that cannot change. */
async function changes(
  session: EnsuredSession,
  wanted: ProgramDefinition,
  options: ApplyFlags,
): Promise<{ differences: readonly Difference[]; kept: readonly string[]; events: readonly ProrataEvent[] }> {
  const { engine, program } = session;
  const status = await engine.status(program);
  const [first] = await engine.events(program, { limit: 1 });
  const { definition } = decodeEvent(first!.payload) as ProgramCreated;
  refuseFixed(fixedDifferences(definition, wanted));

  const differences: Difference[] = [];
  const events: ProrataEvent[] = [];
  const rules = rulesChange(status.rules, wanted.rules, differences);
  if (Object.keys(rules).length > 0) events.push(await settingEvent(session, options, { kind: 'rules', ...rules }));

  const entries = await entriesLeft(session, status, wanted.schedule);
  if (scheduleText(entries) !== scheduleText(status.schedule)) {
    differences.push({ key: 'schedule', from: brief(status.schedule), to: brief(entries) });
    events.push(await settingEvent(session, options, { kind: 'schedule', entries: entries.map(fileEntry) }));
  }

  const excluded = await engine.excluded(program);
  const add = wanted.excluded.filter((name) => !excluded.includes(name));
  const missing = excluded.filter((name) => !wanted.excluded.includes(name));
  if (add.length > 0) {
    differences.push({ key: 'excluded', from: 'not excluded', to: add.join(', ') });
    events.push(await settingEvent(session, options, { kind: 'exclude', accounts: add }));
  }
  if (missing.length > 0 && options.prune === true) {
    differences.push({ key: 'excluded', from: missing.join(', '), to: 'included again' });
    events.push(await settingEvent(session, options, { kind: 'include', accounts: missing }));
  }
  const numbered = events.map((event, index) =>
    options.key === undefined
      ? event
      : { ...event, key: events.length === 1 ? options.key : `${options.key}:${index + 1}` },
  );
  return { differences, kept: options.prune === true ? [] : missing, events: numbered };
}

/** Keys whose value was written down for ever when the program was created. */
function fixedDifferences(was: ProgramDefinition, now: ProgramDefinition): Difference[] {
  const parts = ({ rules }: ProgramDefinition): Record<string, string> => ({
    asset: `${rules.asset.symbol}, ${rules.asset.decimals} decimals`,
    pools: rules.pools.map(({ name, pays }) => `${name} (${pays})`).join(', '),
    funding: rules.pools.map(({ name, funding }) => `${name} ${funding}`).join(', '),
    residual: rules.residual,
    scoring: fixedScoringText(rules.scoring),
    accounts: rules.accountPattern ?? 'any name',
    authority: rules.authority ?? 'nobody',
    require_all_pools: String(rules.requireAllPools),
    require_ids: String(rules.requireIds),
    min_gap: String(rules.minGapSeconds),
  });
  const [before, after] = [parts(was), parts(now)];
  return Object.keys(before).flatMap((key) =>
    before[key] === after[key] ? [] : [{ key, from: before[key]!, to: after[key]! }],
  );
}

function fixedScoringText(scoring: Scoring): string {
  if (scoring.model === 'stake-time') return scoringText(scoring);
  return scoring.model === 'crown' ? scoring.model : `cred, ${scoring.factor} units a cred`;
}

function refuseFixed(differences: readonly Difference[]): void {
  if (differences.length === 0) return;
  const lines = differences.map(({ key, from, to }) => `${key}: ${from} -> ${to}`).join('; ');
  const funding = differences.some(({ key }) => key === 'funding') ? ' More money comes with `prorata fund`.' : '';
  throw new ConflictError('definition-fixed', `The program exists, and this cannot change: ${lines}.${funding}`, {
    keys: differences.map(({ key }) => key).join(' '),
  });
}

/** Fields of a `rules` event, as a file has them. */
function rulesChange(was: Rules, now: Rules, differences: Difference[]): Record<string, unknown> {
  const change: Record<string, unknown> = {};
  const recipients = now.pools.flatMap(({ name, recipients }) => {
    const before = was.pools.find((pool) => pool.name === name)!.recipients;
    if (before.join('\n') === recipients.join('\n')) return [];
    differences.push({
      key: `pools.${name}.recipients`,
      from: before.join(', ') || 'none',
      to: recipients.join(', ') || 'none',
    });
    return [{ pool: name, recipients }];
  });
  if (recipients.length > 0) change['recipients'] = recipients;
  if (was.scoring.model !== 'stake-time' && now.scoring.model !== 'stake-time') {
    const after = scoringToFile(now.scoring);
    const found = leafDifferences('scoring', scoringToFile(was.scoring), after);
    if (found.length > 0) change['scoring'] = after;
    differences.push(...found);
  }
  const [before, after] = [was, now].map((rules) => sharingOf(rules)).map((found) => found && sharingToFile(found));
  const pool = now.pools.find(({ pays }) => pays === 'score')?.name;
  const shared = leafDifferences(`pools.${pool}.sharing`, before, after);
  if (shared.length > 0) change['sharing'] = after;
  differences.push(...shared);
  const fields = [
    ['strategy', 'window.strategy', was.window.strategy, now.window.strategy],
    ['settle', 'window.settle', was.window.settle, now.window.settle],
    ['batch_size', 'window.batch_size', was.window.batchSize, now.window.batchSize],
    ['on_zero_total', 'on_zero_total', was.onZeroTotal, now.onZeroTotal],
  ] as const;
  for (const [field, key, before, after] of fields) {
    if (before === after) continue;
    differences.push({ key, from: String(before), to: String(after) });
    change[field] = after;
  }
  return change;
}

/** What differs inside two values of prorata.yaml, by the path of its key; lists are compared whole. */
function leafDifferences(key: string, from: unknown, to: unknown): Difference[] {
  if (isObject(from) && isObject(to)) {
    return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((name) =>
      leafDifferences(`${key}.${name}`, from[name], to[name]),
    );
  }
  const [was, now] = [from, to].map((value) => (typeof value === 'string' ? value : JSON.stringify(value ?? null)));
  return was === now ? [] : [{ key, from: said(was!), to: said(now!) }];
}

const said = (text: string): string => (text === 'null' ? 'none' : text);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The entries of the file whose periods have not been opened yet. */
async function entriesLeft(
  { engine, program }: EnsuredSession,
  { schedule }: ProgramStatus,
  wanted: readonly ScheduleEntry[],
): Promise<readonly ScheduleEntry[]> {
  const last = (await engine.periods(program)).at(-1)?.boundary ?? 0;
  const waiting = new Set(schedule.map(({ at }) => at));
  return wanted.flatMap((entry) => {
    if (waiting.has(entry.at)) return [entry];
    return repeatedAfter(entry, last) ?? [];
  });
}

const fileEntry = ({ at, id, allocations, repeat }: ScheduleEntry): unknown => ({
  at: formatInstant(at * 1000),
  ...(id === undefined ? {} : { id }),
  ...(repeat === undefined ? {} : { repeat }),
  allocations: allocations.map(({ pool, amount }) => ({ pool, amount: String(amount) })),
});

const scheduleText = (entries: readonly ScheduleEntry[]): string => JSON.stringify(entries.map(fileEntry));

function brief(entries: readonly ScheduleEntry[]): string {
  if (entries.length === 0) return 'nothing to come';
  const to = entries.at(-1)!.repeat === undefined ? ` to ${iso(entries.at(-1)!.at)}` : '';
  return `${boundariesText(entries)} from ${iso(entries[0]!.at)}${to}`;
}
