import {
  add,
  ceilDivide,
  divide,
  multiply,
  one,
  power,
  type Rational,
  rational,
  rationalOf,
  zero,
} from '../../src/core/money/rational.ts';
import type { CrownEvent } from '../../src/core/scoring/crown/log.ts';
import type { Market } from './crown.ts';

/**
 * Crown time as the specification reads, second by second and with nothing remembered: the state at each second is folded
 * from all events up to it, everybody is tested, shares are added up as rationals. Shares no code with the engine but for the
 * arithmetic. Knows no closes of swaps that nobody opened.
 */
export interface Second {
  readonly best: string | null;
  readonly shares: ReadonlyMap<string, Rational>;
  readonly capacity: ReadonlyMap<string, Rational>;
  readonly failing: ReadonlyMap<string, string | null>;
}

interface Fold {
  eligible: boolean;
  active: boolean;
  count: number;
  state: 'available' | 'reserved' | 'swapping';
  quote: string | null;
  collateral: bigint;
}

const order = ['eligible', 'bounds', 'active', 'busy', 'activity', 'rate', 'collateral'];
const codeOf = (event: CrownEvent): number => (event.kind === 'activity' ? event.code : 0);

export function secondOf({ events, lane, rules }: Market, names: readonly string[], second: number): Second {
  const past = events
    .filter(({ at }) => at <= second)
    .toSorted((a, b) => a.at - b.at || order.indexOf(a.kind) - order.indexOf(b.kind) || codeOf(a) - codeOf(b));
  let [min, max] = [0n, 0n];
  const folds = new Map<string, Fold>();
  for (const name of names) {
    folds.set(name, { eligible: false, active: false, count: 0, state: 'available', quote: null, collateral: 0n });
  }
  for (const event of past) {
    if (event.kind === 'bounds') {
      if (event.backing === lane.backing) ({ min, max } = event);
      continue;
    }
    const fold = folds.get(event.who)!;
    if (event.kind === 'eligible') fold.eligible = event.on;
    else if (event.kind === 'active') fold.active = event.on;
    else if (event.kind === 'busy') fold.count += event.delta;
    else if (event.kind === 'rate') fold.quote = event.quotes === lane.quotes ? event.rate : fold.quote;
    else if (event.kind === 'collateral') {
      if (event.backing === lane.backing) fold.collateral = event.amount > 0n ? event.amount : 0n;
    } else if (event.hub === null || event.hub === lane.backing) {
      if (fold.state === 'available' && event.code === 1) fold.state = 'reserved';
      else if (fold.state === 'reserved' && event.code === 2) fold.state = 'swapping';
      else if (fold.state === 'reserved' && event.code === 3) fold.state = 'available';
      else if (fold.state === 'swapping' && event.code === 0) fold.state = 'available';
    }
  }
  const required = (leg: bigint): bigint => (leg * rules.requirementBps) / 10_000n;
  const firstFailing = ({ eligible, active, count, state, quote, collateral }: Fold): string | null => {
    if (!eligible) return 'not-eligible';
    if (!active) return 'not-active';
    if (count > 0 || state !== 'available') return 'busy';
    if (quote === null || rationalOf(quote).numerator <= 0n) return 'no-quote';
    if (lane.routing === null || (min === 0n && max === 0n)) return null;
    const { hub, spoke, fromHub } = lane.routing;
    const k = divide(rational(10n ** BigInt(hub.decimals), 10n ** BigInt(spoke.decimals)), rationalOf(quote));
    const fewest = divide(rational(min > 1n ? min : 1n), k);
    const rounded = ceilDivide(fewest.numerator, fewest.denominator);
    const low = rounded > spoke.minOnchain ? rounded : spoke.minOnchain;
    const most = divide(rational(max), k);
    if (max > 0n && low > most.numerator / most.denominator) return 'not-routable';
    const back = multiply(rational(low), k);
    const leg = fromHub ? (hub.minOnchain > min ? hub.minOnchain : min) : back.numerator / back.denominator;
    return leg === 0n || collateral >= required(leg) ? null : 'not-fundable';
  };
  const failing = new Map([...folds].map(([name, fold]) => [name, firstFailing(fold)]));
  const qualified = [...folds].filter(([name]) => failing.get(name) === null);
  const above = (a: Rational, b: Rational): boolean => a.numerator * b.denominator > b.numerator * a.denominator;
  let best: string | null = null;
  for (const [, { quote }] of qualified) {
    if (best === null) best = quote;
    else {
      const [mine, theirs] = [rationalOf(quote!), rationalOf(best)];
      if (lane.higherWins ? above(mine, theirs) : above(theirs, mine)) best = quote;
    }
  }
  const { band } = rules;
  const edge = (factor: Rational): Rational => multiply(rationalOf(best!), factor);
  const holders = qualified.filter(([, { quote }]) =>
    lane.higherWins
      ? !above(edge(add(one, multiply(rational(-1n), band))), rationalOf(quote!))
      : !above(rationalOf(quote!), edge(add(one, band))),
  );
  for (const [name] of qualified) if (!holders.some(([holder]) => holder === name)) failing.set(name, 'outbid');
  const cap = required(max);
  const depthOf = ({ collateral }: Fold): bigint =>
    rules.depth === 'even' ? 0n : max > 0n && collateral > cap ? cap : collateral;
  const depths = holders.reduce((sum, [, fold]) => sum + depthOf(fold), 0n);
  const shareOf = (fold: Fold): Rational =>
    depths === 0n ? rational(1n, BigInt(holders.length)) : rational(depthOf(fold), depths);
  const capacityOf = (fold: Fold): Rational => {
    if (rules.depth === 'even' || max === 0n) return one;
    if (fold.collateral === 0n) return zero;
    return fold.collateral >= cap ? one : power(rational(fold.collateral, cap), rules.capacityExponent);
  };
  return {
    best,
    shares: new Map(holders.map(([name, fold]) => [name, shareOf(fold)])),
    capacity: new Map(holders.map(([name, fold]) => [name, capacityOf(fold)])),
    failing,
  };
}
