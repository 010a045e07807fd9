import { Fragment, type ReactNode } from 'react';
import type { Asset } from '../../api/types.ts';
import { Amount } from '../../ui/Amount.tsx';

/** What a pool owes, by what it is multiplied and divided, what is due of it, and what rounding down left. */
export function Division({
  division: { pool, amount, due },
  asset,
  factors,
  remainder,
}: {
  division: { readonly pool: string; readonly amount: string; readonly due: string };
  asset: Asset;
  factors: Readonly<Record<string, ReactNode>>;
  remainder: ReactNode;
}) {
  return (
    <dl className="equation">
      <dt>{pool} owes</dt>
      <dd>
        <Amount units={amount} asset={asset} />
      </dd>
      {Object.entries(factors).map(([name, factor]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{factor}</dd>
        </Fragment>
      ))}
      <dt className="result">= due, rounded down to the unit</dt>
      <dd className="result">
        <Amount units={due} asset={asset} />
      </dd>
      <dt>what rounding down left, of a unit</dt>
      <dd>{remainder}</dd>
    </dl>
  );
}
