import { useMemo } from 'react';
import { useQuery } from '@tanstack/react-query';
import { path } from '../../api/client.ts';
import { useFresh } from '../../api/fresh.ts';
import { question } from '../../api/queries.ts';
import type { Program } from '../../api/types.ts';
import { accountRoute } from '../../router.tsx';
import { Amount } from '../../ui/Amount.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Badge, Panel } from '../../ui/Panel.tsx';
import { addsUp } from './adds-up.ts';
import { CredWhy } from './CredWhy.tsx';
import { CrownWhy } from './CrownWhy.tsx';
import { Delivered } from './Delivered.tsx';
import { Policies } from './Policies.tsx';
import { StakeWhy } from './StakeWhy.tsx';
import { ZeroText } from './ZeroText.tsx';
import type { CredExplanation, CrownExplanation, Explanation, StakeExplanation } from './types.ts';
import { payoutReasons } from './words.ts';

/** Why an account got what it got of a period, or nothing: every line that adds up to it, and the events it rests on. */
export function Why({ program, account, period }: { program: Program; account: string; period: number | undefined }) {
  const search = accountRoute.useSearch();
  const navigate = accountRoute.useNavigate();
  const result = useQuery({
    ...question<Explanation>(path('programs', program.program, 'accounts', account, 'explanation'), { period }),
    queryKey: ['programs', program.program, 'explained', account, period ?? 'newest'],
  });
  // Of a settled period the log says the same whatever comes.
  useFresh(program.program, period !== undefined && result.data?.status === 'settled' ? [] : ['explained']);
  const shown = result.data?.period ?? period ?? program.period;
  const go = (to: number): void =>
    void navigate({ search: { ...search, period: to }, replace: true, resetScroll: false, hash: 'why' });
  return (
    <div id="why">
      <Panel
        title={`Why? Period ${shown}`}
        aside={
          <fieldset className="segments">
            <legend className="unseen">Period</legend>
            <button type="button" disabled={shown <= 1} onClick={() => go(shown - 1)}>
              ← Period {Math.max(1, shown - 1)}
            </button>
            <button type="button" disabled={shown >= program.period} onClick={() => go(shown + 1)}>
              Period {Math.min(program.period, shown + 1)} →
            </button>
          </fieldset>
        }
      >
        <Asked result={result} waiting="Replaying the log…">
          {(data) => <Because program={program} explanation={data} />}
        </Asked>
      </Panel>
    </div>
  );
}

function Because({ program, explanation }: { program: Program; explanation: Explanation }) {
  const { asset, model } = program;
  return (
    <div className="why">
      <Outcome {...{ program, explanation }} />
      {model === 'stake-time' ? (
        <StakeWhy {...{ program, explanation: explanation as StakeExplanation }} />
      ) : model === 'crown' ? (
        <CrownWhy {...{ program, explanation: explanation as CrownExplanation }} />
      ) : (
        <CredWhy {...{ program, explanation: explanation as CredExplanation }} />
      )}
      {explanation.sharing !== null && <Policies sharing={explanation.sharing} asset={asset} />}
      <Delivered {...{ program, explanation }} />
    </div>
  );
}

/** What came of it, in a line; and whether the lines below come to it. */
function Outcome({ program, explanation }: { program: Program; explanation: Explanation }) {
  const { asset } = program;
  const { payouts, zero, status } = explanation;
  const zeros = zero === null ? [] : Array.isArray(zero) ? zero : [zero];
  const sums = useMemo(() => addsUp(explanation), [explanation]);
  return (
    <>
      {payouts.map(({ id, pool, restaked, liquid, reason }) => (
        <p key={id} className="outcome">
          <strong>
            <Amount units={String(BigInt(restaked) + BigInt(liquid))} asset={asset} />
          </strong>{' '}
          from {pool}{' '}
          <Badge tone={reason === 'paid' || reason === 'direct' ? 'good' : 'warn'}>
            {payoutReasons[reason] ?? reason}
          </Badge>
        </p>
      ))}
      {payouts.length === 0 && (
        <p className="outcome">
          {status === 'settled' ? 'Nothing was paid to it for this period.' : 'Nothing was paid for this period yet.'}{' '}
          <Badge tone={status === 'settled' ? 'plain' : 'accent'}>{status}</Badge>
        </p>
      )}
      {zeros.length > 0 && <Nothing zeros={zeros} />}
      {sums !== null &&
        (sums ? (
          <p className="adds-up good">✓ The lines below add up to it, to the unit; this page has added them itself.</p>
        ) : (
          <p className="adds-up bad" role="alert">
            ✗ The lines below do not add up to what was paid. Run the invariants.
          </p>
        ))}
    </>
  );
}

function Nothing({
  zeros,
}: {
  zeros: readonly ({ text: string; code: string } | { reason: string; seconds: number })[];
}) {
  return (
    <div className="notice">
      <strong>Why nothing:</strong>{' '}
      {zeros.map((zero, nth) => (
        <span key={'code' in zero ? zero.code : zero.reason}>
          {nth > 0 && '; '}
          <ZeroText zero={zero} />
        </span>
      ))}
      .
    </div>
  );
}
