import { Link } from '@tanstack/react-router';
import type { Asset, Program } from '../../api/types.ts';
import { grouped } from '../../lib/amount.ts';
import { reasons } from '../../router.tsx';
import { Amount } from '../../ui/Amount.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Side } from '../ledger/Side.tsx';
import '../ledger/ledger.css';
import type { Explanation, Posting } from './types.ts';

/** The postings that it came by. */
export function Delivered({
  program: { program, asset },
  explanation,
}: {
  program: Program;
  explanation: Explanation;
}) {
  const { postings, period, payouts } = explanation;
  const [first] = payouts;
  if (postings.length === 0 || first === undefined) return null;
  const name = 'name' in explanation ? explanation.name : undefined;
  return (
    <>
      <h3>Postings</h3>
      <Table
        caption="Postings of the period"
        columns={columnsOf(program, asset, name)}
        rows={postings}
        keyOf={({ id }) => id}
      />
      <p>
        <Link to="/programs/$program/ledger" params={{ program }} search={{ account: first.account, period }}>
          In the ledger
        </Link>
      </p>
    </>
  );
}

const columnsOf = (program: string, asset: Asset, name: string | undefined): Column<Posting>[] => [
  { name: 'No.', right: true, wide: true, cell: ({ id }) => grouped(id) },
  { name: 'From', cell: ({ source }) => <Side {...{ program, name }} side={source} /> },
  { name: 'To', cell: ({ target }) => <Side {...{ program, name }} side={target} /> },
  { name: 'Amount', right: true, cell: ({ amount }) => <Amount units={amount} asset={asset} places /> },
  { name: 'Why', cell: ({ reason }) => reasons[reason as keyof typeof reasons] ?? reason },
];
