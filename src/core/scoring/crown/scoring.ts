import {
  amountOf,
  choiceOf,
  countOf,
  listOf,
  nameOf,
  objectOf,
  onlyFields,
  type Raw,
  refusal,
  secondIn,
} from '../../events/read-field.ts';
import {
  formatRational,
  multiply,
  one,
  parseRational,
  rational,
  type Rational,
  rationalOf,
} from '../../money/rational.ts';
import type { Scoring } from '../../program.ts';
import { lanePools, type Volume } from './rounds.ts';
import {
  bandLane,
  bestRateTie,
  capacityBand,
  type Chain,
  type CrownRules,
  type Lane,
  splitPair,
  tieLane,
} from './rules.ts';

export const crownRuleSets = ['best-rate-tie', 'capacity-band'] as const;

/**
 * The rules of a crown program as data, as they are stored: rationals as text in lowest terms, amounts as digits. The time
 * axis of facts and windows is whole seconds; `block` says how a block axis lies on it.
 */
export interface CrownScoring {
  readonly model: 'crown';
  readonly rules: (typeof crownRuleSets)[number];
  /** Block 0 begins at second `zero`, each takes `seconds`. For sources and answers in blocks; `null`: there are none. */
  readonly block: { readonly zero: number; readonly seconds: number } | null;
  /** Every direction that is paid for, `from-to`, with its part of the allocation; `null`: by cleared volume (`volume`). */
  readonly directions: readonly { readonly direction: string; readonly share: string | null }[];
  /** Rewards are multiplied by (completed / all) ^ exponent, of outcomes of the last so many seconds; `null`: they are not. */
  readonly success: { readonly exponent: number; readonly seconds: number } | null;
  /**
   * Under `best-rate-tie`: the first of these that is one of a pair's chains is the record source of its quotes. Empty: the
   * chain that is not `tao`, otherwise the first by code unit.
   */
  readonly anchors: readonly string[];
  /** What only `capacity-band` has. */
  readonly band: {
    /** In order: the first that is one of a pair's chains is its anchor. */
    readonly hubs: readonly string[];
    readonly chains: readonly { readonly name: string; readonly decimals: number; readonly minOnchain: string }[];
    readonly width: string;
    readonly capacityExponent: number;
    readonly requirementBps: number;
    /** Pools by volume: the whole of them, the part that goes by volume, over so many seconds before the boundary. */
    readonly volume: { readonly minerShare: string; readonly alpha: string; readonly seconds: number } | null;
    readonly candidates: { readonly minSuccesses: number; readonly maxFailures: number } | null;
  } | null;
}

const common = ['model', 'rules', 'block', 'directions', 'success'];
const ofBand = [
  'hubs',
  'chains',
  'band',
  'capacity_exponent',
  'requirement_bps',
  'miner_share',
  'alpha',
  'volume_seconds',
  'candidates',
];

/**
 * The scoring of a crown program from the keys of prorata.yaml or of a `rules` event; `field` is where they stand. Throws
 * InvalidInputError with the path in `field`: `event-field-missing`, `event-field-invalid`, `event-field-unknown`,
 * `pair-malformed`, `lane-without-hub`, `chain-unknown`, `direction-duplicate`, `directions-above-one`.
 */
export function parseCrownScoring(value: unknown, field: string): CrownScoring {
  const raw = objectOf(value, field);
  const rules = choiceOf(raw['rules'], `${field}.rules`, crownRuleSets);
  const isBand = rules === 'capacity-band';
  onlyFields(raw, field, isBand ? [...common, ...ofBand] : [...common, 'hubs']);
  const scoring: CrownScoring = {
    model: 'crown',
    rules,
    block: raw['block'] === undefined ? null : blockOf(raw['block'], `${field}.block`),
    directions: directionsOf(raw['directions'], `${field}.directions`, isBand),
    success: raw['success'] === undefined ? null : successOf(raw['success'], `${field}.success`),
    anchors: isBand || raw['hubs'] === undefined ? [] : hubsIn(raw, field),
    band: isBand ? bandOf(raw, field) : null,
  };
  crownModelOf(scoring); // what a lane needs and does not have is found here
  return scoring;
}

function blockOf(value: unknown, field: string): NonNullable<CrownScoring['block']> {
  const raw = objectOf(value, field);
  onlyFields(raw, field, ['zero', 'seconds']);
  return {
    zero: secondIn(raw['zero'], `${field}.zero`),
    seconds: countOf(raw['seconds'], `${field}.seconds`, 1, 86_400),
  };
}

function successOf(value: unknown, field: string): NonNullable<CrownScoring['success']> {
  const raw = objectOf(value, field);
  onlyFields(raw, field, ['exponent', 'seconds']);
  return {
    exponent: countOf(raw['exponent'], `${field}.exponent`, 0, 64),
    seconds: countOf(raw['seconds'], `${field}.seconds`, 0, 4_000_000_000),
  };
}

/** A mapping from directions to parts of the allocation, or (pools by volume) a list of directions. */
function directionsOf(value: unknown, field: string, isBand: boolean): CrownScoring['directions'] {
  if (Array.isArray(value) && isBand) {
    const directions = value.map((item, index) => directionIn(item, `${field}[${index}]`));
    const twice = directions.find((direction, index) => directions.indexOf(direction) !== index);
    if (twice !== undefined || directions.length === 0) {
      const found = twice ?? 'none';
      throw refusal(
        'direction-duplicate',
        field,
        found,
        'not a list of different directions',
        'each direction once, at least one',
      );
    }
    return directions.map((direction) => ({ direction, share: null }));
  }
  const shares = Object.entries(objectOf(value, field)).map(([name, share]) => ({
    direction: directionIn(name, `${field}.${name}`),
    share: formatRational(partOf(share, `${field}.${name}`)),
  }));
  const sum = shares.reduce((all, { share }) => addText(all, share), rational(0n));
  if (shares.length === 0 || sum.numerator > sum.denominator) {
    throw refusal(
      'directions-above-one',
      field,
      formatRational(sum),
      'their sum',
      'parts of the whole that add up to at most 1',
    );
  }
  return shares;
}

const addText = (sum: Rational, text: string): Rational => {
  const part = rationalOf(text);
  return rational(
    sum.numerator * part.denominator + part.numerator * sum.denominator,
    sum.denominator * part.denominator,
  );
};

function directionIn(value: unknown, field: string): string {
  const direction = nameOf(value, field);
  splitPair(direction);
  return direction;
}

/** A rational from 0 to 1. */
function partOf(value: unknown, field: string): Rational {
  const text = typeof value === 'number' ? String(value) : value;
  const part = typeof text === 'string' ? parseRational(text) : null;
  if (part !== null && part.numerator >= 0n && part.numerator <= part.denominator) return part;
  throw refusal(
    'event-field-invalid',
    field,
    value,
    'not a part',
    'a decimal from "0" to "1" such as "0.40", or a quotient such as "1/3"',
  );
}

const hubsIn = (raw: Raw, field: string): string[] =>
  listOf(raw['hubs'], `${field}.hubs`).map((hub, index) => nameOf(hub, `${field}.hubs[${index}]`));

function bandOf(raw: Raw, field: string): NonNullable<CrownScoring['band']> {
  const hubs = hubsIn(raw, field);
  const chains = Object.entries(objectOf(raw['chains'], `${field}.chains`)).map(([name, value]) => {
    const path = `${field}.chains.${name}`;
    const chain = objectOf(value, path);
    onlyFields(chain, path, ['decimals', 'min_onchain']);
    return {
      name,
      decimals: countOf(chain['decimals'], `${path}.decimals`, 0, 36),
      minOnchain: `${amountOf(chain['min_onchain'] ?? '0', `${path}.min_onchain`)}`,
    };
  });
  const byVolume = Array.isArray(raw['directions']);
  return {
    hubs,
    chains,
    width: formatRational(partOf(raw['band'], `${field}.band`)),
    capacityExponent: countOf(raw['capacity_exponent'], `${field}.capacity_exponent`, 0, 64),
    requirementBps: countOf(raw['requirement_bps'], `${field}.requirement_bps`, 0, 10_000_000),
    volume: byVolume
      ? {
          minerShare: formatRational(partOf(raw['miner_share'] ?? '1', `${field}.miner_share`)),
          alpha: formatRational(partOf(raw['alpha'] ?? '0', `${field}.alpha`)),
          seconds: countOf(raw['volume_seconds'] ?? 86_400, `${field}.volume_seconds`, 0, 4_000_000_000),
        }
      : null,
    candidates: raw['candidates'] === undefined ? null : candidatesOf(raw['candidates'], `${field}.candidates`),
  };
}

function candidatesOf(value: unknown, field: string): { minSuccesses: number; maxFailures: number } {
  const raw = objectOf(value, field);
  onlyFields(raw, field, ['min_successes', 'max_failures']);
  return {
    minSuccesses: countOf(raw['min_successes'], `${field}.min_successes`, 0),
    maxFailures: countOf(raw['max_failures'], `${field}.max_failures`, 0),
  };
}

/** Exact inverse of parseCrownScoring; keys in a fixed order, so that JSON.stringify of it is canonical. */
export function crownScoringToFile(scoring: CrownScoring): Record<string, unknown> & { readonly model: 'crown' } {
  const { rules, block, directions, success, anchors, band } = scoring;
  const byVolume = band?.volume ?? null;
  return {
    model: 'crown',
    rules,
    ...(block === null ? {} : { block: { zero: block.zero, seconds: block.seconds } }),
    directions:
      byVolume !== null
        ? directions.map(({ direction }) => direction)
        : Object.fromEntries(directions.map(({ direction, share }) => [direction, share])),
    ...(success === null ? {} : { success: { exponent: success.exponent, seconds: success.seconds } }),
    ...(anchors.length === 0 ? {} : { hubs: anchors }),
    ...(band === null
      ? {}
      : {
          hubs: band.hubs,
          chains: Object.fromEntries(
            band.chains.map(({ name, decimals, minOnchain }) => [name, { decimals, min_onchain: minOnchain }]),
          ),
          band: band.width,
          capacity_exponent: band.capacityExponent,
          requirement_bps: band.requirementBps,
          ...(byVolume === null
            ? {}
            : { miner_share: byVolume.minerShare, alpha: byVolume.alpha, volume_seconds: byVolume.seconds }),
          ...(band.candidates === null
            ? {}
            : {
                candidates: {
                  min_successes: band.candidates.minSuccesses,
                  max_failures: band.candidates.maxFailures,
                },
              }),
        }),
  };
}

/** What walks: the rules, and every lane with its name and its part of the allocation, in the order of the directions. */
export interface CrownModel {
  readonly rules: CrownRules;
  readonly lanes: readonly { readonly name: string; readonly direction: string; readonly lane: Lane }[];
}

export function crownModelOf({ rules, directions, anchors, band }: CrownScoring): CrownModel {
  if (band === null || rules === 'best-rate-tie') {
    const lanes = directions.map(({ direction }) => ({
      name: direction,
      direction,
      lane: tieLane(direction, anchors),
    }));
    return { rules: bestRateTie, lanes };
  }
  const chains: Record<string, Chain> = {};
  for (const { name, decimals, minOnchain } of band.chains) chains[name] = { decimals, minOnchain: BigInt(minOnchain) };
  const lanes = directions.flatMap(({ direction }) =>
    backingsOf(direction, band.hubs).map((backing) => {
      const lane = bandLane({ ...splitPair(direction), backing }, { hubs: band.hubs, chains });
      return { name: lane.quotes, direction, lane };
    }),
  );
  // A direction without any hub among its chains has no lane at all: say so rather than leave it unpaid.
  for (const { direction } of directions)
    bandLane({ ...splitPair(direction), backing: '' }, { hubs: band.hubs, chains });
  const capacity = {
    band: rationalOf(band.width),
    capacityExponent: band.capacityExponent,
    requirementBps: BigInt(band.requirementBps),
  };
  return { rules: capacityBand(capacity), lanes };
}

/** The hubs of a direction, in the order of the hubs: it has one lane for each. */
export function backingsOf(direction: string, hubs: readonly string[]): string[] {
  const { from, to } = splitPair(direction);
  return hubs.filter((hub) => hub === from || hub === to);
}

/** Each lane's part of the allocation, by the lane's name; `volumes` are those of the time that counts. */
export function poolsOf(scoring: CrownScoring, volumes: readonly Volume[]): ReadonlyMap<string, Rational> {
  const { directions, band } = scoring;
  if (band?.volume) {
    return lanePools({
      directions: directions.map(({ direction }) => direction),
      volumes,
      hubs: band.hubs,
      minerShare: rationalOf(band.volume.minerShare),
      alpha: rationalOf(band.volume.alpha),
    });
  }
  const pools = new Map<string, Rational>();
  for (const { direction, share } of directions) {
    const whole = share === null ? one : rationalOf(share);
    if (band === null) pools.set(direction, whole);
    else {
      const backings = backingsOf(direction, band.hubs);
      for (const backing of backings) {
        pools.set(`${direction}|${backing}`, multiply(whole, rational(1n, BigInt(backings.length))));
      }
    }
  }
  return pools;
}

/** The second at which a block begins. */
export const secondOfBlock = ({ zero, seconds }: NonNullable<CrownScoring['block']>, block: number): number =>
  zero + block * seconds;

/** The scoring of a program in a line, for people. */
export function scoringText(scoring: Scoring): string {
  if (scoring.model === 'stake-time') return `${scoring.model} (rate ${scoring.rate})`;
  if (scoring.model === 'cred') return `${scoring.model}, ${scoring.interval}, ${scoring.factor} units a cred`;
  return `${scoring.model}, ${scoring.rules}, ${crownModelOf(scoring)
    .lanes.map(({ name }) => name)
    .join(', ')}`;
}
