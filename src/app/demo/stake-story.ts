import type { ProrataEvent } from '../../core/events/event.ts';
import { parseShare } from '../../core/money/fraction.ts';
import {
  type PopulationOptions,
  accountName,
  populationEvents,
  validatorName,
} from '../../core/population/population.ts';
import { Prng } from '../../core/population/prng.ts';
import type { ProgramDefinition } from '../../core/program.ts';
import { makePlan } from '../../core/schedule/plan.ts';

/**
 * What happens in the programme of stakers: a year of one of the size of a real one, made up from a seed. Everything that it
 * does to the engine is an event, and every event is here; fill.ts brings them, and steps.
 */

export const stakeProgram = 'demo';
/** From one step to the next, as far as the events between them are concerned. */
const stepTime = 10_000;
const hour = 3_600_000;
const day = 86_400_000;
/** 2025-01-15T12:00:00Z: the population has staked within the first three weeks, the first boundary lies a month later. */
const beginning = 1_736_942_400_000;
const firstBoundary = beginning / 1000 + 31 * 86_400;

/** Shares of the six pools: the first pays stakers by score, the others pay fixed recipients in equal parts. */
const shares = [
  ['community', '0.40', []],
  ['foundation', '0.30', ['foundation-1']],
  ['alliance', '0.20', ['alliance-1', 'alliance-2', 'alliance-3']],
  ['partnership', '0.03', ['partner-1', 'partner-2']],
  ['investors', '0.05', ['investor-1', 'investor-2', 'investor-3', 'investor-4']],
  ['team', '0.02', ['team-1', 'team-2', 'team-3']],
] as const;

/** A seventh of 100 billion tokens of 6 decimals: the first of seven years. */
const yearTotal = 100_000_000_000_000_000n / 7n;
const months = 12;
/** The alliance has funds for so many months only; in the next one the program halts. */
const allianceMonths = 8;

/** The months in which something out of the ordinary happens. */
export const special = { slash: 3, exclude: 4, strategy: 5, include: 8, halt: 9, leaver: 10, late: 11 } as const;
export const slashed = validatorName(7);
export const lateDays = 2;

/** The population of a seed: how its accounts and validators are called. */
export const stakePopulation = (options: StoryOptions): PopulationOptions => ({
  ...options,
  names: 'scattered',
  from: beginning,
  until: beginning + 21 * day,
});

export interface StoryOptions {
  readonly seed: number;
  readonly accounts: number;
  readonly validators: number;
}

interface Holding {
  readonly account: string;
  readonly validator: string;
  readonly amount: bigint;
  /** Each is reduced or moved once at most, so that there is always enough of it. */
  touched: boolean;
}

export class StakeStory {
  readonly definition: ProgramDefinition;
  /** Seconds: where the twelve periods end. */
  readonly boundaries: readonly number[];
  /** Excluded for four months: the account with the largest single stake. */
  readonly whale: string;
  /** Whose payment is explained in the end: on the slashed validator, and it stakes more in the month of the slash. */
  readonly explained: string;
  /** Takes all its stake away between its score and its payment. */
  readonly leaver: string;
  /** What the alliance lacks for the rest of the year. */
  readonly missing: bigint;
  readonly #options: StoryOptions;
  readonly #population: PopulationOptions;
  readonly #random: Prng;
  readonly #holdings: Holding[] = [];
  readonly #unbonding: Holding[] = [];
  #events = 0;
  #newcomers = 0;

  constructor(options: StoryOptions) {
    this.#options = options;
    this.#random = new Prng(options.seed + 1);
    this.#population = stakePopulation(options);
    for (const event of populationEvents(this.#population)) {
      if (event.kind !== 'delegate') continue;
      this.#holdings.push({
        account: event.account,
        validator: event.validator,
        amount: event.amount!,
        touched: false,
      });
    }
    const largest = this.#holdings.reduce((most, held) => (held.amount > most.amount ? held : most));
    this.whale = largest.account;
    const onSlashed = this.#holdings.find((held) => held.validator === slashed && held.account !== this.whale);
    this.explained = (onSlashed ?? this.#holdings[0]!).account;
    const names = [...new Set(this.#holdings.map(({ account }) => account))].sort();
    this.leaver = names.findLast((name) => name !== this.whale && name !== this.explained)!;
    for (const held of this.#holdings) held.touched = [this.whale, this.explained, this.leaver].includes(held.account);

    const plan = makePlan({
      start: firstBoundary,
      months,
      total: yearTotal,
      shares: shares.map(([pool, share]) => ({ pool, share: parseShare(share) })),
    });
    const monthly = plan.amounts.get('alliance')!;
    this.missing = BigInt(months - allianceMonths) * monthly;
    this.boundaries = plan.entries.map(({ at }) => at);
    this.definition = {
      name: stakeProgram,
      rules: {
        asset: { symbol: 'DEMO', decimals: 6 },
        pools: shares.map(([name, , recipients]) => ({
          name,
          pays: recipients.length === 0 ? 'score' : 'recipients',
          funding: plan.funded.get(name)! - (name === 'alliance' ? this.missing : 0n),
          recipients,
        })),
        residual: 'community_pool',
        scoring: { model: 'stake-time', rate: 'floor' },
        // Also a small population is worked off in some twenty batches.
        window: {
          settle: 'multi_block',
          strategy: 'cut',
          batchSize: Math.min(1000, Math.max(1, Math.ceil(options.accounts / 20))),
        },
        onZeroTotal: 'halt',
        requireAllPools: true,
        requireIds: false,
        minGapSeconds: 0,
      },
      schedule: plan.entries,
      excluded: [],
    };
  }

  /** Everybody's first stakes. */
  population(): Iterable<ProrataEvent> {
    return populationEvents(this.#population);
  }

  /** The events from one boundary to the next (from 1), in the order of time: ordinary traffic and what is special. */
  month(number: number): ProrataEvent[] {
    const from = number === 1 ? beginning + 22 * day : this.boundaries[number - 2]! * 1000 + day;
    const until = this.boundaries[number - 1]! * 1000;
    const events = this.#traffic(Math.ceil(this.#options.accounts / 100), from, until);
    const middle = from + Math.floor((until - from) / 2);
    if (number === special.slash) {
      events.push({
        ...this.#base(middle),
        kind: 'delegate',
        account: this.explained,
        validator: slashed,
        amount: 25_000_000n,
      });
      const slash = {
        ...this.#base(middle + day),
        kind: 'validator-slashed',
        validator: slashed,
        fraction: 50_000_000_000_000_000n,
      } as const;
      events.push(slash, { ...this.#base(middle + day), kind: 'validator-jailed', validator: slashed, jailed: true });
    }
    if (number === special.exclude)
      events.push({ ...this.#base(middle), kind: 'exclusion', add: [this.whale], remove: [] });
    if (number === special.include)
      events.push({ ...this.#base(middle), kind: 'exclusion', add: [], remove: [this.whale] });
    return events.toSorted((a, b) => a.time - b.time);
  }

  /** Events after a boundary that is being settled late, before its window opens. */
  afterLateBoundary(number: number): ProrataEvent[] {
    const boundary = this.boundaries[number - 1]! * 1000;
    return this.#traffic(Math.ceil(this.#options.accounts / 500), boundary + stepTime, boundary + 20 * hour);
  }

  /** Events that come between two steps of the window of this month; `after` steps were made. */
  inWindow(number: number, after: number): ProrataEvent[] {
    const at = this.#stepTime(number, after);
    return this.#traffic(3, at, at + stepTime / 2);
  }

  /** The freeze strategy of the windows to come; the open one finishes under the one that it began with. */
  newStrategy(number: number, after: number): ProrataEvent {
    return { ...this.#base(this.#stepTime(number, after) + stepTime / 2), kind: 'rules', strategy: 'generations' };
  }

  /** All the stake of the leaver is taken away; `stakes` as the engine has them. */
  leave(
    number: number,
    after: number,
    stakes: readonly { readonly validator: string; readonly shares: bigint }[],
  ): ProrataEvent[] {
    const at = this.#stepTime(number, after) + stepTime / 2;
    return stakes.map(({ validator, shares: all }) => ({
      ...this.#base(at),
      kind: 'undelegate',
      account: this.leaver,
      validator,
      shares: all,
    }));
  }

  /** The missing funds, and the written reason with which the program goes on. */
  repair(number: number): ProrataEvent[] {
    const at = this.boundaries[number - 1]! * 1000;
    return [
      { ...this.#base(at), kind: 'fund', pool: 'alliance', amount: this.missing },
      {
        ...this.#base(at),
        kind: 'resume',
        reason: `alliance was funded for its last ${months - allianceMonths} months`,
      },
    ];
  }

  #stepTime(number: number, after: number): number {
    const late = number === special.late ? 21 * hour : 0;
    return this.boundaries[number - 1]! * 1000 + late + after * stepTime;
  }

  #base(time: number): { key: string; time: number } {
    this.#events += 1;
    return { key: `story-${this.#events}`, time };
  }

  /** So many ordinary changes, spread evenly over [from, until). */
  #traffic(count: number, from: number, until: number): ProrataEvent[] {
    return Array.from({ length: count }, (_, i) => this.#change(from + Math.floor(((until - from) * i) / count)));
  }

  #change(time: number): ProrataEvent {
    const base = this.#base(time);
    const random = this.#random;
    const held = this.#holdings[random.below(this.#holdings.length)]!;
    const part = (held.amount * 2n) / 5n;
    const kind = random.below(100);
    if (kind < 10) {
      this.#newcomers += 1;
      const account = accountName(this.#population, this.#options.accounts + this.#newcomers);
      return {
        ...base,
        kind: 'delegate',
        account,
        validator: this.#validator(),
        amount: 10_000_000n + BigInt(random.next()),
      };
    }
    if (kind < 30 && !held.touched && part > 0n) {
      held.touched = true;
      this.#unbonding.push(held);
      return { ...base, kind: 'undelegate', account: held.account, validator: held.validator, amount: part };
    }
    if (kind < 45 && !held.touched && part > 0n) {
      const to = this.#validator();
      if (to !== held.validator) {
        held.touched = true;
        return { ...base, kind: 'redelegate', account: held.account, from: held.validator, to, amount: part };
      }
    }
    const back = kind < 50 ? this.#unbonding.pop() : undefined;
    if (back)
      return {
        ...base,
        kind: 'cancel-unbonding',
        account: back.account,
        validator: back.validator,
        amount: (back.amount * 2n) / 5n,
      };
    const account = held.account === this.leaver || held.account === this.explained ? this.whale : held.account;
    return {
      ...base,
      kind: 'delegate',
      account,
      validator: held.validator,
      amount: 1_000_000n + BigInt(random.next() % 500_000_000),
    };
  }

  #validator(): string {
    return validatorName(1 + this.#random.below(this.#options.validators));
  }
}
