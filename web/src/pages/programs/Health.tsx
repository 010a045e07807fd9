import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Program } from '../../api/types.ts';
import { Badge } from '../../ui/Panel.tsx';
import { Time } from '../../ui/Time.tsx';
import { lastRunQuestion } from '../ledger/last-run.ts';

/** Whether a program is well: halted or paused, short of funds, and when its books last held. */
export function Health({ program: { program, halted, paused, pools, boundaries_left: left } }: { program: Program }) {
  const { data } = useQuery({ ...lastRunQuestion(program), refetchInterval: 15_000 });
  const last = data?.last;
  const short = pools.filter(({ balance, owed }) => BigInt(owed) > BigInt(balance)).map(({ pool }) => pool);
  const owes = pools.some(({ owed }) => owed !== '0');
  const when = left === null ? 'next time' : 'by its schedule';
  return (
    <ul className="health" aria-label={`Health of ${program}`}>
      {halted !== null && (
        <li>
          <Badge tone="bad">! halted</Badge> {halted.code}
        </li>
      )}
      {paused !== null && (
        <li>
          <Badge tone="warn">Ⅱ paused</Badge> {paused}
        </li>
      )}
      <li>
        {short.length === 0 ? (
          <>
            <Badge tone="good">✓ funded</Badge> {owes ? `the pools hold what is owed ${when}` : 'nothing is owed'}
          </>
        ) : (
          <>
            <Badge tone="warn">! short</Badge> {short.join(', ')} will not hold what is owed {when}
          </>
        )}
      </li>
      <li>
        {last === null || last === undefined ? (
          <>
            <Badge>? books</Badge> not checked since the server began
          </>
        ) : last.holds ? (
          <>
            <Badge tone="good">✓ books</Badge> all {last.findings.length} invariants held <Time at={last.ran_at} />
            {last.stale && ', before the newest change'}
          </>
        ) : (
          <>
            <Badge tone="bad">! books</Badge> an invariant was broken <Time at={last.ran_at} />
          </>
        )}{' '}
        <Link to="/programs/$program/ledger" params={{ program }} aria-label={`Ledger of ${program}`}>
          ledger
        </Link>
      </li>
    </ul>
  );
}
