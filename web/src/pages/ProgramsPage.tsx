import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { path } from '../api/client.ts';
import { question, usePrograms } from '../api/queries.ts';
import type { OpenWindow, Program, ProgramLine } from '../api/types.ts';
import { grouped } from '../lib/amount.ts';
import { Amount } from '../ui/Amount.tsx';
import { Asked } from '../ui/Asked.tsx';
import { HaltBanner } from '../ui/HaltBanner.tsx';
import { Badge, Empty } from '../ui/Panel.tsx';
import { Progress } from '../ui/Progress.tsx';
import { Time } from '../ui/Time.tsx';
import { allocated, sumOf } from './program/periods.ts';
import { progressOf } from './program/progress.ts';
import { Health } from './programs/Health.tsx';
import { PaidLately } from './programs/PaidLately.tsx';

const models = {
  'stake-time': 'pays by stake and time',
  crown: 'pays whoever held the best rate',
  cred: 'pays by contributions',
} as const;

/** Every program of the store: what it pays, when next, what is left to pay from, and whether it is well. */
export function ProgramsPage() {
  const result = usePrograms();
  return (
    <>
      <h1>Programs</h1>
      <Asked result={result}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              There is no program in this store yet. <code>prorata init</code> makes one.
            </Empty>
          ) : (
            <Programs lines={items} />
          )
        }
      </Asked>
    </>
  );
}

function Programs({ lines }: { lines: readonly ProgramLine[] }) {
  const programs = useQueries({
    queries: lines.map(({ program }) => ({ ...question<Program>(path('programs', program)), refetchInterval: 5000 })),
  });
  return (
    <>
      <p className="lead">
        {grouped(lines.length)} {lines.length === 1 ? 'program' : 'programs'} in this store:{' '}
        {(['running', 'paused', 'halted'] as const)
          .map((state) => [lines.filter((line) => line.state === state).length, state] as const)
          .filter(([count]) => count > 0)
          .map(([count, state]) => `${count === lines.length ? 'all' : grouped(count)} ${state}`)
          .join(', ')}
        .
      </p>
      {programs.map(({ data }) =>
        data?.halted ? <HaltBanner key={data.program} program={data.program} halt={data.halted} /> : null,
      )}
      <ul className="cards">
        {lines.map((line, index) => (
          <li key={line.program}>
            <Card line={line} program={programs[index]?.data} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Card({ line, program }: { line: ProgramLine; program: Program | undefined }) {
  const tone = { running: 'good', paused: 'warn', halted: 'bad' } as const;
  return (
    <article className={`panel card ${line.state}`}>
      <header>
        <h2>
          <Link to="/programs/$program" params={{ program: line.program }}>
            {line.program}
          </Link>
        </h2>
        <Badge tone={tone[line.state]}>{line.state}</Badge>
      </header>
      {program === undefined ? <p className="waiting">Loading…</p> : <Details program={program} />}
      <p className="counts">
        {grouped(line.accounts)} accounts · {grouped(line.events)} events · {grouped(line.payouts)} payouts
      </p>
    </article>
  );
}

function Details({ program }: { program: Program }) {
  const { model, asset, next, pools, window, counts, boundaries_left: left } = program;
  const [held, owed] = [sumOf(pools.map(({ balance }) => balance)), sumOf(pools.map((pool) => pool.owed))];
  return (
    <>
      <p className="model">{models[model]}</p>
      <PaidLately program={program} />
      {window !== null && <Paying window={window} counts={counts} />}
      <dl className="rows">
        <dt>Next payment</dt>
        <dd>{next === null ? 'none: the schedule has ended' : <Time at={next.at} />}</dd>
        {next !== null && (
          <>
            <dt>Pays then</dt>
            <dd>
              <Amount units={String(allocated(next))} asset={asset} />
            </dd>
          </>
        )}
        <dt>Funds left</dt>
        <dd>
          <Amount units={String(held)} asset={asset} />
        </dd>
        {owed > 0n && (
          <>
            <dt>{left === null ? 'Owed next time' : 'Owed to come'}</dt>
            <dd>
              <Amount units={String(owed)} asset={asset} />
            </dd>
          </>
        )}
      </dl>
      <Health program={program} />
    </>
  );
}

/** How far the window is that is open. */
function Paying({ window, counts }: { window: OpenWindow; counts: Program['counts'] }) {
  const { done, all, says } = progressOf(window, counts);
  return (
    <div className="paying">
      <p>{says}</p>
      <Progress part={all === 0 ? 0 : done / all} says={says} />
    </div>
  );
}
