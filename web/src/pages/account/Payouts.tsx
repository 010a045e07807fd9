import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import { useRows } from '../../api/rows.ts';
import type { Asset, Page, Period, Program } from '../../api/types.ts';
import { grouped, partOf, tokensRough, tokensShort } from '../../lib/amount.ts';
import { accountRoute, given } from '../../router.tsx';
import { Amount } from '../../ui/Amount.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Pager } from '../../ui/Pager.tsx';
import { Badge, Empty, Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { useWidth } from '../../ui/width.ts';
import { payoutReasons } from './words.ts';
import type { Payout } from './types.ts';

const shown = 24;

/** What an account was paid, the newest first, as columns and as a table; a period leads to why. */
export function Payouts({
  program,
  account,
  period,
}: {
  program: Program;
  account: string;
  period: number | undefined;
}) {
  const { asset } = program;
  const search = accountRoute.useSearch();
  const navigate = accountRoute.useNavigate();
  const { before, after } = search;
  const result = useRows<Payout>(path('programs', program.program, 'payouts'), given({ before, after }), {
    questions: { account },
    limit: shown,
    idOf: ({ id }) => id,
  });
  const periods = result.data?.rows.map((row) => row.period) ?? [];
  const known = useQuery({
    ...question<Page<Period>>(path('programs', program.program, 'periods'), {
      cursor: Math.min(...periods) - 1,
      limit: 1000,
    }),
    enabled: periods.length > 0,
  });
  const boundaries = new Map(known.data?.items.map((one) => [one.period, one.boundary]));
  return (
    <Panel title="Payouts" note="The newest first; each period says why.">
      <Asked result={result}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty>Nothing was paid to it yet.</Empty>
          ) : (
            <>
              <Columns
                rows={data.rows.toReversed()}
                asset={asset}
                period={period}
                choose={(chosen) =>
                  void navigate({ search: { ...search, period: chosen }, replace: true, resetScroll: false })
                }
              />
              <Table
                caption="Payouts, the newest first"
                columns={columnsOf(asset, boundaries, program.model === 'stake-time')}
                rows={data.rows}
                keyOf={({ id }) => id}
              />
              <Pager
                rows={data}
                atNewest={before === undefined && after === undefined}
                go={(place) =>
                  void navigate({ search: given({ period: search.period, ...place }), resetScroll: false })
                }
              />
            </>
          )
        }
      </Asked>
    </Panel>
  );
}

const columnsOf = (asset: Asset, boundaries: ReadonlyMap<number, string>, restakes: boolean): Column<Payout>[] => [
  {
    name: 'Period',
    right: true,
    cell: ({ period }) => (
      <Link
        from={accountRoute.fullPath}
        search={(now: object) => ({ ...now, period })}
        hash="why"
        aria-label={`Why, period ${period}`}
      >
        {grouped(period)}
      </Link>
    ),
  },
  {
    name: 'Ended',
    wide: true,
    cell: ({ period }) => (boundaries.has(period) ? <Time at={boundaries.get(period)!} /> : ''),
  },
  { name: 'Pool', cell: ({ pool }) => pool },
  { name: 'Due', right: true, cell: ({ due }) => <Amount units={due} asset={asset} places /> },
  ...(restakes ? deliveryColumns(asset) : []),
  {
    name: 'What became of it',
    cell: ({ reason }) => (
      <Badge tone={reason === 'paid' || reason === 'direct' ? 'good' : reason === 'no-stake' ? 'bad' : 'warn'}>
        {payoutReasons[reason] ?? reason}
      </Badge>
    ),
  },
];

const deliveryColumns = (asset: Asset): Column<Payout>[] => [
  {
    name: 'Restaked',
    right: true,
    wide: true,
    cell: ({ restaked }) => <Amount units={restaked} asset={asset} places />,
  },
  { name: 'Liquid', right: true, wide: true, cell: ({ liquid }) => <Amount units={liquid} asset={asset} places /> },
];

const height = 132;
const [left, top, bottom] = [74, 8, 20];

/** A column for each payout: restaked below, liquid above. The table says the same to the unit. */
function Columns({
  rows,
  asset,
  period,
  choose,
}: {
  rows: readonly Payout[];
  asset: Asset;
  period: number | undefined;
  choose: (period: number) => void;
}) {
  const [ref, width] = useWidth();
  const all = ({ restaked, liquid }: Payout): bigint => BigInt(restaked) + BigInt(liquid);
  const most = rows.reduce((largest, row) => (all(row) > largest ? all(row) : largest), 1n);
  const room = Math.max(0, width - left);
  const each = Math.min(100, room / Math.max(1, rows.length));
  const tall = (amount: bigint): number => (height - top - bottom) * partOf(amount, most);
  return (
    <figure className="payout-columns" ref={ref}>
      {width > 0 && (
        <svg width={width} height={height} aria-hidden>
          {[most, most / 2n].map((value) => (
            <g key={String(value)} className="grid-line">
              <line x1={left} x2={width} y1={height - bottom - tall(value)} y2={height - bottom - tall(value)} />
              <text x={left - 8} y={height - bottom - tall(value)} textAnchor="end">
                {tokensRough(value, asset)}
              </text>
            </g>
          ))}
          <line className="axis" x1={left} x2={width} y1={height - bottom} y2={height - bottom} />
          {rows.map((row, nth) => {
            const [restaked, liquid] = [BigInt(row.restaked), BigInt(row.liquid)];
            const [x, wide] = [left + nth * each + each * 0.15, Math.max(2, each * 0.7)];
            return (
              <g
                key={row.id}
                className={row.period === period ? 'column chosen' : 'column'}
                onClick={() => choose(row.period)}
              >
                <rect className="ground" x={left + nth * each} width={each} y={top} height={height - top - bottom} />
                {restaked > 0n && (
                  <rect
                    className="restaked"
                    x={x}
                    width={wide}
                    y={height - bottom - tall(restaked)}
                    height={tall(restaked)}
                  />
                )}
                {liquid > 0n && (
                  <rect
                    className="liquid"
                    x={x}
                    width={wide}
                    y={height - bottom - tall(restaked + liquid)}
                    height={Math.max(1, tall(liquid))}
                  />
                )}
                {(each > 26 || nth % Math.ceil(26 / each) === 0) && (
                  <text className="tick" x={left + (nth + 0.5) * each} y={height - 5} textAnchor="middle">
                    {row.period}
                  </text>
                )}
                <title>{`period ${row.period}: ${tokensShort(all(row), asset)} ${asset.symbol}`}</title>
              </g>
            );
          })}
        </svg>
      )}
    </figure>
  );
}
