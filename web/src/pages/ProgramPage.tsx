import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { path } from '../api/client.ts';
import { useFresh } from '../api/fresh.ts';
import { question, useProgram } from '../api/queries.ts';
import type { StreamState } from '../api/stream.ts';
import type { Coming, Page, Period, Program } from '../api/types.ts';
import { given, programRoute } from '../router.tsx';
import { Amount } from '../ui/Amount.tsx';
import { Asked } from '../ui/Asked.tsx';
import { Live } from '../ui/Live.tsx';
import { Badge, Figure, Figures, Panel } from '../ui/Panel.tsx';
import { Time } from '../ui/Time.tsx';
import { OpenWindow } from './program/OpenWindow.tsx';
import { allocated, spansOf, sumOf } from './program/periods.ts';
import { Pools } from './program/Pools.tsx';
import { Record, type Step } from './program/Record.tsx';
import { Timeline, type Zoom, zooms } from './program/Timeline.tsx';
import { WhereItWent } from './program/WhereItWent.tsx';
import './program/program.css';

/** Steps that are remembered while the page is open. */
const heardMost = 1000;
/** Periods of the past on the timeline at once. */
const pastMost = 60;

/** A program: what it has and pays, its periods, the open window as it goes, and where every unit went. */
export function ProgramPage() {
  const { program } = programRoute.useParams();
  const [heard, setHeard] = useState<readonly Step[]>([]);
  const live = useFresh(program, ['', 'window', 'periods', 'schedule', 'flows'], ({ event, data }) => {
    if (event === 'step') setHeard((steps) => [...steps.slice(1 - heardMost), data as Step]);
  });
  return (
    <>
      <h1 className="unseen">{program}</h1>
      <Asked result={useProgram(program)}>{(data) => <Overview program={data} {...{ heard, live }} />}</Asked>
    </>
  );
}

function Overview({ program, heard, live }: { program: Program; heard: readonly Step[]; live: StreamState }) {
  return (
    <>
      {program.paused !== null && (
        <p className="notice">
          <Badge tone="warn">paused</Badge> {program.paused}
        </p>
      )}
      {program.window !== null && <OpenWindow {...{ program, heard, live }} window={program.window} />}
      <AtAGlance program={program} live={live} />
      <Periods program={program} />
    </>
  );
}

function AtAGlance({ program, live }: { program: Program; live: StreamState }) {
  const { next, asset, pools, residual, clock, period, boundaries_left: left } = program;
  return (
    <Panel title="At a glance" aside={program.window === null && <Live state={live} />}>
      <Figures>
        <Figure name="Period that accrues">{period}</Figure>
        <Figure
          name="Next payment"
          hint={left === null ? 'and again, without an end' : left > 1 ? `${left} periods to come` : undefined}
        >
          {next === null ? 'the schedule has ended' : <Time at={next.at} />}
        </Figure>
        {next !== null && (
          <Figure name="Pays then">
            <Amount units={String(allocated(next))} asset={asset} />
          </Figure>
        )}
        <Figure name="Funds left">
          <Amount units={String(sumOf(pools.map(({ balance }) => balance)))} asset={asset} />
        </Figure>
        <Figure name="Residual" hint={residual.name}>
          <Amount units={residual.balance} asset={asset} />
        </Figure>
        <Figure name="Newest fact">
          <Time at={clock} />
        </Figure>
      </Figures>
    </Panel>
  );
}

function Periods({ program }: { program: Program }) {
  const name = program.program;
  const search = programRoute.useSearch();
  const navigate = programRoute.useNavigate();
  const newest = program.window?.period ?? program.period - 1;
  const asked = search.period ?? Math.max(1, newest);
  const [moved, setMoved] = useState<number | null>(null);
  const last = Math.max(0, program.period - 1 - pastMost);
  // The newest ones, unless somebody looks further back: then those around the one that is looked at, which do not move with it.
  const stays = moved !== null && asked > moved && asked <= moved + pastMost;
  const after = stays ? moved : asked > last ? last : Math.max(0, asked - pastMost / 2);
  const periods = useQuery(
    question<Page<Period>>(path('programs', name, 'periods'), {
      limit: pastMost,
      cursor: after === 0 ? undefined : after,
    }),
  );
  const choose = (period: number): void =>
    void navigate({ search: { ...search, period }, replace: true, resetScroll: false });
  const turn = (to: number, period: number): void => {
    setMoved(Math.min(Math.max(0, to), last));
    choose(period);
  };
  const schedule = useQuery(question<Page<Coming>>(path('programs', name, 'schedule')));
  return (
    <Asked result={periods}>
      {({ items, next }) => {
        const { spans, more } = spansOf(program, items, next === null ? (schedule.data?.items ?? []) : null);
        const chosen = spans.find(({ period }) => period === asked) ?? spans.at(-1)!;
        return (
          <>
            <Panel
              title="Periods"
              className="periods"
              aside={
                <fieldset className="segments">
                  <legend className="unseen">Zoom of the timeline</legend>
                  {(Object.keys(zooms) as Zoom[]).toReversed().map((one) => (
                    <button
                      key={one}
                      type="button"
                      aria-pressed={one === search.zoom}
                      onClick={() => void navigate({ search: { ...search, zoom: one }, replace: true })}
                    >
                      {{ far: 'Far', middle: 'Middle', near: 'Near' }[one]}
                    </button>
                  ))}
                </fieldset>
              }
            >
              <Timeline
                {...{ program, spans, more }}
                zoom={search.zoom}
                chosen={chosen.period}
                choose={choose}
                earlier={after === 0 ? null : () => turn(after - pastMost + 1, after)}
                later={next === null ? null : () => turn(after + pastMost - 1, after + pastMost + 1)}
              />
            </Panel>
            <div className="detail">
              <Record program={program} span={chosen} />
              <WhereItWent
                program={name}
                asset={program.asset}
                period={chosen.record === null || search.flows === 'all' ? null : chosen.period}
                choose={
                  chosen.record === null
                    ? null
                    : (all) =>
                        void navigate({
                          search: given({ ...search, flows: all ? ('all' as const) : undefined }),
                          replace: true,
                          resetScroll: false,
                        })
                }
              />
            </div>
            <Pools program={program} />
          </>
        );
      }}
    </Asked>
  );
}
