import { useQuery } from '@tanstack/react-query';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Asset, Program } from '../../api/types.ts';
import { grouped, tokens } from '../../lib/amount.ts';
import { quotient, tokenDays } from '../../lib/score.ts';
import { Amount, Exact, Whole } from '../../ui/Amount.tsx';
import { Figure, Figures, Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { Accrual } from './Accrual.tsx';
import { secondOf, stakeCourse } from './courses.ts';
import { useSecond } from './now.ts';
import type { Stake, StakedAccount, StakeExplanation } from './types.ts';

/** The score of a staker as it accrues, and what it comes from. */
export function StakeNow({
  program,
  account,
  at,
  live,
}: {
  program: Program;
  account: StakedAccount;
  at: number;
  live: React.ReactNode;
}) {
  const { asset } = program;
  const { period, paid, staked, stakes, closing } = account;
  return (
    <>
      <Panel title={`Score of period ${period}, as it accrues`} aside={live}>
        <div className="accruing">
          <div>
            <Ticking {...{ account, at, asset }} />
            <Figures>
              <Figure name="Staked">
                <Amount units={staked} asset={asset} />
              </Figure>
              <Figure name="Paid so far" hint={`${grouped(paid.payouts)} payouts`}>
                <Amount units={String(BigInt(paid.restaked) + BigInt(paid.liquid))} asset={asset} />
              </Figure>
              <Figure name="of it restaked">
                <Amount units={paid.restaked} asset={asset} />
              </Figure>
              {closing !== null && (
                <Figure name={`Closed score of period ${closing.period}`} hint="its window is open">
                  <Score score={closing.score} asset={asset} />
                </Figure>
              )}
            </Figures>
          </div>
          <Growth {...{ program, account, at }} />
        </div>
      </Panel>
      <Panel
        title="Stakes"
        note={stakes.length === 0 ? undefined : 'What they are worth now; each counts by the second.'}
      >
        <Table
          caption="Stakes"
          columns={stakeColumns(asset)}
          rows={stakes}
          keyOf={({ validator }) => validator}
          foot={['Together', <Amount key="staked" units={staked} asset={asset} places />]}
          empty="Nothing is staked."
        />
      </Panel>
    </>
  );
}

/** A score in tokens x days, with the exact unit-seconds at hand. */
export const Score = ({ score, asset }: { score: string; asset: Asset }) => (
  <Exact value={score} says={`${grouped(score)} unit-seconds, exactly`}>
    {tokenDays(score, asset)} <span className="unit">{asset.symbol} × days</span>
  </Exact>
);

/** What counts of the stakes each second, smallest units. */
const rateOf = ({ excluded, stakes }: StakedAccount): bigint =>
  excluded ? 0n : stakes.reduce((sum, { tokens: of, since }) => (since === null ? sum : sum + BigInt(of)), 0n);

/** The score of this second: what the server said, and what the stakes earn each second since. */
function Ticking({ account, at, asset }: { account: StakedAccount; at: number; asset: Asset }) {
  const rate = rateOf(account);
  const now = Math.max(at, useSecond());
  const score = BigInt(account.score) + rate * BigInt(Math.floor((now - at) / 1000));
  const perDay = 86_400n * 10n ** BigInt(asset.decimals);
  return (
    <div className="ticking" role="timer" aria-label={`Score of period ${account.period}`}>
      <p className="big">
        {quotient(score, perDay, 4)} <span className="unit">{asset.symbol} × days</span>
      </p>
      <p className="exactly">
        exactly <Whole value={String(score)} says="unit-seconds" /> unit-seconds
      </p>
      <p className="note">
        {account.excluded
          ? 'It is excluded: nothing counts.'
          : rate === 0n
            ? 'It does not grow: nothing is staked.'
            : `and ${grouped(rate)} more each second, ${tokens(rate, asset)} ${asset.symbol} being staked`}
        {' · '}
        <Time at={new Date(now).toISOString()} />
      </p>
    </div>
  );
}

/** The period so far, and up to its boundary if nothing happens. */
function Growth({ program, account, at }: { program: Program; account: StakedAccount; at: number }) {
  const { asset } = program;
  const { period } = account;
  const { data } = useQuery({
    ...question<StakeExplanation>(path('programs', program.program, 'accounts', account.account, 'explanation'), {
      period,
      at: new Date(at).toISOString(),
    }),
    // Another instant is another question.
    queryKey: ['programs', program.program, 'accrual', account.account, period, at],
    staleTime: Infinity,
  });
  if (data === undefined || data.intervals.length === 0) return null;
  const now = Math.floor(at / 1000);
  const points = stakeCourse(data.intervals, asset, now);
  const [first, last] = [points[0]!, points.at(-1)!];
  const from = data.start === null ? first.at : secondOf(data.start);
  const boundary = data.end === null ? null : secondOf(data.end);
  const to = Math.max(boundary ?? now, now);
  const rate = Number(rateOf(account)) / (86_400 * 10 ** asset.decimals);
  const ahead = boundary !== null && boundary > now;
  const end = { at: to, value: last.value + (to - now) * rate };
  const told = (value: number): string => rough(value);
  return (
    <Accrual
      courses={[
        {
          name: 'score',
          color: '--series-1',
          points: [{ at: from, value: 0 }, ...points],
          ...(ahead ? { goesOn: end } : {}),
        },
      ]}
      {...{ from, to, told }}
      now={now}
      says={`The score has grown to ${told(last.value)} ${asset.symbol} × days${
        ahead ? `, and will be some ${told(end.value)} at the boundary if nothing happens` : ''
      }.`}
    />
  );
}

const rough = (value: number): string => new Intl.NumberFormat('en', { notation: 'compact' }).format(value);

const stakeColumns = (asset: Asset): Column<Stake>[] => [
  { name: 'Staked with', cell: ({ validator }) => validator },
  { name: 'Worth', right: true, cell: ({ tokens: of }) => <Amount units={of} asset={asset} places /> },
  {
    name: 'Shares',
    right: true,
    wide: true,
    cell: ({ shares }) => (
      <Exact value={shares} says="shares, scaled by 10^18">
        {tokens(shares, { symbol: '', decimals: 18 })}
      </Exact>
    ),
  },
  {
    name: 'Counts since',
    wide: true,
    cell: ({ since }) => (since === null ? 'does not count' : <Time at={since} />),
  },
];
