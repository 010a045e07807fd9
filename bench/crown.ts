import { rationalOf } from '../src/core/money/rational.ts';
import { type CellsHeld, CellSums } from '../src/core/scoring/crown/cells.ts';
import { boundsOf, type Credits, creditsOf } from '../src/core/scoring/crown/credits.ts';
import { holdingsOf } from '../src/core/scoring/crown/holdings.ts';
import { always, type CrownLog, CrownLogBuilder, kinds } from '../src/core/scoring/crown/log.ts';
import { bandLane, bestRateTie, capacityBand, tieLane } from '../src/core/scoring/crown/rules.ts';
import type { WalkOptions } from '../src/core/scoring/crown/walk.ts';

export const crownRules = ['best-rate-tie', 'capacity-band'] as const;

export interface CrownOptions {
  readonly events: number;
  readonly participants: number;
  /** Blocks or seconds over which the events are spread. */
  readonly window: number;
  readonly rules: (typeof crownRules)[number];
  readonly seed: number;
}

export interface CrownResult extends CrownOptions {
  readonly workload: 'crown';
  /**
   * User CPU of a replay, median of the runs: fold, walk, who held from when to when, and everybody's credit - under
   * `best-rate-tie` exact, under `capacity-band` bounds with 256 bits after the point.
   */
  readonly cpu_s: number;
  /** The same with everybody's credit as an exact fraction over one common denominator. */
  readonly exact_cpu_s: number;
  readonly exact_denominator_bits: number;
  /** The walk, and who held from when to when, alone. */
  readonly walk_cpu_s: number;
  /** The walk, and who held how long in each of 10,000 cells: of the 256 who held longest by name. */
  readonly cells_cpu_s: number;
  readonly cells_runs: number;
  /** User CPU of a plain scan of the same events over typed arrays, with floats: the best quote of all at each instant. */
  readonly scan_cpu_s: number;
  /** Under `capacity-band`: of the scan that also shares within the band. */
  readonly band_scan_cpu_s?: number;
  readonly us_per_event: number;
  readonly scan_ratio: number;
  readonly stretches: number;
  /** Before the exact fractions are made: events, replay. */
  readonly peak_rss_mb: number;
}

const runs = 5;

/**
 * One direction, events evenly spread: 70 % quotes within half a per cent of 345, 18 % that somebody gets busy or free, the
 * rest that somebody goes or comes; under `capacity-band`, for half of these, a new collateral of a fifth to one and a half
 * times what the largest leg requires, in steps of a hundredth. Before the window everybody is there, free, and quotes 345.
 */
export function benchCrown(options: CrownOptions): CrownResult {
  const band = options.rules === 'capacity-band';
  const log = makeLog(options);
  const walked: WalkOptions = { log, ...(band ? bandSetting : tieSetting), window: { start: 0, end: options.window } };
  const replay = cpuOf(() => (band ? boundsOf(holdingsOf(walked)) : creditsOf(holdingsOf(walked))));
  const peak = process.resourceUsage().maxRSS;
  const exact = cpuOf(() => creditsOf(holdingsOf(walked)));
  const walk = cpuOf(() => holdingsOf(walked));
  const cells = cpuOf(() => cellsOf(walked));
  const columns = columnsOf(log);
  const plain = cpuOf(() => scan(columns, options, false));
  check(exact.result, band ? scan(columns, options, true) : plain.result);
  return {
    workload: 'crown',
    ...options,
    cpu_s: replay.seconds,
    exact_cpu_s: exact.seconds,
    exact_denominator_bits: exact.result.heldDenominator.toString(2).length,
    walk_cpu_s: walk.seconds,
    cells_cpu_s: cells.seconds,
    cells_runs: cells.result.participants.reduce((sum, { runs }) => sum + runs.length, 0),
    scan_cpu_s: plain.seconds,
    ...(band ? { band_scan_cpu_s: cpuOf(() => scan(columns, options, true)).seconds } : {}),
    us_per_event: Number(((replay.seconds * 1e6) / options.events).toPrecision(4)),
    scan_ratio: Number((replay.seconds / plain.seconds).toPrecision(4)),
    stretches: walk.result.length.length,
    peak_rss_mb: Math.round(peak / 1024),
  };
}

function cellsOf(walked: WalkOptions): CellsHeld {
  const { start: from, end: to } = walked.window;
  const sums = new CellSums({ from, to, count: 10_000 });
  for (const _ of sums.add(walked));
  return sums.done({ most: 256 });
}

/** The first run warms up; of the others the median. */
function cpuOf<T>(run: () => T): { readonly seconds: number; readonly result: T } {
  let result = run();
  const times: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const before = process.cpuUsage();
    result = run();
    times.push(process.cpuUsage(before).user / 1e6);
  }
  return { seconds: times.sort((a, b) => a - b)[runs >>> 1]!, result };
}

const tieSetting = { lane: tieLane('btc-tao'), rules: bestRateTie };
const bandSetting = {
  lane: bandLane(
    { from: 'tao', to: 'btc', backing: 'tao' },
    {
      hubs: ['tao'],
      chains: { tao: { decimals: 9, minOnchain: 500n }, btc: { decimals: 8, minOnchain: 1000n } },
    },
  ),
  rules: capacityBand({ band: rationalOf('1/200'), capacityExponent: 2, requirementBps: 11_000n }),
};
const bounds = { min: 100_000_000n, max: 50_000_000_000n };
const required = (bounds.max * 11_000n) / 10_000n;

function makeLog({ events, participants, window, rules, seed }: CrownOptions): CrownLog {
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296;
  const band = rules === 'capacity-band';
  const { quotes } = band ? bandSetting.lane : tieSetting.lane;
  const builder = new CrownLogBuilder();
  const names = Array.from({ length: participants }, (_, i) => `p${i}`);
  const busy = new Uint8Array(participants);
  const setCollateral = (at: number, who: string): void => {
    const amount = (BigInt(20 + Math.floor(random() * 131)) * required) / 100n;
    builder.add({ kind: 'collateral', at, who, backing: 'tao', amount });
  };
  builder.add({ kind: 'bounds', at: always, backing: 'tao', ...bounds });
  for (const who of names) {
    builder.add({ kind: 'eligible', at: always, who, on: true });
    builder.add({ kind: 'active', at: 0, who, on: true });
    builder.add({ kind: 'rate', at: 0, who, quotes, rate: '345' });
    if (band) setCollateral(0, who);
  }
  const times = Float64Array.from({ length: events }, () => 1 + Math.floor(random() * window)).sort();
  for (const at of times) {
    const index = Math.floor(random() * participants);
    const who = names[index]!;
    const kind = random();
    if (kind < 0.7) {
      const rate = (345 * (1 + 0.01 * (random() - 0.5))).toPrecision(5);
      builder.add({ kind: 'rate', at, who, quotes, rate });
    } else if (kind < 0.88) {
      const closes = busy[index] === 1;
      busy[index] = closes ? 0 : 1;
      if (band) builder.add({ kind: 'activity', at, who, code: closes ? 3 : 1, hub: null });
      else builder.add({ kind: 'busy', at, who, delta: closes ? -1 : 1 });
    } else if (band && kind < 0.94) setCollateral(at, who);
    else builder.add({ kind: 'active', at, who, on: random() < 0.8 });
  }
  return builder.build();
}

// --- the yardstick: everybody is looked at after every instant, with floats

interface Columns {
  readonly at: Float64Array;
  readonly who: Uint32Array;
  readonly kind: Uint8Array;
  readonly value: Float64Array;
}

function columnsOf(log: CrownLog): Columns {
  const value = Float64Array.from({ length: log.length }, (_, i) => {
    const index = log.value[i]!;
    if (log.kind[i] === kinds.rate) return Number(log.rates.text[log.rates.rank[index]!]);
    return log.kind[i] === kinds.collateral ? Number(log.amounts[index]!) : index;
  });
  return { at: log.at, who: log.who, kind: log.kind, value };
}

/** Time held by participant: `band` shares by capped collateral among those within the band, else the best share evenly. */
function scan({ at, who, kind, value }: Columns, { participants, window }: CrownOptions, band: boolean): Float64Array {
  const rate = new Float64Array(participants);
  const busy = new Int32Array(participants);
  const active = new Uint8Array(participants);
  const depth = new Float64Array(participants);
  const held = new Float64Array(participants);
  const holders = new Uint32Array(participants);
  const cap = Number(required);
  let previous = 0;
  for (let i = 0; i <= at.length; i += 1) {
    const time = i < at.length ? Math.min(at[i]!, window) : window;
    if (time > previous) {
      let best = 0;
      let count = 0;
      for (let m = 0; m < participants; m += 1) {
        if (active[m] === 0 || busy[m] !== 0) continue;
        const quote = rate[m]!;
        if (quote <= 0) continue;
        if (quote > best) {
          best = quote;
          count = 0;
          holders[count++] = m;
        } else if (quote === best) holders[count++] = m;
      }
      if (band) {
        // Both sides as whole numbers below 2^53, so that the edge is exact: quotes have two decimals here.
        const edge = Math.round(best * 100) * 199;
        let sum = 0;
        count = 0;
        for (let m = 0; m < participants; m += 1) {
          if (active[m] === 0 || busy[m] !== 0 || Math.round(rate[m]! * 100) * 200 < edge) continue;
          holders[count++] = m;
          sum += depth[m]!;
        }
        for (let j = 0; j < count; j += 1) held[holders[j]!]! += ((time - previous) * depth[holders[j]!]!) / sum;
      } else for (let j = 0; j < count; j += 1) held[holders[j]!]! += (time - previous) / count;
      previous = time;
    }
    if (i === at.length) break;
    const m = who[i]!;
    switch (kind[i]) {
      case kinds.rate:
        rate[m] = value[i]!;
        break;
      case kinds.busy:
        busy[m]! += value[i]!;
        break;
      case kinds.active:
        active[m] = value[i]!;
        break;
      case kinds.collateral:
        depth[m] = Math.min(value[i]!, cap);
        break;
      case kinds.activity + 1:
        busy[m] = 1;
        break;
      case kinds.activity + 3:
        busy[m] = 0;
        break;
      default:
    }
  }
  return held;
}

/** A replay that is fast and wrong is no result. */
function check({ credits, heldDenominator }: Credits, scanned: Float64Array): void {
  const exact = new Float64Array(scanned.length);
  for (const { who, held } of credits) exact[who] = Number((held * 1_000_000_000n) / heldDenominator) / 1e9;
  for (const [who, near] of scanned.entries()) {
    if (Math.abs(exact[who]! - near) > 1e-6 * (1 + near)) {
      throw new Error(`Participant ${who}: the scan gives ${near}, the replay ${exact[who]}.`);
    }
  }
}
