import { InvalidInputError } from '../../errors.ts';
import type { Rational } from '../../money/rational.ts';

/** One line of a weight vector: a participant's number, and its integer weight. */
export interface Weight {
  readonly uid: number;
  readonly weight: bigint;
}

/**
 * A round as a vector of integer weights that add up to `total` exactly, ascending by uid, zeros included: each part times
 * the total, rounded down; what that leaves goes one each to the largest remainders, equal ones to the smaller uid. What
 * nobody earned is the part of `recycle`.
 *
 * Throws InvalidInputError `uid-duplicate` (a uid or an account twice), `uid-missing` (an account that earned and has none),
 * `uid-unknown` (`recycle` is no uid), `weights-total`.
 */
export function weightsOf({
  parts,
  uids,
  total,
  recycle,
}: {
  readonly parts: ReadonlyMap<string, Rational>;
  readonly uids: readonly (readonly [uid: number, account: string])[];
  readonly total: bigint;
  readonly recycle: number;
}): Weight[] {
  if (total <= 0n)
    throw new InvalidInputError('weights-total', `Found a total of ${total}; accepted: a whole number above 0.`);
  const byAccount = uidsByAccount(uids);
  if (!uids.some(([uid]) => uid === recycle)) {
    throw new InvalidInputError(
      'uid-unknown',
      `Found uid ${recycle} for what nobody earned; accepted: a uid of the list.`,
      {
        uid: String(recycle),
      },
    );
  }
  const lost = [...parts].filter(([account, { numerator }]) => numerator > 0n && !byAccount.has(account));
  if (lost.length > 0) {
    const names = lost.map(([account]) => account).join(', ');
    throw new InvalidInputError('uid-missing', `Found no uid for ${names}; accepted: one for everybody who earned.`, {
      accounts: names,
    });
  }
  const shares = sharesOf(parts, byAccount, recycle);
  const floors = new Map<number, bigint>(uids.map(([uid]) => [uid, 0n]));
  let left = total;
  for (const { uid, above, below } of shares) {
    const floor = (total * above) / below;
    floors.set(uid, floors.get(uid)! + floor);
    left -= floor;
  }
  const byRemainder = shares
    .map(({ uid, above, below }) => ({ uid, above: (total * above) % below, below }))
    .sort((a, b) => compare(b.above * a.below, a.above * b.below) || a.uid - b.uid);
  for (const { uid } of byRemainder.slice(0, Number(left))) floors.set(uid, floors.get(uid)! + 1n);
  return [...floors].sort(([a], [b]) => a - b).map(([uid, weight]) => ({ uid, weight }));
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function uidsByAccount(uids: readonly (readonly [number, string])[]): Map<string, number> {
  const byAccount = new Map(uids.map(([uid, account]) => [account, uid]));
  if (byAccount.size === uids.length && new Set(uids.map(([uid]) => uid)).size === uids.length) return byAccount;
  const seen = new Set<string | number>();
  for (const pair of uids) {
    const twice = pair.find((one) => seen.has(one));
    if (twice !== undefined) {
      throw new InvalidInputError(
        'uid-duplicate',
        `Found ${JSON.stringify(twice)} twice; accepted: each uid and each account once.`,
        { found: String(twice) },
      );
    }
    for (const one of pair) seen.add(one);
  }
  return byAccount;
}

/** Every uid's part of the whole; together they are 1. */
function sharesOf(parts: ReadonlyMap<string, Rational>, byAccount: ReadonlyMap<string, number>, recycle: number) {
  const shares = [...parts].flatMap(([account, { numerator, denominator }]) =>
    numerator === 0n ? [] : [{ uid: byAccount.get(account)!, above: numerator, below: denominator }],
  );
  // Of equal denominators first: a long round has few, of many bits each, and what they are multiplied to would not end.
  const sums = new Map<bigint, bigint>();
  for (const share of shares) sums.set(share.below, (sums.get(share.below) ?? 0n) + share.above);
  let [above, below] = [1n, 1n];
  for (const [denominator, sum] of sums) [above, below] = [above * denominator - sum * below, below * denominator];
  if (above <= 0n) return shares;
  const own = shares.find(({ uid }) => uid === recycle);
  if (own === undefined) return [...shares, { uid: recycle, above, below }];
  const together = { uid: recycle, above: own.above * below + above * own.below, below: own.below * below };
  return shares.map((share) => (share === own ? together : share));
}
