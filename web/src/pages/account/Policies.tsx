import type { Asset } from '../../api/types.ts';
import { grouped } from '../../lib/amount.ts';
import { decimal } from '../../lib/score.ts';
import { Amount, Exact } from '../../ui/Amount.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import type { PolicyLine, Sharing } from './types.ts';
import { policyWords } from './words.ts';

/** What each policy gave, and what became of it. */
export function Policies({ sharing, asset }: { sharing: Sharing; asset: Asset }) {
  const { policies, share, owed_before: before, paid, owed, waits_for: waits } = sharing;
  return (
    <>
      <h3>Share, policy by policy</h3>
      <Table
        caption="What each policy gave"
        columns={columnsOf(asset)}
        rows={policies}
        keyOf={(_, nth) => nth}
        empty="No policy gave it anything."
        foot={['Together', '', '', '', '', <Amount key="share" units={share} asset={asset} places />]}
      />
      {(before !== '0' || owed !== '0') && (
        <dl className="equation">
          <dt>its share</dt>
          <dd>
            <Amount units={share} asset={asset} />
          </dd>
          <dt>+ what was owed before</dt>
          <dd>
            <Amount units={before} asset={asset} />
          </dd>
          <dt className="result">= paid</dt>
          <dd className="result">
            <Amount units={paid} asset={asset} />
          </dd>
          <dt>
            + still owed
            {waits !== null && (waits === 'minimum' ? ', until it is as much as the minimum' : ', until it is active')}
          </dt>
          <dd>
            <Amount units={owed} asset={asset} />
          </dd>
        </dl>
      )}
    </>
  );
}

const Fraction = ({ text }: { text: string }) => (
  <Exact value={text} says="exactly">
    {decimal(text, 2)}
  </Exact>
);

const columnsOf = (asset: Asset): Column<PolicyLine>[] => [
  {
    name: 'Policy',
    cell: ({ policy, memo, lookback }) => (
      <>
        {policyWords[policy] ?? policy}
        {memo !== undefined && `, for ${memo}`}
        {lookback !== undefined && lookback > 0 && policy !== 'balanced' && ` (${lookback})`}
      </>
    ),
  },
  { name: 'It shares', right: true, wide: true, cell: ({ budget }) => <Amount units={budget} asset={asset} /> },
  {
    name: 'By',
    right: true,
    wide: true,
    cell: ({ earned, entitled, paid_before: before, policy }) => (
      <>
        <Fraction text={earned} />
        {entitled !== null && policy === 'balanced' && (
          <span className="unit">
            {' '}
            fair: <Fraction text={entitled} />, had{' '}
            <Exact value={before} says="smallest units">
              {grouped(before)}
            </Exact>
          </span>
        )}
      </>
    ),
  },
  { name: 'Due, of units', right: true, cell: ({ due }) => <Fraction text={due} /> },
  {
    name: 'Rounding',
    right: true,
    wide: true,
    cell: ({ rounding, capped }) => (
      <>
        <Fraction text={rounding} />
        {capped && ' (capped)'}
      </>
    ),
  },
  { name: 'Gives', right: true, cell: ({ amount }) => <Amount units={amount} asset={asset} places /> },
];
