import type { CredKindScore, CredMoment } from '../app/cred/breakdown.ts';
import type { CredNeighbourhood, CredNeighbours, CredPlace } from '../app/cred/neighbourhood.ts';
import type { CredContribution, CredPerson, CredPersonExplanation } from '../app/cred/read.ts';
import type { CredAbout } from '../app/cred/view.ts';
import { formatRational, rational } from '../core/money/rational.ts';
import { sum } from '../core/money/sum.ts';
import { formatInstant } from '../core/time/instant.ts';
import { iso } from './json.ts';

/** What people call a contribution, where the log says it. */
export type Label = { readonly label?: string; readonly url?: string } | undefined;

/** Milliseconds as text. */
export const timeOrNull = (time: number | null): string | null => (time === null ? null : formatInstant(time));

/** Which period an answer about cred is of, for JSON; cred divided by `factor` is what people see. */
export const credPeriodJson = ({ period, status, start, until, reading }: CredAbout) => ({
  period,
  status,
  from: start === 0 ? null : iso(start),
  to: iso(until),
  factor: reading.scoring.factor,
});

/** What is known of somebody in a period, for JSON. */
export function personJson(person: CredPersonExplanation, labels: ReadonlyMap<string, Label> = new Map()) {
  return {
    ...person,
    lastActivity: timeOrNull(person.lastActivity),
    intervals: person.intervals.map(({ start, end, score }) => ({
      from: formatInstant(start),
      to: formatInstant(end),
      score,
    })),
    contributions: person.contributions.map((row) => ({ ...row, ...labels.get(row.address) })),
    edges: person.edges.map((edge) => ({ ...edge, interval: formatInstant(edge.interval) })),
  };
}

/** Why somebody has its cred of a period, for JSON. */
export const credPersonJson = (about: CredAbout, ...why: Parameters<typeof personJson>) => ({
  ...credPeriodJson(about),
  ...personJson(...why),
});

/** A person in a list, for JSON. */
export function credRowJson(person: CredPerson) {
  return { ...person, lastActivity: timeOrNull(person.lastActivity) };
}

/** A contribution in a list, with what people call it, for JSON. */
export function credContributionJson(row: CredContribution, label: Label) {
  return { ...row, time: timeOrNull(row.time), ...label };
}

/** What gave cred, by source and in each by kind, what gave most first, for JSON. */
export function credSourcesJson(kinds: readonly CredKindScore[]) {
  const bySource = Map.groupBy(kinds, ({ source }) => source);
  const sums = (of: readonly CredKindScore[]) => ({
    score: sum(of.map(({ score }) => score)),
    lifetime: sum(of.map(({ lifetime }) => lifetime)),
    contributions: of.reduce((count, { contributions }) => count + contributions, 0),
  });
  return {
    ...sums(kinds),
    sources: [...bySource]
      .map(([source, of]) => ({
        source,
        ...sums(of),
        kinds: of.map(({ kind, score, lifetime, contributions }) => ({ kind, score, lifetime, contributions })),
      }))
      // All others stand last, however much they come to.
      .toSorted((a, b) => rank(a) - rank(b) || (a.lifetime === b.lifetime ? 0 : a.lifetime < b.lifetime ? 1 : -1)),
  };
}

const rank = ({ source }: { readonly source: string | null }): number => (source === null ? 1 : 0);

/** Cred of an interval or a period, for JSON. */
export const credMomentJson = ({ start, end, ...moment }: CredMoment) => ({
  from: formatInstant(start),
  to: formatInstant(end),
  ...moment,
});

/** Addresses of all contributions in a neighbourhood, for their labels. */
export const addressesIn = ({ place, incoming, outgoing }: CredNeighbourhood): string[] =>
  [place, ...incoming.shown, ...outgoing.shown].flatMap(({ is, id }) => (is === 'contribution' ? [id] : []));

/** What gave a place its cred and where that went, for JSON; shares are exact parts of all that passed. */
export function credNeighbourhoodJson(
  { place, incoming, outgoing, ...sums }: CredNeighbourhood,
  labels: ReadonlyMap<string, Label>,
) {
  const placeJson = <T extends CredPlace>(one: T) => ({
    ...one,
    time: timeOrNull(one.time),
    ...(one.is === 'contribution' ? labels.get(one.id) : undefined),
  });
  const share = (flow: bigint): string => (sums.passed === 0n ? '0' : formatRational(rational(flow, sums.passed)));
  const side = ({ shown, more }: CredNeighbours) => ({
    items: shown.map((one) => ({ ...placeJson(one), share: share(one.flow) })),
    more: { ...more, share: share(more.flow) },
  });
  return { place: placeJson(place), ...sums, incoming: side(incoming), outgoing: side(outgoing) };
}
