import { createHash } from 'node:crypto';
import type { IngestOptions, IngestSummary } from '../app/ingest.ts';
import { ConflictError } from '../core/errors.ts';
import { encodeEvent } from '../core/events/encode.ts';
import type { ProrataEvent, SettingsEvent } from '../core/events/event.ts';
import { normalizeEvent } from '../core/events/normalize.ts';
import type { Refusal } from '../core/events/refusal.ts';
import { InvalidInputError } from '../core/errors.ts';
import { exitCodes } from './exit-codes.ts';
import { assertNotInFuture, type FutureFlags } from './future.ts';
import type { Io } from './io.ts';
import { type GlobalOptions, instantOption } from './options.ts';
import { type AccountNames, accountNames, idOf } from '../views/account-names.ts';
import { eventJson, json, type Money } from './print.ts';
import { type Session, writing } from './session.ts';

type Fields = Record<string, unknown>;

export interface SettingFlags extends GlobalOptions, FutureFlags {
  readonly at?: string;
  readonly key?: string;
  readonly dryRun?: boolean;
}

/** `prorata exclude` and `prorata include`. */
export async function exclude(options: SettingFlags & { accounts: string[] }, io: Io): Promise<number> {
  return append(options, io, async (session) => ({
    kind: 'exclude',
    accounts: (await personIds(session, options.accounts)) ?? options.accounts,
  }));
}
export async function include(options: SettingFlags & { accounts: string[] }, io: Io): Promise<number> {
  return append(options, io, async (session) => {
    const names = await accountNames(session);
    return { kind: 'include', accounts: options.accounts.map(names.account) };
  });
}

/** The accounts of people of a program of contributions; `null` elsewhere. Throws NotFoundError `account-unknown`. */
async function personIds({ engine, program }: Session, texts: readonly string[]): Promise<string[] | null> {
  if ((await engine.status(program)).rules.scoring.model !== 'cred') return null;
  const people = await engine.people(program);
  return texts.map((text) => people.ledger.rootOf(idOf(people, text))!);
}

/** `prorata pause` and `prorata resume`. */
export async function pause(options: SettingFlags & { reason?: string }, io: Io): Promise<number> {
  return append(options, io, () => ({ kind: 'pause', reason: options.reason }));
}
export async function resume(options: SettingFlags & { reason?: string }, io: Io): Promise<number> {
  return append(options, io, () => ({ kind: 'resume', reason: options.reason }));
}

/** `prorata fund`. */
export async function fund(options: SettingFlags & { pool: string; amount: string }, io: Io): Promise<number> {
  return append(options, io, () => ({ kind: 'fund', pool: options.pool, amount: options.amount }));
}

/** Appends one event, written as a file would have it, and says what it became. */
async function append(
  options: SettingFlags,
  io: Io,
  fieldsIn: (session: Session) => Fields | Promise<Fields>,
): Promise<number> {
  assertAt(io, options);
  return writing(io, options, async (session) => {
    const event = await settingEvent(session, options, await fieldsIn(session));
    const names = await accountNames(session);
    const summary = await appendAll(session, [event]);
    const known = summary.duplicate > 0;
    const facts = {
      program: session.program,
      event: eventJson(event),
      recorded: !known,
      dryRun: options.dryRun === true,
    };
    if (options.json === true) await io.stdout.write(`${json({ ...facts, seq: known ? null : summary.events })}\n`);
    else if (options.quiet !== true)
      await io.stdout.write(said(event, { money: session.money, names, known, dryRun: facts.dryRun }));
    return exitCodes.ok;
  });
}

/** Throws InvalidInputError `time-in-future` (future.ts) for --at; without it the log's own clock is the event's. */
export function assertAt(io: Io, options: SettingFlags): void {
  if (options.at !== undefined) assertNotInFuture(io, options, instantOption(options.at, '--at'), '--at');
}

/**
 * The event of a command: at --at or the newest event's instant, by --by, with --key or a key made of its content and
 * its place in the log. So repeating a command is a new fact, and repeating it with the same --key is not.
 * Throws what normalizeEvent refuses, as InvalidInputError.
 */
export async function settingEvent<T extends ProrataEvent = SettingsEvent>(
  { engine, program }: Session,
  options: SettingFlags,
  fields: Record<string, unknown>,
): Promise<T> {
  const { clock, events } = await engine.status(program);
  const time = options.at === undefined ? clock : instantOption(options.at, '--at');
  const base = { ...fields, time, ...(options.by === undefined ? {} : { by: options.by }) };
  const event = normalized({ ...base, key: options.key ?? 'unnamed' }) as T;
  if (options.key !== undefined) return event;
  const digest = createHash('sha256').update(encodeEvent(event)).digest('hex').slice(0, 12);
  return { ...event, key: `cli:${events + 1}:${String(fields['kind'])}:${digest}` };
}

function normalized(raw: Record<string, unknown>): ProrataEvent {
  const found = normalizeEvent(raw);
  if (found.ok) return found.event;
  const { code, message, field } = found;
  throw new InvalidInputError(code, message, { field });
}

/** Appends events, all or none; with `head` only where nothing newer is in the log. Throws ConflictError with the code of the first refusal. */
export async function appendAll(
  { engine, program }: Session,
  events: readonly ProrataEvent[],
  how: Pick<IngestOptions, 'head'> = {},
): Promise<IngestSummary> {
  let first: Refusal | null = null;
  const summary = await engine.ingest(program, events, { ...how, onRefused: (_, refusal) => (first ??= refusal) });
  if (first !== null) {
    const { code, message, field } = first as Refusal;
    throw new ConflictError(code, message, field === undefined ? {} : { field });
  }
  return summary;
}

function said(
  event: SettingsEvent,
  { known, dryRun, ...shown }: { money: Money; names: AccountNames; known: boolean; dryRun: boolean },
): string {
  if (known) return `event ${event.key} is in the log already: nothing changed\n`;
  const verb = dryRun ? 'would record' : 'recorded';
  return `${verb} ${sentence(event, shown)} (event ${event.key})\n`;
}

function sentence(event: SettingsEvent, { money, names }: { money: Money; names: AccountNames }): string {
  switch (event.kind) {
    case 'exclusion': {
      const parts = [
        event.add.length > 0 ? `exclude ${event.add.map(names.text).join(', ')}` : '',
        event.remove.length > 0 ? `include ${event.remove.map(names.text).join(', ')}` : '',
      ];
      return parts.filter((part) => part !== '').join('; ');
    }
    case 'fund':
      return `${money.full(event.amount)} for pool ${event.pool}`;
    case 'pause':
    case 'resume':
      return `${event.kind}: ${event.reason}`;
    default:
      return event.kind;
  }
}
