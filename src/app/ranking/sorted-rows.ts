import { compareBytes } from '../../core/bytes.ts';
import type { RankQuery, Sorting } from './ranking.ts';

/** How lists are sorted of whoever has no stake. */
export type ListSorting = Exclude<Sorting, 'stake' | '-stake'>;

/** What rows of a list that is in memory are sorted and searched by. */
export interface RowKeys<Row> {
  readonly name: (row: Row) => string;
  /** What else people call it; searched too. */
  readonly alias?: (row: Row) => string;
  readonly compare: (a: Row, b: Row) => number;
  /** Decides between equal ones; default: the bytes of the name. */
  readonly id?: (row: Row) => string;
}

/** The same order as a ranking has, of a list in memory: exact, equal ones by the bytes of their names. Stakes are none here. */
export function sortedRows<Row>(
  rows: readonly Row[],
  { name, alias, compare, id = name }: RowKeys<Row>,
  { sort, search }: { readonly sort: ListSorting } & Pick<RankQuery, 'search'>,
): Row[] {
  const part = search.toLowerCase();
  const has = (text: string): boolean => text.toLowerCase().includes(part);
  const found = rows.filter((row) => has(name(row)) || (alias !== undefined && has(alias(row))));
  const sign = sort.startsWith('-') ? -1 : 1;
  const by = sort.endsWith('name') ? (a: Row, b: Row) => compareBytes(name(a), name(b)) : compare;
  return found.toSorted((a, b) => sign * by(a, b) || compareBytes(id(a), id(b)));
}
