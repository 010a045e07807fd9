import type { Books, BookedStretch } from '../core/books.ts';
import { invariant } from '../core/errors.ts';
import { decodeEvent } from '../core/events/encode.ts';
import type { ProgramCreated, ProrataEvent } from '../core/events/event.ts';
import { accountMatcher } from '../core/schedule/account-matcher.ts';
import { isEntry } from '../core/scoring/stake-time/book.ts';
import { presentRate, valueOf } from '../core/scoring/stake-time/value.ts';
import { walkPosition } from '../core/scoring/stake-time/walk.ts';
import type { Account, Payout, PeriodRecord, Posting, StepRecord, Window } from '../core/state.ts';
import type { BooksCache } from './load-books.ts';
import type { Store, Tx } from './ports.ts';
import { explainSharing, type SharingExplained } from './explain-sharing.ts';
import { findAccount, periodUnknown } from './read.ts';
import { readShared } from './sharing/share-window.ts';
import { applyRecorded, awardIn, booksAtCreation, closeRecorded, openRecorded, payRecorded } from './replay.ts';
import { rateRuleOf } from '../core/program.ts';

/** One uniform-state interval: `tokens` on `validator` over the seconds [from, until). score = tokens x (until - from). */
export interface Interval {
  readonly validator: string | null;
  readonly from: number;
  readonly until: number;
  readonly tokens: bigint;
  readonly score: bigint;
  /** `held`: stake as the log has it; `taken-over`: a score that another system had booked; `reward`: credited from the boundary. */
  readonly source: 'held' | 'taken-over' | 'reward';
  /** Seq of the event that began it: the newest that changed the stake, or what it is worth. `null`: it was none, but a reward. */
  readonly event: number | null;
}

/** Something that happened to the account in the period, and changed what it earns. */
export interface Note {
  readonly at: number;
  readonly event: number | null;
  readonly text: string;
}

export interface Explanation {
  readonly program: string;
  readonly account: string;
  readonly period: number;
  /** [start, end); `end` null for the running period, whose intervals reach until `until`. */
  readonly start: number;
  readonly end: number | null;
  readonly until: number;
  readonly status: 'running' | 'due' | 'open' | 'settled';
  readonly intervals: readonly Interval[];
  /** Sum of the intervals' scores: exactly what was, or is going to be, paid for. */
  readonly score: bigint;
  readonly notes: readonly Note[];
  /** Why there is nothing, when there is nothing. */
  readonly zero: { readonly code: string; readonly text: string } | null;
  /** For a settled payout that no policies decide: amount x score / total, rounded down. */
  readonly division: {
    readonly pool: string;
    readonly amount: bigint;
    readonly total: bigint;
    readonly due: bigint;
    /** (amount x score) mod total: what the rounding down left, in parts of `total`. */
    readonly remainder: bigint;
  } | null;
  /** Where policies share, once the period is scored: what each of them gave. `null`: it takes no part, or in proportion. */
  readonly sharing: SharingExplained | null;
  /** How the due was restaked, from the stakes as they were when it was paid. */
  readonly split: readonly { readonly validator: string; readonly tokens: bigint; readonly restaked: bigint }[];
  readonly payouts: readonly Payout[];
  readonly postings: readonly Posting[];
}

const PAGE = 2000;

/**
 * Explains what an account gets for a period: the uniform-state intervals, the value of each, the total, the division and
 * its rounding, the split over validators, the postings; for a zero, why.
 *
 * The account's history is replayed from the log by the same code that accrued, froze and paid it; what comes out must
 * equal what was paid (invariant `explain.equals-paid`). Default: the newest settled period, or the running one.
 * Throws NotFoundError `account-unknown` or `period-unknown`.
 */
export async function explain(
  store: Store,
  cache: BooksCache,
  program: string,
  query: { readonly account: string; readonly period?: number; readonly at?: number },
): Promise<Explanation> {
  return store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const at = Math.max(books.second, Math.floor((query.at ?? 0) / 1000));
    const account = await findAccount(tx, books, query.account, at);
    // The line of an open period is that of its opening; its total stands in the window.
    const periods = (await tx.periods(books.id)).map((line) =>
      line.status === 'open' ? { ...line, total: books.state.window!.total } : line,
    );
    const newest = periods.findLast(({ status }) => status === 'settled')?.period;
    const period = query.period ?? newest ?? books.spans[0]!.period;
    const record = periods.find((candidate) => candidate.period === period);
    const span = books.spans.find((candidate) => candidate.period === period);
    if (!record && (!span || span.start > at))
      throw periodUnknown(period, [...periods.map((known) => known.period), ...books.periodsUntil(at)]);
    const replay = await replayAccount(tx, books, account, periods, period, at);
    const payouts = await tx.payouts({ program: books.id, after: 0, limit: PAGE, account: account.id, period });
    const postings = await tx.postings({ program: books.id, after: 0, limit: PAGE, account: account.id, period });
    const paid = payouts.find(({ reason }) => reason !== 'direct');
    const score = replay.intervals.reduce((sum, interval) => sum + interval.score, 0n);
    if (paid) {
      const found = {
        account: account.name,
        period: String(period),
        paid: String(paid.score),
        replayed: String(score),
      };
      invariant(
        paid.score === score && replay.due === paid.due && replay.restaked === paid.restaked,
        'explain.equals-paid',
        found,
      );
    }
    const shared = record === undefined ? null : await readShared(tx, books, record);
    const sharing = shared && explainSharing(shared.shared, account.name);
    if (paid && shared) {
      const facts = { account: account.name, period: String(period), paid: String(paid.due) };
      invariant(sharing?.paid === paid.due, 'explain.equals-paid', facts);
    }
    const owed = record?.allocations.find(({ pool }) => pool === paid?.pool);
    const total = record?.total ?? null;
    const start = record?.start ?? span!.start;
    const end = record?.boundary ?? (span!.end === Infinity ? null : span!.end);
    return {
      program,
      account: account.name,
      period,
      start,
      end,
      until: Math.min(end ?? at, Math.max(at, start)),
      status: record?.status ?? (end !== null && end <= at ? 'due' : 'running'),
      intervals: replay.intervals,
      score,
      notes: replay.notes,
      zero: whyZero(replay, paid, score, { account, record }),
      division:
        paid && owed && !shared && total !== null && total > 0n
          ? {
              pool: paid.pool,
              amount: owed.amount,
              total,
              due: paid.due,
              remainder: (owed.amount * paid.score) % total,
            }
          : null,
      sharing,
      split: replay.split,
      payouts,
      postings,
    };
  });
}

interface Replay {
  readonly intervals: readonly Interval[];
  readonly notes: readonly Note[];
  readonly split: readonly { readonly validator: string; readonly tokens: bigint; readonly restaked: bigint }[];
  readonly due: bigint;
  readonly restaked: bigint;
  /** Was the account ever seen with stake, and was it excluded when the period closed? */
  readonly everStaked: boolean;
  readonly excludedAtEnd: boolean;
}

/** What a step of the log means to one account: a window opened, its payment, or the end of the window. */
type Moment = {
  readonly events: number;
  readonly step: StepRecord;
  readonly record: PeriodRecord;
  readonly payout: Payout | null;
};

/**
 * Replays one account through the log: its own events and those about everybody (rates, rules, schedule), between the
 * steps that opened windows and paid it, in the order in which they were committed.
 */
async function replayAccount(
  tx: Tx,
  stored: Books,
  account: Account,
  periods: readonly PeriodRecord[],
  asked: number,
  at: number,
): Promise<Replay> {
  const events = await eventsFor(tx, stored.id, account);
  const moments = await momentsFor(
    tx,
    stored.id,
    account,
    periods.filter(({ period }) => period <= Math.max(asked, 0)),
  );
  const books = booksAtCreation(stored, events[0]!.event as ProgramCreated, (name) => name === account.name);
  books.accountOf(account.name);
  const replayer = new Replayer(books, account.name, asked);

  let next = 0;
  for (const { seq, event } of events.slice(1)) {
    while (next < moments.length && moments[next]!.events < seq) replayer.step(moments[next++]!);
    if (replayer.done) break;
    replayer.event(seq, event);
  }
  while (next < moments.length && !replayer.done) replayer.step(moments[next++]!);
  return replayer.result(at);
}

class Replayer {
  readonly #books: Books;
  readonly #name: string;
  readonly #asked: number;
  #intervals: Interval[] = [];
  readonly #notes: Note[] = [];
  #split: { validator: string; tokens: bigint; restaked: bigint }[] = [];
  #paid: { due: bigint; restaked: bigint } | null = null;
  #everStaked = false;
  #excludedAtEnd = false;
  #source: Interval['source'] = 'held';
  /** The event that is being applied. */
  #seq = 0;
  /** By validator: events that changed the account's stake there, or what it is worth, ascending, with their seconds. */
  readonly #changes = new Map<string, { readonly at: number; readonly seq: number }[]>();
  done = false;

  constructor(books: Books, name: string, asked: number) {
    this.#books = books;
    this.#name = name;
    this.#asked = asked;
    books.onBooked = (stretch) => this.#booked(stretch);
  }

  get #account(): Account {
    return this.#books.accountOf(this.#name);
  }

  event(seq: number, event: ProrataEvent): void {
    const books = this.#books;
    const wasExcluded = this.#account.excluded;
    this.#seq = seq;
    books.state.clock = event.time;
    const isName = accountMatcher(books.rules);
    if (event.kind === 'booked' && !wasExcluded) this.#takenOver(event, seq);
    else if (event.kind === 'held') this.#source = 'held';
    applyRecorded(books, event, isName, (name) => name === this.#name);
    // What was booked while it was applied was still of the one before.
    for (const validator of changedBy(event)) {
      const change = { at: books.second, seq };
      const known = this.#changes.get(validator);
      if (known === undefined) this.#changes.set(validator, [change]);
      else known.push(change);
    }
    this.#everStaked ||= this.#account.positions.length > 0;
    if (this.#account.excluded && !wasExcluded) {
      // Also in the window that settles the period; after the payment it takes nothing away any more.
      if (!this.#paid) {
        this.#intervals = [];
        this.#note(seq, 'excluded: the score of this period is forgotten, the stake stays', Infinity);
      }
    } else if (wasExcluded && !this.#account.excluded) this.#note(seq, 'included again: scores from here on');
    if (event.kind === 'validator-slashed' && this.#holds(event.validator))
      this.#note(seq, `validator ${event.validator} was slashed`);
  }

  step({ step, record, payout }: Moment): void {
    const { state } = this.#books;
    state.clock = step.at;
    if (step.phase === 'opening') openRecorded(this.#books, record);
    const { window } = state;
    const ends = record.status === 'settled' && step.step === record.steps;
    if (window && window.period === this.#asked && (payout || ends)) this.#close(window);
    if (window && payout && payout.reason !== 'direct') this.#pay(window, record, payout);
    if (window && ends) {
      closeRecorded(this.#books);
      if (record.period === this.#asked) this.done = true;
    }
  }

  /** What the entries still hold of the asked period is read now, as the payment reads it. */
  #close(window: Window): void {
    if (this.#excludedAtEnd || this.#paid) return;
    this.#excludedAtEnd = this.#account.excluded;
    if (!this.#account.excluded) this.#readEntries(window.start, window.boundary);
  }

  #readEntries(start: number, end: number): void {
    for (const position of this.#books.ordered(this.#account)) {
      if (isEntry(position)) {
        this.#add({
          account: this.#account,
          period: this.#asked,
          from: Math.max(position.since, start),
          until: end,
          held: { position },
        });
      }
    }
  }

  #pay(window: Window, record: PeriodRecord, payout: Payout): void {
    const books = this.#books;
    const stakes = books.ordered(this.#account).map((position) => {
      const validator = books.validatorById(position.validator);
      const tokens = valueOf(position.shares, presentRate(validator), rateRuleOf(books.rules));
      return { position, split: { validator: validator.name, tokens, restaked: 0n } };
    });
    books.onRestaked = (position, tokens) =>
      (stakes.find((stake) => stake.position === position)!.split.restaked = tokens);
    this.#source = 'reward';
    const paid = payRecorded(books, window, this.#account, {
      score: payout.score,
      total: record.total!,
      award: awardIn(record, payout),
    });
    this.#source = 'held';
    if (record.period !== this.#asked) return;
    this.#paid = paid;
    this.#split = stakes.map(({ split }) => split);
  }

  #booked(stretch: BookedStretch): void {
    if (stretch.account.name === this.#name && stretch.period === this.#asked) this.#add(stretch);
  }

  #add({ from, until, held }: BookedStretch): void {
    if (from >= until) return;
    if ('tokens' in held) {
      const { tokens } = held;
      this.#intervals.push({
        validator: null,
        from,
        until,
        tokens,
        score: tokens * BigInt(until - from),
        source: this.#source,
        event: this.#source === 'reward' ? null : this.#seq,
      });
      return;
    }
    const { validator: id, shares } = held.position;
    const validator = this.#books.validatorById(id);
    walkPosition(shares, validator, { from, until }, rateRuleOf(this.#books.rules), (start, end, tokens) => {
      const score = tokens * BigInt(end - start);
      const event = this.#changes.get(validator.name)?.findLast(({ at }) => at <= start)?.seq ?? null;
      this.#intervals.push({
        validator: validator.name,
        from: start,
        until: end,
        tokens,
        score,
        source: 'held',
        event,
      });
    });
  }

  #takenOver(event: { readonly period?: number; readonly score: bigint }, seq: number): void {
    const second = this.#books.second;
    const running = this.#books.spans.find(({ end }) => second < end)!.period;
    if ((event.period ?? running) !== this.#asked) return;
    this.#intervals.push({
      validator: null,
      from: second,
      until: second,
      tokens: 0n,
      score: event.score,
      source: 'taken-over',
      event: seq,
    });
    this.#note(seq, `${event.score} token-seconds were taken over from another system`);
  }

  #holds(validator: string): boolean {
    const id = this.#books.validators.get(validator)?.id;
    return this.#account.positions.some((position) => position.validator === id);
  }

  /** Notes what happened in the period, or until second `end`. */
  #note(event: number, text: string, end = 0): void {
    const span = this.#books.spans.find(({ period }) => period === this.#asked);
    const at = this.#books.second;
    if (span && at >= span.start && at < Math.max(span.end, end)) this.#notes.push({ at, event, text });
  }

  result(at: number): Replay {
    const span = this.#books.spans.find(({ period }) => period === this.#asked);
    if (!this.done && !this.#paid && span) {
      this.#excludedAtEnd = this.#account.excluded;
      if (!this.#account.excluded) this.#readEntries(span.start, Math.min(span.end, at));
    }
    return {
      intervals: this.#intervals.toSorted((a, b) => a.from - b.from || a.until - b.until),
      notes: this.#notes,
      split: this.#split.filter(({ restaked, tokens }) => restaked > 0n || tokens > 0n),
      due: this.#paid?.due ?? 0n,
      restaked: this.#paid?.restaked ?? 0n,
      everStaked: this.#everStaked,
      excludedAtEnd: this.#excludedAtEnd,
    };
  }
}

/** Validators on which an event changes a stake, or what it is worth. */
function changedBy(event: ProrataEvent): readonly string[] {
  if (event.kind === 'redelegate') return [event.from, event.to];
  return 'validator' in event && event.kind !== 'validator-jailed' ? [event.validator] : [];
}

async function eventsFor(tx: Tx, program: number, account: Account): Promise<{ seq: number; event: ProrataEvent }[]> {
  const own = await allEvents(tx, { program, account: account.id });
  const common = await allEvents(tx, { program, account: null });
  const bySeq = new Map([...own, ...common].map((row) => [row.seq, row]));
  return [...bySeq.values()].toSorted((a, b) => a.seq - b.seq);
}

async function allEvents(
  tx: Tx,
  query: { program: number; account: number | null },
): Promise<{ seq: number; event: ProrataEvent }[]> {
  const found: { seq: number; event: ProrataEvent }[] = [];
  for (let after = 0; ;) {
    const rows = await tx.events({ ...query, after, limit: PAGE });
    for (const { seq, payload } of rows) found.push({ seq, event: decodeEvent(payload) });
    if (rows.length < PAGE) return found;
    after = rows.at(-1)!.seq;
  }
}

async function momentsFor(
  tx: Tx,
  program: number,
  account: Account,
  periods: readonly PeriodRecord[],
): Promise<Moment[]> {
  const moments: Moment[] = [];
  for (const record of periods) {
    const payouts = await tx.payouts({ program, after: 0, limit: PAGE, account: account.id, period: record.period });
    const payout = payouts.find(({ reason }) => reason !== 'direct') ?? null;
    for (const step of await tx.steps(program, record.period)) {
      const pays =
        payout !== null &&
        step.payouts > 0 &&
        payout.id >= step.firstPayout &&
        payout.id < step.firstPayout + step.payouts;
      const ends = record.status === 'settled' && step.step === record.steps;
      if (step.phase === 'opening' || pays || ends)
        moments.push({ events: step.events, step, record, payout: pays ? payout : null });
    }
  }
  return moments;
}

function whyZero(
  replay: Replay,
  paid: Payout | undefined,
  score: bigint,
  facts: { account: Account; record: PeriodRecord | undefined },
): Explanation['zero'] {
  if (paid && paid.restaked + paid.liquid > 0n) return null;
  if (paid?.reason === 'carried')
    return { code: 'carried', text: 'its share waits until it is as much as the minimum' };
  if (paid?.reason === 'below-one-unit')
    return { code: 'below-one-unit', text: `the share of ${score} token-seconds is less than one smallest unit` };
  if (paid?.reason === 'no-stake')
    return {
      code: 'no-stake',
      text: `${paid.due} was due, but there was no stake of any worth to deliver it to: it went to the residual`,
    };
  if (replay.excludedAtEnd)
    return { code: 'excluded', text: 'the account is excluded: it has no score and takes no share' };
  if (score > 0n) {
    if (facts.record?.status !== 'settled') return null;
    return { code: 'nothing-to-share', text: 'the period shared nothing by score' };
  }
  if (!replay.everStaked)
    return { code: 'never-staked', text: 'the account never had a stake before this period ended' };
  return { code: 'no-stake-time', text: 'the account held no stake of any worth inside this period' };
}
