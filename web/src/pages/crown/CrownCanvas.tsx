import { useEffect, useEffectEvent, useId, useLayoutEffect, useRef, useState } from 'react';
import type { Zone } from '../../lib/time.ts';
import { dateTime, zoneText } from '../../lib/time.ts';
import { CrownView } from './canvas.ts';
import { bestIn, cellAt, type Grid, heldIn } from './cells.ts';
import { countsText, heldOf, holdersText, type Moment, whyText } from './moment.ts';
import type { Spot, Stage } from './painter.ts';
import type { Span } from './span.ts';
import { clockOf, utcClock } from './ticks.ts';
import { useCrown, useSettled } from './useLook.ts';

/** What the grid shows. */
export interface Looked {
  readonly grid: Grid | null;
  readonly known: Span;
  readonly stages: readonly Stage[];
  readonly span: Span;
  readonly cursor: Spot | null;
  readonly marked: number;
  readonly large: boolean;
}

interface Pointed {
  readonly spot: Spot;
  readonly x: number;
  readonly y: number;
}

const clockIn = (zone: Zone) => (zone === 'UTC' ? utcClock : clockOf(Intl.DateTimeFormat().resolvedOptions().timeZone));

/** The canvas with its tip and its words. */
export function CrownCanvas({
  program,
  lane,
  view,
  onView,
  looked,
  theme,
  zone,
  onPlot,
  onRest,
  onCursor,
  onMark,
}: {
  program: string;
  lane: string;
  view: CrownView | null;
  onView: (view: CrownView | null) => void;
  looked: Looked;
  theme: string;
  zone: Zone;
  onPlot: (pixels: number) => void;
  onRest: (span: Span) => void;
  onCursor: (spot: Spot | null) => void;
  onMark: (row: number) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const help = useId();
  const { grid, known, stages, span, cursor, marked, large } = looked;

  const resting = useEffectEvent((next: Span, isResting: boolean) => {
    if (isResting) onRest(next);
  });
  const chosen = useEffectEvent(onCursor);
  const mark = useEffectEvent(onMark);
  const begin = useEffectEvent((element: HTMLCanvasElement): CrownView => {
    const made = new CrownView(
      element,
      { span, known, clock: clockIn(zone) },
      {
        onSpan: (next, isResting) => resting(next, isResting),
        onHover: (spot, x, y) => setPointed(spot && { spot, x, y }),
        onCursor: (spot) => chosen(spot),
        onMark: (row) => mark(row),
      },
    );
    onView(made);
    return made;
  });
  const left = useEffectEvent(() => onView(null));
  const sized = useEffectEvent((made: CrownView) => {
    made.resize();
    onPlot(made.scene.layout.right - made.scene.layout.left);
  });
  useEffect(() => {
    const element = canvas.current!;
    const made = begin(element);
    const observer = new ResizeObserver(() => sized(made));
    observer.observe(element.parentElement!);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const recolour = (): void => made.recolour();
    scheme.addEventListener('change', recolour);
    return () => {
      scheme.removeEventListener('change', recolour);
      observer.disconnect();
      made.end();
      left();
    };
  }, []);
  // With the page that shows the same in words: a key that is pressed then is for this grid.
  useLayoutEffect(() => view?.show({ grid }), [view, grid]);
  useLayoutEffect(() => view?.show({ known }), [view, known]);
  useEffect(() => view?.show({ stages }), [view, stages]);
  useEffect(() => view?.show({ marked }), [view, marked]);
  const [cursorAt, cursorRow] = [cursor?.at ?? null, cursor?.row ?? -1];
  useEffect(
    () => view?.show({ cursor: cursorAt === null ? null : { at: cursorAt, row: cursorRow } }),
    [view, cursorAt, cursorRow],
  );
  useEffect(() => view?.setLarge(large), [view, large]);
  useEffect(() => view?.recolourFor(theme), [view, theme]);
  useEffect(() => view?.setClock(clockIn(zone)), [view, zone]);
  // The address, or what is newest, says where to be; where somebody is just now counts more.
  const { from, to } = span;
  useEffect(() => {
    if (view === null) return;
    const { span: seen } = view;
    if (Math.abs(seen.from - from) > 1 || Math.abs(seen.to - to) > 1) view.go({ from, to }, { quiet: true });
  }, [view, from, to]);

  const spot = pointed?.spot ?? cursor;
  const spotSettled = useSettled(spot === null || grid === null ? null : instantOf(grid, spot.at, known), 140);
  const moment = useCrown<Moment>(program, 'at', spotSettled === null ? null : { lane, at: spotSettled, limit: 8 });
  const momentNow = spotSettled !== null && moment.data?.at === spotSettled ? moment.data : null;
  const words = spot === null || grid === null ? null : wordsOf(grid, spot, momentNow, zone);
  return (
    <div className="crown-view">
      <canvas
        ref={canvas}
        tabIndex={0}
        aria-busy={grid === null}
        aria-roledescription="grid of who held when"
        aria-label={`Who held ${lane} when`}
        aria-describedby={help}
      />
      <p id={help} className="unseen">
        Arrow keys move by cells and participants, with Shift by ten; plus and minus zoom, Page Up and Page Down move
        the stretch, Home and End go to the oldest and the newest; Enter makes a participant stand out, Escape lets go.
        The tables below say the same in words.
      </p>
      {pointed !== null && words !== null && (
        <div
          className="crown-tip"
          aria-hidden
          ref={(element) => {
            if (element === null) return;
            const { clientWidth, clientHeight } = element.parentElement!;
            const [wide, tall] = [element.offsetWidth, element.offsetHeight];
            const left = pointed.x + 16 + wide > clientWidth ? Math.max(0, pointed.x - 16 - wide) : pointed.x + 16;
            const top = pointed.y + 16 + tall > clientHeight ? Math.max(0, pointed.y - 12 - tall) : pointed.y + 16;
            element.style.transform = `translate(${left}px, ${top}px)`;
          }}
        >
          <strong>{words.name ?? 'best rate'}</strong>
          <span className="unit">{words.when}</span>
          {words.held !== null && <span>held {words.held}</span>}
          <span>{words.best}</span>
          {words.holders !== null && <span>{words.holders}</span>}
          {words.passed !== null && <span className="quiet">{words.passed}</span>}
        </div>
      )}
      <p className="unseen" aria-live="polite">
        {cursor !== null && pointed === null && words !== null
          ? [words.name, words.when, words.held && `held ${words.held}`, words.best, words.holders, words.passed]
              .filter((text) => text !== null)
              .join('; ')
          : ''}
      </p>
    </div>
  );
}

/** The instant that a spot stands for: the beginning of its cell, as far as anything is known. */
function instantOf(grid: Grid, at: number, known: Span): string {
  const cell = Math.floor((at - grid.from) / grid.cellSeconds);
  const start = Math.min(known.to, Math.max(known.from, grid.from + cell * grid.cellSeconds));
  return new Date(Math.floor(start) * 1000).toISOString().replace('.000', '');
}

function wordsOf(grid: Grid, { at, row }: Spot, moment: Moment | null, zone: Zone) {
  const cell = cellAt(grid, at);
  const start = new Date((grid.from + (cell ?? 0) * grid.cellSeconds) * 1000).toISOString();
  const end = new Date((grid.from + ((cell ?? 0) + 1) * grid.cellSeconds) * 1000).toISOString();
  const sameDay = dateTime(start, zone).slice(0, 10) === dateTime(end, zone).slice(0, 10);
  const until = dateTime(end, zone).slice(sameDay ? 11 : 0);
  const runs = row === grid.rows.length ? grid.nobody : grid.rows[row]?.runs;
  const best = cell === null ? null : bestIn(grid, cell);
  const range = best !== null && best.low !== best.high ? ` (${best.low} to ${best.high})` : '';
  const own = moment?.passed_over.find(({ account }) => account === grid.rows[row]?.name);
  const others = moment?.passed_over.filter((one) => one !== own) ?? [];
  return {
    name: row === grid.rows.length ? 'nobody' : (grid.rows[row]?.name ?? null),
    when: `${dateTime(start, zone)} to ${until} ${zoneText(zone, start)}`,
    held: runs === undefined || cell === null ? null : heldOf(heldIn(grid, runs, cell), grid.cellSeconds),
    best: best === null ? 'nobody held' : `best rate ${best.last ?? 'none'}${range}`,
    holders: moment === null ? null : `at its beginning ${holdersText(moment.holders)}`,
    passed:
      moment === null || moment.passed_over.length === 0
        ? null
        : `passed over: ${[own, ...others]
            .filter((one) => one !== undefined)
            .slice(0, 4)
            .map(({ account, why, quote }) => `${account} ${whyText(why)}${quote === null ? '' : ` at ${quote}`}`)
            .join(', ')}; in all ${countsText(moment)}`,
  };
}
