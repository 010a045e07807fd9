import { everybody, LaneState, nobody, outbid, passes, type Weight } from './lane-state.ts';
import type { CrownLog } from './log.ts';
import { RankSet } from './rank-set.ts';
import type { CrownRules, Lane } from './rules.ts';

/** `start <= x < end`; no longer than 2^53. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

export interface WalkOptions {
  readonly log: CrownLog;
  readonly lane: Lane;
  readonly rules: CrownRules;
  readonly window: Window;
  /** A participant, by index: the walk also cuts where the test changes that it fails first. */
  readonly watched?: number;
  /** By participant: 0 for who may not hold in this lane (excluded, no candidate). Absent: everybody may. */
  readonly among?: Uint8Array;
}

/** Not a holder. */
export const none = -1;

/**
 * A stretch in which the holders, their weights and the best quote stay as they are. One object is used for all stretches
 * of a walk: read it before going on. Who held before and is not in `changed` holds on with the same weight.
 */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  /** The best qualifying quote as it was written; null without a holder. */
  readonly best: string | null;
  readonly holders: number;
  /** Sum of the holders' depths; where it is 0 they share evenly. */
  readonly depth: bigint;
  /** The first `changes` of these are the participants whose weight differs from the stretch before. */
  readonly changed: Int32Array;
  readonly changes: number;
  /** By participant: index into `weights`, or `none`. */
  readonly weightOf: Int32Array;
  readonly weights: readonly Weight[];
  /** Of the watched one: the place in `tests` of the first that fails, or `passes`; and its quote. */
  readonly failing: number;
  readonly quote: string | null;
}

/**
 * The walk over uniform-state intervals. Stretches tile the window; two neighbours differ in the holders, in a weight, in
 * the best quote, or in what is watched. An event at `start` belongs to the start state, one at `end` is not seen.
 *
 * Cost: an event moves one participant between buckets of equal quotes; a stretch costs what changed in it. Neither depends
 * on how many participants there are, unless the best quote moves the edge of the band over many of them.
 */
export function* walk(options: WalkOptions): Generator<Stretch, void, undefined> {
  const { log, window } = options;
  if (window.end <= window.start) return;
  const lane = new LaneHolders(options);
  const { at, length } = log;
  let index = 0;
  while (index < length && at[index]! <= window.start) {
    lane.state.apply(index);
    index += 1;
  }
  lane.state.enterWindow();
  lane.placeAll();
  lane.look();
  lane.show(window.start);
  while (index < length && at[index]! < window.end) {
    const time = at[index]!;
    do {
      lane.apply(index);
      index += 1;
    } while (index < length && at[index] === time);
    if (!lane.look()) continue;
    lane.end = time;
    yield lane;
    lane.show(time);
  }
  lane.end = window.end;
  yield lane;
}

/** The holders as they are shown, and what differs from that since. */
class LaneHolders implements Stretch {
  readonly state: LaneState;
  start = 0;
  end = 0;
  best: string | null = null;
  holders = 0;
  depth = 0n;
  changed: Int32Array;
  changes = 0;
  readonly weightOf: Int32Array;
  readonly weights: readonly Weight[];
  failing = passes;
  quote: string | null = null;

  readonly #watched: number;
  readonly #set: RankSet;
  readonly #even: boolean;
  /** Participants that may have changed since the last look, each once. */
  readonly #touched: Int32Array;
  readonly #isTouched: Uint8Array;
  #touches = 0;
  /** What the last look found: the changes to show next. */
  #pending: Int32Array;
  #pendingCount = 0;
  #bestRank = 0;
  #floor: number;
  #shownBest = -1;
  #nextFailing = passes;
  #nextQuote: string | null = null;

  constructor({ log, lane, rules, watched = none, among }: WalkOptions) {
    const count = log.participants.length;
    this.state = new LaneState(log, lane, rules, among ?? null);
    this.weights = this.state.weights;
    this.weightOf = new Int32Array(count).fill(none);
    this.changed = new Int32Array(count);
    this.#pending = new Int32Array(count);
    this.#touched = new Int32Array(count);
    this.#isTouched = new Uint8Array(count);
    this.#set = new RankSet(count, this.state.ranks + 1);
    this.#floor = this.state.ranks + 1;
    this.#even = rules.depth === 'even';
    this.#watched = watched;
  }

  apply(index: number): void {
    const who = this.state.apply(index);
    if (who === nobody) return;
    if (who === everybody) this.placeAll();
    else this.#place(who);
  }

  placeAll(): void {
    for (let who = 0; who < this.weightOf.length; who += 1) this.#place(who);
  }

  /** Who was no holder and can be none below the edge needs no second look; the edge itself is looked at as it moves. */
  #place(who: number): void {
    const rank = this.state.qualifiedRank(who);
    this.#set.move(who, rank);
    if (rank >= this.#floor || this.weightOf[who] !== none) this.#touch(who);
  }

  #touch(who: number): void {
    if (this.#isTouched[who] === 1) return;
    this.#isTouched[who] = 1;
    this.#touched[this.#touches] = who;
    this.#touches += 1;
  }

  /** Whether anything to show has changed. */
  look(): boolean {
    const best = this.#set.max();
    if (best !== this.#bestRank) this.#moveEdge(best);
    if (this.#touches > 0) this.#findChanges();
    if (this.#watched !== none && this.#watchedChanged()) return true;
    return this.#pendingCount > 0 || best !== this.#shownBest;
  }

  /** Touches everybody between the old edge of the band and the new one. */
  #moveEdge(best: number): void {
    const floor = best === 0 ? this.state.ranks + 1 : this.state.bandFloor(best);
    const upper = Math.max(floor, this.#floor);
    let rank = this.#set.from(Math.min(floor, this.#floor));
    while (rank >= 0 && rank < upper) {
      for (let who = this.#set.first(rank); who >= 0; who = this.#set.after(who)) this.#touch(who);
      rank = this.#set.from(rank + 1);
    }
    this.#bestRank = best;
    this.#floor = floor;
  }

  #findChanges(): void {
    for (let i = 0; i < this.#touches; i += 1) {
      const who = this.#touched[i]!;
      this.#isTouched[who] = 0;
      if (this.#weightNow(who) === this.weightOf[who]) continue;
      this.#pending[this.#pendingCount] = who;
      this.#pendingCount += 1;
    }
    this.#touches = 0;
  }

  #weightNow(who: number): number {
    if (this.#set.rank[who]! < this.#floor) return none;
    return this.#even ? 0 : this.state.weightOf(who);
  }

  #watchedChanged(): boolean {
    const who = this.#watched;
    const failing = this.state.firstFailing(who);
    this.#nextFailing = failing === passes && this.#set.rank[who]! < this.#floor ? outbid : failing;
    this.#nextQuote = this.state.quoteText(who);
    return this.#nextFailing !== this.failing || this.#nextQuote !== this.quote;
  }

  /** Makes what the last look found the stretch that begins at `start`. */
  show(start: number): void {
    const changed = this.#pending;
    const changes = this.#pendingCount;
    for (let i = 0; i < changes; i += 1) {
      const who = changed[i]!;
      const before = this.weightOf[who]!;
      const now = this.#weightNow(who);
      this.weightOf[who] = now;
      if (before === none) this.holders += 1;
      else if (now === none) this.holders -= 1;
      if (this.#even) continue;
      if (before !== none) this.depth -= this.weights[before]!.depth;
      if (now !== none) this.depth += this.weights[now]!.depth;
    }
    this.#pending = this.changed;
    this.changed = changed;
    this.changes = changes;
    this.#pendingCount = 0;
    if (this.#shownBest !== this.#bestRank) {
      this.#shownBest = this.#bestRank;
      this.best = this.#bestRank === 0 ? null : this.state.rateText(this.#bestRank);
    }
    this.failing = this.#nextFailing;
    this.quote = this.#nextQuote;
    this.start = start;
  }
}
