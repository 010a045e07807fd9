import { useQuery } from '@tanstack/react-query';
import { path } from '../api/client.ts';
import { question } from '../api/queries.ts';
import { compareRoute, given } from '../router.tsx';
import { Exact } from '../ui/Amount.tsx';
import { Asked } from '../ui/Asked.tsx';
import { Badge, Panel } from '../ui/Panel.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { Curve } from './compare/Curve.tsx';
import { Named } from './compare/Mark.tsx';
import {
  type Comparison,
  type Measures,
  ms,
  strategies,
  type Strategy,
  strategyWords,
  whole,
} from './compare/measures.ts';
import { Course, Histogram } from './compare/Steps.tsx';
import './compare/compare.css';

/** The freeze strategies, as a run of `prorata compare` measured them. */
export function ComparePage() {
  const result = useQuery({
    ...question<{ readonly comparison: Comparison | null }>(path('compare')),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div className="compare">
      <h1>Freeze strategies, measured</h1>
      <Asked result={result}>
        {({ comparison }) =>
          comparison === null || comparison.measures.length === 0 ? <NoRun /> : <Compared comparison={comparison} />
        }
      </Asked>
    </div>
  );
}

function NoRun() {
  return (
    <Panel title="There is no run to show">
      <p>
        A window can freeze its period in four ways, which pay the same to the unit and differ in what they cost.
        Measure them on your machine, then start the server with what was printed:
      </p>
      <pre>{'prorata compare --json > compare.json\nprorata serve --compare compare.json'}</pre>
    </Panel>
  );
}

function Compared({ comparison: { limits, measures, left, recommendation } }: { comparison: Comparison }) {
  const search = compareRoute.useSearch();
  const navigate = compareRoute.useNavigate();
  const measured = strategies.filter((one) => measures.some(({ strategy }) => strategy === one));
  const shown = measured.filter((one) => search.strategies === undefined || search.strategies.split(',').includes(one));
  const sizes = [...new Set(measures.map(({ accounts }) => accounts))].sort((a, b) => a - b);
  const size = sizes.find((one) => one === search.accounts) ?? sizes.at(-1)!;
  const seen = measures.filter(({ strategy }) => shown.includes(strategy));
  const atSize = strategies.flatMap((one) => seen.find((of) => of.strategy === one && of.accounts === size) ?? []);
  const toggle = (one: Strategy): void => {
    const next = measured.filter((other) => (other === one ? !shown.includes(one) : shown.includes(other)));
    const all = next.length === measured.length;
    void navigate({
      search: given({ ...search, strategies: all || next.length === 0 ? undefined : next.join(',') }),
      replace: true,
      resetScroll: false,
    });
  };
  const curve = (
    title: string,
    of: (one: Measures) => number | null,
    told: (value: number) => string,
    limit?: number,
  ) => {
    const series = shown.map((strategy) => ({
      strategy,
      points: seen.flatMap((one) => {
        const value = one.strategy === strategy ? of(one) : null;
        return value === null ? [] : [{ accounts: one.accounts, value }];
      }),
    }));
    if (series.every(({ points }) => points.length === 0)) return null;
    return (
      <Curve
        {...{ title, series, told }}
        {...(limit === undefined ? {} : { limit: { value: limit, name: `limit ${told(limit)}` } })}
      />
    );
  };
  const toldMs = (value: number): string => `${value < 1 ? value : whole(value)} ms`;
  return (
    <>
      <p className="lead">
        The same window under each strategy, in batches of {whole(measures[0]!.batch_size)}, on SQLite with fsync.
        Settlement roots are equal for all: every strategy pays the same, to the unit.
        {left.length > 0 && ` Out of time, not measured: ${left.join(', ')}.`}
      </p>
      <fieldset className="strategies">
        <legend className="unseen">Strategies that are shown</legend>
        {measured.map((strategy) => (
          <button
            key={strategy}
            type="button"
            aria-pressed={shown.includes(strategy)}
            title={strategyWords[strategy]}
            onClick={() => toggle(strategy)}
          >
            <Named strategy={strategy} />
          </button>
        ))}
      </fieldset>
      <Recommended {...{ recommendation, limits }} />
      <Panel title="By the number of accounts" note="Both axes by powers of ten. Exact figures are in the table below.">
        <div className="curves">
          {curve('Rows written by the window', (one) => one.rows_written, whole)}
          {curve('Rows kept at once, at most', (one) => one.peak_rows, whole)}
          {curve('Opening step', (one) => one.open_ms, toldMs, limits.max_step_ms)}
          {curve('Other steps, 99 of 100 within', (one) => one.step_ms_p99, toldMs, limits.max_step_ms)}
          {curve('Reading an account meanwhile, 99 of 100 within', (one) => one.query_ms_p99, toldMs)}
          {curve(
            'Memory at most',
            (one) => one.peak_memory_mb,
            (value) => `${whole(value)} MB`,
            limits.max_memory_mb,
          )}
        </div>
      </Panel>
      <Panel
        title="How long steps took"
        aside={
          <label className="size">
            Accounts{' '}
            <select
              value={size}
              onChange={({ target }) =>
                void navigate({
                  search: { ...search, accounts: Number(target.value) },
                  replace: true,
                  resetScroll: false,
                })
              }
            >
              {sizes.map((one) => (
                <option key={one} value={one}>
                  {whole(one)}
                </option>
              ))}
            </select>
          </label>
        }
        note={`Limit ${limits.max_step_ms} ms: classes above it are marked.`}
      >
        <div className="steps">
          <Histogram measures={atSize} limit={limits.max_step_ms} />
          <Course measures={atSize} limit={limits.max_step_ms} />
        </div>
      </Panel>
      <Panel title="All figures">
        <Table
          caption="What each strategy cost"
          columns={columns}
          rows={seen}
          keyOf={({ strategy, accounts }) => `${strategy} ${accounts}`}
        />
      </Panel>
    </>
  );
}

function Recommended({ recommendation, limits }: Pick<Comparison, 'recommendation' | 'limits'>) {
  const { strategy, nearest, rule, judgements, batch_size: batch } = recommendation;
  return (
    <Panel
      title={strategy === null ? 'None keeps to the limits' : `Recommended: ${strategy}`}
      aside={strategy !== null && <Badge tone="good">within the limits</Badge>}
      note={`By rule: ${rule}.`}
      className="recommended"
    >
      {strategy === null && (
        <p>
          Within {limits.max_step_ms} ms and {limits.max_memory_mb} MB stays none on the machine that was measured;
          nearest: <strong>{nearest ?? 'none'}</strong>.{batch !== null && ` In batches of ${whole(batch)} it should.`}
        </p>
      )}
      <Table
        caption="How each strategy keeps to the limits, at its worst over all sizes"
        columns={judgementColumns}
        rows={judgements}
        keyOf={(one) => one.strategy}
      />
    </Panel>
  );
}

const judgementColumns: Column<Comparison['recommendation']['judgements'][number]>[] = [
  { name: 'Strategy', cell: ({ strategy }) => <Named strategy={strategy} /> },
  {
    name: 'Verdict',
    cell: ({ fits, breaks }) =>
      fits ? <Badge tone="good">✓ fits</Badge> : <Badge tone="warn">breaks: {breaks.join(', ')}</Badge>,
  },
  { name: 'Opening', right: true, cell: (one) => `${ms(one.open_ms)} ms` },
  { name: 'p99 of steps', right: true, cell: (one) => `${ms(one.step_ms_p99)} ms` },
  {
    name: 'Memory',
    right: true,
    cell: ({ peak_memory_mb: memory }) => (memory === null ? 'not measured' : `${whole(memory)} MB`),
  },
  { name: 'Rows written', right: true, cell: (one) => whole(one.rows_written) },
];

const columns: Column<Measures>[] = [
  { name: 'Accounts', right: true, cell: ({ accounts }) => whole(accounts) },
  { name: 'Strategy', cell: ({ strategy }) => <Named strategy={strategy} /> },
  { name: 'Open, ms', right: true, cell: (one) => ms(one.open_ms) },
  { name: 'Rows to open', right: true, cell: (one) => whole(one.open_rows_written) },
  { name: 'Steps', right: true, cell: ({ steps }) => whole(steps) },
  { name: 'p50, ms', right: true, cell: (one) => ms(one.step_ms_p50) },
  { name: 'p99, ms', right: true, cell: (one) => ms(one.step_ms_p99) },
  { name: 'Max, ms', right: true, cell: (one) => ms(one.step_ms_max) },
  { name: 'Query p50', right: true, cell: (one) => ms(one.query_ms_p50) },
  { name: 'Query p99', right: true, cell: (one) => ms(one.query_ms_p99) },
  { name: 'Peak rows', right: true, cell: (one) => whole(one.peak_rows) },
  { name: 'Rows written', right: true, cell: (one) => whole(one.rows_written) },
  { name: 'Window, s', right: true, cell: (one) => (one.window_ms / 1000).toFixed(1) },
  {
    name: 'Peak MB',
    right: true,
    cell: ({ peak_memory_mb: memory }) => (memory === null ? '-' : whole(memory)),
  },
  { name: 'Runs', right: true, cell: ({ attempts }) => whole(attempts) },
  {
    name: 'Settlement root',
    cell: ({ root }) => (
      <Exact value={root} says="equal for all strategies of a size">
        <code>{root.slice(0, 10)}…</code>
      </Exact>
    ),
  },
];
