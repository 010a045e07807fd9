import { Link } from '@tanstack/react-router';
import { useFresh } from '../api/fresh.ts';
import { useProgram } from '../api/queries.ts';
import type { Program } from '../api/types.ts';
import { accountRoute } from '../router.tsx';
import { Exact } from '../ui/Amount.tsx';
import { Asked } from '../ui/Asked.tsx';
import { Live } from '../ui/Live.tsx';
import { Badge } from '../ui/Panel.tsx';
import { CredNow } from './account/CredNow.tsx';
import { CrownNow } from './account/CrownNow.tsx';
import { useAccountNow } from './account/now.ts';
import { Payouts } from './account/Payouts.tsx';
import { StakeNow } from './account/StakeNow.tsx';
import type { Account } from './account/types.ts';
import { Why } from './account/Why.tsx';
import './account/account.css';

/** An account: its score as it accrues, what it holds, what it was paid, and why. */
export function AccountPage() {
  const { program, account } = accountRoute.useParams();
  return (
    <Asked result={useProgram(program)}>
      {(data) => <Shown key={`${program} ${account}`} program={data} account={account} />}
    </Asked>
  );
}

function Shown({ program, account }: { program: Program; account: string }) {
  const { period } = accountRoute.useSearch();
  const navigate = accountRoute.useNavigate();
  const live = useFresh(program.program, ['', 'accounts', 'payouts']);
  const result = useAccountNow(program.program, account, program.model);
  const choose = (to: number): void =>
    void navigate({ search: (now) => ({ ...now, period: to }), replace: true, resetScroll: false });
  return (
    <>
      <Heading {...{ program: program.program, account }} found={result.data?.account} />
      <Asked result={result}>
        {({ account: found, at }) =>
          'stakes' in found ? (
            <StakeNow {...{ program, at }} account={found} live={<Live state={live} />} />
          ) : 'lanes' in found ? (
            <CrownNow {...{ program, at }} account={found} live={<Live state={live} />} />
          ) : (
            <CredNow {...{ program, period, choose }} account={found} live={<Live state={live} />} />
          )
        }
      </Asked>
      {result.data !== undefined && (
        <>
          <Payouts {...{ program, account, period }} />
          <Why {...{ program, account, period }} />
        </>
      )}
    </>
  );
}

function Heading({ program, account, found }: { program: string; account: string; found: Account | undefined }) {
  const id = found?.account ?? account;
  const name = found !== undefined && 'name' in found ? found.name : id;
  return (
    <header className="account-head">
      <h1>{name}</h1>
      {found?.excluded === true && <Badge tone="warn">excluded</Badge>}
      {found !== undefined && 'active' in found && !found.active && <Badge>not active</Badge>}
      <Exact value={id} says={name === id ? 'the account' : 'its id'}>
        <span className="unit">{name === id ? 'copy' : id}</span>
      </Exact>
      <nav aria-label="About this account">
        <Link to="/programs/$program/events" params={{ program }} search={{ account }}>
          Its events
        </Link>
        <Link to="/programs/$program/ledger" params={{ program }} search={{ account }}>
          Its postings
        </Link>
      </nav>
    </header>
  );
}
