import { NotFoundError } from '../../core/errors.ts';
import { sum } from '../../core/money/sum.ts';
import {
  type NeighbourFlow,
  type Passing,
  throughContribution,
  throughParticipant,
} from '../../core/scoring/cred/neighbours.ts';
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

/** Needs the names of edges. `limit`: neighbours to each side. Throws NotFoundError `cred-contribution-unknown`, `account-unknown`. */
export function credNeighbourhood(view: CredView, asked: PlaceAsked, limit: number): CredNeighbourhood {
  const { closing, reading } = view;
  const { scores } = closing;
  const end: End =
    'address' in asked
      ? { kind: 'contribution', id: asked.address }
      : { kind: 'participant', id: personOf(reading.persons, asked.person).id };
  if (scores === null && end.kind === 'contribution') {
    const message = `${end.id} is no contribution of this graph.`;
    throw new NotFoundError('cred-contribution-unknown', message, { id: end.id });
  }
  const through =
    scores === null
      ? nothing
      : end.kind === 'contribution'
        ? throughContribution(scores, end.id)
        : throughParticipant(scores, end.id);
  const place = placeOf(view, end);
  const [passed, minted, returned] = [through.passed, through.minted, through.returned].map((cred) =>
    units(view, cred),
  ) as [bigint, bigint, bigint];
  // A person keeps the whole scores that it is paid by.
  const kept = end.kind === 'participant' ? place.cred : 0n;
  const incoming = neighbours(view, through.incoming, limit);
  const outgoing = neighbours(view, through.outgoing, limit);
  const flow = ({ shown, more }: CredNeighbours): bigint => sum(shown.map((one) => one.flow)) + more.flow;
  return {
    place,
    passed,
    minted,
    incoming,
    kept,
    outgoing,
    returned,
    inRemainder: passed - minted - flow(incoming),
    outRemainder: passed - kept - flow(outgoing) - returned,
  };
}

/** Where there is no cred at all. */
const nothing: Passing = { passed: 0, minted: 0, incoming: [], kept: 0, outgoing: [], returned: 0 };

type End = NeighbourFlow['end'];

function neighbours(view: CredView, flows: readonly NeighbourFlow[], limit: number): CredNeighbours {
  const all = flows.toSorted((a, b) => b.cred - a.cred || (a.end.id < b.end.id ? -1 : 1));
  const rest = all.slice(limit);
  return {
    shown: all.slice(0, limit).map(({ end, cred, edges, edge, direction }) => ({
      ...placeOf(view, end),
      flow: units(view, cred),
      edges,
      edge,
      direction,
    })),
    more: { count: rest.length, flow: sum(rest.map(({ cred }) => units(view, cred))) },
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
