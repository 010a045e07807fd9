import type { CellsQuery, MomentQuery } from '../app/crown/cells.ts';
import type { CrownScore, CrownScores, IntervalQuery } from '../app/crown/read.ts';
import type { RoundQuery } from '../app/crown/rounds.ts';
import type { Engine } from '../app/engine.ts';
import { Latest } from '../app/latest.ts';
import { type ListSorting, type RowKeys, sortedRows } from '../app/ranking/sorted-rows.ts';
import { compareBytes } from '../core/bytes.ts';
import { InvalidInputError } from '../core/errors.ts';
import { compare } from '../core/money/rational.ts';
import { accountJson, findAccount } from './account.ts';
import { cellsJson, changeJson, intervalJson, momentJson, roundJson, scoreJson } from './crown.ts';
import { crownExplanationJson } from './explanation.ts';
import { json } from './json.ts';
import { orderJson, page } from './page.ts';
import { crownScoreTexts, type ScoreTable, type TableFormat } from './tables.ts';

/** A change for whoever follows: its JSON, and up to which event it tells. */
export interface ChangeText {
  readonly seq: number;
  readonly text: string;
}

/** A page of scores: from a place on, or after a name in the order of names. */
export interface ScorePageQuery {
  readonly round: RoundQuery;
  readonly sort: ListSorting;
  readonly search: string;
  readonly from: number | { readonly after: string };
  readonly limit: number;
}

/** What is asked about markets, answered as JSON. It may take long: where it can, a thread of its own answers. */
export interface CrownAnswers {
  /** As `Engine.crownCells`. */
  cells(program: string, query: CellsQuery): Promise<Uint8Array>;
  /** As `Engine.crownMoment`. */
  moment(program: string, query: MomentQuery): Promise<Uint8Array>;
  /** As `Engine.crownChanges`. */
  changes(program: string, after: number): Promise<{ readonly changes: readonly ChangeText[]; readonly seq: number }>;
  /** A page of `Engine.crownIntervals`. Throws InvalidInputError `request-invalid` for a lane that the round does not have. */
  intervals(
    program: string,
    query: IntervalQuery & { readonly skip: number; readonly limit: number },
  ): Promise<Uint8Array>;
  /** A page of `Engine.crownScores`. */
  scores(program: string, query: ScorePageQuery): Promise<Uint8Array>;
  /** An account in the period that runs, up to `at`, milliseconds. */
  account(program: string, query: { readonly name: string; readonly at?: number }): Promise<Uint8Array>;
  /** As `Engine.explainCrown`. */
  explanation(program: string, query: RoundQuery & { readonly account: string }): Promise<Uint8Array>;
  /** Of the period that runs. */
  scoreTable(program: string, format: TableFormat): Promise<ScoreTable>;
  close(): Promise<void>;
}

const utf8 = new TextEncoder();
const bytes = (value: unknown): Uint8Array => utf8.encode(json(value));

/** Answers by an engine, which stays whose it is. */
export function crownAnswers(engine: Engine): CrownAnswers {
  // Whoever scrolls through a market asks for the next page of the same.
  const views = new Latest<CrownScores>();
  const orders = new Latest<{ readonly view: CrownScores; readonly rows: readonly CrownScore[] }>();

  async function scores(program: string, { round, sort, search, from, limit }: ScorePageQuery): Promise<Uint8Array> {
    const { version } = await engine.counters(program);
    const { view, rows } = await orders.of(program, json([version, round, sort, search]), async () => {
      const found = await views.of(program, json([version, round]), () => engine.crownScores(program, round));
      return { view: found, rows: sortedRows(found.scores, scoreKeys, { sort, search }) };
    });
    const place = typeof from === 'number' ? from : placeAfter(rows, from.after);
    const shown = page(rows.slice(place, place + limit + 1), limit, {
      cursorOf: ({ account }, index) => (sort === 'name' ? account : place + index + 1),
      view: scoreJson,
    });
    return bytes({ model: 'crown', ...roundJson(view), ...orderJson(rows.length, view.asOf), ...shown });
  }

  return {
    cells: async (program, query) => bytes(cellsJson(await engine.crownCells(program, query))),
    moment: async (program, query) => bytes(momentJson(await engine.crownMoment(program, query))),
    changes: async (program, after) => {
      const { changes, seq } = await engine.crownChanges(program, after);
      return { changes: changes.map((change) => ({ seq: change.seq, text: json(changeJson(change)) })), seq };
    },
    intervals: async (program, { limit, ...query }) => {
      const { skip, lane } = query;
      const view = await engine.crownIntervals(program, { ...query, limit: limit + 1 });
      const known = view.lanes.map((one) => one.lane);
      if (lane !== undefined && !known.includes(lane)) {
        const message = `Found lane ${JSON.stringify(lane)}; accepted: ${known.join(', ')}.`;
        throw new InvalidInputError('request-invalid', message, { part: 'query', field: 'lane' });
      }
      const { scoring } = await engine.rules(program);
      const block = scoring.model === 'crown' ? scoring.block : null;
      const shown = page(view.intervals, limit, {
        cursorOf: (_, index) => skip + index + 1,
        view: (interval) => intervalJson(view, interval, block),
      });
      return bytes({ ...roundJson(view), ...shown });
    },
    scores,
    account: async (program, query) =>
      bytes(accountJson(await findAccount(engine, program, { ...query, model: 'crown', period: 'running' }))),
    explanation: async (program, query) => bytes(crownExplanationJson(await engine.explainCrown(program, query))),
    scoreTable: async (program, format) => {
      const { asOf, scores: rows } = await engine.crownScores(program, { period: 'running' });
      return { seq: asOf.seq, parts: [...crownScoreTexts(rows, format)].map((text) => utf8.encode(text)) };
    },
    close: async () => {},
  };
}

const scoreKeys: RowKeys<CrownScore> = {
  name: ({ account }) => account,
  compare: (a, b) => compare(a.part, b.part),
};

/** The place of the first name after this one, of rows in the order of names. */
function placeAfter(rows: readonly CrownScore[], name: string): number {
  const place = rows.findIndex(({ account }) => compareBytes(account, name) > 0);
  return place < 0 ? rows.length : place;
}
