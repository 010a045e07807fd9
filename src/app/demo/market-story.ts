import type { CrownFact } from '../../core/events/event.ts';
import { Prng } from '../../core/population/prng.ts';
import type { ProgramDefinition } from '../../core/program.ts';
import { parseCrownScoring } from '../../core/scoring/crown/scoring.ts';
import { someNames } from './names.ts';
import type { Chapter, ToldProgram } from './told-program.ts';

/**
 * A made-up swap market: a day in which some dozens of participants quote in two lanes, round by round, and whoever has the
 * best quote shares the time. Rates are whole hundredths and wander in whole steps, so that ties come by themselves.
 */

export const marketProgram = 'market';
const marketLanes = ['btc-tao', 'tao-btc'] as const;
type Lane = (typeof marketLanes)[number];

/** 2026-01-14T12:00:00Z. */
const beginning = 1_768_392_000;
const minute = 60;
const roundSeconds = 3 * 3600;
const roundsSettled = 8;
const roundsPlanned = 16;
/** Minutes of the round that runs. */
const runningMinutes = 75;
const roundAmount = 1_000_000_000n;

/** The rounds in which something out of the ordinary happens. */
const special = { strike: 3, late: 5, ineligible: 4, pause: 6 } as const;

/** How somebody quotes: the least distance from the price (hundredths), and minutes from one quote to the next. */
interface Quoter {
  readonly account: string;
  readonly lanes: readonly Lane[];
  readonly distance: number;
  readonly spread: number;
  readonly every: number;
  readonly offset: number;
  /** Minute at which its swap ends; 0 while it has none. */
  busyUntil: number;
  /** It quotes no more. */
  silent: boolean;
}

const participantCount = 36;
const keenCount = 9;

const definition: ProgramDefinition = {
  name: marketProgram,
  rules: {
    asset: { symbol: 'SWAP', decimals: 6 },
    pools: [{ name: 'rewards', pays: 'score', funding: roundAmount * BigInt(roundsPlanned), recipients: [] }],
    residual: 'recycle',
    scoring: parseCrownScoring(
      {
        model: 'crown',
        rules: 'best-rate-tie',
        directions: { 'btc-tao': '3/5', 'tao-btc': '2/5' },
        success: { exponent: 2, seconds: 86_400 },
      },
      'scoring',
    ),
    window: { settle: 'multi_block', strategy: 'cut', batchSize: 10 },
    onZeroTotal: 'residual',
    requireAllPools: true,
    requireIds: false,
    minGapSeconds: 0,
  },
  schedule: [
    {
      at: beginning + roundSeconds,
      allocations: [{ pool: 'rewards', amount: roundAmount }],
      repeat: { every: roundSeconds, left: roundsPlanned - 1 },
    },
  ],
  start: beginning,
  excluded: [],
};

/** Who quotes in the market of a seed; the last one is never the best. */
export const marketQuoters = (seed: number): readonly Omit<Quoter, 'busyUntil' | 'silent'>[] =>
  new MarketStory(seed).quoters;

/** The market of a seed. */
export function marketStory(seed: number): ToldProgram {
  return new MarketStory(seed).tell();
}

class MarketStory {
  readonly #random: Prng;
  readonly quoters: readonly Quoter[];
  readonly #chapters: Chapter[] = [];
  #events: CrownFact[] = [];
  #count = 0;
  #swaps = 0;
  /** In hundredths of TAO for a BTC. */
  #price = 34_500;

  constructor(seed: number) {
    this.#random = new Prng(seed + 2);
    const random = this.#random;
    this.quoters = someNames(random, participantCount).map((account, index) => {
      const keen = index < keenCount;
      const last = index === participantCount - 1;
      return {
        account,
        // Most quote in one lane. The last one comes after the others and asks for so much that it is never the best.
        lanes: last || index % 3 === 0 ? marketLanes : [marketLanes[index % 2]!],
        distance: keen ? 0 : last ? 2000 : 20 + random.below(200),
        spread: keen ? 12 : 30,
        every: keen ? 5 + random.below(8) : 20 + random.below(50),
        offset: last ? 19 : random.below(19),
        busyUntil: 0,
        silent: false,
      };
    });
  }

  tell(): ToldProgram {
    for (const { account } of this.quoters) {
      this.#at(beginning, { kind: 'eligible', account, on: true });
      this.#at(beginning, { kind: 'active', account, on: true });
    }
    for (let round = 1; round <= roundsSettled + 1; round += 1) this.#round(round);
    const paid = this.quoters[0]!.account;
    const unpaid = this.quoters.at(-1)!.account;
    const about = `A swap market: ${participantCount} participants quote in two lanes, ${marketLanes.join(' and ')}; whoever is best holds the crown. Rounds of ${roundSeconds / 3600} hours.`;
    return { about, definition, chapters: this.#chapters, ask: { period: special.strike, paid, unpaid } };
  }

  #round(round: number): void {
    const runs = round > roundsSettled;
    const from = ((round - 1) * roundSeconds) / minute;
    const minutes = runs ? runningMinutes : roundSeconds / minute;
    const notes: string[] = [];
    for (let now = from; now < from + minutes; now += 1) {
      this.#quotes(now);
      this.#trade(now);
      if (now === from + 90) notes.push(...this.#special(round, now));
    }
    const settleAt = runs ? null : beginning + round * roundSeconds;
    this.#chapters.push({ events: this.#events, settleAt, notes });
    this.#events = [];
  }

  /** The price goes on by a step, and whose turn it is quotes near it. */
  #quotes(now: number): void {
    const random = this.#random;
    this.#price += random.below(21) - 10;
    for (const { account, lanes, distance, spread, every, offset, silent } of this.quoters) {
      if (silent || now % every !== offset % every) continue;
      for (const lane of lanes) {
        // Who gives TAO for BTC is best with the most, who takes them with the least.
        const away = distance + random.below(spread);
        const hundredths = lane === 'btc-tao' ? this.#price - away : this.#price + away;
        this.#quote(now * minute + random.below(minute), account, lane, hundredths);
      }
    }
  }

  /** Swaps open with keen participants, keep them busy for a while, and end: nearly all of them well. */
  #trade(now: number): void {
    const random = this.#random;
    for (const quoter of this.quoters) {
      if (quoter.busyUntil !== now || now === 0) continue;
      quoter.busyUntil = 0;
      const at = beginning + now * minute;
      this.#swaps += 1;
      this.#at(at, { kind: 'busy', account: quoter.account, delta: -1 });
      this.#at(at, {
        kind: 'outcome',
        account: quoter.account,
        swap: `swap-${this.#swaps}`,
        completed: !random.perMille(40),
      });
    }
    if (!random.perMille(120)) return;
    const quoter = this.quoters[random.below(keenCount)]!;
    if (quoter.busyUntil > 0 || quoter.silent) return;
    quoter.busyUntil = now + 3 + random.below(15);
    this.#at(beginning + now * minute + 30, { kind: 'busy', account: quoter.account, delta: 1 });
  }

  #special(round: number, now: number): string[] {
    const at = beginning + now * minute;
    const [strong, loser, pausing, late] = [1, 2, 3, 4].map((index) => this.quoters[index]!);
    switch (round) {
      case special.strike: {
        this.#quote(
          now * minute,
          strong!.account,
          strong!.lanes[0]!,
          this.#price + (strong!.lanes[0] === 'btc-tao' ? 60 : -60),
        );
        return [`${strong!.account} quotes far better than all others, until its next quote`];
      }
      case special.ineligible:
        loser!.silent = true;
        this.#at(at, { kind: 'eligible', account: loser!.account, on: false });
        return [
          `${loser!.account} loses eligibility in the middle of the round: it keeps what it held, and holds no more`,
        ];
      case special.late:
        // A fact of the round before, logged now: it counts from this round on, and what was paid stays.
        this.#at(beginning + (round - 1) * roundSeconds - 600, {
          kind: 'outcome',
          account: late!.account,
          swap: 'swap-late',
          completed: false,
        });
        return [
          `a failed swap of ${late!.account} becomes known late: it counts from this round on, what was paid stays`,
        ];
      case special.pause:
        pausing!.silent = true;
        for (const lane of pausing!.lanes)
          this.#at(at, { kind: 'rate', account: pausing!.account, direction: lane, rate: '0' });
        return [`${pausing!.account} withdraws its quotes`];
      default:
        return [];
    }
  }

  #quote(second: number, account: string, direction: Lane, hundredths: number): void {
    const rate = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
    this.#at(beginning + second, { kind: 'rate', account, direction, rate });
  }

  #at(second: number, fact: FactOf<CrownFact>): void {
    this.#count += 1;
    this.#events.push({ ...fact, key: `market-${this.#count}`, time: second * 1000 } as CrownFact);
  }
}

type FactOf<Fact> = Fact extends CrownFact ? Omit<Fact, 'key' | 'time'> : never;
