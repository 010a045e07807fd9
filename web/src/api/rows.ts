import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Problem, Questions } from './client.ts';
import { question } from './queries.ts';
import type { Page } from './types.ts';

/** Where in a list that grows at its end somebody looks: below a row, above one, or, with neither, at the newest. */
export interface Place {
  readonly before?: number;
  readonly after?: number;
}

/** A page of rows, the newest first, and where newer and older ones are; `null`: nowhere. */
export interface Rows<Row> {
  readonly rows: readonly Row[];
  readonly newer: Place | null;
  readonly older: Place | null;
}

/** Rows of a list with ascending numbers, a page at a time: never more is held than is shown. */
export function useRows<Row>(
  address: string,
  { before, after }: Place,
  {
    questions,
    limit,
    idOf,
  }: { readonly questions: Questions; readonly limit: number; readonly idOf: (row: Row) => number },
): UseQueryResult<Rows<Row>, Problem> {
  const place = after === undefined ? { newest: true, cursor: before } : { cursor: after };
  return useQuery({
    ...question<Page<Row>>(address, { ...questions, limit, ...place }),
    select: ({ items, next }): Rows<Row> => {
      const rows = after === undefined ? items : items.toReversed();
      const [first, last] = [rows[0], rows.at(-1)];
      const more = next !== null;
      return {
        rows,
        newer:
          first !== undefined && (after === undefined ? before !== undefined : more) ? { after: idOf(first) } : null,
        older: last !== undefined && (after === undefined ? more : idOf(last) > 1) ? { before: idOf(last) } : null,
      };
    },
  });
}
