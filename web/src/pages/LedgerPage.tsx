import { path, withQuestions } from '../api/client.ts';
import { useFresh } from '../api/fresh.ts';
import { useProgram } from '../api/queries.ts';
import { useRows } from '../api/rows.ts';
import type { Asset, Program } from '../api/types.ts';
import { grouped } from '../lib/amount.ts';
import { fieldsOf } from '../lib/form.ts';
import { given, ledgerRoute, reasons } from '../router.tsx';
import { Amount } from '../ui/Amount.tsx';
import { Asked } from '../ui/Asked.tsx';
import { Download } from '../ui/Download.tsx';
import { Live } from '../ui/Live.tsx';
import { Pager } from '../ui/Pager.tsx';
import { Panel } from '../ui/Panel.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { Balances } from './ledger/Balances.tsx';
import { Invariants } from './ledger/Invariants.tsx';
import { Side } from './ledger/Side.tsx';
import './ledger/ledger.css';

interface Posting {
  readonly id: number;
  /** 0: funding. */
  readonly period: number;
  readonly allocation: string;
  readonly source: string;
  readonly target: string;
  readonly amount: string;
  readonly reason: string;
  /** Of contributions, what people call the account. */
  readonly name?: string;
}

const shown = 50;

/** Every movement of the program's asset, the balances it left, and whether the books hold. */
export function LedgerPage() {
  const { program } = ledgerRoute.useParams();
  return (
    <>
      <h1 className="unseen">Ledger of {program}</h1>
      <Asked result={useProgram(program)}>
        {(data) => (
          <>
            <div className="grid">
              <Balances program={program} asset={data.asset} />
              <Invariants program={program} />
            </div>
            <Postings program={data} />
          </>
        )}
      </Asked>
    </>
  );
}

function Postings({ program: { program, asset, period: newest } }: { program: Program }) {
  const { before, after, ...filters } = ledgerRoute.useSearch();
  const navigate = ledgerRoute.useNavigate();
  const atNewest = before === undefined && after === undefined;
  const live = useFresh(program, ['balances', 'invariants', ...(atNewest ? ['postings'] : [])]);
  const result = useRows<Posting>(
    path('programs', program, 'postings'),
    { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) },
    { questions: filters, limit: shown, idOf: ({ id }) => id },
  );
  const filter = ({ account, period, reason }: Readonly<Record<string, string>>): void => {
    void navigate({
      search: given({
        account,
        period: Number(period) > 0 ? Number(period) : undefined,
        reason: reason as keyof typeof reasons | undefined,
      }),
    });
  };
  return (
    <Panel
      title="Postings"
      aside={
        <>
          {atNewest && <Live state={live} />}
          <Download address={withQuestions(path('programs', program, 'export', 'postings'), { format: 'csv' })}>
            All as CSV
          </Download>
          <Download address={path('programs', program, 'export', 'postings')}>All as JSON Lines</Download>
        </>
      }
    >
      <search>
        <form
          key={JSON.stringify(filters)}
          className="filters"
          onSubmit={(event) => filter(fieldsOf(event))}
          aria-label="Postings"
        >
          <label>
            Account
            <input name="account" defaultValue={filters.account ?? ''} placeholder="all" autoComplete="off" />
          </label>
          <label>
            Period
            <input
              name="period"
              type="number"
              min={1}
              max={newest}
              defaultValue={filters.period ?? ''}
              placeholder="all"
            />
          </label>
          <label>
            Why
            <select
              name="reason"
              defaultValue={filters.reason ?? ''}
              onChange={(event) => event.currentTarget.form?.requestSubmit()}
            >
              <option value="">all</option>
              {Object.entries(reasons).map(([reason, words]) => (
                <option key={reason} value={reason}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <button type="submit">Show</button>
          {Object.keys(filters).length > 0 && (
            <button type="button" onClick={() => void navigate({ search: {} })}>
              Show all
            </button>
          )}
        </form>
      </search>
      <Asked result={result}>
        {(data) => (
          <>
            <Table
              caption="Postings, the newest first"
              columns={columnsOf(program, asset)}
              rows={data.rows}
              keyOf={({ id }) => id}
              empty="Nothing was posted like this."
            />
            <Pager
              rows={data}
              atNewest={atNewest}
              go={(place) => void navigate({ search: { ...filters, ...place }, resetScroll: false })}
            />
          </>
        )}
      </Asked>
    </Panel>
  );
}

const columnsOf = (program: string, asset: Asset): Column<Posting>[] => [
  { name: 'No.', right: true, wide: true, cell: ({ id }) => grouped(id) },
  { name: 'Period', right: true, cell: ({ period }) => (period === 0 ? '-' : grouped(period)) },
  { name: 'From', wide: true, cell: ({ source, name }) => <Side {...{ program, name }} side={source} /> },
  { name: 'To', wide: true, cell: ({ target, name }) => <Side {...{ program, name }} side={target} /> },
  {
    name: 'From, to',
    narrow: true,
    cell: ({ source, target, name }) => (
      <span className="movement">
        <Side {...{ program, name }} side={source} />
        <br />→ <Side {...{ program, name }} side={target} />
      </span>
    ),
  },
  { name: 'Amount', right: true, cell: ({ amount }) => <Amount units={amount} asset={asset} places /> },
  {
    name: 'Why',
    cell: ({ reason }) => <span className="posting-why">{reasons[reason as keyof typeof reasons] ?? reason}</span>,
  },
  { name: 'Allocation', wide: true, cell: ({ allocation }) => allocation },
];
