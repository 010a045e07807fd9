import { useQuery } from '@tanstack/react-query';
import { path } from '../api/client.ts';
import { question, useProgram } from '../api/queries.ts';
import type { Page, Program } from '../api/types.ts';
import { fieldsOf } from '../lib/form.ts';
import { contributionsRoute, given } from '../router.tsx';
import { Asked } from '../ui/Asked.tsx';
import { Empty, Panel } from '../ui/Panel.tsx';
import { BySource } from './contributions/BySource.tsx';
import { Contributions } from './contributions/Contributions.tsx';
import {
  type CredPeriod,
  credAsset,
  type Moment,
  seriesOf,
  type Source,
  sourceName,
  type Sources,
} from './contributions/cred.ts';
import { OverTime } from './contributions/OverTime.tsx';
import { People } from './contributions/People.tsx';
import { PeriodChoice } from './contributions/PeriodChoice.tsx';
import './contributions/contributions.css';

/** Cred of a period: by source, over time, by person and by contribution. */
export function ContributionsPage() {
  const { program } = contributionsRoute.useParams();
  return (
    <>
      <h1 className="unseen">Contributions of {program}</h1>
      <Asked result={useProgram(program)}>
        {(data) =>
          data.model === 'cred' ? (
            <Overview program={data} />
          ) : (
            <Empty>
              {program} scores by {data.model}: it has no contributions.
            </Empty>
          )
        }
      </Asked>
    </>
  );
}

/** How often the period that runs is asked for anew, milliseconds: every time it is scored anew. */
const runningMs = 20_000;

function Overview({ program: { program, period: running } }: { program: Program }) {
  const search = contributionsRoute.useSearch();
  const navigate = contributionsRoute.useNavigate();
  const { period, source, person, by = 'interval' } = search;
  const cred = (...parts: string[]): string => path('programs', program, 'cred', ...parts);
  const anew = { refetchInterval: period === running ? runningMs : false } as const;
  // Colours stay what they are whoever is chosen.
  const everybody = useQuery({ ...question<Sources>(cred('sources'), { period }), ...anew });
  const sources = useQuery({ ...question<Sources>(cred('sources'), { period, person }), ...anew });
  const moments = useQuery({
    ...question<Page<Moment> & CredPeriod>(cred('timeline'), { period, person, by, limit: 1000 }),
    ...anew,
  });
  const old = sources.isPlaceholderData || moments.isPlaceholderData;
  const set = (change: Change): void => void navigate({ search: given({ ...search, ...change }), resetScroll: false });
  return (
    <Asked result={sources} waiting="Scoring the graph…">
      {(data) => {
        const asset = credAsset(data.factor);
        const all = everybody.data?.sources ?? data.sources;
        const series = seriesOf(all, source);
        return (
          <>
            <Filters {...{ data, all, running, set }} />
            {data.lifetime === '0' ? (
              <Empty>
                {person === undefined
                  ? 'Nobody has cred yet: no contribution that mints leads to anybody.'
                  : `No contribution has given ${person} cred until the end of this period.`}
              </Empty>
            ) : (
              // What is asked for anew stays until it comes, and says so.
              <div className={`cred-grid ${old ? 'stale' : ''}`} aria-busy={old}>
                <Panel
                  title={`Cred over time${person === undefined ? '' : ` of ${person}`}${source === undefined ? '' : ` from ${sourceName(source)}`}`}
                  aside={<Grain by={by} set={(chosen) => set({ by: chosen })} />}
                >
                  <Asked result={moments}>
                    {({ items, next }) => (
                      <>
                        <OverTime
                          moments={items}
                          {...{ series, asset }}
                          period={data.period}
                          choose={(chosen) => set({ period: chosen, from: undefined, people: undefined })}
                        />
                        {next !== null && (
                          <p className="note">
                            These are the first {items.length} intervals of more; by period all are shown.
                          </p>
                        )}
                      </>
                    )}
                  </Asked>
                </Panel>
                <Panel title="By source" aside={<span className="note">period {data.period}</span>}>
                  <BySource
                    {...{ data, all, asset }}
                    chosen={source}
                    choose={(chosen) => set({ source: chosen, from: undefined })}
                  />
                  <p className="note">
                    Every score is divided to the unit by what gave it: the parts add up to what people are paid by.
                  </p>
                </Panel>
              </div>
            )}
            {person === undefined && (
              <div className="grid">
                <People {...{ program, asset }} period={data.period} total={data.score} />
                <Contributions {...{ program, asset }} period={data.period} sources={data.sources} />
              </div>
            )}
          </>
        );
      }}
    </Asked>
  );
}

/** Of what the address says; pages of the lists begin anew. */
interface Change {
  readonly period?: number;
  readonly source?: string | undefined;
  readonly person?: string | undefined;
  readonly by?: 'period' | undefined;
  readonly from?: undefined;
  readonly people?: undefined;
}

function Filters({
  data,
  all,
  running,
  set,
}: {
  data: Sources;
  all: readonly Source[];
  running: number;
  set: (change: Change) => void;
}) {
  const { source, person } = contributionsRoute.useSearch();
  return (
    <search className="panel cred-filters">
      <PeriodChoice
        period={data}
        running={running}
        choose={(period) => set({ period, from: undefined, people: undefined })}
      />
      <form
        key={`${source} ${person}`}
        className="filters"
        aria-label="Cred"
        onSubmit={(event) => {
          const fields = fieldsOf(event);
          set({ source: fields['source'], person: fields['person'], from: undefined });
        }}
      >
        <label>
          Source
          <select
            name="source"
            defaultValue={source ?? ''}
            onChange={(event) => event.currentTarget.form?.requestSubmit()}
          >
            <option value="">all</option>
            {all.map(({ source: one }) =>
              one === null ? null : (
                <option key={one} value={one}>
                  {sourceName(one)}
                </option>
              ),
            )}
            {source !== undefined && !all.some((one) => one.source === source) && (
              <option value={source}>{source}</option>
            )}
          </select>
        </label>
        <label>
          Person
          <input name="person" defaultValue={person ?? ''} placeholder="everybody" autoComplete="off" />
        </label>
        <button type="submit">Show</button>
        {(source ?? person) !== undefined && (
          <button type="button" onClick={() => set({ source: undefined, person: undefined, from: undefined })}>
            Show all
          </button>
        )}
      </form>
    </search>
  );
}

const Grain = ({ by, set }: { by: 'interval' | 'period'; set: (by: 'period' | undefined) => void }) => (
  <fieldset className="segments">
    <legend className="unseen">A column for each</legend>
    <button type="button" aria-pressed={by === 'interval'} onClick={() => set(undefined)}>
      Interval
    </button>
    <button type="button" aria-pressed={by === 'period'} onClick={() => set('period')}>
      Period
    </button>
  </fieldset>
);
