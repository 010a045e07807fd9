import type { RateRule } from '../../program.ts';
import type { Validator } from '../../state.ts';
import { valueOf } from './value.ts';

/** Called for each stretch [from, until) of seconds in which a position is worth the same whole `tokens`. */
export type Visit = (from: number, until: number, tokens: bigint) => void;

/**
 * The walk over uniform-state intervals: cuts [from, until) where the validator's rate changes. Everything that is said
 * about a position's score - running totals, closing scores, explanations - is a reader of this one function.
 */
export function walkPosition(
  shares: bigint,
  validator: Validator,
  span: { readonly from: number; readonly until: number },
  rule: RateRule,
  visit: Visit,
): void {
  const { from, until } = span;
  const { rates } = validator;
  let index = rates.length - 1;
  while (index > 0 && rates[index]!.since > from) index -= 1;
  for (let start = from; start < until; index += 1) {
    const next = rates[index + 1];
    const end = next === undefined || next.since >= until ? until : next.since;
    if (end > start) visit(start, end, valueOf(shares, rates[index]!, rule));
    start = end;
  }
}

/** Token-seconds of a position in [from, until): the sum of tokens x seconds over its uniform-state intervals. */
export function scoreBetween(
  shares: bigint,
  validator: Validator,
  from: number,
  until: number,
  rule: RateRule,
): bigint {
  let score = 0n;
  walkPosition(shares, validator, { from, until }, rule, (start, end, tokens) => {
    score += tokens * BigInt(end - start);
  });
  return score;
}
