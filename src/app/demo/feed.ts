import type { CrownFact, ProrataEvent } from '../../core/events/event.ts';
import { accountName, type PopulationOptions, validatorName } from '../../core/population/population.ts';
import { Prng } from '../../core/population/prng.ts';
import type { ScheduleEntry } from '../../core/program.ts';
import { boundaryCount } from '../../core/schedule/repeat.ts';
import type { Engine } from '../engine.ts';
import type { ProgramStatus } from '../status.ts';
import { communityMembers, communityProgram } from './community-story.ts';
import { marketProgram, marketQuoters } from './market-story.ts';
import { slashed, stakePopulation, stakeProgram } from './stake-story.ts';

/**
 * What goes on happening in the programs of the demo, so that something moves: a tick's events follow from the seed and its number alone, their
 * times from the log. Whoever is interrupted goes on with the tick behind the one that the log has.
 */

const source = 'demo-feed';
/** How far a tick with events moves the log of each program, milliseconds. */
const pace = { stakes: 2 * 3_600_000, market: 30_000, community: 2 * 3_600_000 } as const;
/** A halt is left standing for so many ticks, for people to see it. */
const haltTicks = 60;
/** Rounds that are planned, and funded, when the schedule is about to end. */
const roundsMore = 12;
const month = 30 * 86_400;

export interface FeedOptions {
  readonly seed: number;
  /** Stakers that the store was filled with. */
  readonly accounts: number;
}

type Tell = (tick: number, time: number) => ProrataEvent[];

export class DemoFeed {
  readonly #engine: Engine;
  readonly #programs: readonly { readonly name: string; readonly pace: number; readonly tell: Tell }[];
  readonly #ticks = new Map<string, number>();
  readonly #haltedFor = new Map<string, number>();

  constructor(engine: Engine, { seed, accounts }: FeedOptions) {
    this.#engine = engine;
    this.#programs = [
      { name: stakeProgram, pace: pace.stakes, tell: stakes(stakePopulation({ seed, accounts, validators: 60 })) },
      { name: marketProgram, pace: pace.market, tell: market(seed) },
      { name: communityProgram, pace: pace.community, tell: community(seed) },
    ];
  }

  /** The next tick of each program. Returns how many events it took, and how many were refused. */
  async tick(): Promise<{ readonly recorded: number; readonly refused: number }> {
    let [recorded, refused] = [0, 0];
    for (const { name, pace: ms, tell } of this.#programs) {
      const tick = (this.#ticks.get(name) ?? Number((await this.#engine.bookmark(name, source)) ?? 0)) + 1;
      this.#ticks.set(name, tick);
      const status = await this.#engine.status(name);
      const [newest] = await this.#engine.events(name, { after: status.events - 1, limit: 1 });
      const time = Math.max(status.clock, newest?.time ?? 0) + ms;
      const events = [...tell(tick, time), ...this.#tend(status, tick, time)].toSorted((a, b) => a.time - b.time);
      const bookmark = { source, value: () => String(tick) };
      const summary = await this.#engine.ingest(name, events, { partial: true, bookmark });
      recorded += summary.recorded;
      refused += summary.refused;
    }
    return { recorded, refused };
  }

  /** What whoever runs a program does: mends a halt for want of funds after a while, and plans and funds further rounds. */
  #tend(status: ProgramStatus, tick: number, time: number): ProrataEvent[] {
    const { program, halted, window, schedule } = status;
    const key = (what: string): { key: string; time: number } => ({ key: `feed-${what}-${tick}`, time });
    const halts = halted === null ? 0 : (this.#haltedFor.get(program) ?? 0) + 1;
    this.#haltedFor.set(program, halts);
    const { pool, amount, balance } = halted?.facts ?? {};
    if (halts > haltTicks && pool !== undefined && amount !== undefined && balance !== undefined) {
      const reason = `${pool} was funded`;
      const fund = { ...key('fund'), kind: 'fund', pool, amount: BigInt(amount) - BigInt(balance) } as const;
      return [fund, { ...key('resume'), kind: 'resume', reason }];
    }
    const left = boundaryCount(schedule);
    const last = schedule.at(-1);
    if (last === undefined || left === null || left > 2 || window !== null || halted !== null) return [];
    const funds = last.allocations.map(({ pool: name, amount: owed }): ProrataEvent => ({
      ...key(`fund-${name}`),
      kind: 'fund',
      pool: name,
      amount: owed * BigInt(roundsMore),
    }));
    return [...funds, { ...key('schedule'), kind: 'schedule', entries: [...schedule.slice(0, -1), ...longer(last)] }];
  }
}

/** An entry and the rounds behind it. */
function longer(last: ScheduleEntry): ScheduleEntry[] {
  if (last.repeat !== undefined)
    return [{ ...last, repeat: { every: last.repeat.every, left: (last.repeat.left ?? 0) + roundsMore } }];
  return Array.from({ length: roundsMore + 1 }, (_, index) => ({ ...last, at: last.at + index * month }));
}

/** A generator of its own for each tick of each program. */
const prngOf = (seed: number, tick: number): Prng => new Prng(Math.imul(seed + 11, 0x9e3779b1) + tick);

/** Stakes that grow, newcomers, and some who take away half of what they staked a while ago. */
function stakes(population: PopulationOptions): Tell {
  const back = 400;
  /** The first change of a tick: the others are like it. */
  const change = (tick: number, nth: number) => {
    const random = prngOf(population.seed, tick * 8 + nth);
    const newcomer = random.perMille(150);
    // Numbers of accounts that nobody else has.
    const number = newcomer ? 2 * population.accounts + tick * 8 + nth : 1 + random.below(population.accounts);
    const validator = validatorName(1 + random.below(population.validators));
    const amount = 1_000_000n + BigInt(random.next());
    return { account: accountName(population, number), validator, amount };
  };
  return (tick, time) => {
    const count = 1 + prngOf(population.seed, tick).below(4);
    const events = Array.from({ length: count }, (_, nth): ProrataEvent => {
      return { kind: 'delegate', key: `feed-${tick}-${nth}`, time, ...change(tick, nth) };
    });
    const before = change(tick - back, 0);
    if (tick > back && tick % 3 === 0 && before.validator !== slashed)
      events.push({ kind: 'undelegate', key: `feed-${tick}-back`, time, ...before, amount: before.amount / 2n });
    return events;
  };
}

/** The price goes up and down, whose turn it is quotes near it, and now and then a swap keeps somebody busy. */
function market(seed: number): Tell {
  const quoters = marketQuoters(seed);
  const wave = (tick: number, length: number, height: number): number =>
    Math.floor((Math.abs((tick % (2 * length)) - length) * height) / length);
  const priceAt = (tick: number): number =>
    34_300 + wave(tick, 997, 400) + wave(tick, 211, 120) + prngOf(seed, tick).below(21);
  /** The swap that begins in a tick, if any. */
  const swapAt = (tick: number) => {
    const random = prngOf(seed + 1, tick);
    if (tick < 1 || !random.perMille(50)) return null;
    return { account: quoters[random.below(9)]!.account, ticks: 6 + random.below(25), completed: !random.perMille(40) };
  };
  return (tick, time) => {
    const random = prngOf(seed + 2, tick);
    const facts: CrownFact[] = [];
    const at = (): { key: string; time: number } => ({ key: `feed-${tick}-${facts.length}`, time });
    for (const { account, lanes, distance, spread, every, offset } of quoters) {
      if (tick % (2 * every) !== offset % (2 * every)) continue;
      for (const direction of lanes) {
        const away = distance + random.below(spread);
        const hundredths = direction === 'btc-tao' ? priceAt(tick) - away : priceAt(tick) + away;
        const rate = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
        facts.push({ ...at(), kind: 'rate', account, direction, rate });
      }
    }
    const begins = swapAt(tick);
    if (begins !== null) facts.push({ ...at(), kind: 'busy', account: begins.account, delta: 1 });
    for (let began = tick - 30; began < tick; began += 1) {
      const ends = swapAt(began);
      if (ends === null || began + ends.ticks !== tick) continue;
      const { account, completed } = ends;
      facts.push({ ...at(), kind: 'busy', account, delta: -1 });
      facts.push({ ...at(), kind: 'outcome', account, swap: `feed-${began}`, completed });
    }
    return facts;
  };
}

/**
 * One thing is made every dozen ticks: a topic, an answer to something recent, a like, a pull request or a review of one. Somebody gives
 * a little into the pool each time: contributions alone do not move the clock of a program.
 */
function community(seed: number): Tell {
  const { names, coders } = communityMembers(seed);
  const every = 12;
  const kinds = ['topic', 'answer', 'answer', 'like', 'like', 'like', 'pull', 'review'] as const;
  const madeAt = (number: number) => {
    const random = prngOf(seed + 3, number);
    const what = kinds[random.below(kinds.length)]!;
    const isCode = what === 'pull' || what === 'review';
    const author = names[random.below(1 + random.below(isCode ? coders : names.length - 1))]!;
    return { what, author, node: `${isCode ? 'code' : 'forum'}/${what}/feed-${number}` };
  };
  /** The newest of these before, made by somebody else. */
  const recent = (number: number, whats: readonly string[], author: string) => {
    for (let before = number - 1; before > Math.max(0, number - 40); before -= 1) {
      const made = madeAt(before);
      if (whats.includes(made.what) && made.author !== author) return made.node;
    }
    return null;
  };
  return (tick, time) => {
    if (tick % every !== 0) return [];
    const number = tick / every;
    const { what, author, node } = madeAt(number);
    const person = `${what === 'pull' || what === 'review' ? 'code' : 'forum'}/user/${author}`;
    const edges: (readonly [kind: string, from: string, to: string])[] = [];
    const posts = what === 'review' ? ['pull'] : ['topic', 'answer'];
    const about = what === 'topic' || what === 'pull' ? null : recent(number, posts, author);
    if (about !== null && what === 'answer') edges.push(['forum/answers', node, about]);
    if (about !== null && what === 'like') edges.push(['forum/likes', node, about], ['forum/liked', node, person]);
    if (about !== null && what === 'review') edges.push(['code/reviews', node, about]);
    if (about === null && (what === 'like' || what === 'review')) return [];
    if (what !== 'like')
      edges.push([what === 'topic' || what === 'answer' ? 'forum/wrote' : 'code/wrote', node, person]);
    return [
      { kind: 'fund', key: `feed-${tick}-gift`, time, pool: 'community', amount: 1_000_000n },
      { kind: 'node', key: `feed-${tick}`, time, node, label: `${what} ${number}` },
      ...edges.map(([kind, from, to], nth): ProrataEvent => {
        return { kind: 'edge', key: `feed-${tick}-${nth}`, time, edge: `${kind}/feed-${number}`, from, to };
      }),
    ];
  };
}
