import { Books } from '../core/books.ts';
import { InvalidInputError } from '../core/errors.ts';
import { decodeEvent } from '../core/events/encode.ts';
import type { ProrataEvent, WindowTakenOver } from '../core/events/event.ts';
import { byKey, entryKey, type ListOrder, scoreKey } from '../core/module-state/key-order.ts';
import {
  accountOfPool,
  type ModuleEntry,
  type ModuleJob,
  type ModuleScore,
  type ModuleState,
  type ModuleStateVersion,
} from '../core/module-state/model.ts';
import { chainShape, type ModuleShape, renderModuleState, shapeFromWord } from '../core/module-state/shape.ts';
import { formatUnits } from '../core/money/amount.ts';
import { closingScore, isPaid } from '../core/scoring/stake-time/book.ts';
import type { Account, Position } from '../core/state.ts';
import type { Tx } from '../app/ports.ts';

export interface WriteModuleStateOptions {
  /** Default: the version that was imported; else by the rules: `no-ids` when it settles in one step, `ids` with ids, `copy-job`. */
  readonly version?: ModuleStateVersion;
  /** Default: the shape that was imported, else as the chain's export writes it. */
  readonly shape?: ModuleShape;
}

/** What reads a store in one transaction: the engine. */
export interface StateReader {
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

const PAGE = 2000;

/**
 * A program as the state of the chain's module, as JSON text: what the chain would hold if it stood where the program
 * stands. After an import with nothing in between, these are the bytes that came in (where sources/module-state.ts says
 * `exact`): the key of the import's first event remembers the shape, the log the order of lists that are not in key order,
 * zero scores, and which distribution an entry belonged to.
 *
 * An open window is written as the version would have it: `ids` keeps entries that wait for scoring under the closing id
 * (its amount is in no field: the chain's own export loses it too), `copy-job` writes the job with the scores that are not
 * paid yet, whatever strategy the window has. Balances, payouts and the log are not part of it: that is `export`.
 *
 * Throws NotFoundError `program-unknown`, InvalidInputError `module-state-window-open` for a window in `no-ids`.
 */
export async function writeModuleState(
  reader: StateReader,
  program: string,
  options: WriteModuleStateOptions = {},
): Promise<string> {
  return reader.read(async (tx) => {
    const id = (await tx.programs()).find(({ name }) => name === program)?.id;
    if (id === undefined)
      throw new InvalidInputError('program-unknown', `There is no program "${program}" in this store.`);
    const [state, rules, schedule, validators] = [
      await tx.state(id),
      await tx.rules(id),
      await tx.schedule(id),
      await tx.validators(id),
    ];
    const books = new Books({ id, name: program, state, rules, schedule, validators }, []);
    const common: Logged[] = [];
    for await (const entry of logged(tx, { program: id, after: 0, account: null })) common.push(entry);
    const imported = await readImport(tx, id, common);
    const version = options.version ?? imported?.shape?.version ?? versionFor(books);
    const shape =
      options.shape ?? (imported?.shape?.version === version ? imported.shape : null) ?? chainShape(version);
    if (state.window && version === 'no-ids') {
      const message = `Period ${state.window.period} is being settled, which the version without ids cannot say: finish it first, or write another version.`;
      throw new InvalidInputError('module-state-window-open', message);
    }
    const writer = new Writer(books, { ...shape, version }, imported, common);
    const zeros = new Set(
      [...(imported?.scores.values() ?? [])].flatMap(({ account, isZero }) => (isZero ? [account] : [])),
    );
    for await (const account of accountsOf(tx, books)) {
      writer.add(account);
      zeros.delete(account.name);
    }
    // Who came in with a score of zero and nothing else is no account of these books.
    for (const name of zeros) writer.add({ id: 0, name, excluded: false, positions: [], scores: new Map() });
    return renderModuleState(await writer.state(tx), { ...shape, version });
  });
}

function versionFor({ rules }: Books): ModuleStateVersion {
  if (rules.window.settle === 'single_block') return 'no-ids';
  return rules.requireIds ? 'ids' : 'copy-job';
}

async function* accountsOf(tx: Tx, books: Books): AsyncGenerator<Account> {
  const periods = books.spans.map(({ period }) => period);
  for (let after: string | null = null; ;) {
    const page: readonly Account[] = await tx.accountsPage({
      program: books.id,
      after,
      limit: PAGE,
      buckets: books.buckets,
      periods,
    });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.name;
  }
}

/** What the log remembers of an import. */
interface Import {
  /** `null`: too unusual to be remembered. */
  readonly shape: ModuleShape | null;
  /** What to add to our period for the chain's id. */
  readonly offset: number;
  /** The id of the distribution that was open and is in no field of the state; 0 = none. */
  readonly ongoing: number;
  /** By `delegator validator`: as it came, and its place in the list. */
  readonly entries: ReadonlyMap<
    string,
    { readonly place: number; readonly shares: bigint; readonly since: number; readonly id: string }
  >;
  /** By `period address`; the copied ones, too. */
  readonly scores: ReadonlyMap<string, { readonly account: string; readonly place: number; readonly isZero: boolean }>;
}

/** An import is one stretch of the log: it is read up to the first event of another origin. */
async function readImport(tx: Tx, program: number, common: readonly Logged[]): Promise<Import | null> {
  const first = common.find(({ key, event }) => event.kind === 'rules' && key.startsWith('module-state:'));
  if (!first) return null;
  const [, , , word, offset, ongoing] = first.key.split(':');
  const entries = new Map<string, { place: number; shares: bigint; since: number; id: string }>();
  const scores = new Map<string, { account: string; place: number; isZero: boolean }>();
  for await (const { seq, key, event } of logged(tx, { program, after: first.seq })) {
    if (!key.startsWith('module-state:')) break;
    if (event.kind === 'booked') {
      scores.set(`${event.period} ${event.account}`, {
        account: event.account,
        place: seq,
        isZero: event.score === 0n,
      });
    }
    if (event.kind === 'delegate' && event.since !== undefined) {
      entries.set(`${event.account} ${event.validator}`, {
        place: seq,
        shares: event.shares!,
        since: event.since,
        id: key.split(':')[3]!,
      });
    }
  }
  return {
    shape: word === '-' ? null : shapeFromWord(word!),
    offset: Number(offset),
    ongoing: Number(ongoing),
    entries,
    scores,
  };
}

interface Logged {
  readonly seq: number;
  readonly key: string;
  readonly event: ProrataEvent;
}

async function* logged(
  tx: Tx,
  query: { readonly program: number; readonly after: number; readonly account?: number | null },
): AsyncGenerator<Logged> {
  for (let { after } = query; ;) {
    const rows = await tx.events({ ...query, after, limit: PAGE });
    for (const { seq, key, payload } of rows) yield { seq, key, event: decodeEvent(payload) };
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.seq;
  }
}

type Placed<T> = T & { readonly place: number };

class Writer {
  readonly #books: Books;
  readonly #shape: ModuleShape;
  readonly #imported: Import | null;
  /** Events about nobody or several. */
  readonly #common: readonly Logged[];
  readonly #entries: Placed<ModuleEntry>[] = [];
  readonly #scores: Placed<ModuleScore>[] = [];
  readonly #copied: Placed<ModuleScore>[] = [];
  readonly #excluded: Account[] = [];

  constructor(books: Books, shape: ModuleShape, imported: Import | null, common: readonly Logged[]) {
    this.#books = books;
    this.#shape = shape;
    this.#imported = imported;
    this.#common = common;
  }

  add(account: Account): void {
    if (account.excluded) this.#excluded.push(account);
    for (const position of account.positions) {
      if (position.since !== null) this.#entries.push(this.#entry(account, position, position.since));
    }
    const { window, nextPeriod } = this.#books.state;
    const closes = window !== null && (this.#shape.version === 'copy-job' || window.phase === 'paying');
    const scores = new Map(this.#books.spans.map(({ period }) => [period, account.scores.get(period) ?? 0n]));
    if (closes)
      scores.set(
        window.period,
        isPaid(window, account) || account.excluded ? 0n : closingScore(this.#books, window, account),
      );
    if (this.#shape.version !== 'ids') {
      // One buffer: whatever is not in the job belongs to the running period.
      const running = [...scores].reduce((sum, [period, score]) => (period === window?.period ? sum : sum + score), 0n);
      for (const period of [...scores.keys()]) if (period !== window?.period) scores.delete(period);
      scores.set(nextPeriod, running);
    }
    for (const [period, score] of scores) {
      const known = this.#imported?.scores.get(`${period} ${account.name}`);
      const usedUp = window !== null && period === window.period && isPaid(window, account);
      if (score === 0n && !(known?.isZero && !usedUp)) continue;
      this.#score(account.name, period, score, known?.place ?? Infinity);
    }
  }

  #score(address: string, period: number, score: bigint, place: number): void {
    const isCopied = this.#shape.version === 'copy-job' && period === this.#books.state.window?.period;
    const id = this.#shape.version === 'ids' ? { id: String(period + (this.#imported?.offset ?? 0)) } : {};
    (isCopied ? this.#copied : this.#scores).push({ address, score: String(score), place, ...id });
  }

  /** An entry as the chain would have it: begun anew where a period of its has been scored, under the id that it waits for. */
  #entry(account: Account, position: Position, since: number): Placed<ModuleEntry> {
    const { window, periodStart, nextPeriod } = this.#books.state;
    const validator = this.#books.validatorById(position.validator).name;
    const known = this.#imported?.entries.get(`${account.name} ${validator}`);
    const waits =
      window !== null && window.phase === 'scoring' && this.#shape.version === 'ids' && since < window.boundary;
    const begins = Math.max(since, waits ? window.start : periodStart);
    const isAsItCame =
      known !== undefined && known.shares === position.shares && known.since === begins && begins === since;
    const own = String((waits ? window.period : nextPeriod) + (this.#imported?.offset ?? 0));
    return {
      validator,
      delegator: account.name,
      shares: formatUnits(position.shares, 18),
      since: String(begins),
      ...(this.#shape.version === 'ids'
        ? { id: isAsItCame && known.id !== '-' && this.#isOpenId(Number(known.id)) ? known.id : own }
        : {}),
      place: known?.place ?? Infinity,
    };
  }

  /** An id that came in holds until its distribution is over, or scoring has passed. */
  #isOpenId(id: number): boolean {
    const { window, nextPeriod } = this.#books.state;
    const period = id - (this.#imported?.offset ?? 0);
    return window === null
      ? period >= nextPeriod
      : window.phase === 'scoring'
        ? period >= window.period
        : period >= nextPeriod;
  }

  async state(tx: Tx): Promise<ModuleState> {
    const { rules, state, schedule } = this.#books;
    const hidden = (this.#imported?.ongoing ?? 0) === schedule[0]?.id && state.window === null ? 1 : 0;
    const copied = inOrder(this.#copied, this.#shape.copiedOrder, scoreKey);
    return {
      excluded: await this.#excludedInOrder(tx),
      mappings: rules.pools.flatMap(({ name, recipients }) =>
        recipients.length > 0 ? [{ account: accountOfPool(name), recipients }] : [],
      ),
      ...(rules.minGapSeconds > 0 ? { minGap: String(rules.minGapSeconds) } : {}),
      schedule: schedule.slice(hidden).map(({ at, allocations, id }) => ({
        timestamp: String(at),
        allocations: allocations.map(({ pool, amount }) => ({ account: accountOfPool(pool), amount: String(amount) })),
        ...(id === undefined || this.#shape.version !== 'ids' ? {} : { id: String(id) }),
      })),
      entries: inOrder(this.#entries, this.#shape.entryOrder, entryKey(this.#shape.entryOrder === 'v' ? 'v' : 'd')),
      scores: inOrder(this.#scores, this.#shape.scoreOrder, scoreKey),
      disabled: state.paused !== null || state.halted !== null,
      job: this.#shape.version === 'copy-job' ? this.#job(copied) : null,
      copied,
    };
  }

  #job(copied: readonly ModuleScore[]): ModuleJob | null {
    const { window } = this.#books.state;
    if (!window) return null;
    const isTaken = (event: ProrataEvent): event is WindowTakenOver =>
      event.kind === 'window-taken-over' && event.boundary === window.boundary;
    const taken = this.#common.map(({ event }) => event).findLast(isTaken);
    const left = copied.reduce((sum, { score }) => sum + BigInt(score), 0n);
    const untouched = taken && window.cursor === null;
    return {
      scheduledAt: String(window.boundary),
      amount: String(window.amount),
      total: String(window.total ?? left),
      leftover: String(window.amount - window.delivered),
      next: untouched ? (taken.next ?? '') : (copied[0]?.address ?? ''),
      totalEntries: String(taken?.totalEntries ?? window.accountsPaid + copied.length),
      processedEntries: String((taken?.processedEntries ?? 0) + window.accountsPaid),
    };
  }

  /** The excluded accounts in the order in which they were listed. */
  async #excludedInOrder(tx: Tx): Promise<string[]> {
    const names = new Set(this.#excluded.map(({ name }) => name));
    const about = [...this.#common];
    for (const { id } of this.#excluded) {
      for await (const entry of logged(tx, { program: this.#books.id, after: 0, account: id })) about.push(entry);
    }
    const listed = new Set<string>();
    for (const { event } of about.toSorted((a, b) => a.seq - b.seq)) {
      const add = event.kind === 'program' ? event.definition.excluded : event.kind === 'exclusion' ? event.add : [];
      if (event.kind === 'exclusion') for (const name of event.remove) listed.delete(name);
      for (const name of add) if (names.has(name)) listed.add(name);
    }
    return [...listed];
  }
}

/** By key, or as it came in; what came later follows by key. */
function inOrder<T extends { readonly place: number }>(
  items: readonly T[],
  order: ListOrder,
  keyOf: (item: T) => string,
): T[] {
  const sorted = byKey(items, keyOf);
  return order === 'l' ? sorted.toSorted((a, b) => (a.place === b.place ? 0 : a.place - b.place)) : sorted;
}
