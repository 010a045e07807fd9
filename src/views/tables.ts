import type { CredPerson } from '../app/cred/read.ts';
import type { CrownScore } from '../app/crown/read.ts';
import type { Engine } from '../app/engine.ts';
import type { Tx } from '../app/ports.ts';
import { completeView } from '../app/read.ts';
import type { Books } from '../core/books.ts';
import { decodeEvent } from '../core/events/encode.ts';
import type { Scoring } from '../core/program.ts';
import type { Payout, PeriodRecord } from '../core/state.ts';
import { formatInstant } from '../core/time/instant.ts';
import type { AccountNames } from './account-names.ts';
import { stakedJson } from './account.ts';
import { credRowJson } from './cred.ts';
import { scoreJson } from './crown.ts';
import { csvHeading, csvLine } from './csv.ts';
import { eventJson, iso, isoOrNull, json } from './json.ts';
import { balancesJson, eventRowJson, payoutJson, postingJson } from './ledger.ts';
import { periodJson, stepJson } from './program.ts';

/*
 * The tables of a program as text: JSON Lines with the rows that the API has, or CSV. All of one version of the store.
 */

/** As in an export of the whole store, without what only a store needs to go on. */
export const tableNames = [
  ...['accounts', 'scores', 'validators', 'events', 'payouts', 'postings', 'balances', 'periods', 'steps', 'awards'],
  ...['nodes', 'edges'],
] as const;
export type TableName = (typeof tableNames)[number];
export const tableFormats = ['jsonl', 'csv'] as const;
export type TableFormat = (typeof tableFormats)[number];

type Row = Readonly<Record<string, unknown>>;

/** What tables are read from: one transaction, whatever others write meanwhile. */
interface Source {
  readonly tx: Tx;
  readonly books: Books;
  readonly names: AccountNames;
  readonly format: TableFormat;
}

interface Table {
  /** Paths in a row. */
  readonly columns: readonly string[];
  /** Page by page, of which nothing is kept. */
  readonly rows: (source: Source) => AsyncIterable<readonly Row[]>;
}

/** Rows of a page: some milliseconds of work. */
const pageRows = 200;

/** A table that is read page by page, each after the last row of the one before. */
const paged = <Place, Read>({
  columns,
  first,
  read,
  placeOf,
  view,
}: {
  readonly columns: readonly string[];
  readonly first: Place;
  readonly read: (source: Source, after: Place) => Promise<readonly Read[]>;
  readonly placeOf: (row: Read) => Place;
  readonly view: (row: Read, source: Source) => Row | Promise<Row>;
}): Table => ({
  columns,
  rows: async function* (source) {
    for (let after = first; ;) {
      const rows = await read(source, after);
      const views: Row[] = [];
      for (const row of rows) views.push(await view(row, source));
      if (views.length > 0) yield views;
      if (rows.length < pageRows) return;
      after = placeOf(rows.at(-1)!);
    }
  },
});

/** A short table that is read at once. */
const short = (columns: readonly string[], read: (source: Source) => Promise<readonly Row[]>): Table => ({
  columns,
  rows: async function* (source) {
    yield await read(source);
  },
});

const afterId = { first: 0, placeOf: ({ id }: { readonly id: number }): number => id };
const afterVersion = { first: { number: 0, since: 0 }, placeOf: (row: VersionPlace): VersionPlace => row };
interface VersionPlace {
  readonly number: number;
  readonly since: number;
}

/** The columns of `prorata payouts --csv`. */
export const payoutColumns = [
  ...['period', 'boundary', 'pool', 'account', 'score', 'due', 'restaked', 'liquid', 'reason'],
];

/** A payout as its line of CSV has it, with the boundary of its period. */
export const payoutCsvRow = (
  { account, ...payout }: Payout,
  boundaries: ReadonlyMap<number, string>,
): Readonly<Record<string, unknown>> => ({ ...payout, account: account.name, boundary: boundaries.get(payout.period) });

export const boundariesOf = (periods: readonly Pick<PeriodRecord, 'period' | 'boundary'>[]) =>
  new Map(periods.map(({ period, boundary }) => [period, iso(boundary)]));

const accountColumns = ['account', 'excluded'];
const stakeColumns = [
  ...accountColumns,
  ...['staked', 'score', 'booked', 'period', 'closing.period', 'closing.score', 'stakes'],
];

const page = (books: Books, after: string | null) => ({ program: books.id, after, limit: pageRows });

/** Accounts with their stakes. */
const stakers = paged({
  columns: stakeColumns,
  first: null as string | null,
  read: ({ tx, books }, after) =>
    tx.accountsPage({ ...page(books, after), buckets: books.buckets, periods: books.periodsUntil(books.second) }),
  placeOf: ({ name }) => name,
  view: async (account, { tx, books }) => stakedJson(await completeView(tx, books, account, books.second)),
});

/** Accounts of whoever stakes nothing. */
const plainAccounts = paged({
  columns: accountColumns,
  first: null as string | null,
  read: ({ tx, books }, after) => tx.accountsPage({ ...page(books, after), buckets: [], periods: [] }),
  placeOf: ({ name }) => name,
  view: ({ name, excluded }, { names }) => ({ account: name, excluded, ...names.json(name) }),
});

const tables: Readonly<Record<Exclude<TableName, 'accounts' | 'scores'>, Table>> = {
  validators: short(['validator', 'jailed', 'rates'], async ({ books }) =>
    [...books.validators.values()].map(({ name, jailed, rates }) => ({
      validator: name,
      jailed,
      rates: rates.map((rate) => ({ ...rate, since: isoOrNull(rate.since) })),
    })),
  ),
  events: paged({
    columns: ['seq', 'hash', 'time', 'kind', 'key', 'account', 'event'],
    first: 0,
    read: ({ tx, books }, after) => tx.events({ program: books.id, after, limit: pageRows }),
    placeOf: ({ seq }) => seq,
    view: (row, { format }) => {
      if (format === 'jsonl') return eventRowJson(row);
      const { seq, hash, time, kind, key, account, payload } = row;
      const event = eventJson(decodeEvent(payload));
      return { seq, hash, time: formatInstant(time), kind, key, account: account?.name, event };
    },
  }),
  payouts: {
    columns: payoutColumns,
    rows: async function* (source) {
      const boundaries = boundariesOf(await source.tx.periods(source.books.id));
      yield* paged({
        ...{ columns: payoutColumns, ...afterId },
        read: ({ tx, books }, after) => tx.payouts({ program: books.id, after, limit: pageRows }),
        view: (row, { names, format }) => (format === 'csv' ? payoutCsvRow(row, boundaries) : payoutJson(row, names)),
      }).rows(source);
    },
  },
  postings: paged({
    columns: ['id', 'period', 'allocation', 'source', 'target', 'amount', 'reason'],
    ...afterId,
    read: ({ tx, books }, after) => tx.postings({ program: books.id, after, limit: pageRows }),
    view: (row, { names }) => postingJson(row, names),
  }),
  balances: short(['account', 'balance'], async ({ tx, books }) => {
    const { balances, earners } = balancesJson(await tx.balances(books.id), books.rules.residual);
    return [...balances, { account: 'earners', balance: earners }];
  }),
  periods: short(
    [
      ...['period', 'start', 'boundary', 'status', 'settle', 'strategy', 'allocations', 'total', 'delivered'],
      ...['rounding', 'undelivered', 'directRemainder', 'zeroTotal', 'unearned'].map((reason) => `residual.${reason}`),
      ...['carried.before', 'carried.after', 'accountsPaid', 'entriesScored', 'steps', 'eventsAtOpening', 'root'],
    ],
    async ({ tx, books }) => (await tx.periods(books.id)).map((record) => ({ ...periodJson(record) })),
  ),
  steps: {
    columns: ['period', 'step', 'phase', 'at', 'events', 'entries', 'payouts', 'firstPayout'],
    rows: async function* ({ tx, books }) {
      for (const { period } of await tx.periods(books.id))
        yield (await tx.steps(books.id, period)).map((step) => stepJson(step, null));
    },
  },
  awards: {
    columns: ['period', 'account', 'score', 'due', 'waits'],
    rows: async function* (source) {
      const period = source.books.state.window?.period;
      if (period === undefined) return;
      yield* paged({
        columns: [],
        first: null as string | null,
        read: ({ tx, books }, after) => tx.awards({ ...page(books, after), period }),
        placeOf: ({ account }) => account.name,
        view: ({ account, score, due, waits }, { names }) => ({
          ...{ period, account: account.name, score, due, waits },
          ...names.json(account.name),
        }),
      }).rows(source);
    },
  },
  nodes: paged({
    columns: ['number', 'node', 'since', 'time', 'timeless', 'weight', 'gone'],
    ...afterVersion,
    read: ({ tx, books }, after) => tx.graphNodes({ program: books.id, after, limit: pageRows }),
    view: (node) => ({ ...node, time: node.timeless ? null : formatInstant(node.time) }),
  }),
  edges: paged({
    columns: ['number', 'edge', 'since', 'time', 'source', 'target', 'forward', 'backward', 'gone'],
    ...afterVersion,
    read: ({ tx, books }, after) => tx.graphEdges({ program: books.id, after, limit: pageRows }),
    view: (edge) => ({ ...edge, time: formatInstant(edge.time) }),
  }),
};

/** The table of scores of a market as of event `seq`: parts of a text in UTF-8. */
export interface ScoreTable {
  readonly seq: number;
  readonly parts: readonly Uint8Array[];
}

/** What is asked for, and where it goes. */
export interface TableAsked {
  readonly table: TableName;
  readonly format: TableFormat;
  readonly model: Scoring['model'];
  readonly names: AccountNames;
  /** Of a market: its scores as text, of the period that runs. */
  readonly market: () => Promise<ScoreTable>;
  /** Of a program of contributions: everybody by cred of the period that runs. */
  readonly persons: () => Promise<readonly CredPerson[]>;
  /** Ends it: nobody takes the text any more. */
  readonly signal: AbortSignal;
  /** Told the newest event of the version that is read, before anything is written. */
  readonly onVersion: (seq: number) => void;
}

/**
 * Writes a table as text, a page at a time, of one version of the store: in one transaction of `engine`, which is for nobody else meanwhile.
 * CSV is for spreadsheets: a text that would run as a formula there is marked.
 */
export async function writeTable(
  engine: Engine,
  program: string,
  { table, format, model, names, market, persons, signal, onVersion }: TableAsked,
  write: (text: string | Uint8Array) => Promise<void>,
): Promise<void> {
  const writeRows = async ({ columns }: Pick<Table, 'columns'>, rows: readonly Row[]): Promise<void> => {
    signal.throwIfAborted();
    await write(linesOf(rows, columns, format));
  };
  const head = async ({ columns }: Pick<Table, 'columns'>): Promise<void> => {
    if (format === 'csv') await write(csvHeading(columns));
  };
  if (table === 'scores' && model === 'crown') {
    const { seq, parts } = await market();
    onVersion(seq);
    for (const part of parts) await write(part);
    return;
  }
  if (table === 'scores' && model === 'cred') {
    const { events } = await engine.counters(program);
    const rows = (await persons()).map(credRowJson);
    onVersion(events);
    await head({ columns: personColumns });
    for (let from = 0; from < rows.length; from += pageRows)
      await writeRows({ columns: personColumns }, rows.slice(from, from + pageRows));
    return;
  }
  const found =
    table === 'accounts' || table === 'scores' ? (model === 'stake-time' ? stakers : plainAccounts) : tables[table];
  await engine.readBooks(program, async (tx, books) => {
    onVersion(books.state.events);
    await head(found);
    for await (const rows of found.rows({ tx, books, names, format })) await writeRows(found, rows);
  });
}

const personColumns = ['id', 'name', 'active', 'excluded', 'score', 'lifetime', 'paid', 'lastActivity'];
const crownScoreColumns = ['account', 'part', 'score', 'lanes'];

/** Scores of a market as text, some rows at a time; of CSV with the heading. */
export function* crownScoreTexts(
  scores: readonly CrownScore[],
  format: TableFormat,
): Generator<string, undefined, undefined> {
  if (format === 'csv') yield csvHeading(crownScoreColumns);
  for (let from = 0; from < scores.length; from += pageRows)
    yield linesOf(scores.slice(from, from + pageRows).map(scoreJson), crownScoreColumns, format);
  return undefined;
}

const linesOf = (rows: readonly Row[], columns: readonly string[], format: TableFormat): string =>
  rows.map((row) => (format === 'csv' ? csvLine(row, columns, { marked: true }) : `${json(row)}\n`)).join('');
