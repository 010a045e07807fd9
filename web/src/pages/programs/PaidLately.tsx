import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Page, Period, Program } from '../../api/types.ts';
import { partOf, tokensShort } from '../../lib/amount.ts';
import { Parts } from '../program/Parts.tsx';
import { allocated } from '../program/periods.ts';

/** Periods shown at most. */
const shown = 24;

/** What the newest periods paid, as small columns that lead to them. */
export function PaidLately({ program: { program, period, asset } }: { program: Program }) {
  const after = Math.max(0, period - 1 - shown);
  const { data } = useQuery({
    ...question<Page<Period>>(path('programs', program, 'periods'), {
      limit: shown + 1,
      cursor: after === 0 ? undefined : after,
    }),
    refetchInterval: 15_000,
  });
  const periods = data?.items ?? [];
  const most = periods.reduce((all, record) => (allocated(record) > all ? allocated(record) : all), 1n);
  const newest = periods.findLast(({ status }) => status === 'settled');
  return (
    <div className="lately">
      <p className="note">
        {newest === undefined ? (
          data && 'Nothing was paid yet'
        ) : (
          <>
            Paid in period {newest.period}: {tokensShort(newest.delivered, asset)} {asset.symbol}
          </>
        )}
      </p>
      <ol aria-label={`Newest periods of ${program}`}>
        {periods.map((record) => {
          const says = `Period ${record.period}, ${record.status}: paid ${tokensShort(record.delivered, asset)} of ${tokensShort(allocated(record), asset)} ${asset.symbol}`;
          return (
            <li key={record.period}>
              <Link to="/programs/$program" params={{ program }} search={{ period: record.period }} title={says}>
                <span className="unseen">{says}</span>
                <span
                  className={`stack ${record.status}`}
                  style={{ height: `${Math.max(4, 100 * partOf(allocated(record), most))}%` }}
                >
                  <Parts record={record} />
                </span>
              </Link>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
