import { checkpointsKept } from '../../app/ports.ts';
import type {
  AccountPage,
  Changes,
  Checkpoint,
  Estimate,
  EventRow,
  GraphPage,
  GraphSink,
  Pruning,
  StoredAward,
  StoredToken,
  Tx,
} from '../../app/ports.ts';
import { compareBytes } from '../../core/bytes.ts';
import type { EdgeVersion, NodeVersion } from '../../core/scoring/cred/book.ts';
import { ConflictError, invariant } from '../../core/errors.ts';
import type { Rules, ScheduleEntry } from '../../core/program.ts';
import type {
  Account,
  LedgerAccount,
  Payout,
  PeriodRecord,
  Position,
  Posting,
  ProgramState,
  StepRecord,
  Tally,
  Validator,
} from '../../core/state.ts';
import { changedRates, earnerId, earnerOf, scheduleChanges, scheduleRows } from '../changes.ts';
import { MemoryProgram } from './program.ts';
import type { AccountRow } from './program.ts';
import { firstAbove, put, remove } from './rows.ts';
import type { Journal } from './rows.ts';

/** Kinds of kept balances in the order in which they are listed. */
const kinds = ['outside', 'pool', 'residual', 'carried'];

/** One transaction on a memory store. What comes in and what goes out is copied: nobody outside holds what is stored. */
export class MemoryTx implements Tx {
  open = true;
  readonly #programs: MemoryProgram[];
  /** By id, in the order in which they were made. */
  readonly #tokens: Map<string, StoredToken>;
  readonly #mode: 'read' | 'write';
  readonly #journal: Journal = [];
  /** The first write that failed: what it left half done must not stay, even if the caller goes on. */
  #failure: unknown = null;

  constructor(programs: MemoryProgram[], tokens: Map<string, StoredToken>, mode: 'read' | 'write') {
    this.#programs = programs;
    this.#tokens = tokens;
    this.#mode = mode;
  }

  /** No verb works after this. Throws what made a write fail. */
  end(): void {
    this.open = false;
    if (this.#failure !== null) throw this.#failure;
  }

  undo(): void {
    this.open = false;
    while (this.#journal.length > 0) this.#journal.pop()!();
  }

  async #read<T>(work: () => T): Promise<T> {
    invariant(this.open, 'store.transaction-over');
    return work();
  }

  async #write<T>(work: () => T): Promise<T> {
    invariant(this.#mode === 'write', 'store.read-transaction');
    return this.#read(work).catch((error: unknown) => {
      this.#failure ??= error;
      throw error;
    });
  }

  /** One that does not exist has nothing in it, as in a table. */
  #program(id: number): MemoryProgram {
    return this.#programs.find((program) => program.id === id) ?? new MemoryProgram(id, '');
  }

  programs() {
    return this.#read(() => this.#programs.map(({ id, name }) => ({ id, name })));
  }

  state(program: number): Promise<ProgramState> {
    return this.#read(() => this.#whole<ProgramState>(program, 'state'));
  }

  rules(program: number): Promise<Rules> {
    return this.#read(() => this.#whole<Rules>(program, 'rules'));
  }

  #whole<T extends ProgramState | Rules>(program: number, key: 'state' | 'rules'): T {
    const found = this.#program(program).whole.get(key);
    invariant(found !== undefined, 'store.program-incomplete', { program: String(program) });
    return structuredClone(found) as T;
  }

  schedule(program: number): Promise<ScheduleEntry[]> {
    return this.#read(() =>
      (this.#program(program).schedule.get('rows') ?? []).map((row) => structuredClone(row.entry)),
    );
  }

  validators(program: number): Promise<Validator[]> {
    return this.#read(() => {
      const all = [...this.#program(program).validators.values()];
      return all.sort((a, b) => a.id - b.id).map((validator) => structuredClone(validator));
    });
  }

  accountsPage(page: AccountPage): Promise<Account[]> {
    return this.#read(() => {
      const { accounts } = this.#program(page.program);
      const { after, inclusive = false, skip = 0, limit } = page;
      const names = accounts.names();
      const above = after === null ? 0 : firstAbove(names, (name) => compareBytes(name, after) > (inclusive ? -1 : 0));
      const start = above + skip;
      return names.slice(start, start + limit).map((name) => this.#account(page, accounts.byName.get(name)!));
    });
  }

  accountsNamed(query: Parameters<Tx['accountsNamed']>[0]): Promise<Account[]> {
    return this.#read(() => {
      const { byName } = this.#program(query.program).accounts;
      const rows = [...new Set(query.names)].map((name) => byName.get(name)).filter((row) => row !== undefined);
      return rows.map((row) => this.#account(query, row));
    });
  }

  #account(
    query: { program: number; buckets: readonly number[]; periods: readonly number[] },
    row: AccountRow,
  ): Account {
    const program = this.#program(query.program);
    const account: Account = { ...row, positions: [], scores: new Map() };
    for (const bucket of ascending(query.buckets)) {
      for (const position of program.positions.get(bucket)?.get(row.id) ?? []) account.positions.push({ ...position });
    }
    for (const period of ascending(query.periods)) {
      const score = program.scores.get(period)?.get(row.id);
      if (score !== undefined) account.scores = new Map(account.scores).set(period, score);
    }
    return account;
  }

  excludedAccounts(program: number): Promise<string[]> {
    return this.#read(() => {
      const { accounts } = this.#program(program);
      return accounts.names().filter((name) => accounts.byName.get(name)!.excluded);
    });
  }

  eventsByKey(program: number, keys: readonly string[]) {
    return this.#read(() => {
      const rows = keys.map((key) => this.#program(program).eventsByKey.get(key)).filter((row) => row !== undefined);
      return new Map(rows.map(({ key, seq, payload }) => [key, { seq, payload }]));
    });
  }

  events(query: Parameters<Tx['events']>[0]): Promise<EventRow[]> {
    return this.#read(() => {
      const { events } = this.#program(query.program);
      return events.list(query).map(copyEvent);
    });
  }

  facts({ program, after, until, limit }: Parameters<Tx['facts']>[0]): Promise<EventRow[]> {
    return this.#read(() => {
      const { events } = this.#program(program);
      const place = (row: EventRow): number => row.at! - after.at || row.seq - after.seq;
      return events
        .list(everything, ({ at }) => at !== null && at <= until)
        .filter((row) => place(row) > 0)
        .sort((a, b) => a.at! - b.at! || a.seq - b.seq)
        .slice(0, limit)
        .map(copyEvent);
    });
  }

  checkpoints(program: number) {
    return this.#read(() => {
      const all = [...this.#program(program).checkpoints.values()];
      return all.map(({ at, seq }) => ({ at, seq })).sort((a, b) => a.at - b.at);
    });
  }

  checkpoint(program: number, at: number): Promise<Checkpoint> {
    return this.#read(() => {
      const found = this.#program(program).checkpoints.get(at);
      invariant(found !== undefined, 'store.checkpoint-known', { at: String(at) });
      return structuredClone(found);
    });
  }

  prunings(program: number): Promise<Pruning[]> {
    return this.#read(() => {
      const all = [...this.#program(program).prunings.values()];
      return all.sort((a, b) => a.last - b.last).map((pruning) => structuredClone(pruning));
    });
  }

  estimate(program: number): Promise<Estimate | null> {
    return this.#read(() => structuredClone(this.#program(program).estimates.get('newest') ?? null));
  }

  bookmark(program: number, source: string): Promise<string | null> {
    return this.#read(() => this.#program(program).bookmarks.get(source) ?? null);
  }

  bookmarks(program: number) {
    return this.#read(() => {
      const all = [...this.#program(program).bookmarks].map(([source, value]) => ({ source, value }));
      return all.sort((a, b) => compareBytes(a.source, b.source));
    });
  }

  awards({ program, period, after, limit }: Parameters<Tx['awards']>[0]): Promise<StoredAward[]> {
    return this.#read(() => {
      const { awards, accounts } = this.#program(program);
      const all = [...(awards.get(period)?.values() ?? [])].sort((a, b) =>
        compareBytes(a.account.name, b.account.name),
      );
      return all
        .filter(({ account }) => after === null || compareBytes(account.name, after) > 0)
        .slice(0, limit)
        .map(({ account, score, due, waits }) => {
          const { excluded } = accounts.byName.get(account.name)!;
          return { account: { ...account }, excluded, score, due, waits };
        });
    });
  }

  graphNodes(page: GraphPage): Promise<NodeVersion[]> {
    return this.#read(() => versionsAfter(this.#program(page.program).nodes, page));
  }

  graphEdges(page: GraphPage): Promise<EdgeVersion[]> {
    return this.#read(() => versionsAfter(this.#program(page.program).edges, page));
  }

  graphAsOf({ program, seq, named }: Parameters<Tx['graphAsOf']>[0], into: GraphSink): Promise<void> {
    return this.#read(() => {
      const { nodes, edges } = this.#program(program);
      const all = { after: { number: 0, since: 0 }, limit: Infinity };
      const counts = ({ since }: NodeVersion | EdgeVersion): boolean => since <= seq;
      for (const { number, node, time, timeless, weight, gone } of versionsAfter(nodes, all).filter(counts)) {
        into.node(number, node, time, timeless, weight, gone);
      }
      for (const version of versionsAfter(edges, all).filter(counts)) {
        const { number, edge, time, source, target, forward, backward, gone } = version;
        into.edge(number, named ? edge : '', time, source, target, forward, backward, gone);
      }
    });
  }

  nodesNamed(program: number, names: readonly string[]): Promise<NodeVersion[]> {
    return this.#read(() => newestNamed(this.#program(program).nodes, names));
  }

  edgesNamed(program: number, names: readonly string[]): Promise<EdgeVersion[]> {
    return this.#read(() => newestNamed(this.#program(program).edges, names));
  }

  governingEvents({ program, after, limit }: Parameters<Tx['governingEvents']>[0]): Promise<EventRow[]> {
    return this.#read(() => this.#program(program).events.list({ after, limit }, isGoverning).map(copyEvent));
  }

  tallies({ program, period, account }: Parameters<Tx['tallies']>[0]): Promise<Tally[]> {
    return this.#read(() =>
      [...this.#program(program).tallies.values()]
        .flatMap((ofPeriod) => [...ofPeriod.values()])
        .filter((tally) => period === undefined || tally.period === period)
        .filter((tally) => account === undefined || tally.account.name === account)
        .sort((a, b) => a.period - b.period || compareBytes(a.account.name, b.account.name))
        .map((tally) => ({ ...tally, account: { ...tally.account } })),
    );
  }

  payouts(query: Parameters<Tx['payouts']>[0]): Promise<Payout[]> {
    return this.#read(() => this.#program(query.program).payouts.list(query, ofPeriod(query.period)).map(copyPayout));
  }

  postings(query: Parameters<Tx['postings']>[0]): Promise<Posting[]> {
    const inPeriod = ofPeriod(query.period);
    return this.#read(() =>
      this.#program(query.program)
        .postings.list(query, (row) => inPeriod(row) && (query.reason ?? row.reason) === row.reason)
        .map(copyPosting),
    );
  }

  balance(program: number, account: LedgerAccount): Promise<bigint> {
    return this.#read(() => {
      const id = earnerId(account);
      if (id === null) return this.#program(program).balances.get(balanceKey(account))?.balance ?? 0n;
      let balance = 0n;
      for (const { source, target, amount } of this.#program(program).postings.list({ ...everything, account: id })) {
        if (target.kind === account.kind && earnerId(target) === id) balance += amount;
        if (source.kind === account.kind && earnerId(source) === id) balance -= amount;
      }
      return balance;
    });
  }

  balances(program: number) {
    return this.#read(() => {
      const all = [...this.#program(program).balances].toSorted(([a], [b]) => compareBytes(a, b));
      return all.map(([, { account, balance }]) => ({ account: copyLedgerAccount(account), balance }));
    });
  }

  periods(program: number): Promise<PeriodRecord[]> {
    return this.#read(() => {
      const all = [...this.#program(program).periods.values()];
      return all.sort((a, b) => a.period - b.period).map((record) => structuredClone(record));
    });
  }

  steps(program: number, period: number, after = 0): Promise<StepRecord[]> {
    return this.#read(() => {
      const all = [...(this.#program(program).steps.get(period)?.values() ?? [])].filter(({ step }) => step > after);
      return all.sort((a, b) => a.step - b.step).map((step) => ({ ...step }));
    });
  }

  counts(program: number) {
    return this.#read(() => {
      const { accounts, events, positions, scores, payouts, postings } = this.#program(program);
      return {
        accounts: accounts.byId.size,
        events: events.size,
        positions: positions
          .values()
          .reduce((sum, ofAccounts) => sum + ofAccounts.values().reduce((n, list) => n + list.length, 0), 0),
        scores: scores.values().reduce((sum, ofAccounts) => sum + ofAccounts.size, 0),
        payouts: payouts.size,
        postings: postings.size,
      };
    });
  }

  hasTokens(): Promise<boolean> {
    return this.#read(() => this.#tokens.size > 0);
  }

  token(id: string): Promise<StoredToken | null> {
    return this.#read(() => this.#tokens.get(id) ?? null);
  }

  tokens(): Promise<readonly StoredToken[]> {
    return this.#read(() => [...this.#tokens.values()]);
  }

  addToken(token: StoredToken): Promise<void> {
    return this.#write(() => {
      invariant(!this.#tokens.has(token.id), 'store.row-exists', { token: token.id });
      put(this.#tokens, token.id, { ...token }, this.#journal);
    });
  }

  revokeToken(id: string, at: number): Promise<void> {
    return this.#write(() => {
      const token = this.#tokens.get(id);
      if (token !== undefined) put(this.#tokens, id, { ...token, revokedAt: at }, this.#journal);
    });
  }

  createProgram(name: string): Promise<number> {
    return this.#write(() => {
      if (this.#programs.some((program) => program.name === name)) {
        throw new ConflictError('program-exists', `There is a program named ${name} in this store already.`, {
          program: name,
        });
      }
      const id = (this.#programs.at(-1)?.id ?? 0) + 1;
      this.#programs.push(new MemoryProgram(id, name));
      this.#journal.push(() => this.#programs.pop());
      return id;
    });
  }

  write(id: number, changes: Changes): Promise<number> {
    return this.#write(() => {
      const program = this.#program(id);
      const journal = this.#journal;
      let rows = 0;
      for (const account of changes.accounts ?? []) rows += putAccount(program, account, journal);
      for (const validator of changes.validators ?? []) rows += putValidator(program, validator, journal);
      for (const event of changes.events ?? []) rows += addEvent(program, event, journal);
      for (const { account, bucket, validator } of changes.positionsRemoved ?? []) {
        mustExist(program, account);
        const ofAccounts = inner(program.positions, bucket);
        const list = ofAccounts.get(account) ?? [];
        const kept = list.filter((position) => position.validator !== validator);
        if (kept.length === list.length) continue;
        setPositions(ofAccounts, account, kept, journal);
        rows += 1;
      }
      for (const { account, validator, shares, since, bucket } of changes.positions ?? []) {
        mustExist(program, account);
        const ofAccounts = inner(program.positions, bucket);
        const others = (ofAccounts.get(account) ?? []).filter((position) => position.validator !== validator);
        const list = [...others, { validator, shares, since, bucket }].sort((a, b) => a.validator - b.validator);
        setPositions(ofAccounts, account, list, journal);
        rows += 1;
      }
      for (const { account, period, score } of (changes.scores ?? []).toSorted(
        (a, b) => Number(a.score !== 0n) - Number(b.score !== 0n),
      )) {
        mustExist(program, account);
        const ofAccounts = inner(program.scores, period);
        if (score === 0n) rows += remove(ofAccounts, account, journal);
        else {
          put(ofAccounts, account, score, journal);
          rows += 1;
        }
      }
      for (const payout of changes.payouts ?? []) rows += addPayout(program, payout, journal);
      for (const posting of changes.postings ?? []) {
        program.postings.add(posting.id, earnerOf(posting), copyPosting(posting), journal);
        rows += 1;
      }
      for (const { account, balance } of changes.balances ?? []) {
        invariant(earnerId(account) === null, 'store.balance-of-earner', { kind: account.kind });
        put(program.balances, balanceKey(account), { account: copyLedgerAccount(account), balance }, journal);
        rows += 1;
      }
      for (const { account, period, score, due, waits = false } of changes.awards ?? []) {
        mustExist(program, account.id);
        const ofPeriod = inner(program.awards, period);
        invariant(!ofPeriod.has(account.name), 'store.row-exists', { award: account.name });
        put(ofPeriod, account.name, { account: { id: account.id, name: account.name }, score, due, waits }, journal);
        rows += 1;
      }
      if (changes.awardsDone) {
        const { period, after, upTo } = changes.awardsDone;
        const ofPeriod = inner(program.awards, period);
        for (const name of [...ofPeriod.keys()]) {
          if (compareBytes(name, after ?? '') > 0 && compareBytes(name, upTo) <= 0)
            rows += remove(ofPeriod, name, journal);
        }
      }
      if (changes.checkpointsDropped) {
        const { from } = changes.checkpointsDropped;
        for (const at of [...program.checkpoints.keys()]) {
          if (at >= from) rows += remove(program.checkpoints, at, journal);
        }
      }
      if (changes.checkpoint) {
        put(program.checkpoints, changes.checkpoint.at, structuredClone(changes.checkpoint), journal);
        const kept = [...program.checkpoints.keys()].sort((a, b) => a - b);
        for (const at of kept.slice(1, -checkpointsKept)) rows += remove(program.checkpoints, at, journal);
        rows += 1;
      }
      if (changes.bookmark) {
        put(program.bookmarks, changes.bookmark.source, changes.bookmark.value, journal);
        rows += 1;
      }
      if (changes.estimate) {
        put(program.estimates, 'newest', structuredClone(changes.estimate), journal);
        rows += 1;
      }
      if (changes.pruning) rows += prune(program, changes.pruning, journal);
      if (changes.talliesDropped) {
        const ofPeriod = inner(program.tallies, changes.talliesDropped.period);
        for (const name of [...ofPeriod.keys()]) rows += remove(ofPeriod, name, journal);
      }
      for (const version of changes.nodes ?? []) rows += addVersion(program.nodes, version.node, version, journal);
      for (const version of changes.edges ?? []) rows += addVersion(program.edges, version.edge, version, journal);
      for (const tally of changes.tallies ?? []) {
        mustExist(program, tally.account.id);
        const ofPeriod = inner(program.tallies, tally.period);
        invariant(!ofPeriod.has(tally.account.name), 'store.row-exists', { tally: tally.account.name });
        put(ofPeriod, tally.account.name, { ...tally, account: { ...tally.account } }, journal);
        rows += 1;
      }
      if (changes.step) {
        const steps = inner(program.steps, changes.step.period);
        invariant(!steps.has(changes.step.step), 'store.row-exists', { step: String(changes.step.step) });
        put(steps, changes.step.step, { ...changes.step }, journal);
        rows += 1;
      }
      if (changes.period) put(program.periods, changes.period.period, structuredClone(changes.period), journal);
      if (changes.rules) put(program.whole, 'rules', structuredClone(changes.rules), journal);
      if (changes.schedule) {
        const [before, after] = [program.schedule.get('rows') ?? [], scheduleRows(structuredClone(changes.schedule))];
        const { removed, put: changed } = scheduleChanges(before, after);
        put(program.schedule, 'rows', after, journal);
        rows += removed.length + changed.length;
      }
      if (changes.state) put(program.whole, 'state', structuredClone(changes.state), journal);
      return rows + [changes.period, changes.rules, changes.state].filter((part) => part !== undefined).length;
    });
  }
}

function putAccount(program: MemoryProgram, { id, name, excluded }: Account, journal: Journal): 1 {
  const known = program.accounts.byName.get(name);
  invariant(known === undefined || known.id === id, 'store.account-renamed');
  invariant(known !== undefined || !program.accounts.byId.has(id), 'store.row-exists', { account: String(id) });
  program.accounts.put({ id, name, excluded }, journal);
  return 1;
}

function putValidator(program: MemoryProgram, validator: Validator, journal: Journal): number {
  const before = program.validators.get(validator.id)?.rates ?? [];
  put(program.validators, validator.id, structuredClone(validator), journal);
  return 1 + changedRates(before, validator.rates).length + Math.max(0, before.length - validator.rates.length);
}

function addEvent(program: MemoryProgram, event: EventRow, journal: Journal): 1 {
  const row = copyEvent(event);
  invariant(!program.eventsByKey.has(row.key), 'store.row-exists', { key: row.key });
  program.events.add(row.seq, row.account?.id ?? null, row, journal);
  put(program.eventsByKey, row.key, row, journal);
  return 1;
}

function prune(program: MemoryProgram, pruning: Pruning, journal: Journal): number {
  let rows = 1;
  const gone = { after: pruning.first - 1, limit: Infinity };
  for (const { seq, key } of program.events.list(gone, (row) => row.seq <= pruning.last)) {
    program.events.remove(seq, journal);
    rows += remove(program.eventsByKey, key, journal);
  }
  for (const at of [...program.checkpoints.keys()]) {
    if (at < pruning.at) rows += remove(program.checkpoints, at, journal);
  }
  put(program.prunings, pruning.last, structuredClone(pruning), journal);
  return rows;
}

function addPayout(program: MemoryProgram, payout: Payout, journal: Journal): 1 {
  const once = `${payout.period} ${payout.account.id} ${payout.pool}`;
  invariant(!program.paid.has(once), 'store.row-exists', { payout: once });
  program.payouts.add(payout.id, payout.account.id, copyPayout(payout), journal);
  put(program.paid, once, true, journal);
  return 1;
}

function mustExist(program: MemoryProgram, account: number): void {
  invariant(program.accounts.byId.has(account), 'store.account-unknown', { account: String(account) });
}

function setPositions(
  ofAccounts: Map<number, readonly Position[]>,
  account: number,
  list: readonly Position[],
  journal: Journal,
): void {
  if (list.length === 0) remove(ofAccounts, account, journal);
  else put(ofAccounts, account, list, journal);
}

function inner<K, V>(map: Map<number, Map<K, V>>, key: number): Map<K, V> {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = new Map())); // empty: no trace of it is visible, nothing to take back
  return found;
}

const ascending = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((a, b) => a - b);
const everything = { after: 0, limit: Infinity } as const;

const ofPeriod = (period: number | undefined) => (row: { readonly period: number }) =>
  period === undefined || row.period === period;
const balanceKey = (account: LedgerAccount): string =>
  `${kinds.indexOf(account.kind)} ${account.kind === 'pool' ? account.pool : ''}`;

const copyEvent = (event: EventRow): EventRow => ({ ...event, account: event.account && { ...event.account } });
interface Version {
  readonly number: number;
  readonly since: number;
}

function addVersion<T extends Version>(
  all: Map<string, readonly T[]>,
  name: string,
  version: T,
  journal: Journal,
): number {
  const known = all.get(name) ?? [];
  invariant(!known.some(({ since }) => since === version.since), 'store.row-exists', { version: name });
  put(all, name, [...known, { ...version }], journal);
  return 1;
}

function versionsAfter<T extends Version>(
  all: ReadonlyMap<string, readonly T[]>,
  { after, limit }: Omit<GraphPage, 'program'>,
): T[] {
  return [...all.values()]
    .flat()
    .filter(({ number, since }) => (number - after.number || since - after.since) > 0)
    .sort((a, b) => a.number - b.number || a.since - b.since)
    .slice(0, limit);
}

const newestNamed = <T extends Version>(all: ReadonlyMap<string, readonly T[]>, names: readonly string[]): T[] =>
  [...new Set(names)].flatMap((name) => all.get(name)?.at(-1) ?? []);

const isGoverning = ({ kind }: EventRow): boolean => ['program', 'rules', 'token', 'attribution'].includes(kind);

const copyPayout = (payout: Payout): Payout => ({ ...payout, account: { ...payout.account } });
const copyPosting = (posting: Posting): Posting => ({
  ...posting,
  source: copyLedgerAccount(posting.source),
  target: copyLedgerAccount(posting.target),
});

function copyLedgerAccount(account: LedgerAccount): LedgerAccount {
  return 'account' in account ? { ...account, account: { ...account.account } } : { ...account };
}
