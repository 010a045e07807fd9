import type { Flows, PoolFlow } from '../app/flows.ts';
import { formatInstant } from '../core/time/instant.ts';

/** A sum of postings: from one kind of ledger account to another, for one reason. */
export interface FlowLink {
  readonly source: string;
  readonly target: string;
  readonly reason: string;
  readonly amount: bigint;
}

/** Where every unit went, for JSON: by pool, and as sums of postings, which a diagram can be drawn of. */
export function flowsJson({ flows, pools, asOf, ...rest }: Flows) {
  const funding = pools.map(({ pool, funded }) => link('outside', `pool:${pool}`, 'funding', funded));
  const links = flows.flatMap((flow) => linksOf(flow, pools.find(({ pool }) => pool === flow.pool)?.pays));
  return {
    ...rest,
    asOf: { seq: asOf.seq, time: formatInstant(asOf.time) },
    flows,
    // Money comes in for no period.
    links: [...(rest.period === null ? funding : []), ...links].filter(({ amount }) => amount > 0n),
    pools,
  };
}

const link = (source: string, target: string, reason: string, amount: bigint): FlowLink => ({
  ...{ source, target, reason, amount },
});

function linksOf(flow: PoolFlow, pays: 'score' | 'recipients' | undefined): FlowLink[] {
  const pool = `pool:${flow.pool}`;
  const { residual } = flow;
  return [
    link('carried', pool, 'carried', flow.carriedBefore),
    link(pool, 'earners', pays === 'recipients' ? 'direct' : 'payout', flow.paid),
    link('outside', 'earners', 'direct', flow.paidBefore),
    link(pool, 'residual', 'rounding', residual.rounding),
    link(pool, 'residual', 'undelivered', residual.undelivered),
    link(pool, 'residual', 'direct-remainder', residual.directRemainder),
    link(pool, 'residual', 'zero-total', residual.zeroTotal),
    link(pool, 'residual', 'unearned', residual.unearned),
    link(pool, 'carried', 'carried', flow.carriedAfter),
    link('earners', pool, 'reversal', flow.reversed),
  ];
}
