import type { Amount, Asset, Instant } from '../../api/types.ts';

/*
 * Answers of the API about cred, and what pages make of them.
 */

/** What an answer is of. */
export interface CredPeriod {
  readonly period: number;
  readonly status: 'settled' | 'open' | 'running';
  readonly from: Instant | null;
  readonly to: Instant;
  /** Units of a score in one cred. */
  readonly factor: Amount;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  /** Takes no part: its cred pays nothing. */
  readonly excluded: boolean;
  readonly score: Amount;
  readonly lifetime: Amount;
  readonly last_activity: Instant | null;
}

interface KindScore {
  readonly score: Amount;
  readonly lifetime: Amount;
  readonly contributions: number;
}

/** `source` null: all that gave little. */
export interface Source extends KindScore {
  readonly source: string | null;
  readonly kinds: readonly (KindScore & { readonly kind: string | null })[];
}

export interface Sources extends CredPeriod, KindScore {
  readonly sources: readonly Source[];
}

export interface Moment {
  readonly from: Instant;
  readonly to: Instant;
  readonly period: number | null;
  readonly score: Amount;
  readonly kinds: readonly { readonly source: string | null; readonly kind: string | null; readonly score: Amount }[];
}

export interface Contribution {
  readonly address: string;
  readonly time: Instant | null;
  readonly cred: Amount;
  readonly mint: Amount;
  readonly label?: string;
  readonly url?: string;
}

export interface Place {
  readonly is: 'contribution' | 'person';
  readonly id: string;
  readonly name: string | null;
  readonly source: string | null;
  readonly kind: string | null;
  readonly time: Instant | null;
  readonly cred: Amount;
  readonly label?: string;
  readonly url?: string;
}

export interface Neighbour extends Place {
  readonly flow: Amount;
  readonly edges: number;
  readonly edge: string | null;
  readonly direction: 'forward' | 'backward';
}

export interface Side {
  readonly items: readonly Neighbour[];
  readonly more: { readonly count: number; readonly flow: Amount };
}

export interface Neighbourhood extends CredPeriod {
  readonly place: Place;
  readonly passed: Amount;
  readonly minted: Amount;
  readonly incoming: Side;
  readonly kept: Amount;
  readonly outgoing: Side;
  readonly returned: Amount;
  readonly in_remainder: Amount;
  readonly out_remainder: Amount;
}

/** Scores as cred, with all its places; as plain units where the factor is no power of ten. */
export const credAsset = (factor: Amount): Asset =>
  /^10*$/.test(factor)
    ? { symbol: 'cred', decimals: factor.length - 1 }
    : { symbol: `units of 1/${factor} cred`, decimals: 0 };

/** What people call a place. */
export const nameOf = ({ is, id, name, label }: Pick<Place, 'is' | 'id' | 'name' | 'label'>): string =>
  is === 'person' ? `@${name ?? id}` : (label ?? id);

/** What an edge is, as far as its address says: `reviews` of `code/reviews/850`. */
export function edgeKind(edge: string | null): string {
  if (edge === null) return 'left to it by attribution';
  const parts = edge.split('/').map(plain);
  return parts[parts[0] === 'sourcecred' ? 2 : 1] ?? parts[0]!;
}

/** A part of an address as people read it. */
export function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A part of the chart, with its colour. */
export interface Series {
  readonly key: string;
  readonly name: string;
  /** As styles have it. */
  readonly color: string;
  readonly holds: (source: string | null, kind: string | null) => boolean;
}

const seriesMost = 5;
const people = 'people';

/** Colours of what is no source. */
export const colors = { person: 'var(--series-6)', rest: 'var(--quiet)', plain: 'var(--accent)' } as const;

/** Kinds of one source have its colour, each a lighter one. */
const tint = (color: string, nth: number): string =>
  nth === 0 ? color : `color-mix(in oklab, ${color} ${[100, 66, 42, 25, 12][nth] ?? 12}%, var(--surface))`;

/** The name of a source. */
export const sourceName = (source: string | null): string =>
  source === null ? 'all others' : source === people ? 'from people' : plain(source);

/** The colour of a source: the first five by what they gave, people, and one for the rest. */
export function colorOf(sources: readonly Pick<Source, 'source'>[], source: string | null): string {
  if (source === people) return colors.person;
  const place = sources
    .filter((one) => one.source !== null && one.source !== people)
    .findIndex((one) => one.source === source);
  return place < 0 || place >= seriesMost ? colors.rest : `var(--series-${place + 1})`;
}

/** What a chart tells apart: sources, or the kinds of the one that was chosen. The largest of a lifetime first; the last takes what is left. */
export function seriesOf(sources: readonly Source[], chosen: string | undefined): Series[] {
  const only = chosen === undefined ? undefined : sources.find(({ source }) => source === chosen);
  if (only !== undefined) {
    const told = only.kinds.slice(0, seriesMost).map(({ kind }, nth): Series => ({
      key: `kind ${kind}`,
      name: kind === null ? sourceName(only.source) : plain(kind),
      color: tint(colorOf(sources, only.source), nth),
      holds: (source, of) => source === only.source && of === kind,
    }));
    return told.length === only.kinds.length ? told : withRest(told, (source) => source === only.source);
  }
  if (chosen !== undefined) return [];
  const giving = sources.filter(({ lifetime }) => lifetime !== '0');
  const told = giving
    .filter(({ source }) => colorOf(sources, source) !== colors.rest)
    .map(({ source }): Series => ({
      key: `source ${source}`,
      name: sourceName(source),
      color: colorOf(sources, source),
      holds: (of) => of === source,
    }));
  return told.length === giving.length ? told : withRest(told, () => true);
}

/** With one for whatever `all` holds and none of the others. */
const withRest = (told: readonly Series[], all: Series['holds']): Series[] => [
  ...told,
  {
    key: 'rest',
    name: 'all others',
    color: colors.rest,
    holds: (source, kind) => all(source, kind) && !told.some((one) => one.holds(source, kind)),
  },
];

/** A column of the chart: one stretch of time or several. */
export interface Bar {
  readonly from: Instant;
  readonly to: Instant;
  /** The last one that reaches into it; `null`: before the first. */
  readonly period: number | null;
  readonly stretches: number;
  readonly score: bigint;
  /** By series. */
  readonly parts: readonly bigint[];
}

/** At most so many columns: where there are more stretches each column takes the same number of them, the last one what is left. */
export function barsOf(moments: readonly Moment[], series: readonly Series[], most: number): Bar[] {
  const each = Math.max(1, Math.ceil(moments.length / Math.max(1, most)));
  const bars: Bar[] = [];
  for (let at = 0; at < moments.length; at += each) {
    const group = moments.slice(at, at + each);
    const last = group.at(-1)!;
    const parts = series.map(({ holds }) =>
      group
        .flatMap(({ kinds }) => kinds)
        .reduce((sum, { source, kind, score }) => (holds(source, kind) ? sum + BigInt(score) : sum), 0n),
    );
    bars.push({
      from: group[0]!.from,
      to: last.to,
      period: last.period,
      stretches: group.length,
      score: parts.reduce((sum, part) => sum + part, 0n),
      parts,
    });
  }
  return bars;
}
