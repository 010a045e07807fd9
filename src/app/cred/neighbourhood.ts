import { NotFoundError } from '../../core/errors.ts';
import { sum } from '../../core/money/sum.ts';
import { type CredEnd, type CredFlow, explainContribution, participantFlows } from '../../core/scoring/cred/explain.ts';
import { kindOf } from './breakdown.ts';
import { personOf, units } from './read.ts';
import type { CredView } from './view.ts';

/** A contribution or a person in the graph. */
export interface CredPlace {
  readonly is: 'contribution' | 'person';
  /** An address, or the id of a person. */
  readonly id: string;
  /** Of a person. */
  readonly name: string | null;
  /** Of a contribution, as `kindOf` says. */
  readonly source: string | null;
  readonly kind: string | null;
  /** Milliseconds; `null`: it has none. */
  readonly time: number | null;
  /** All the cred that a contribution had; what a person has of a lifetime. */
  readonly cred: bigint;
}

/** What goes between a place and a neighbour, over all their edges one way. */
export interface CredNeighbour extends CredPlace {
  readonly flow: bigint;
  /** How many edges, each way of an edge counted; 0: by personal attribution. */
  readonly edges: number;
  /** The one that the most goes over; `null`: by personal attribution. */
  readonly edge: string | null;
  readonly direction: 'forward' | 'backward';
}

export interface CredNeighbours {
  /** The largest flows first. */
  readonly shown: readonly CredNeighbour[];
  /** The others, and what goes between them and the place together. */
  readonly more: { readonly count: number; readonly flow: bigint };
}

/**
 * What gave a place its cred, and where that went, of all time until the end of the period:
 * passed = minted + incoming + `inRemainder` = kept + outgoing + returned + `outRemainder`. Remainders are what rounding down left.
 */
export interface CredNeighbourhood {
  readonly place: CredPlace;
  /** All that came. */
  readonly passed: bigint;
  readonly minted: bigint;
  readonly incoming: CredNeighbours;
  /** What stays with a person, its cred. A contribution keeps nothing. */
  readonly kept: bigint;
  readonly outgoing: CredNeighbours;
  /** Back to where cred is minted. */
  readonly returned: bigint;
  readonly inRemainder: bigint;
  readonly outRemainder: bigint;
}

export type PlaceAsked = { readonly address: string } | { readonly person: string };

/**
 * Needs the names of edges. `limit`: neighbours to each side. Throws NotFoundError `cred-contribution-unknown`, `account-unknown`.
 */
export function credNeighbourhood(view: CredView, asked: PlaceAsked, limit: number): CredNeighbourhood {
  return 'address' in asked ? aroundContribution(view, asked.address, limit) : aroundPerson(view, asked.person, limit);
}

function aroundContribution(view: CredView, address: string, limit: number): CredNeighbourhood {
  const { scores } = view.closing;
  if (scores === null) {
    const message = `${address} is no contribution of this graph.`;
    throw new NotFoundError('cred-contribution-unknown', message, { id: address });
  }
  const found = explainContribution(scores, address);
  const place = placeOf(view, { kind: 'contribution', id: address });
  return balanced({
    place,
    passed: place.cred,
    minted: units(view, found.minted),
    incoming: neighbours(view, over(view, found.incoming, 'from'), limit),
    kept: 0n,
    outgoing: neighbours(view, over(view, found.outgoing, 'to'), limit),
    returned: units(view, found.returned),
  });
}

function aroundPerson(view: CredView, whom: string, limit: number): CredNeighbourhood {
  const { reading, closing } = view;
  const { id } = personOf(reading.persons, whom);
  const place = placeOf(view, { kind: 'participant', id });
  if (closing.scores === null) {
    const none = neighbours(view, [], limit);
    return balanced({ place, passed: 0n, minted: 0n, incoming: none, kept: 0n, outgoing: none, returned: 0n });
  }
  const flows = participantFlows(closing.scores, id);
  const attributed = (list: typeof flows.attributedTo): Over[] =>
    list.map((one) => ({
      end: { kind: 'participant', id: one.id },
      edge: null,
      direction: 'forward',
      flow: units(view, one.cred),
    }));
  const all = [...flows.incoming, ...flows.attributedFrom].reduce((total, { cred }) => total + cred, 0);
  return balanced({
    place,
    passed: units(view, all),
    minted: 0n,
    incoming: neighbours(view, [...over(view, flows.incoming, 'from'), ...attributed(flows.attributedFrom)], limit),
    kept: place.cred,
    outgoing: neighbours(view, [...over(view, flows.outgoing, 'to'), ...attributed(flows.attributedTo)], limit),
    returned: units(view, flows.returned),
  });
}

function balanced(all: Omit<CredNeighbourhood, 'inRemainder' | 'outRemainder'>): CredNeighbourhood {
  const through = ({ shown, more }: CredNeighbours): bigint => sum(shown.map(({ flow }) => flow)) + more.flow;
  return {
    ...all,
    inRemainder: all.passed - all.minted - through(all.incoming),
    outRemainder: all.passed - all.kept - through(all.outgoing) - all.returned,
  };
}

type End = Pick<CredEnd, 'kind' | 'id'>;

interface Over {
  readonly end: End;
  readonly edge: string | null;
  readonly direction: 'forward' | 'backward';
  readonly flow: bigint;
}

const over = (view: CredView, flows: readonly CredFlow[], other: 'from' | 'to'): Over[] =>
  flows.map(({ [other]: end, edge, direction, cred }) => ({ end, edge, direction, flow: units(view, cred) }));

function neighbours(view: CredView, flows: readonly Over[], limit: number): CredNeighbours {
  const byEnd = new Map<string, { end: End; largest: Over; flow: bigint; edges: number }>();
  for (const one of flows) {
    const key = `${one.end.kind} ${one.end.id}`;
    const edges = one.edge === null ? 0 : 1;
    const found = byEnd.get(key);
    if (found === undefined) byEnd.set(key, { end: one.end, largest: one, flow: one.flow, edges });
    else {
      found.flow += one.flow;
      found.edges += edges;
      if (one.flow > found.largest.flow) found.largest = one;
    }
  }
  const all = [...byEnd.values()].toSorted((a, b) =>
    a.flow === b.flow ? (a.end.id < b.end.id ? -1 : 1) : a.flow < b.flow ? 1 : -1,
  );
  const rest = all.slice(limit);
  return {
    shown: all.slice(0, limit).map(({ end, largest: { edge, direction }, flow, edges }) => ({
      ...placeOf(view, end),
      flow,
      edges,
      edge,
      direction,
    })),
    more: { count: rest.length, flow: sum(rest.map(({ flow }) => flow)) },
  };
}

function placeOf(view: CredView, { kind, id }: End): CredPlace {
  const { reading, closing } = view;
  if (kind === 'participant') {
    const p = reading.persons.findIndex((person) => person.id === id);
    const cred = sum(closing.byPeriod[p]!);
    return { is: 'person', id, name: reading.persons[p]!.name, source: null, kind: null, time: null, cred };
  }
  const { input, contribution } = closing.scores!;
  const node = input.graph.nodeIndex.get(id)!;
  const time = input.graph.nodeTime[node]!;
  return {
    is: 'contribution',
    id,
    name: null,
    ...kindOf(id),
    time: Number.isNaN(time) ? null : time,
    cred: units(view, contribution[node]!),
  };
}
