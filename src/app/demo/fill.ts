import { invariant } from '../../core/errors.ts';
import type { ProrataEvent } from '../../core/events/event.ts';
import type { Halt, PeriodRecord } from '../../core/state.ts';
import type { Engine } from '../engine.ts';
import { communityProgram, communityStory } from './community-story.ts';
import { marketProgram, marketStory } from './market-story.ts';
import { lateDays, special, stakeProgram, StakeStory } from './stake-story.ts';
import type { Chapter, ToldProgram } from './told-program.ts';

export const demoModels = ['stake', 'crown', 'cred'] as const;
export type DemoModel = (typeof demoModels)[number];

export interface DemoOptions {
  readonly seed: number;
  /** Stakers; at least 60. */
  readonly accounts: number;
  /** Default: one program of each model. */
  readonly models?: readonly DemoModel[];
  /** The programme of stakers stops in the window of this month, after so many of its steps; default: it goes through the year. */
  readonly stakesUntil?: { readonly month: number; readonly steps: number };
  /** Before every step: to let others have a turn; or, by throwing, to stop between two steps. */
  readonly beforeStep?: () => Promise<void>;
}

/** The names of the programs, by their models. */
export const demoPrograms: Readonly<Record<DemoModel, string>> = {
  stake: stakeProgram,
  crown: marketProgram,
  cred: communityProgram,
};

/** Fills a store with the programs of the demo: made up from the seed, and settled as far as they are told. */
export async function fillDemo(engine: Engine, { models = demoModels, ...options }: DemoOptions): Promise<void> {
  for (const model of models) {
    if (model === 'stake') await playStakes(engine, stakeStory(options), options);
    else await playTold(engine, toldStory(model, options.seed), options);
  }
}

export const stakeStory = ({ seed, accounts }: Pick<DemoOptions, 'seed' | 'accounts'>): StakeStory =>
  new StakeStory({ seed, accounts, validators: 60 });

export const toldStory = (model: 'crown' | 'cred', seed: number): ToldProgram =>
  model === 'crown' ? marketStory(seed) : communityStory(seed);

/** Who hears how a told program goes. */
export interface ToldListener {
  readonly onChapter?: (chapter: Chapter, number: number) => Promise<void>;
}

/** Creates a told program, and brings and settles chapter by chapter. Returns how many events it has. */
export async function playTold(
  engine: Engine,
  { definition, chapters }: ToldProgram,
  { beforeStep, onChapter }: Pick<DemoOptions, 'beforeStep'> & ToldListener = {},
): Promise<number> {
  const { name } = definition;
  await engine.createProgram(definition);
  let events = 0;
  for (const [index, chapter] of chapters.entries()) {
    events += (await bring(engine, name, chapter.events)).recorded;
    if (chapter.settleAt !== null) {
      for (;;) {
        await beforeStep?.();
        const outcome = await engine.step(name, chapter.settleAt * 1000);
        if (outcome.did === 'settled') break;
        invariant(outcome.did !== 'idle' && outcome.did !== 'halted', 'demo.window-settles', {
          program: name,
          period: String(index + 1),
        });
      }
    }
    await onChapter?.(chapter, index + 1);
  }
  return events;
}

/** How a window went. */
export interface WindowTold {
  readonly steps: number;
  /** Events between its steps. */
  readonly changes: number;
  readonly strategy: string;
}

/** Who hears how the programme of stakers goes. */
export interface StakeListener {
  readonly onPopulation?: (recorded: number) => Promise<void>;
  /** The events of a month are in; its window is about to open. */
  readonly onMonth?: (number: number) => Promise<void>;
  readonly onStrategy?: (before: string) => Promise<void>;
  /** The leaver has gone, with this score. */
  readonly onLeft?: (score: bigint) => Promise<void>;
  /** It stopped, and goes on with this reason. */
  readonly onMended?: (number: number, halt: Halt, reason: string) => Promise<void>;
  readonly onSettled?: (number: number, record: PeriodRecord, window: WindowTold) => Promise<void>;
}

/** Creates the programme of stakers, and goes through its year, or as far as it is to go. */
export async function playStakes(
  engine: Engine,
  story: StakeStory,
  listener: StakeListener & Pick<DemoOptions, 'beforeStep' | 'stakesUntil'> = {},
): Promise<void> {
  await engine.createProgram(story.definition);
  const { recorded } = await bring(engine, stakeProgram, story.population());
  await listener.onPopulation?.(recorded);
  for (const index of story.boundaries.keys()) {
    const number = index + 1;
    await bring(engine, stakeProgram, story.month(number));
    await listener.onMonth?.(number);
    if (number === special.late) await bring(engine, stakeProgram, story.afterLateBoundary(number));
    const window = await settleMonth(engine, story, number, listener);
    if (window === null) return;
    await listener.onSettled?.(number, (await engine.periods(stakeProgram)).at(-1)!, window);
  }
}

/** Steps the window of a month to its end, or (`null`) as far as it goes; events come in between, and what stops it is mended. */
async function settleMonth(
  engine: Engine,
  story: StakeStory,
  number: number,
  listener: StakeListener & Pick<DemoOptions, 'beforeStep' | 'stakesUntil'>,
): Promise<WindowTold | null> {
  const now = story.boundaries[number - 1]! * 1000 + (number === special.late ? lateDays * 86_400_000 : 0);
  let [steps, changes, leaving, strategy] = [0, 0, number === special.leaver, ''];
  for (;;) {
    await listener.beforeStep?.();
    const outcome = await engine.step(stakeProgram, now);
    if (outcome.did === 'halted') {
      const repair = story.repair(number);
      await bring(engine, stakeProgram, repair);
      await listener.onMended?.(number, outcome.halt, repair.find((event) => event.kind === 'resume')!.reason);
      continue;
    }
    invariant(outcome.did !== 'idle', 'demo.window-settles', { program: stakeProgram, period: String(number) });
    steps += 1;
    if (outcome.did === 'settled') return { steps, changes, strategy };
    if (listener.stakesUntil?.month === number && listener.stakesUntil.steps === steps) return null;
    if (outcome.did === 'opened') strategy = (await engine.periods(stakeProgram)).at(-1)!.strategy;
    if (steps % 5 === 1) changes += (await bring(engine, stakeProgram, story.inWindow(number, steps))).recorded;
    if (number === special.strategy && steps === 3) {
      await bring(engine, stakeProgram, [story.newStrategy(number, steps)]);
      await listener.onStrategy?.(strategy);
    }
    if (leaving && outcome.did === 'paid') {
      leaving = false;
      const { stakes, closing } = await engine.account(stakeProgram, story.leaver);
      await bring(engine, stakeProgram, story.leave(number, steps, stakes));
      await listener.onLeft?.(closing?.score ?? 0n);
    }
  }
}

async function bring(engine: Engine, program: string, events: Iterable<ProrataEvent>) {
  let refused = '';
  const onRefused = (index: number, { code, message }: { code: string; message: string }): void => {
    refused ||= `event ${index}: ${code}: ${message}`;
  };
  const summary = await engine.ingest(program, events, { onRefused });
  invariant(summary.refused === 0, 'demo.events-taken', { program, refused });
  return summary;
}
