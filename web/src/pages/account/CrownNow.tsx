import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Program } from '../../api/types.ts';
import { grouped } from '../../lib/amount.ts';
import { share } from '../../lib/score.ts';
import { span } from '../../lib/time.ts';
import { Amount, Exact } from '../../ui/Amount.tsx';
import { Badge, Figure, Figures, Panel } from '../../ui/Panel.tsx';
import { Time } from '../../ui/Time.tsx';
import { whyText } from '../crown/moment.ts';
import { Accrual, timeStep } from './Accrual.tsx';
import { laneCourse, secondOf } from './courses.ts';
import type { CrownExplanation, HoldingAccount } from './types.ts';

const colors = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'];

/** What part of the round that runs somebody has so far, and where it stands in each lane. */
export function CrownNow({
  program,
  account,
  at,
  live,
}: {
  program: Program;
  account: HoldingAccount;
  at: number;
  live: React.ReactNode;
}) {
  const { period, part, lanes, paid, until } = account;
  return (
    <Panel title={`Part of round ${period}, as it accrues`} aside={live}>
      <div className="accruing">
        <div>
          <div className="ticking">
            <p className="big">
              <Exact value={part} says={`${part} of what the round pays, exactly`}>
                {share(part)}
              </Exact>
            </p>
            <p className="exactly">
              exactly <code>{part}</code> of what the round pays by score
            </p>
            <p className="note">
              up to <Time at={until} />
            </p>
          </div>
          <Figures>
            <Figure name="Paid so far" hint={`${grouped(paid.payouts)} payouts`}>
              <Amount units={paid.liquid} asset={program.asset} />
            </Figure>
            {lanes.map(({ lane, alone, shared }) => (
              <Figure key={lane} name={`Held ${lane}`} hint={`${span(alone)} alone, ${span(shared)} shared`}>
                {span(alone + shared)}
              </Figure>
            ))}
          </Figures>
          <ul className="lanes">
            {lanes.map(({ lane, holds, failed, quote, best }) => (
              <li key={lane}>
                <strong>{lane}</strong>{' '}
                {holds ? <Badge tone="good">holds</Badge> : <Badge>{whyText(failed ?? 'no-quote')}</Badge>}{' '}
                <span className="note">
                  {quote === null ? 'no quote' : `quotes ${quote}`}
                  {best !== null && `, the best is ${best}`}
                </span>{' '}
                <Link
                  to="/programs/$program/crown"
                  params={{ program: program.program }}
                  search={{ lane, who: account.account }}
                >
                  in the grid
                </Link>
              </li>
            ))}
          </ul>
        </div>
        <Growth {...{ program, account, at }} />
      </div>
    </Panel>
  );
}

/** Seconds held by lane, so far in the round. */
function Growth({ program, account, at }: { program: Program; account: HoldingAccount; at: number }) {
  const minute = at - (at % 60_000);
  const { data } = useQuery({
    ...question<CrownExplanation>(path('programs', program.program, 'accounts', account.account, 'explanation'), {
      period: account.period,
      at: new Date(minute).toISOString(),
    }),
    queryKey: ['programs', program.program, 'accrual', account.account, account.period, minute],
    staleTime: Infinity,
  });
  if (data === undefined || data.start === null || data.end === null || data.start === data.end) return null;
  const [from, end] = [secondOf(data.start), secondOf(data.end)];
  const boundary = program.next === null ? end : secondOf(program.next.at);
  return (
    <Accrual
      courses={data.explained.map((lane, nth) => ({
        name: lane.lane,
        color: colors[nth % colors.length]!,
        points: laneCourse(lane),
      }))}
      from={from}
      to={Math.max(end, boundary > from ? boundary : end)}
      now={end < boundary ? end : null}
      told={(value) => (value < 1 ? '0' : span(value))}
      steps={timeStep}
      says={`Seconds held in the round so far: ${data.explained.map(({ lane, held }) => `${lane} ${held}`).join(', ')}.`}
    />
  );
}
