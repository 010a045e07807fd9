import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Page, Program } from '../../api/types.ts';
import { grouped } from '../../lib/amount.ts';
import { cred } from '../../lib/score.ts';
import { Amount, Exact } from '../../ui/Amount.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Figure, Figures, Panel } from '../../ui/Panel.tsx';
import { Time } from '../../ui/Time.tsx';
import { credAsset, type Moment, seriesOf, type Sources } from '../contributions/cred.ts';
import { OverTime } from '../contributions/OverTime.tsx';
import '../contributions/contributions.css';
import type { CreditedAccount } from './types.ts';

/** The cred of a person as it stands, and how it came. */
export function CredNow({
  program,
  account,
  live,
  period,
  choose,
}: {
  program: Program;
  account: CreditedAccount;
  live: React.ReactNode;
  /** The one that is explained below. */
  period: number | undefined;
  choose: (period: number) => void;
}) {
  const { program: name, asset } = program;
  const { account: id, score, lifetime, paid, owed, last_activity: at } = account;
  const running = { period: account.period, person: id };
  const moments = useQuery(
    question<Page<Moment> & { readonly factor: string }>(path('programs', name, 'cred', 'timeline'), {
      ...running,
      limit: 1000,
    }),
  );
  const all = useQuery(question<Sources>(path('programs', name, 'cred', 'sources'), { period: account.period }));
  const factor = moments.data?.factor ?? '1';
  return (
    <Panel title={`Cred, up to period ${account.period}`} aside={live}>
      <Figures>
        <Figure name={`Of period ${account.period}, so far`}>
          <Score {...{ factor }} score={score} />
        </Figure>
        <Figure name="Of all time" hint="as it is known now">
          <Score {...{ factor }} score={lifetime} />
        </Figure>
        <Figure name="Paid so far" hint={`${grouped(paid.payouts)} payouts`}>
          <Amount units={paid.all} asset={asset} />
        </Figure>
        {owed !== '0' && (
          <Figure name="Owed" hint="a share that waits">
            <Amount units={owed} asset={asset} />
          </Figure>
        )}
        <Figure name="Last activity">{at === null ? 'none' : <Time at={at} />}</Figure>
      </Figures>
      <Asked result={moments}>
        {({ items }) => (
          <OverTime
            moments={items}
            series={seriesOf(all.data?.sources ?? [], undefined)}
            asset={credAsset(factor)}
            period={period ?? account.period}
            choose={choose}
          />
        )}
      </Asked>
      <p>
        <Link to="/programs/$program/contributions/around" params={{ program: name }} search={{ person: id }}>
          What gives it cred, and what it passes on
        </Link>
      </p>
    </Panel>
  );
}

const Score = ({ score, factor }: { score: string; factor: string }) => (
  <Exact value={score} says={`${grouped(score)} / ${grouped(factor)}, exactly`}>
    {cred(score, factor, 6)}
  </Exact>
);
