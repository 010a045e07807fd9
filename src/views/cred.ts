import type { CredContribution, CredPerson, CredPersonExplanation } from '../app/cred/read.ts';
import type { CredView } from '../app/cred/view.ts';
import { formatInstant } from '../core/time/instant.ts';
import { iso } from './json.ts';

/** Milliseconds as text. */
export const timeOrNull = (time: number | null): string | null => (time === null ? null : formatInstant(time));

/** Which period an answer about cred is of, for JSON; cred divided by `factor` is what people see. */
export const credPeriodJson = ({ period, status, start, until, reading }: CredView) => ({
  period,
  status,
  from: start === 0 ? null : iso(start),
  to: iso(until),
  factor: reading.scoring.factor,
});

/** What is known of somebody in a period, for JSON. */
export function personJson(person: CredPersonExplanation) {
  return {
    ...person,
    lastActivity: timeOrNull(person.lastActivity),
    intervals: person.intervals.map(({ start, end, score }) => ({
      from: formatInstant(start),
      to: formatInstant(end),
      score,
    })),
    edges: person.edges.map((edge) => ({ ...edge, interval: formatInstant(edge.interval) })),
  };
}

/** Why somebody has its cred of a period, for JSON. */
export const credPersonJson = (view: CredView, why: CredPersonExplanation) => ({
  ...credPeriodJson(view),
  ...personJson(why),
});

/** A person in a list, for JSON. */
export function credRowJson(person: CredPerson) {
  return { ...person, lastActivity: timeOrNull(person.lastActivity) };
}

/** A contribution in a list, with what people call it, for JSON. */
export function credContributionJson(
  row: CredContribution,
  label: { readonly label?: string; readonly url?: string } | undefined,
) {
  return { ...row, time: timeOrNull(row.time), ...label };
}
