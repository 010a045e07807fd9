import type { Period } from '../../api/types.ts';
import { residualsOf, residualWords } from './periods.ts';

/** Units that went from one place to another. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly amount: string;
}

export type Kind = 'pool' | 'middle' | 'paid' | 'residual' | 'held';

/** A place that units come from or go to. */
export interface Place {
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
}

/** Where every unit of a settled period went: what came in and what went out add up, which `in` and `out` let anybody see. */
export function flowsOf(record: Period): {
  readonly places: readonly Place[];
  readonly flows: readonly Flow[];
} {
  const middle: Place = { id: 'period', name: `Period ${record.period}`, kind: 'middle' };
  const sources: (readonly [Place, string])[] = record.allocations.map(({ pool, amount }) => [
    { id: `pool:${pool}`, name: pool, kind: 'pool' },
    amount,
  ]);
  const { before = '0', after = '0' } = record.carried ?? {};
  sources.push([{ id: 'before', name: 'Carried in', kind: 'held' }, before]);
  const targets: (readonly [Place, string])[] = [
    [{ id: 'paid', name: 'Accounts', kind: 'paid' }, record.delivered],
    ...residualsOf(record).map(
      ({ reason, amount }) =>
        [{ id: `residual:${reason}`, name: residualWords[reason] ?? reason, kind: 'residual' }, amount] as const,
    ),
    [{ id: 'after', name: 'Carried over', kind: 'held' }, after],
  ];
  const [given, went] = [sources, targets].map((list) => list.filter(([, amount]) => BigInt(amount) > 0n)) as [
    typeof sources,
    typeof targets,
  ];
  // Money of one source needs nothing in between.
  if (given.length === 1) {
    const [source] = given[0]!;
    return {
      places: [source, ...went.map(([place]) => place)],
      flows: went.map(([place, amount]) => ({ from: source.id, to: place.id, amount })),
    };
  }
  return {
    places: [...given.map(([place]) => place), middle, ...went.map(([place]) => place)],
    flows: [
      ...given.map(([place, amount]) => ({ from: place.id, to: middle.id, amount })),
      ...went.map(([place, amount]) => ({ from: middle.id, to: place.id, amount })),
    ],
  };
}
