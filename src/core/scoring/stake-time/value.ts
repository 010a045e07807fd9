import type { RateRule } from '../../program.ts';
import type { Rate, Validator } from '../../state.ts';

/** Decimals are integers scaled by this: 18 places, as the Cosmos SDK has them. */
export const ONE = 10n ** 18n;

/** One token for one share. What a validator has that nobody delegates to. */
export const PAR: { readonly tokens: bigint; readonly perShares: bigint } = { tokens: 1n, perShares: ONE };

/**
 * Whole tokens that `shares` (scaled by 10^18) are worth at `rate`.
 *
 * `floor`: shares x tokens / perShares, one exact division, rounded down once (the SDK's TokensFromSharesTruncated and
 * TruncateInt). `sdk`: the quotient floored to 36 places, rounded half to even at 18, then floored to whole tokens (the
 * SDK's TokensFromShares and TruncateInt). Source: shared/data/stake/README.md, "Rounding".
 */
export function valueOf(shares: bigint, rate: Rate, rule: RateRule): bigint {
  if (rule === 'floor') return (shares * rate.tokens) / rate.perShares;
  const places36 = (shares * rate.tokens * ONE * ONE) / rate.perShares;
  return roundHalfEven(places36) / ONE;
}

/** Drops 18 places, ties to the even neighbour. */
function roundHalfEven(value: bigint): bigint {
  const floor = value / ONE;
  const rest = (value % ONE) * 2n;
  return rest > ONE || (rest === ONE && (floor & 1n) === 1n) ? floor + 1n : floor;
}

/** Shares (scaled by 10^18) that `tokens` buy at `rate`, rounded down at 18 places. The rate's tokens must not be 0. */
export function sharesFor(tokens: bigint, rate: Rate): bigint {
  return (tokens * rate.perShares) / rate.tokens;
}

/** The rate in force from the newest change on. */
export function presentRate(validator: Validator): Rate {
  return validator.rates[validator.rates.length - 1]!;
}

/** The same rate in lowest terms, so that repeated slashes do not grow it without need. */
export function reduced(tokens: bigint, perShares: bigint): { tokens: bigint; perShares: bigint } {
  let [a, b] = [tokens, perShares];
  while (b !== 0n) [a, b] = [b, a % b];
  return { tokens: tokens / a, perShares: perShares / a };
}
