import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DemoStory, demoProgram, lateDays, slashed, special } from '../app/demo-story.ts';
import type { Engine } from '../app/engine.ts';
import { ConflictError, invariant } from '../core/errors.ts';
import type { ProrataEvent } from '../core/events/event.ts';
import type { Halt, PeriodRecord } from '../core/state.ts';
import { exitCodes } from './exit-codes.ts';
import { explanationText } from './explain.ts';
import type { Io } from './io.ts';
import { type GlobalOptions, wholeOption } from './options.ts';
import { counted, grouped, indented, iso, json, Money, styled, table } from './print.ts';
import { breather, startProgress } from './progress.ts';
import { Interrupted } from './report.ts';
import { toResidual } from './settle.ts';
import { periodJson } from '../views/program.ts';
import { verifyText } from './verify.ts';

export interface DemoOptions extends GlobalOptions {
  /** Stakers; 20,000 when absent. */
  readonly accounts?: string;
  readonly seed?: string;
  /** A folder that keeps the store. */
  readonly keep?: string;
}

/** `prorata demo`: a year of a made-up programme, told as it happens, then the table, the roots, one payment explained, and `verify`. */
export async function demo(options: DemoOptions, io: Io): Promise<number> {
  const accounts = wholeOption(options.accounts ?? '20000', '--accounts', 60, 1_000_000);
  const seed = wholeOption(options.seed ?? '1', '--seed', 0);
  const keep = options.keep === undefined ? null : resolve(io.cwd, options.keep);
  const folder = keep ?? (await mkdtemp(join(tmpdir(), 'prorata-demo-')));
  const store = join(folder, 'demo.db');
  if (keep !== null) {
    mkdirSync(keep, { recursive: true });
    if (existsSync(store)) {
      throw new ConflictError('file-exists', `There is a file ${store} already; remove it, or name another folder.`, {
        file: store,
      });
    }
  }
  const began = io.now();
  const engine = await io.openEngine({ store });
  try {
    const telling = new Telling(io, options, engine, new DemoStory({ seed, accounts, validators: 60 }));
    const holds = await telling.tell(seed);
    if (options.json !== true) {
      await io.stdout.write(`${((io.now() - began) / 1000).toFixed(1)} s in all\n`);
      const kept = options.keep?.replace(/\/$/, '');
      if (kept !== undefined)
        await io.stdout.write(
          `kept: try  prorata status --store ${kept}/demo.db  or  prorata payouts --period 12 --store ${kept}/demo.db\n`,
        );
    }
    return holds ? exitCodes.ok : exitCodes['does-not-hold'];
  } finally {
    await engine.close();
    if (keep === null) await rm(folder, { recursive: true, force: true });
  }
}

/** How a window went. */
interface Settled {
  readonly steps: number;
  readonly changes: number;
  readonly strategy: string;
}

class Telling {
  readonly #io: Io;
  readonly #options: DemoOptions;
  readonly #engine: Engine;
  readonly #story: DemoStory;
  readonly #money: Money;
  readonly #breathe: () => Promise<void>;

  constructor(io: Io, options: DemoOptions, engine: Engine, story: DemoStory) {
    this.#io = io;
    this.#options = options;
    this.#engine = engine;
    this.#story = story;
    this.#money = new Money(story.definition.rules.asset, options);
    this.#breathe = breather(io);
  }

  /** Returns whether every invariant holds in the end. */
  async tell(seed: number): Promise<boolean> {
    const { definition, boundaries } = this.#story;
    const engine = this.#engine;
    await engine.createProgram(definition);
    const began = this.#io.now();
    const { recorded } = await this.#ingest(this.#story.population());
    const { accounts } = (await engine.status(demoProgram)).counts;
    const seconds = ((this.#io.now() - began) / 1000).toFixed(1);
    await this.#say(
      `A year of rewards: ${counted(accounts, 'staker')} on 60 validators, six pools, twelve months. Seed ${seed}: run it again, it pays the same.`,
    );
    await this.#say(
      `${counted(recorded, 'event')} taken in ${seconds} s; batches of ${grouped(definition.rules.window.batchSize)} accounts, freeze strategy cut\n`,
    );

    for (const [index] of boundaries.entries()) await this.#month(index + 1);
    return this.#end();
  }

  async #month(number: number): Promise<void> {
    await this.#ingest(this.#story.month(number));
    await this.#tellSpecial(number);
    if (number === special.late) await this.#ingest(this.#story.afterLateBoundary(number));
    const { steps, changes, strategy } = await this.#settle(number);
    const record = (await this.#engine.periods(demoProgram)).at(-1)!;
    const paid = `${this.#money.full(record.delivered)} to ${counted(record.accountsPaid, 'account')}`;
    const how = `${counted(steps, 'step')}, ${strategy}, ${counted(changes, 'change')} between them`;
    await this.#say(
      `${date(record.boundary)}  ${styled(this.#io.stdout, 'green', `month ${number} settled`)}: ${paid} (${how})`,
    );
  }

  /** Steps the window of a month to its end; events come in between, and what stops it is mended. */
  async #settle(number: number): Promise<Settled> {
    const story = this.#story;
    const now = story.boundaries[number - 1]! * 1000 + (number === special.late ? lateDays * 86_400_000 : 0);
    let [steps, changes, leaving, strategy] = [0, 0, number === special.leaver, ''];
    for (;;) {
      if (this.#io.signal.aborted) throw new Interrupted('Stopped after the current step.');
      await this.#breathe();
      const outcome = await this.#engine.step(demoProgram, now);
      if (outcome.did === 'halted') {
        await this.#mend(number, outcome.halt);
        continue;
      }
      invariant(outcome.did !== 'idle', 'demo.window-settles', { month: String(number) });
      steps += 1;
      if (outcome.did === 'settled') return { steps, changes, strategy };
      if (outcome.did === 'opened') strategy = (await this.#engine.periods(demoProgram)).at(-1)!.strategy;
      if (steps % 5 === 1) changes += (await this.#ingest(story.inWindow(number, steps))).recorded;
      if (number === special.strategy && steps === 3) {
        await this.#ingest([story.newStrategy(number, steps)]);
        await this.#say(
          `            the freeze strategy becomes generations: this window finishes under ${strategy}, the next opens under the new one`,
        );
      }
      if (leaving && outcome.did === 'paid') {
        leaving = false;
        const { stakes, closing } = await this.#engine.account(demoProgram, story.leaver);
        await this.#ingest(story.leave(number, steps, stakes));
        const score = grouped(closing?.score ?? 0n);
        await this.#say(
          `            ${short(story.leaver)} unstakes everything between its score (${score}) and its payment: its share goes to the residual`,
        );
      }
    }
  }

  async #mend(number: number, halt: Halt): Promise<void> {
    const red = styled(this.#io.stdout, 'red', `halted [${halt.code}]`);
    await this.#say(`${date(this.#story.boundaries[number - 1]!)}  ${red} before the first payment: ${halt.message}`);
    const repair = this.#story.repair(number);
    await this.#ingest(repair);
    const resume = repair.find((event) => event.kind === 'resume')!;
    await this.#say(`            funded with ${this.#money.full(this.#story.missing)} and resumed: "${resume.reason}"`);
  }

  async #tellSpecial(number: number): Promise<void> {
    const { whale, boundaries } = this.#story;
    const on = (text: string): Promise<void> => this.#say(`            ${text}`);
    if (number === special.slash)
      await on(
        `validator ${slashed} is slashed by 5 % and jailed: from that second on its stakes weigh less, the time before keeps its value`,
      );
    if (number === special.exclude)
      await on(`the largest staker, ${short(whale)}, is excluded: it scores nothing, its stake stays`);
    if (number === special.include) await on(`${short(whale)} is included again, and scores from that second on`);
    if (number === special.late)
      await on(
        `nobody steps for ${lateDays} days after ${date(boundaries[number - 1]!)}, while stakes go on changing: the boundary stays where it was`,
      );
  }

  async #end(): Promise<boolean> {
    const { stdout } = this.#io;
    const engine = this.#engine;
    const records = await engine.periods(demoProgram);
    const explanation = await engine.explain(demoProgram, { account: this.#story.explained, period: special.slash });
    const progress = startProgress(this.#io, this.#options);
    const report = await engine.verify(demoProgram, (what) => progress.update(() => `verifying ${what}`));
    progress.end();
    if (this.#options.json === true) {
      await stdout.write(`${json({ program: demoProgram, periods: records.map(periodJson), verify: report })}\n`);
      return report.holds;
    }
    const record = records.find(({ period }) => period === special.slash);
    const money = this.#money;
    await stdout.write(`\n${periods(records, money)}\n`);
    await stdout.write(`settlement roots (a hash over the sorted payouts of a period: equal roots, equal payments)\n`);
    await stdout.write(
      `${indented(records.map(({ period, root }) => `${String(period).padStart(2)}  ${root}\n`).join(''))}\n`,
    );
    await stdout.write(`one payment explained: prorata explain ${this.#story.explained} --period ${special.slash}\n`);
    await stdout.write(
      `${indented(explanationText(explanation, { record, money, residual: this.#story.definition.rules.residual }))}\n`,
    );
    await stdout.write(`the books verified: prorata verify\n${indented(verifyText(this.#io, report))}`);
    return report.holds;
  }

  async #ingest(events: Iterable<ProrataEvent>) {
    let refused = '';
    const onRefused = (index: number, { code, message }: { code: string; message: string }): void => {
      refused ||= `event ${index}: ${code}: ${message}`;
    };
    const summary = await this.#engine.ingest(demoProgram, events, { onRefused });
    invariant(summary.refused === 0, 'demo.events-taken', { refused });
    return summary;
  }

  async #say(text: string): Promise<void> {
    if (this.#options.json !== true && this.#options.quiet !== true) await this.#io.stdout.write(`${text}\n`);
  }
}

const date = (second: number): string => iso(second).slice(0, 10);
const short = (name: string): string => `${name.slice(0, 12)}...`;

/** One row per period: when, how much, to how many, what went to the residual and why, in how many steps, and the root. */
function periods(records: readonly PeriodRecord[], money: Money): string {
  const headings = [
    '>period',
    'boundary',
    'strategy',
    '>accounts',
    `>paid (${money.unit})`,
    '>residual',
    '>of it rounding',
    '>undelivered',
    '>equal parts',
    '>steps',
    'root',
  ];
  const rows = records.map((record) => [
    String(record.period),
    date(record.boundary),
    record.strategy,
    grouped(record.accountsPaid),
    money.bare(record.delivered),
    money.bare(toResidual(record)),
    money.bare(record.residual.rounding),
    money.bare(record.residual.undelivered),
    money.bare(record.residual.directRemainder),
    grouped(record.steps),
    record.root?.slice(0, 12) ?? '-',
  ]);
  return table(headings, rows);
}
