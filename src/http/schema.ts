import { type Sorting, sortings } from '../app/ranking/ranking.ts';
import { type TableFormat, tableFormats, type TableName, tableNames } from '../views/tables.ts';
import { type PostingReason, postingReasons } from '../core/state.ts';

/** JSON Schema of requests and answers. Objects say all they have: what an answer has beyond its schema is a defect. */
export type Schema = Readonly<Record<string, unknown>>;

export const text = { type: 'string' } as const;
/** An amount in the asset's smallest unit, a score, or another whole number of any size. */
export const amount = { type: 'string', pattern: '^-?[0-9]+$' } as const;
/** An exact fraction: `1/3`, `7`. */
export const fraction = { type: 'string', pattern: '^-?[0-9]+(/[0-9]+)?$' } as const;
/** ISO 8601 in UTC. */
export const time = { type: 'string', format: 'date-time' } as const;
export const whole = { type: 'integer' } as const;
export const yes = { type: 'boolean' } as const;
/** Where what it holds is as free as an event. */
export const anything: Schema = { type: 'object', additionalProperties: true };

export const choice = (...values: readonly string[]): Schema => ({ type: 'string', enum: values });
export const list = (items: Schema): Schema => ({ type: 'array', items });
export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
export const either = (...schemas: readonly Schema[]): Schema => ({ anyOf: schemas });
export const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });

/** An object with these, and of `maybe` those that apply. */
export const object = (
  properties: Readonly<Record<string, Schema>>,
  maybe: Readonly<Record<string, Schema>> = {},
): Schema => ({
  type: 'object',
  properties: { ...properties, ...maybe },
  required: Object.keys(properties),
  additionalProperties: false,
});

/** A page of rows, and where to go on; `null`: there are no more. */
export const pageOf = (items: Schema, more: Readonly<Record<string, Schema>> = {}): Schema =>
  object({ ...more, items: list(items), next: orNull(text) });

/** Rows of a page: without being asked, and at most. */
export const limitDefault = 100;
export const limitMax = 1000;

/** A name, a key, or part of an address: no control characters. The engine counts its bytes. */
const name = {
  type: 'string',
  minLength: 1,
  maxLength: 1024,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$',
} as const;
const place = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } as const;

/** Parts of paths, by name. */
export const params = {
  program: { ...name, description: 'name of a program' },
  account: { ...name, description: 'name of an account; of contributions also that of a person, with or without @' },
  person: { ...name, description: 'id or name of a person, with or without @' },
  period: { ...place, description: 'number of a period' },
  table: { type: 'string', enum: tableNames, description: 'a table of the program' },
} as const;
export interface Params {
  readonly program: string;
  readonly account: string;
  readonly person: string;
  readonly period: number;
  readonly table: TableName;
}

/** Questions behind `?`, by name. */
export const queries = {
  limit: {
    type: 'integer',
    minimum: 1,
    maximum: limitMax,
    default: limitDefault,
    description: `rows, at most ${limitMax}`,
  },
  sort: {
    type: 'string',
    enum: sortings,
    description: 'by name, by score, or (where accounts stake) by stake; with - from the highest down',
  },
  search: { ...name, maxLength: 256, description: 'only names that have this in them, whatever the capitals' },
  offset: {
    type: 'integer',
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'begin at this place of the list, from 0; instead of cursor',
  },
  cursor: { ...name, description: 'go on here: `next` of the page before' },
  period: { ...place, description: 'of this period' },
  account: { ...name, description: 'of this account' },
  newest: { type: 'boolean', default: false, description: 'the newest first; cursors then go down' },
  reason: { type: 'string', enum: postingReasons, description: 'moved for this reason' },
  from: { ...name, description: 'crown: a stretch of time of its own, from this instant; ISO 8601' },
  to: { ...name, description: 'crown: where that stretch ends' },
  at: { ...name, description: 'until this instant, in the running period; ISO 8601' },
  lane: { ...name, description: 'of this lane' },
  cells: { type: 'integer', minimum: 1, maximum: 10_000, default: 1000, description: 'cells of the stretch' },
  per: {
    type: 'string',
    enum: ['block'],
    description: 'instead of cells: a cell a block, of the blocks that begin there',
  },
  address: { ...name, description: 'address of a contribution' },
  format: { type: 'string', enum: tableFormats, default: 'jsonl', description: 'JSON Lines, or CSV' },
  person: { ...name, description: 'of this person: an id, or a name with or without @' },
  source: { ...name, description: 'of this source: the first part of addresses' },
  by: {
    type: 'string',
    enum: ['interval', 'period'],
    default: 'interval',
    description: 'rows: the intervals in which cred is counted, or periods',
  },
  made: { type: 'boolean', default: false, description: 'only contributions made in the period' },
  dry_run: { type: 'boolean', default: false, description: 'do everything and keep nothing' },
  allow_future: {
    type: 'boolean',
    default: false,
    description: "take events of more than a day after the server's clock",
  },
} as const;
export interface Query {
  readonly limit: number;
  readonly sort?: Sorting;
  readonly search?: string;
  readonly offset?: number;
  readonly cursor?: string;
  readonly period?: number;
  readonly account?: string;
  readonly newest: boolean;
  readonly reason?: PostingReason;
  readonly from?: string;
  readonly to?: string;
  readonly at?: string;
  readonly lane?: string;
  readonly cells: number;
  readonly per?: 'block';
  readonly address: string;
  readonly format: TableFormat;
  readonly person?: string;
  readonly source?: string;
  readonly by: 'interval' | 'period';
  readonly made: boolean;
  readonly dry_run: boolean;
  readonly allow_future: boolean;
}

export const problem: Schema = {
  type: 'object',
  properties: {
    type: text,
    title: text,
    status: whole,
    code: { type: 'string', description: 'stable; scripts may branch on it' },
    detail: text,
    request_id: text,
    facts: mapOf(text),
  },
  required: ['type', 'title', 'status', 'code', 'detail', 'request_id', 'facts'],
  additionalProperties: true,
};
