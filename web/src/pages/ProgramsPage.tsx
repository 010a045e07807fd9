import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { path } from '../api/client.ts';
import { question, usePrograms } from '../api/queries.ts';
import type { Program, ProgramLine } from '../api/types.ts';
import { grouped, partOf } from '../lib/amount.ts';
import { Amount } from '../ui/Amount.tsx';
import { Asked } from '../ui/Asked.tsx';
import { HaltBanner } from '../ui/HaltBanner.tsx';
import { Badge, Empty } from '../ui/Panel.tsx';
import { Progress } from '../ui/Progress.tsx';
import { Time } from '../ui/Time.tsx';

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

function Details({
  program: { model, asset, next, pools, window, paused, boundaries_left, clock },
}: {
  program: Program;
}) {
  const held = pools.reduce((sum, { balance }) => sum + BigInt(balance), 0n);
  const owed = pools.reduce((sum, { owed: amount }) => sum + BigInt(amount), 0n);
  const short = pools.filter(({ balance, owed: amount }) => BigInt(amount) > BigInt(balance));
  return (
    <>
      <p className="model">{models[model]}</p>
      {paused !== null && (
        <p>
          <Badge tone="warn">paused</Badge> {paused}
        </p>
      )}
      <dl className="rows">
        <dt>Window</dt>
        <dd>{window === null ? 'none open' : `period ${window.period}, ${window.phase}`}</dd>
        <dt>Next payment</dt>
        <dd>{next === null ? 'none: the schedule has ended' : <Time at={next.at} />}</dd>
        {next !== null && (
          <>
            <dt>Pays then</dt>
            <dd>
              <Amount
                units={String(next.allocations.reduce((sum, { amount }) => sum + BigInt(amount), 0n))}
                asset={asset}
              />
            </dd>
          </>
        )}
        <dt>Funds left</dt>
        <dd>
          <Amount units={String(held)} asset={asset} />
        </dd>
        <dt>{boundaries_left === null ? 'Owed next time' : 'Owed to come'}</dt>
        <dd>
          <Amount units={String(owed)} asset={asset} />
        </dd>
        <dt>Newest fact</dt>
        <dd>
          <Time at={clock} />
        </dd>
      </dl>
      {owed > 0n && <Progress part={Math.min(1, partOf(held, owed))} says="Part of what is owed that the pools hold" />}
      {short.length > 0 ? (
        <p className="warning">
          <Badge tone="warn">short</Badge> {short.map(({ pool }) => pool).join(', ')} will not hold what{' '}
          {short.length === 1 ? 'it owes' : 'they owe'}
        </p>
      ) : null}
    </>
  );
}
