import { useMemo, useState } from 'react';
import { Time } from '../../ui/Time.tsx';
import { Asked, ProblemBox } from '../../ui/Asked.tsx';
import { Live } from '../../ui/Live.tsx';
import { Badge, Empty, Panel } from '../../ui/Panel.tsx';
import { usePreferences } from '../../lib/preferences.ts';
import { span as spanText } from '../../lib/time.ts';
import { crownRoute, given } from '../../router.tsx';
import type { CrownView } from './canvas.ts';
import { CrownCanvas, type Looked } from './CrownCanvas.tsx';
import { AtCursor } from './AtCursor.tsx';
import type { Moment } from './moment.ts';
import {
  askedFor,
  type Asked as AskedCells,
  cellSeconds,
  covers,
  firstLook,
  lengthOf,
  newest,
  type Span,
} from './span.ts';
import { HeldTable } from './HeldTable.tsx';
import { useCrown, useGrid, useLive, useSettled, useStages } from './useLook.ts';
import './crown.css';

const secondsOf = (instant: string): number => (instant === '-' ? 0 : Date.parse(instant) / 1000);
const isoOf = (second: number): string => new Date(Math.round(second) * 1000).toISOString().replace('.000', '');

const presets: readonly (readonly [name: string, seconds: number])[] = [
  ['15 min', 900],
  ['1 h', 3600],
  ['6 h', 21_600],
  ['1 d', 86_400],
  ['1 w', 604_800],
];

/** The row of the time that nobody held, in the address. */
const nobody = '(nobody)';

/** Who held the best rate when. */
export function CrownPage() {
  const { program } = crownRoute.useParams();
  const { lane } = crownRoute.useSearch();
  const now = useCrown<Moment>(program, 'at', { lane, limit: 1 });
  const isUnknown = now.error?.code === 'instant-unknown';
  return (
    <>
      <h1 className="unseen">Crown of {program}</h1>
      {isUnknown ? (
        <Panel title="Crown">
          <Empty>No fact of this market was logged yet.</Empty>
        </Panel>
      ) : (
        <Asked result={now}>
          {(moment) =>
            moment.known === null ? (
              <Empty>No fact of this market was logged yet.</Empty>
            ) : (
              <Crown key={moment.lane} program={program} moment={moment} />
            )
          }
        </Asked>
      )}
    </>
  );
}

function Crown({ program, moment }: { program: string; moment: Moment }) {
  const search = crownRoute.useSearch();
  const navigate = crownRoute.useNavigate();
  const { theme, zone } = usePreferences();
  const [view, setView] = useState<CrownView | null>(null);
  const [plot, setPlot] = useState(0);
  const known: Span = useMemo(
    () => ({
      from: secondsOf(moment.known!.from),
      to: Math.max(secondsOf(moment.known!.to), secondsOf(moment.known!.from) + 1),
    }),
    [moment.known],
  );
  const live = search.live === 'on';
  const { state: stream, change: changed } = useLive(program, moment.lane, live);

  const [chosen, setChosen] = useState<Span>(() => spanOf(search, known) ?? firstLook(known));
  // While live, the newest stays at the right edge.
  const fromAddress = spanOf(search, known);
  const span = live ? newest(known, lengthOf(chosen)) : (fromAddress ?? chosen);
  const settled = useSettled(span, 60);
  const seconds = cellSeconds(settled, plot || 800);
  const asked = useAsked(settled, known, seconds);
  const cells = useGrid(program, {
    lane: moment.lane,
    from: isoOf(asked.from),
    to: isoOf(asked.to),
    cells: asked.cells,
    account: search.who,
  });
  const grid = cells.data ?? null;

  const change = (more: { [K in keyof typeof search]?: (typeof search)[K] | undefined }): void =>
    void navigate({
      search: (before: typeof search) => given({ ...before, ...more }),
      replace: true,
      resetScroll: false,
    });
  const rest = (next: Span, isLive = live): void => {
    setChosen(next);
    change({ from: isoOf(next.from), to: isoOf(next.to), live: isLive ? 'on' : undefined });
  };
  const rows = grid?.rows ?? [];
  const cursor =
    search.at === undefined || Number.isNaN(Date.parse(search.at))
      ? null
      : {
          at: secondsOf(search.at),
          row: search.row === nobody ? rows.length : rows.findIndex(({ name }) => name === search.row),
        };
  const looked: Looked = {
    grid,
    known,
    stages: useStages(program, moment.period),
    span,
    cursor,
    marked: rows.findIndex(({ name }) => name === search.who),
    large: search.rows === 'large',
  };
  const go = (next: Span): void => {
    if (view === null) rest(next, false);
    else view.go(next, { glide: true });
  };
  const lanes = moment.lanes;
  const higher = lanes.find((one) => one.lane === moment.lane)?.higher_wins ?? true;
  const markOf = (row: number): void => {
    const name = rows[row]?.name;
    change({ who: name === search.who ? undefined : name });
  };
  return (
    <>
      <Panel
        title="Who held when"
        className="crown"
        aside={
          <>
            {live && <Live state={stream} />}
            <button
              type="button"
              aria-pressed={live}
              onClick={() => (live ? change({ live: undefined }) : rest(newest(known, lengthOf(span)), true))}
            >
              {live ? 'Following' : 'Follow live'}
            </button>
          </>
        }
      >
        <div className="crown-tools">
          <label>
            Lane
            <select value={moment.lane} onChange={(event) => change({ lane: event.target.value, row: undefined })}>
              {lanes.map((one) => (
                <option key={one.lane}>{one.lane}</option>
              ))}
            </select>
          </label>
          <label>
            Stands out
            <select
              value={search.who ?? ''}
              onChange={(event) => change({ who: event.target.value === '' ? undefined : event.target.value })}
            >
              <option value="">all alike</option>
              {search.who !== undefined && !rows.some(({ name }) => name === search.who) && (
                <option value={search.who}>{search.who} (held nothing here)</option>
              )}
              {rows.map(({ name }) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <fieldset className="crown-buttons">
            <legend className="unseen">How long a stretch is shown</legend>
            {presets
              .filter(([, length]) => length < lengthOf(known) * 1.5)
              .map(([name, length]) => (
                <button
                  key={name}
                  type="button"
                  aria-pressed={Math.abs(lengthOf(span) / length - 1) < 0.01}
                  onClick={() => {
                    const middle = (span.from + span.to) / 2;
                    const atEdge = live || span.to >= known.to;
                    go(atEdge ? newest(known, length) : { from: middle - length / 2, to: middle + length / 2 });
                  }}
                >
                  {name}
                </button>
              ))}
            <button type="button" onClick={() => go(firstLook(known, 400 * 86_400))}>
              All
            </button>
          </fieldset>
          <fieldset className="crown-buttons">
            <legend className="unseen">Move and zoom</legend>
            <button type="button" aria-label="Earlier" title="Earlier (Page Up)" onClick={() => view?.pan(-0.5)}>
              ‹
            </button>
            <button type="button" aria-label="Later" title="Later (Page Down)" onClick={() => view?.pan(0.5)}>
              ›
            </button>
            <button type="button" aria-label="Closer" title="Closer (+)" onClick={() => view?.zoom(0.5)}>
              +
            </button>
            <button type="button" aria-label="Further away" title="Further away (-)" onClick={() => view?.zoom(2)}>
              −
            </button>
            <button
              type="button"
              aria-pressed={search.rows === 'large'}
              onClick={() => change({ rows: search.rows === 'large' ? undefined : 'large' })}
            >
              Large rows
            </button>
          </fieldset>
        </div>
        <p className="crown-range">
          <Time at={isoOf(span.from)} /> to <Time at={isoOf(span.to)} />
          <span className="unit"> {spanText(Math.round(lengthOf(span)))}</span>
          {moment.status === 'running' && span.to >= known.to && <Badge tone="accent">running</Badge>}
          {cells.isFetching && <span className="unit"> reading…</span>}
        </p>
        {live && (
          <output className="crown-change">
            {changed === null ? (
              'Nothing has changed since you follow.'
            ) : (
              <>
                Changed at <Time at={changed.time} />: {changed.text}.
              </>
            )}
          </output>
        )}
        {cells.error && <ProblemBox problem={cells.error} again={() => void cells.refetch()} />}
        <CrownCanvas
          program={program}
          lane={moment.lane}
          view={view}
          onView={setView}
          looked={looked}
          theme={theme}
          zone={zone}
          onPlot={setPlot}
          onRest={(next) => rest(next, false)}
          onCursor={(spot) =>
            change(
              spot === null
                ? { at: undefined, row: undefined }
                : { at: isoOf(Math.floor(spot.at)), row: spot.row === rows.length ? nobody : rows[spot.row]?.name },
            )
          }
          onMark={markOf}
        />
        <Legend cellSeconds={grid?.cellSeconds ?? seconds} higher={higher} others={grid?.others ?? 0} />
      </Panel>
      <div className="grid crown-below">
        <AtCursor
          program={program}
          lane={moment.lane}
          at={cursor === null ? null : isoOf(cursor.at)}
          row={search.row === nobody ? undefined : search.row}
        />
        <HeldTable
          program={program}
          lane={moment.lane}
          span={useSettled(span, 400)}
          known={known}
          who={search.who}
          onMark={(name) => change({ who: name === search.who ? undefined : name })}
        />
      </div>
    </>
  );
}

/** The stretch of the address, as far as it is one. */
function spanOf({ from, to }: { from?: string; to?: string }, known: Span): Span | null {
  const [start, end] = [Date.parse(from ?? '') / 1000, Date.parse(to ?? '') / 1000];
  if (Number.isNaN(start) && Number.isNaN(end)) return null;
  const span = {
    from: Number.isNaN(start) ? Math.min(known.from, end - 600) : start,
    to: Number.isNaN(end) ? Math.max(known.to, start + 600) : end,
  };
  return span.to > span.from ? span : null;
}

/** What is asked for: the same as before as long as that shows the stretch, at the same fineness. */
function useAsked(span: Span, known: Span, seconds: number): AskedCells {
  const edge = Math.ceil(known.to / (128 * seconds));
  const [last, setLast] = useState(() => ({ asked: askedFor(span, known, seconds), seconds, edge }));
  if (last.seconds === seconds && last.edge === edge && covers(last.asked, span, known)) return last.asked;
  const next = { asked: askedFor(span, known, seconds), seconds, edge };
  setLast(next);
  return next.asked;
}

function Legend({ cellSeconds, higher, others }: { cellSeconds: number; higher: boolean; others: number }) {
  return (
    <ul className="crown-legend" aria-label="Legend">
      <li>
        <span className="crown-bars" aria-hidden>
          {[25, 50, 75, 100].map((part) => (
            <i key={part} className={`part-${part}`} />
          ))}
        </span>
        part of a cell that was held, shares counted by duration: ¼, ½, ¾, all; darker from afar, taller from near
      </li>
      <li>
        <span className="crown-swatch hatch" aria-hidden /> nobody, or not known
      </li>
      <li>
        <span className="crown-swatch rate" aria-hidden /> best rate ({higher ? 'higher' : 'lower'} wins): at the end of
        a cell, and lowest to highest in it
      </li>
      <li>dashed: where a period ends</li>
      <li>a cell is {spanText(cellSeconds)}</li>
      {others > 0 && <li>{others} more held, each less than those shown</li>}
    </ul>
  );
}
