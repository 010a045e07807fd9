import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type CSSProperties, useEffect, useEffectEvent, useId, useRef, useState } from 'react';
import { path, type Problem } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Program } from '../../api/types.ts';
import { grouped } from '../../lib/amount.ts';
import { useVirtualRows } from '../../lib/virtual.ts';
import { ProblemBox } from '../../ui/Asked.tsx';
import { Empty } from '../../ui/Panel.tsx';
import { Time } from '../../ui/Time.tsx';
import { accountOf, type Column, columnsOf } from './columns.tsx';
import { type Row, type Scores, type Sorting, usualSort } from './scores.ts';

const pageRows = 100;
const rowHeight = 44;
const headHeight = 44;
/** A page that scrolls past is not asked for. */
const restMs = 70;
/** Pages that are kept a moment after they were seen. */
const keptMs = 5000;

/**
 * A table over any number of accounts: those that are seen are asked for, a page at a time, sorted and searched by the server. One
 * stop for the keyboard: arrows, page keys, Home and End move the row that stands out, Enter opens its account.
 */
export function Grid({
  program,
  search,
  sort = usualSort(program.model),
  start,
  onSort,
  onPlace,
  open,
}: {
  program: Program;
  search: string;
  sort: Sorting | undefined;
  /** The row that is first seen first. */
  start: number;
  onSort: (sort: Sorting) => void;
  /** Told the first row that is seen, once it rests. */
  onPlace: (row: number) => void;
  open: (account: string) => void;
}) {
  const id = useId();
  const [known, setKnown] = useState<Scores>();
  const total = known?.total ?? 0;
  const { attach, ...rows } = useVirtualRows(total, { rowHeight, head: headHeight, start });
  const pages = usePages(program.program, { search, sort, first: rows.first, end: rows.end, start });
  const [active, setActive] = useState<number | null>(null);
  const newest = pages.results.find(({ data }) => data !== undefined)?.data;
  if (newest !== undefined && newest !== known) setKnown(newest);

  // Another order, or another search, begins at its beginning.
  const asked = `${sort} ${search}`;
  const before = useRef(asked);
  const begin = useEffectEvent(() => {
    rows.show(0);
    setActive(null);
  });
  useEffect(() => {
    if (before.current === asked) return;
    before.current = asked;
    begin();
  }, [asked]);

  const placed = useEffectEvent((row: number) => {
    if (known !== undefined) onPlace(row);
  });
  const { top } = rows;
  useEffect(() => {
    const timer = setTimeout(() => placed(top), 300);
    return () => clearTimeout(timer);
  }, [top]);

  const columns = columnsOf(program, known);
  const current = active === null ? null : Math.min(active, total - 1);
  const rowId = (row: number): string => `${id}-${row}`;
  const move = (row: number): void => {
    const next = Math.max(0, Math.min(total - 1, row));
    setActive(next);
    rows.show(next, 'nearest');
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => move(current === null ? rows.top : current + 1),
    ArrowUp: () => move(current === null ? rows.top : current - 1),
    PageDown: () => move((current ?? rows.top) + rows.seen),
    PageUp: () => move((current ?? rows.top) - rows.seen),
    Home: () => move(0),
    End: () => move(total - 1),
    Enter: () => {
      const row = current === null ? undefined : pages.rowAt(current);
      if (row !== undefined) open(accountOf(row));
    },
  };

  const [problem] = pages.results.flatMap(({ error, data }) => (error !== null && data === undefined ? [error] : []));
  const waitsFor = pages.results.find(({ failureReason }) => failureReason !== null)?.failureReason ?? null;
  if (problem !== undefined) return <ProblemBox problem={problem} again={pages.again} />;
  const drawn = Array.from({ length: Math.max(0, rows.end - rows.first) }, (_, i) => rows.first + i);
  return (
    <>
      <Says {...{ known, search, waitsFor }} period={program.period} />
      {known !== undefined && total === 0 ? (
        <Empty>{search === '' ? 'There is no account yet.' : <>No account has “{search}” in its name.</>}</Empty>
      ) : (
        <section
          ref={attach}
          className={`accounts ${waitsFor === null ? '' : 'sorting'}`}
          style={styleOf(columns, rows.height + headHeight + 2)}
          tabIndex={-1}
        >
          <table
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role -- keys move through its rows
            role="grid"
            aria-label={`Accounts of ${program.program}`}
            aria-rowcount={total + 1}
            aria-colcount={columns.length + 1}
            aria-busy={known === undefined || waitsFor !== null}
            aria-activedescendant={current !== null && drawn.includes(current) ? rowId(current) : undefined}
            tabIndex={0}
            onKeyDown={(event) => {
              const key = keys[event.key];
              if (key === undefined || event.target !== event.currentTarget || event.ctrlKey || event.metaKey) return;
              event.preventDefault();
              key();
            }}
          >
            <thead>
              <tr aria-rowindex={1}>
                <th scope="col" className="right place">
                  No.
                </th>
                {columns.map((column) => (
                  <Heading key={column.key} {...{ column, sort, onSort }} />
                ))}
              </tr>
            </thead>
            <tbody style={{ height: rows.height }}>
              {drawn.map((place) => (
                <tr
                  key={place}
                  id={rowId(place)}
                  aria-rowindex={place + 2}
                  aria-selected={place === current}
                  className={place === current ? 'current' : ''}
                  style={{ transform: `translateY(${rows.placeOf(place)}px)` }}
                >
                  <td className="right place">{grouped(place + 1)}</td>
                  {columns.map((column) => (
                    <Cell key={column.key} {...{ program, column }} row={pages.rowAt(place)} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}

function Cell({ program, column, row }: { program: Program; column: Column; row: Row | undefined }) {
  const className = classOf(column);
  if (row === undefined) {
    return (
      <td className={className}>
        <span className="unseen">loading</span>
        <span className="ghost" aria-hidden />
      </td>
    );
  }
  if (column.key !== 'name') return <td className={className}>{column.cell(row)}</td>;
  const account = accountOf(row);
  return (
    <td className={className}>
      <Link
        to="/programs/$program/accounts/$account"
        params={{ program: program.program, account }}
        tabIndex={-1}
        title={account}
      >
        {column.cell(row)}
      </Link>
    </td>
  );
}

/** How many there are, and as of when they are sorted; or that they are being sorted. */
function Says({
  known,
  search,
  waitsFor,
  period,
}: {
  known: Scores | undefined;
  search: string;
  waitsFor: Problem | null;
  period: number;
}) {
  if (waitsFor !== null) {
    const sorts = waitsFor.code === 'ranking-in-work';
    return (
      <output className="says">
        <span className="spinner" aria-hidden /> {sorts ? 'Sorting…' : waitsFor.message}
      </output>
    );
  }
  if (known === undefined) return <output className="says">Loading…</output>;
  return (
    <output className="says">
      {grouped(known.total)} {known.total === 1 ? 'account' : 'accounts'}
      {search !== '' && <> with “{search}” in the name</>}; scores of period {period} so far, in order as of event{' '}
      {grouped(known.as_of.seq)}, <Time at={known.as_of.time} />
    </output>
  );
}

function Heading({ column, sort, onSort }: { column: Column; sort: Sorting; onSort: (sort: Sorting) => void }) {
  const { name, sort: by } = column;
  if (by === undefined) {
    return (
      <th scope="col" className={classOf(column)}>
        {name}
      </th>
    );
  }
  const sorted = sort === by ? 'ascending' : sort === `-${by}` ? 'descending' : 'none';
  // Of numbers the largest are asked for first, of names the first.
  const next: Sorting =
    sorted === 'none' ? (by === 'name' ? 'name' : `-${by}`) : sorted === 'ascending' ? `-${by}` : by;
  return (
    <th scope="col" aria-sort={sorted} className={classOf(column)}>
      <button type="button" className="sort" onClick={() => onSort(next)}>
        {name}
        <span aria-hidden className="arrow">
          {{ ascending: '↑', descending: '↓', none: '↕' }[sorted]}
        </span>
      </button>
    </th>
  );
}

const classOf = ({ right, wide, key }: Column): string => `${key} ${right ? 'right' : ''} ${wide ? 'wide' : ''}`;

/** Widths of the columns, and where there is room for few of them; and how tall it is with all rows. */
function styleOf(columns: readonly Column[], height: number): CSSProperties {
  const few = columns
    .filter(({ wide }) => wide !== true)
    .map(({ key }) => (key === 'name' ? 'minmax(0, 1fr)' : '8rem'));
  const widths = {
    '--columns': ['4.5rem', ...columns.map(({ width }) => width)].join(' '),
    '--tall': `${height}px`,
    '--few-columns': ['3.4rem', ...few].join(' '),
  };
  return widths as CSSProperties;
}

/** The pages that are seen, once what is seen rests. Those that are not are forgotten soon. */
function usePages(
  program: string,
  { search, sort, first, end, start }: { search: string; sort: Sorting; first: number; end: number; start: number },
) {
  const from = end === 0 ? Math.floor(start / pageRows) : Math.floor(first / pageRows);
  const to = Math.max(from, Math.floor((end - 1) / pageRows));
  const [rested, setRested] = useState({ from, to });
  useEffect(() => {
    const timer = setTimeout(() => setRested({ from, to }), restMs);
    return () => clearTimeout(timer);
  }, [from, to]);
  const numbers = Array.from({ length: Math.min(4, rested.to - rested.from + 1) }, (_, i) => rested.from + i);
  const results = useQueries({
    queries: numbers.map((page) => {
      const { placeholderData: _, ...asked } = question<Scores>(path('programs', program, 'scores'), {
        limit: pageRows,
        offset: page * pageRows,
        sort,
        search,
      });
      return { ...asked, gcTime: keptMs };
    }),
  });
  const byPage = new Map(numbers.map((page, index) => [page, results[index]]));
  return {
    results,
    rowAt: (row: number) => byPage.get(Math.floor(row / pageRows))?.data?.items[row % pageRows],
    again: () => void Promise.all(results.map(({ refetch }) => refetch())),
  };
}
