import type { Amount } from '../../api/types.ts';
import { residualWords, sumOf } from './periods.ts';

/** `/flows`, as far as it is drawn: of a period, or of all so far. */
export interface FlowsAnswer {
  readonly period: number | null;
  readonly flows: readonly {
    readonly pool: string;
    readonly allocated: Amount;
    readonly carried_before: Amount;
    readonly paid: Amount;
    /** By the system that opened the window, before it was taken over; from outside. */
    readonly paid_before: Amount;
    readonly residual: Readonly<Record<string, Amount>>;
    readonly carried_after: Amount;
    readonly to_come: Amount;
    readonly reversed: Amount;
  }[];
  readonly pools: readonly { readonly pool: string; readonly funded: Amount; readonly balance: Amount }[];
}

/** Units that went from one place to another. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly amount: Amount;
}

/** A place that units come from or go to. */
export interface Place {
  readonly id: string;
  readonly name: string;
  readonly kind: 'outside' | 'pool' | 'paid' | 'residual' | 'held' | 'left';
}

const poolPlace = (pool: string): Place => ({ id: `pool:${pool}`, name: pool, kind: 'pool' });
const places = {
  outside: { id: 'outside', name: 'From outside', kind: 'outside' },
  before: { id: 'before', name: 'Carried in', kind: 'held' },
  paid: { id: 'paid', name: 'Accounts', kind: 'paid' },
  paidBefore: { id: 'paid-before', name: 'Accounts, before the take-over', kind: 'paid' },
  after: { id: 'after', name: 'Carried over', kind: 'held' },
  toCome: { id: 'to-come', name: 'Still to be paid', kind: 'left' },
  left: { id: 'left', name: 'Still in the pools', kind: 'left' },
  back: { id: 'back', name: 'Taken back', kind: 'left' },
} as const satisfies Record<string, Place>;
const residualPlace = (reason: string): Place => ({
  id: `residual:${reason}`,
  name: residualWords[reason] ?? reason,
  kind: 'residual',
});

/** What went from where to where, without what is nothing; and what came in and what is accounted for, which are equal. */
export interface Drawn {
  readonly places: readonly Place[];
  readonly flows: readonly Flow[];
  readonly all: bigint;
}

/**
 * What a period had, and where that went: from its pools, and what was carried in, to accounts, residual, what is carried over, and
 * of an open window what is still to be paid. What was taken back later had been paid first.
 */
export function ofPeriod({ flows }: FlowsAnswer): Drawn {
  const links = flows.flatMap((flow) => {
    const pool = poolPlace(flow.pool);
    return [
      link(places.before, pool, flow.carried_before),
      link(pool, places.paid, flow.paid),
      link(pool, places.paidBefore, flow.paid_before),
      ...Object.entries(flow.residual).map(([reason, amount]) => link(pool, residualPlace(reason), amount)),
      link(pool, places.after, flow.carried_after),
      link(pool, places.toCome, flow.to_come),
      link(places.paid, places.back, flow.reversed),
    ];
  });
  const all = sumOf(flows.flatMap(({ allocated, carried_before: before }) => [allocated, before]));
  return drawn(links, flows.map(({ pool }) => poolPlace(pool)), all); // prettier-ignore
}

/** Where all went that ever came from outside; of what was paid without what was taken back. */
export function ofAll({ flows, pools }: FlowsAnswer): Drawn {
  const links = [
    ...pools.map(({ pool, funded }) => link(places.outside, poolPlace(pool), funded)),
    ...flows.flatMap((flow) => {
      const pool = poolPlace(flow.pool);
      return [
        link(places.outside, places.paidBefore, flow.paid_before),
        link(pool, places.paid, String(BigInt(flow.paid) - BigInt(flow.reversed))),
        ...Object.entries(flow.residual).map(([reason, amount]) => link(pool, residualPlace(reason), amount)),
        link(pool, places.after, String(BigInt(flow.carried_after) - BigInt(flow.carried_before))),
      ];
    }),
    ...pools.map(({ pool, balance }) => link(poolPlace(pool), places.left, balance)),
  ];
  const all = sumOf([...pools.map(({ funded }) => funded), ...flows.map((flow) => flow.paid_before)]);
  return drawn(links, pools.map(({ pool }) => poolPlace(pool)), all); // prettier-ignore
}

interface Link {
  readonly from: Place;
  readonly to: Place;
  readonly amount: Amount;
}
const link = (from: Place, to: Place, amount: Amount): Link => ({ from, to, amount });

function drawn(links: readonly Link[], pools: readonly Place[], all: bigint): Drawn {
  const between = new Map<string, Link>();
  for (const { from, to, amount } of links) {
    if (BigInt(amount) <= 0n) continue;
    const key = `${from.id} ${to.id}`;
    const before = between.get(key);
    between.set(key, { from, to, amount: sumOf([amount, before?.amount ?? '0']).toString() });
  }
  const used = new Set([...between.values()].flatMap(({ from, to }) => [from.id, to.id]));
  const order: readonly Place[] = [
    ...[places.outside, places.before],
    ...pools,
    ...[places.paid, places.paidBefore, ...Object.keys(residualWords).map(residualPlace)],
    ...[places.after, places.toCome, places.left, places.back],
  ];
  return {
    places: order.filter(({ id }) => used.has(id)),
    flows: [...between.values()].map(({ from, to, amount }) => ({ from: from.id, to: to.id, amount })),
    all,
  };
}
