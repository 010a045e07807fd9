import { InvalidInputError } from '../../errors.ts';
import { type Rational, zero } from '../../money/rational.ts';

/** What makes a rule set. `best-rate-tie` and `capacity-band` are two values of it. */
export interface CrownRules {
  /** Who counts as busy: an open count above 0, or a state other than available in the activity machine of the backing. */
  readonly busy: 'count' | 'activity';
  /** How far behind the best quote one still holds, as a part of the best quote; 0: only the best. */
  readonly band: Rational;
  /** How holders share: evenly, or by collateral, capped at what `max` requires. */
  readonly depth: 'even' | 'collateral';
  readonly capacityExponent: number;
  /** Collateral that a leg requires, in ten-thousandths of it, rounded down. */
  readonly requirementBps: bigint;
}

export const bestRateTie: CrownRules = {
  busy: 'count',
  band: zero,
  depth: 'even',
  capacityExponent: 0,
  requirementBps: 0n,
};

export function capacityBand(options: {
  readonly band: Rational;
  readonly capacityExponent: number;
  readonly requirementBps: bigint;
}): CrownRules {
  return { busy: 'activity', depth: 'collateral', ...options };
}

/** One direction that is paid for: which quotes compete, and which way they are better. */
export interface Lane {
  /** The list of quotes, as `rate` events name it. */
  readonly quotes: string;
  /** Whose collateral, activity and bounds the lane reads; null under `best-rate-tie`. */
  readonly backing: string | null;
  readonly higherWins: boolean;
  /** What the bounds are tested with; null: they are not. */
  readonly routing: Routing | null;
}

export interface Routing {
  readonly hub: Chain;
  readonly spoke: Chain;
  /** Whether the participant receives the hub's asset, so that the hub's leg is the one given. */
  readonly fromHub: boolean;
}

export interface Chain {
  readonly decimals: number;
  /** Least amount that can be moved, in the smallest unit. */
  readonly minOnchain: bigint;
}

/** `from-to` in two. Throws InvalidInputError `pair-malformed`. */
export function splitPair(pair: string): { readonly from: string; readonly to: string } {
  const found = /^([^-|]+)-([^-|]+)$/.exec(pair);
  if (found === null || found[1] === found[2]) {
    throw new InvalidInputError('pair-malformed', `Found pair ${JSON.stringify(pair)}; accepted: "from-to".`, { pair });
  }
  return { from: found[1]!, to: found[2]! };
}

/**
 * The lane of a pair under `best-rate-tie`. Quotes are units of the record destination per unit of the record source: the
 * chain that is not `tao`, otherwise the first by code unit; or the first of `hubs` that is one of the two, where there are any
 * (`lane-without-hub`). The higher quote wins where `from` is the source.
 */
export function tieLane(pair: string, hubs: readonly string[] = []): Lane {
  const { from, to } = splitPair(pair);
  const byName = from === 'tao' ? to : to === 'tao' ? from : from < to ? from : to;
  const source = hubs.length === 0 ? byName : anchorHub(from, to, hubs);
  return { quotes: pair, backing: null, higherWins: from === source, routing: null };
}

/** The first of `hubs` that is one of the two chains. Throws InvalidInputError `lane-without-hub`. */
export function anchorHub(from: string, to: string, hubs: readonly string[]): string {
  const hub = hubs.find((hub) => hub === from || hub === to);
  if (hub !== undefined) return hub;
  throw new InvalidInputError('lane-without-hub', `Neither ${from} nor ${to} is a hub; hubs are ${hubs.join(', ')}.`, {
    pair: `${from}-${to}`,
  });
}

/** A lane under `capacity-band`. Throws InvalidInputError `lane-without-hub`, `chain-unknown`. */
export function bandLane(
  { from, to, backing }: { readonly from: string; readonly to: string; readonly backing: string },
  { hubs, chains }: { readonly hubs: readonly string[]; readonly chains: Readonly<Record<string, Chain>> },
): Lane {
  const hub = anchorHub(from, to, hubs);
  const chainOf = (name: string): Chain => {
    const chain = Object.hasOwn(chains, name) ? chains[name] : undefined;
    if (chain !== undefined) return chain;
    const known = Object.keys(chains).join(', ');
    throw new InvalidInputError('chain-unknown', `Found chain ${name}; accepted: ${known}.`, { chain: name });
  };
  const routing = { hub: chainOf(hub), spoke: chainOf(hub === from ? to : from), fromHub: from === hub };
  return { quotes: `${from}-${to}|${backing}`, backing, higherWins: from === hub, routing };
}
