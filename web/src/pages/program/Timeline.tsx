import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { Asset, Program } from '../../api/types.ts';
import { partOf, tokensShort } from '../../lib/amount.ts';
import { usePreferences } from '../../lib/preferences.ts';
import { dateOnly, dateTime, zoneText } from '../../lib/time.ts';
import { useWidth } from '../../ui/width.ts';
import { Parts } from './Parts.tsx';
import { allocated, type Span } from './periods.ts';

/** Widths of a period on the timeline, by zoom. */
export const zooms = { near: 84, middle: 44, far: 18 } as const;
export type Zoom = keyof typeof zooms;

const stateWords = {
  settled: 'settled',
  open: 'being paid',
  running: 'running',
  coming: 'to come',
} as const;
/** A mark for each state, so that none is told by its colour alone. */
const marks = { settled: '✓', open: '▶', running: '●', coming: '○' } as const;

/** Periods past and to come, side by side: as high as what they pay, filled with what was paid and what went elsewhere. */
export function Timeline({
  program,
  spans,
  more,
  chosen,
  zoom: asked,
  earlier,
  later,
  choose,
}: {
  program: Program;
  spans: readonly Span[];
  more: number | null;
  chosen: number;
  /** Absent: as near as all still fit, but not far. */
  zoom: Zoom | undefined;
  /** Shows older periods, newer ones; `null`: there are none. */
  earlier: (() => void) | null;
  later: (() => void) | null;
  choose: (period: number) => void;
}) {
  const [ref, width] = useWidth();
  const zoom = asked ?? (spans.length * (zooms.near + 3) <= width ? 'near' : 'middle');
  const list = useRef<HTMLOListElement>(null);
  const highest = spans.reduce((most, span) => (allocated(span) > most ? allocated(span) : most), 1n);
  useEffect(() => {
    const found = list.current?.querySelector<HTMLElement>(`[data-period="${chosen}"]`);
    const strip = list.current?.parentElement;
    // Within the strip alone: the page stays where it is.
    if (found && strip) strip.scrollLeft = found.offsetLeft - (strip.clientWidth - zooms[zoom]) / 2;
  }, [chosen, zoom]);
  const move = (event: KeyboardEvent): void => {
    const at = spans.findIndex(({ period }) => period === chosen);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: spans.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const span = spans[to];
    if (span !== undefined) {
      choose(span.period);
      list.current?.querySelector<HTMLElement>(`[data-period="${span.period}"]`)?.focus({ preventScroll: true });
    } else (to < 0 ? earlier : later)?.();
  };
  return (
    <div className="timeline" ref={ref} style={{ '--cell': `${zooms[zoom]}px` } as React.CSSProperties}>
      <div className="strip">
        {earlier && (
          <button type="button" className="turn" onClick={earlier}>
            ← Earlier
          </button>
        )}
        <ol ref={list} aria-label="Periods">
          {spans.map((span) => (
            <Cell
              key={span.period}
              {...{ span, program, highest, zoom, choose, move }}
              chosen={span.period === chosen}
            />
          ))}
        </ol>
        {later && (
          <button type="button" className="turn" onClick={later}>
            Later →
          </button>
        )}
        {more !== 0 && <p className="more">{more === null ? 'and so on, without an end' : `and ${more} more`}</p>}
      </div>
      <ul className="legend" aria-hidden>
        <li className="paid">paid</li>
        <li className="residual">residual</li>
        <li className="held">carried over</li>
        <li className="owed">owed</li>
      </ul>
    </div>
  );
}

function Cell({
  span,
  program,
  highest,
  zoom,
  chosen,
  choose,
  move,
}: {
  span: Span;
  program: Program;
  highest: bigint;
  zoom: Zoom;
  chosen: boolean;
  choose: (period: number) => void;
  move: (event: KeyboardEvent) => void;
}) {
  const { zone } = usePreferences();
  const { period, state, start, end, record } = span;
  const halted = program.halted?.period === period;
  const word = halted ? 'halted' : span.due ? 'due' : stateWords[state];
  const when = end === null ? 'without an end' : `until ${dateTime(end, zone)} ${zoneText(zone, end)}`;
  const says = `Period ${period}, ${word}, ${when}, ${whatItPays(span, program.asset)}`;
  return (
    <li>
      <button
        type="button"
        data-period={period}
        className={`span ${halted ? 'halted' : state}`}
        aria-pressed={chosen}
        title={says}
        tabIndex={chosen ? 0 : -1}
        onClick={() => choose(period)}
        onKeyDown={move}
      >
        <span className="unseen">{says}</span>
        <span className="column" aria-hidden>
          <span className="stack" style={{ height: `${Math.max(3, 100 * partOf(allocated(span), highest))}%` }}>
            {record !== null && <Parts record={record} />}
            {state === 'running' && (
              <span className="elapsed" style={{ height: `${100 * elapsed(start, end, program.clock)}%` }} />
            )}
          </span>
        </span>
        <span className="mark" aria-hidden>
          {halted ? '!' : marks[state]} {zoom === 'far' ? '' : period}
        </span>
        {zoom === 'near' && (
          <span className="when" aria-hidden>
            {end === null ? '…' : dateOnly(end, zone)}
          </span>
        )}
      </button>
    </li>
  );
}

function whatItPays(span: Span, asset: Asset): string {
  const tokens = (amount: bigint | string): string => `${tokensShort(amount, asset)} ${asset.symbol}`;
  if (span.record?.status === 'settled')
    return `paid ${tokens(span.record.delivered)} of ${tokens(allocated(span))} to ${span.record.accounts_paid} accounts`;
  return span.allocations.length === 0 ? 'owes nothing' : `owes ${tokens(allocated(span))}`;
}

/** What part of a stretch lies behind the program's clock, 0 to 1. */
function elapsed(start: string | null, end: string | null, clock: string): number {
  if (start === null || end === null) return 0;
  const [from, to, now] = [start, end, clock].map((instant) => Date.parse(instant)) as [number, number, number];
  return to <= from ? 0 : Math.min(1, Math.max(0, (now - from) / (to - from)));
}
