import type { Books } from '../core/books.ts';
import { ConflictError } from '../core/errors.ts';
import { decodeEvent, encodeEvent } from '../core/events/encode.ts';
import {
  isCredEvent,
  isCrownFact,
  isGraphEvent,
  isPeopleEvent,
  type ProrataEvent,
  type Retracted,
} from '../core/events/event.ts';
import { type Refusal, refuse } from '../core/events/refusal.ts';
import { accountMatcher } from '../core/schedule/account-matcher.ts';
import { isCred, isCrown } from '../core/program.ts';
import { applyGraphEvent, edgesIn, nodesIn } from '../core/scoring/cred/accrue.ts';
import { applyPeopleEvent, reversedBy } from '../core/scoring/cred/reverse.ts';
import type { People } from '../core/scoring/cred/people.ts';
import { applyCrownFact, behindCheckpoint, type OpenSwaps, secondIn } from '../core/scoring/crown/accrue.ts';
import { applyStakeEvent, type IsName } from '../core/scoring/stake-time/accrue.ts';
import { applySettingsEvent } from '../core/settings.ts';
import type { Account } from '../core/state.ts';
import { formatInstant } from '../core/time/instant.ts';
import { breathe } from './breathe.ts';
import { retractedAmong } from './crown/facts.ts';
import { Discard } from './discard.ts';
import type { BooksCache } from './load-books.ts';
import type { Changes, EventRow, Store, Tx } from './ports.ts';
import { PAID_BEFORE, type TakeOver, takeOverWindow } from './take-over.ts';
import { chainHash } from './tree-hash.ts';

export interface IngestOptions {
  /** Take the good events although others are refused; default: all or nothing. */
  readonly partial?: boolean;
  /** Do everything and write nothing. */
  readonly dryRun?: boolean;
  /** The hash of the newest event that the caller has seen. Throws ConflictError `log-moved` when there is a newer one. */
  readonly head?: string;
  /** How far a source was read, to be remembered with what was taken from it; see `Engine.bookmark`. */
  readonly bookmark?: { readonly source: string; readonly value: () => string };
  /** Called after each chunk with the events seen so far. */
  readonly onProgress?: (seen: number) => void;
  /** Called for each event that was not taken, with its place among those given (from 0). */
  readonly onRefused?: (index: number, refusal: Refusal) => void;
}

export interface IngestSummary {
  readonly seen: number;
  readonly recorded: number;
  readonly duplicate: number;
  readonly refused: number;
  /** Whether anything was kept: false for a dry run, and when something was refused without `partial`. */
  readonly committed: boolean;
  readonly rowsWritten: number;
  /** Seq and hash of the newest event of the log, as it is (or, in a dry run, would be). */
  readonly events: number;
  readonly head: string;
}

/** Events of one round trip to the store. */
export const CHUNK_EVENTS = 2000;

/**
 * Appends events to a program's log and applies them, in one transaction: all of them, or (without `partial`) none.
 * An event whose key is in the log with the same content changes nothing; with other content it is refused
 * (`event-key-conflict`). Each recorded event extends the hash chain.
 *
 * `chunks` may also carry refusals of lines that could not be read; they count like events that were refused.
 */
export async function ingest(
  store: Pick<Store, 'transact' | 'writesBeside'>,
  cache: BooksCache,
  program: string,
  chunks: AsyncIterable<readonly (ProrataEvent | Refusal)[]> | Iterable<readonly (ProrataEvent | Refusal)[]>,
  options: IngestOptions = {},
): Promise<IngestSummary> {
  try {
    return await store.transact('write', async (tx) => {
      const books = await cache.load(tx, program);
      assertHead(books, options.head);
      const count = { seen: 0, recorded: 0, duplicate: 0, refused: 0, rowsWritten: 0 };
      let held: Held | null = null;
      const write = async (changes: Changes | undefined): Promise<void> => {
        if (changes !== undefined) count.rowsWritten += await tx.write(books.id, changes);
      };
      // Facts and contributions depend on more of the log than their own keys and accounts.
      const behind = (): boolean => store.writesBeside === true && books.rules.scoring.model === 'stake-time';
      for await (const chunk of chunks) {
        const seen = await look(tx, cache, books, chunk, held);
        const [written, applied] = await Promise.allSettled([
          write(held?.changes),
          applyChunk(books, chunk, seen, behind()),
        ]);
        if (written.status === 'rejected') throw written.reason;
        if (applied.status === 'rejected') throw applied.reason;
        const { outcomes } = applied.value;
        held = await holding(tx, books, applied.value);
        if (held !== null && behind()) held = { ...held, changes: asTheyAre(held.changes) };
        else {
          await write(held?.changes);
          held = null;
        }
        if (seen.open) cache.openSwapsAre(books, seen.open);
        if (seen.people) cache.peopleAre(books, seen.people);
        for (const outcome of outcomes) {
          if (typeof outcome !== 'string') options.onRefused?.(count.seen, outcome);
          count[typeof outcome === 'string' ? outcome : 'refused'] += 1;
          count.seen += 1;
        }
        options.onProgress?.(count.seen);
        await breathe();
      }
      await write(held?.changes);
      const { bookmark } = options;
      if (bookmark) await write({ bookmark: { ...bookmark, value: bookmark.value() } });
      const committed = options.dryRun !== true && (count.refused === 0 || options.partial === true);
      const summary = { ...count, committed, events: books.state.events, head: books.state.head };
      if (!committed) throw new Discard(summary);
      return summary;
    });
  } catch (error) {
    cache.forget();
    if (error instanceof Discard) return error.result as IngestSummary;
    throw error;
  }
}

/** Whoever decided by what it saw must not add to a log that says more by now. */
function assertHead({ state }: Books, seen: string | undefined): void {
  if (seen === undefined || seen === state.head) return;
  const message = `Found ${state.head} as the head of the log; accepted: ${seen}, which was the newest event when this was decided.`;
  throw new ConflictError('log-moved', message, { head: state.head });
}

type Known = ReadonlyMap<string, { readonly seq: number; readonly payload: string }>;

/**
 * What a chunk came to, and is not written yet: the store writes it while the next chunk is applied, which on a server of its own costs no time
 * then. The next chunk's look at the store comes before that, so what it does not see is here.
 */
interface Held {
  readonly changes: Changes;
  readonly keys: Known;
  /** By name: those that the chunk looked for or made. */
  readonly accounts: ReadonlyMap<string, Account>;
}

/** What is read for a chunk before its events are applied; its accounts and nodes are in the books. */
interface Seen {
  readonly known: (key: string) => ReturnType<Known['get']>;
  readonly open: OpenSwaps | null;
  readonly retracted: Set<string>;
  readonly people: People | null;
}

async function look(
  tx: Tx,
  cache: BooksCache,
  books: Books,
  chunk: readonly (ProrataEvent | Refusal)[],
  held: Held | null,
): Promise<Seen> {
  const events = chunk.filter((item) => 'kind' in item);
  const keys: string[] = [];
  const names = new Set<string>();
  for (const event of events) {
    keys.push(event.key);
    if (event.kind === 'retracted') keys.push(event.event);
    if ('account' in event) names.add(event.account);
    else for (const name of namesIn(event)) names.add(name);
  }
  const stored = await tx.eventsByKey(books.id, keys);
  const { buckets } = books;
  const last = events.reduce((latest, { time }) => Math.max(latest, time), books.state.clock);
  const periods = books.periodsUntil(Math.floor(last / 1000));
  const unseen = [...names].filter((name) => !held?.accounts.has(name));
  if (unseen.length > 0) books.put(await tx.accountsNamed({ program: books.id, names: unseen, buckets, periods }));
  if (held !== null)
    books.put([...names].map((name) => held.accounts.get(name)).filter((account) => account !== undefined));

  const open =
    events.some(({ kind }) => kind === 'busy' || kind === 'retracted') && isCrown(books)
      ? await cache.openSwaps(tx, books)
      : null;
  const retracted =
    open === null ? new Set<string>() : await retractedAmong(tx, books.id, secondsRetracted(events, stored));
  const people = events.some(isPeopleEvent) && isCred(books) ? await cache.people(tx, books) : null;
  if (events.some(isGraphEvent) && isCred(books)) {
    const graphEvents = events.filter(isGraphEvent);
    books.graph.put(
      await tx.nodesNamed(books.id, [...new Set(graphEvents.flatMap(nodesIn))]),
      await tx.edgesNamed(books.id, [...new Set(graphEvents.flatMap(edgesIn))]),
    );
  }
  const reversed = people === null ? [] : events.flatMap((event) => reversedBy(event, people));
  if (reversed.length > 0) {
    const accounts = await tx.accountsNamed({ program: books.id, names: [...new Set(reversed)], buckets, periods });
    books.put(accounts.filter(({ name }) => books.account(name) === undefined));
  }
  return { known: (key) => held?.keys.get(key) ?? stored.get(key), open, retracted, people };
}

/** Events that are applied before a store that writes meanwhile has its turn. */
const eventsAtOnce = 200;

/** What became of an event; of one that was not taken, why. */
type Outcome = 'recorded' | 'duplicate' | Refusal;

interface Applied {
  readonly outcomes: readonly Outcome[];
  readonly rows: readonly EventRow[];
  readonly recorded: Known;
  readonly takeOver: TakeOver | undefined;
}

async function applyChunk(
  books: Books,
  chunk: readonly (ProrataEvent | Refusal)[],
  { known, open, retracted, people }: Seen,
  inTurns: boolean,
): Promise<Applied> {
  const rows: EventRow[] = [];
  const recorded = new Map<string, EventRow>();
  const outcomes: Outcome[] = [];
  const opened: TakeOver[] = [];
  const inLog = (key: string) => recorded.get(key) ?? known(key);
  let context: Context = {
    isName: accountMatcher(books.rules),
    open: open ?? new Map(),
    retracted,
    people,
    target: null,
    onOpened: (takeOver) => opened.push(takeOver),
  };
  for (const item of chunk) {
    if (inTurns && outcomes.length % eventsAtOnce === 0) await breathe();
    if (!('kind' in item)) {
      outcomes.push(item);
      continue;
    }
    const payload = encodeEvent(item);
    const before = inLog(item.key);
    if (before) {
      outcomes.push(
        before.payload === payload
          ? 'duplicate'
          : refuse('event-key-conflict', `Event ${item.key} is in the log with other content.`, 'key'),
      );
      continue;
    }
    const target = item.kind === 'retracted' ? (inLog(item.event)?.payload ?? null) : null;
    const refusal = checkTime(books, item) ?? apply(books, item, target === null ? context : { ...context, target });
    if (refusal) {
      outcomes.push(refusal);
      continue;
    }
    const { state } = books;
    state.events += 1;
    state.head = chainHash(state.head, payload);
    const row = {
      seq: state.events,
      key: item.key,
      kind: item.kind,
      time: item.time,
      account: accountIn(books, item),
      payload,
      at: secondOfFact(item, target),
      hash: state.head,
    };
    rows.push(row);
    recorded.set(item.key, row);
    outcomes.push('recorded');
    if (item.kind === 'rules') context = { ...context, isName: accountMatcher(books.rules) };
  }
  // A window taken over: there can be only one at a time.
  return { outcomes, rows, recorded, takeOver: opened[0] };
}

async function holding(tx: Tx, books: Books, { rows, recorded, takeOver }: Applied): Promise<Held | null> {
  if (rows.length === 0) return null;
  books.state.version += 1;
  const { accounts } = books;
  const changes = books.takeChanges(takeOver);
  // What was folded without a fact that comes late is folded anew when it is needed.
  const earliest = rows.reduce((least, { at }) => Math.min(least, at ?? Infinity), Infinity);
  const dropped = earliest < Infinity && (await tx.checkpoints(books.id)).some(({ at }) => at >= earliest);
  const checkpoints = dropped ? { checkpointsDropped: { from: earliest } } : {};
  return { changes: { ...changes, ...checkpoints, events: rows }, keys: recorded, accounts };
}

/** Copies of what the books go on changing. */
function asTheyAre({ accounts = [], validators = [], balances = [], state, ...changes }: Changes): Changes {
  return {
    ...changes,
    accounts: accounts.map((account) => ({ ...account })),
    validators: validators.map((validator) => ({ ...validator, rates: [...validator.rates] })),
    balances: balances.map((entry) => ({ ...entry })),
    ...(state && { state: structuredClone(state) }),
  };
}

/** Where the facts lie that events of a chunk take back, as far as they were logged before it. */
function secondsRetracted(
  events: readonly ProrataEvent[],
  known: ReadonlyMap<string, { readonly payload: string }>,
): ReadonlySet<number> {
  const targets = events.flatMap((event) => (event.kind === 'retracted' ? [known.get(event.event)?.payload] : []));
  const busy = targets.flatMap((payload) => (payload === undefined ? [] : [decodeEvent(payload)]));
  return new Set(busy.flatMap((event) => (event.kind === 'busy' ? [secondIn(event)] : [])));
}

/** The second a fact is in force from, and for a retraction that of the fact it takes back: there the past changes. */
function secondOfFact(event: ProrataEvent, target: string | null): number | null {
  if (!isCrownFact(event)) return null;
  return secondIn(target === null ? event : decodeEvent(target));
}

/** Time never goes backwards, and a closed period is never changed. The clock moves with the event. */
function checkTime(books: Books, event: ProrataEvent): Refusal | null {
  const { state } = books;
  if (!Number.isSafeInteger(event.time)) {
    return refuse('time-malformed', `Found ${event.time}; accepted: whole milliseconds since 1970.`, 'time');
  }
  // A fact may be logged late: it counts for what is not closed yet.
  if (isCrownFact(event) || isCredEvent(event)) return null;
  if (Math.floor(event.time / 1000) < state.periodStart) {
    const closed = formatInstant(state.periodStart * 1000);
    const message = `The event lies before ${closed}, where the newest closed period ends.`;
    return refuse('period-closed', message, 'time');
  }
  if (event.time < state.clock) {
    return refuse(
      'time-backwards',
      `The event's time ${formatInstant(event.time)} lies before the newest event, ${formatInstant(state.clock)}.`,
      'time',
    );
  }
  return null;
}

/** Applies an event at its own time; when it is refused the clock goes back to where it was. */
function apply(books: Books, event: ProrataEvent, context: Context): Refusal | null {
  const before = books.state.clock;
  if (movesClock(event)) books.state.clock = Math.max(before, event.time);
  const refusal = applyByKind(books, event, context);
  if (refusal) books.state.clock = before;
  return refusal;
}

/** Times of contributions are what somebody says of them: one beyond all others must not hold up what is logged after it. */
export const movesClock = (event: { readonly kind: string }): boolean => !isGraphEvent(event);

interface Context {
  readonly isName: IsName;
  readonly open: OpenSwaps;
  /** Keys of facts that were taken back, as far as it matters to this chunk. */
  readonly retracted: Set<string>;
  /** Only where there are events about people. */
  readonly people: People | null;
  /** The payload of what a retraction takes back; null when there is none. */
  readonly target: string | null;
  readonly onOpened: (takeOver: TakeOver) => void;
}

function applyByKind(books: Books, event: ProrataEvent, context: Context): Refusal | null {
  const { isName, onOpened } = context;
  const { scoring } = books.rules;
  if (isCrownFact(event)) {
    if (scoring.model !== 'crown') return ofOtherModel(event, scoring.model);
    if (event.kind === 'retracted') return retract(books, event, context);
    return applyCrownFact(books, scoring, event, context);
  }
  if (isCredEvent(event)) {
    if (scoring.model !== 'cred') return ofOtherModel(event, scoring.model);
    return isGraphEvent(event) ? applyGraphEvent(books, event) : applyPeopleEvent(books, event, context.people!);
  }
  switch (event.kind) {
    case 'program':
      return refuse('event-kind-reserved', 'A program is created by itself, not by an event of a file.', 'kind');
    case 'window-taken-over': {
      if (scoring.model !== 'stake-time') return ofOtherModel(event, scoring.model);
      const taken = takeOverWindow(books, event);
      if ('code' in taken) return taken;
      onOpened(taken);
      return null;
    }
    case 'exclusion':
    case 'fund':
    case 'rules':
    case 'schedule':
    case 'pause':
    case 'resume':
      return applySettingsEvent(books, event, isName);
    default:
      if (scoring.model !== 'stake-time') return ofOtherModel(event, scoring.model);
      return applyStakeEvent(books, event, isName);
  }
}

function ofOtherModel({ kind }: ProrataEvent, model: string): Refusal {
  return refuse(
    'event-of-other-model',
    `Found kind "${kind}", which a program that scores by ${model} does not know.`,
    'kind',
  );
}

/**
 * A fact is taken back from here on: windows that were opened before counted it, and go on counting it. Taken back once more it
 * is as gone as before.
 */
function retract(books: Books, event: Retracted, { open, retracted, target }: Context): Refusal | null {
  const fact = target === null ? null : decodeEvent(target);
  if (fact === null || !isCrownFact(fact) || fact.kind === 'retracted') {
    const found = fact === null ? 'no event' : `an event of kind ${fact.kind}`;
    return refuse(
      'event-not-retractable',
      `Found ${found} with key ${event.event}; accepted: the key of a fact in the log.`,
      'event',
    );
  }
  const refusal = behindCheckpoint(books, secondIn(fact));
  if (refusal) return refusal;
  if (fact.kind === 'busy' && !retracted.has(event.event))
    open.set(fact.account, (open.get(fact.account) ?? 0n) - BigInt(fact.delta));
  retracted.add(event.event);
  return null;
}

/** The accounts that an event needs to see. */
function namesIn(event: ProrataEvent): readonly string[] {
  if ('account' in event) return [event.account];
  if (event.kind === 'window-taken-over') return [PAID_BEFORE];
  return event.kind === 'exclusion' ? [...event.add, ...event.remove] : [];
}

function accountIn(books: Books, event: ProrataEvent): EventRow['account'] {
  const name = 'account' in event ? event.account : event.kind === 'exclusion' ? onlyOne(event) : undefined;
  const account = name === undefined ? undefined : books.account(name);
  return account ? { id: account.id, name: account.name } : null;
}

/** An exclusion of a single account is an event about it; one of several is found by its kind. */
export function onlyOne(event: { add: readonly string[]; remove: readonly string[] }): string | undefined {
  return event.add.length + event.remove.length === 1 ? (event.add[0] ?? event.remove[0]) : undefined;
}
