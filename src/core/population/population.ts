import type { Delegate, ProrataEvent, ValidatorSet } from '../events/event.ts';
import { Prng } from './prng.ts';

/** A made-up population of stakers: for the demo, `compare` and the benchmarks. Everything follows from these figures. */
export interface PopulationOptions {
  readonly seed: number;
  readonly accounts: number;
  readonly validators: number;
  /**
   * `ordered` (default): names ascend by their bytes in the order in which accounts appear, as in a snapshot sorted by
   * address. `scattered`: names have nothing to do with that order, as after years of events.
   */
  readonly names?: 'ordered' | 'scattered';
  /** Instants between which the events lie, milliseconds: validators at the first, delegations spread evenly up to the second. */
  readonly from: number;
  readonly until: number;
}

/** As many accounts as an ordered name can count (32^5 - 1). */
export const populationAccountsMax = 33_554_431;

/** Digits of an address, in the order of their bytes. */
const digits = '023456789acdefghjklmnpqrstuvwxyz';

/** Out of 1,000 accounts so many hold at most 10^n tokens (of 10^6 units): most are small, few are whales. */
const sizes = [
  { perMille: 350, tokensMax: 10 },
  { perMille: 330, tokensMax: 100 },
  { perMille: 200, tokensMax: 1000 },
  { perMille: 90, tokensMax: 10_000 },
  { perMille: 24, tokensMax: 100_000 },
  { perMille: 5, tokensMax: 1_000_000 },
  { perMille: 1, tokensMax: 10_000_000 },
] as const;

/** Out of 1,000 accounts so many stake with 2, 3 and 4 validators; the rest with one. */
const spreads = [
  { perMille: 120, positions: 2 },
  { perMille: 50, positions: 3 },
  { perMille: 30, positions: 4 },
] as const;

/** How many `delegate` events there are for so many accounts, on average. */
export const positionsPerAccount =
  1 + spreads.reduce((sum, { perMille, positions }) => sum + (perMille * (positions - 1)) / 1000, 0);

/** Name of the validator with this number, from 1. */
export function validatorName(number: number): string {
  return `val${String(number).padStart(3, '0')}`;
}

/** Name of the account with this number, from 1: 43 bytes, as long as an address of a Cosmos chain. */
export function accountName(
  { seed, names = 'ordered' }: Pick<PopulationOptions, 'seed' | 'names'>,
  number: number,
): string {
  const random = new Prng(seed ^ Math.imul(number, 0x9e3779b1));
  let tail = '';
  for (let word = 0; word < 7; word += 1) {
    for (let bits = random.next(), digit = 0; digit < 5; digit += 1, bits >>>= 5) tail += digits[bits & 31];
  }
  const count = countName(number);
  return names === 'ordered'
    ? `acct1${count}${tail.slice(0, 33)}`
    : `acct1${tail.slice(0, 28)}${count}${tail.slice(28, 33)}`;
}

/** Five digits, ascending by bytes as the numbers do, and different for each: so are the names. */
function countName(number: number): string {
  let text = '';
  for (let rest = number, place = 0; place < 5; place += 1, rest >>>= 5) text = digits[rest & 31] + text;
  return text;
}

/**
 * The population as events in the order of time: every validator (one in eight was slashed before: its shares are worth less), then account by
 * account its 1 to 4 delegations, amounts in units of 10^-6 token and odd to the last unit.
 */
export function* populationEvents(options: PopulationOptions): Generator<ValidatorSet | Delegate> {
  const { seed, accounts, validators, from, until } = options;
  const random = new Prng(seed);
  for (let number = 1; number <= validators; number += 1) {
    yield validatorSet(number, from, random);
  }
  const total = BigInt(accounts);
  const stretch = BigInt(until - from);
  for (let number = 1; number <= accounts; number += 1) {
    const account = accountName(options, number);
    const time = from + Number((stretch * BigInt(number)) / total);
    const first = random.below(validators);
    const count = Math.min(positionsOf(random), validators);
    for (let nth = 0; nth < count; nth += 1) {
      const validator = validatorName(((first + nth) % validators) + 1);
      yield {
        kind: 'delegate',
        key: `delegate-${number}-${nth + 1}`,
        time,
        account,
        validator,
        amount: amountOf(random),
      };
    }
  }
}

/** Of 10^12 shares, a whole number of tokens: at par, or up to 5 % less. */
function validatorSet(number: number, time: number, random: Prng): ValidatorSet {
  const shares = 10n ** 12n;
  const tokens = random.below(8) === 0 ? shares - (shares / 1000n) * BigInt(1 + random.below(50)) : shares;
  const validator = validatorName(number);
  return {
    kind: 'validator-set',
    key: `validator-${number}`,
    time,
    validator,
    tokens,
    shares: shares * 10n ** 18n,
    jailed: false,
  };
}

function positionsOf(random: Prng): number {
  let left = random.below(1000);
  for (const { perMille, positions } of spreads) {
    if (left < perMille) return positions;
    left -= perMille;
  }
  return 1;
}

function amountOf(random: Prng): bigint {
  let left = random.below(1000);
  for (const { perMille, tokensMax } of sizes) {
    if (left < perMille) {
      const units = BigInt(tokensMax) * 1_000_000n;
      const noise = (BigInt(random.next()) << 32n) | BigInt(random.next());
      return units / 10n + (noise % (units - units / 10n)) + 1n;
    }
    left -= perMille;
  }
  return 1n;
}

/** Groups events for `ingest`, so that a large population never lies in memory whole. */
export function* inChunks<T extends ProrataEvent>(events: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = [];
  for (const event of events) {
    chunk.push(event);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
