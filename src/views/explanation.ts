import type { CredAbout } from '../app/cred/view.ts';
import type { CredExplanation } from '../app/cred/explain.ts';
import type { CrownExplanation } from '../app/crown/read.ts';
import type { Explanation } from '../app/explain.ts';
import type { SharingExplained } from '../app/explain-sharing.ts';
import { formatRational } from '../core/money/rational.ts';
import { credPeriodJson, personJson } from './cred.ts';
import { roundJson } from './crown.ts';
import { iso, isoOrNull } from './json.ts';
import { plainNames } from './account-names.ts';
import { payoutJson, postingJson } from './ledger.ts';

/** Why an account of a stake-time program gets what it gets, for JSON. */
export function explanationJson(explanation: Explanation) {
  const { start, end, until, intervals, notes, sharing } = explanation;
  return {
    ...explanation,
    start: isoOrNull(start),
    end: end === null ? null : iso(end),
    until: iso(until),
    intervals: intervals.map((interval) => ({
      ...interval,
      from: isoOrNull(interval.from),
      until: iso(interval.until),
      seconds: interval.until - interval.from,
    })),
    notes: notes.map((note) => ({ ...note, at: iso(note.at) })),
    sharing: sharingJson(sharing),
    ...paidOutJson(explanation),
  };
}

/** The same of a crown program. */
export function crownExplanationJson(explanation: CrownExplanation) {
  const { program, account, excluded, explained, conduct, part, division, sharing, zero } = explanation;
  return {
    program,
    account,
    ...roundJson(explanation),
    excluded,
    explained: explained.map((lane) => ({
      ...lane,
      pool: formatRational(lane.pool),
      held: formatRational(lane.held),
      paid: formatRational(lane.paid),
      part: formatRational(lane.part),
      stretches: lane.stretches.map(({ start, end, share, ...stretch }) => ({
        from: iso(start),
        to: iso(end),
        seconds: end - start,
        ...stretch,
        share: formatRational(share),
      })),
    })),
    conduct: formatRational(conduct),
    part: formatRational(part),
    division: division === null ? null : { ...division, remainder: formatRational(division.remainder) },
    sharing: sharingJson(sharing),
    zero,
    ...paidOutJson(explanation),
  };
}

/** The same of a program of contributions. */
export function credExplanationJson(explanation: CredExplanation<CredAbout>) {
  const { view, person, sharing, zero, events, labels } = explanation;
  const reasons = personJson(person, labels);
  const eventOf = (address: string | null): number | null => (address === null ? null : (events.get(address) ?? null));
  return {
    program: view.program,
    ...credPeriodJson(view),
    account: person.id,
    ...reasons,
    contributions: reasons.contributions.map((row) => ({ ...row, event: eventOf(row.address) })),
    edges: reasons.edges.map((row) => ({ ...row, event: eventOf(row.edge) })),
    sharing: sharingJson(sharing),
    zero,
    ...paidOutJson(explanation),
  };
}

/** What was paid, and what was posted for it. */
const paidOutJson = ({ payouts, postings }: Pick<Explanation, 'payouts' | 'postings'>) => ({
  payouts: payouts.map((payout) => payoutJson(payout, plainNames)),
  postings: postings.map((posting) => postingJson(posting, plainNames)),
});

/** How policies shared a window for one account, for a program to read; fractions are exact text. */
export function sharingJson(sharing: SharingExplained | null) {
  return (
    sharing && {
      ...sharing,
      policies: sharing.policies.map(({ earned, entitled, due, rounding, ...policy }) => ({
        ...policy,
        earned: formatRational(earned),
        entitled: entitled === null ? null : formatRational(entitled),
        due: formatRational(due),
        rounding: formatRational(rounding),
      })),
    }
  );
}
