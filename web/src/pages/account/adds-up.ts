import { fractionOf } from '../../lib/score.ts';
import type { CredExplanation, CrownExplanation, Explanation, StakeExplanation } from './types.ts';

const sum = (values: readonly string[]): bigint => values.reduce((all, value) => all + BigInt(value), 0n);

interface Fraction {
  readonly above: bigint;
  readonly below: bigint;
}
export const times = (a: Fraction, b: Fraction): Fraction => ({ above: a.above * b.above, below: a.below * b.below });
export const plus = (a: Fraction, b: Fraction): Fraction => ({
  above: a.above * b.below + b.above * a.below,
  below: a.below * b.below,
});
const same = (a: Fraction, b: Fraction): boolean => a.above * b.below === b.above * a.below;
const none: Fraction = { above: 0n, below: 1n };

/** Seconds of a lane that somebody held, shared: the sum of its stretches, exact. */
export const heldIn = (stretches: readonly { readonly seconds: number; readonly share: string }[]): Fraction =>
  stretches.reduce(
    (all, { seconds, share }) => plus(all, times(fractionOf(share), { above: BigInt(seconds), below: 1n })),
    none,
  );

/** Whether the lines of an explanation come to what was paid, added up here once more; `null`: nothing was paid by score. */
export function addsUp(explanation: Explanation): boolean | null {
  const paid = explanation.payouts.find(({ reason }) => reason !== 'direct');
  if (paid === undefined) return null;
  const { sharing, postings } = explanation;
  const delivered = BigInt(paid.restaked) + BigInt(paid.liquid);
  const posted = sum(
    postings
      .filter(({ allocation, reason }) => allocation === paid.pool && reason === 'payout')
      .map((one) => one.amount),
  );
  const due =
    sharing === null
      ? dividedRight(explanation, paid.due)
      : sum(sharing.policies.map(({ amount }) => amount)) === BigInt(sharing.share) &&
        BigInt(sharing.share) + BigInt(sharing.owed_before) === BigInt(sharing.paid) + BigInt(sharing.owed) &&
        sharing.paid === paid.due;
  // What could not be delivered was due and not paid.
  const whole = paid.reason === 'no-stake' ? delivered === 0n : delivered === BigInt(paid.due);
  return due && whole && posted === delivered && scoredRight(explanation, paid.score);
}

function dividedRight(explanation: Explanation, due: string): boolean {
  if (!('division' in explanation) || explanation.division === null) return false;
  const { division } = explanation;
  if ('total' in division) {
    const { amount, total, remainder } = division;
    const product = BigInt(amount) * BigInt((explanation as StakeExplanation).score);
    return division.due === due && product === BigInt(due) * BigInt(total) + BigInt(remainder);
  }
  const { amount, remainder } = division;
  const part = times(fractionOf((explanation as CrownExplanation).part), { above: BigInt(amount), below: 1n });
  return division.due === due && same(part, plus({ above: BigInt(due), below: 1n }, fractionOf(remainder)));
}

function scoredRight(explanation: Explanation, score: string): boolean {
  if ('intervals' in explanation && 'notes' in explanation) {
    const { intervals } = explanation;
    const each = intervals.every(
      (one) => one.seconds === 0 || BigInt(one.tokens) * BigInt(one.seconds) === BigInt(one.score),
    );
    return each && sum(intervals.map((one) => one.score)) === BigInt(score) && explanation.score === score;
  }
  if ('explained' in explanation) {
    const parts = explanation.explained.map(({ part }) => fractionOf(part));
    const held = explanation.explained.every((lane) => same(heldIn(lane.stretches), fractionOf(lane.held)));
    return held && same(parts.reduce(plus, none), fractionOf(explanation.part));
  }
  const { contributions, more, remainder } = explanation as CredExplanation;
  const all = [...contributions.map((one) => one.score), more.contributions.sum, remainder];
  return sum(all) === BigInt(score);
}
