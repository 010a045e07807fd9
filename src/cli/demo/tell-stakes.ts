import { playStakes, type StakeListener } from '../../app/demo/fill.ts';
import { lateDays, slashed, special, stakeProgram, type StakeStory } from '../../app/demo/stake-story.ts';
import type { Engine } from '../../app/engine.ts';
import type { PeriodRecord } from '../../core/state.ts';
import { explanationText } from '../explain.ts';
import { counted, grouped, indented, iso, type Money, styled, table } from '../print.ts';
import { toResidual } from '../settle.ts';
import { verifyText } from '../verify.ts';
import type { DemoIo, ToldReport } from './demo-io.ts';

/** The year of the programme of stakers, told as it happens; then the table, the roots, one payment explained, and `verify`. */
export async function tellStakes(demo: DemoIo, engine: Engine, story: StakeStory, seed: number): Promise<ToldReport> {
  const money = demo.money(story.definition);
  await playStakes(engine, story, { ...listenerOf(demo, engine, story, { money, seed }), beforeStep: demo.beforeStep });

  const periods = await engine.periods(stakeProgram);
  const explained = await engine.explain(stakeProgram, { account: story.explained, period: special.slash });
  const verify = await demo.verify(engine, stakeProgram);
  const record = periods.find(({ period }) => period === special.slash);
  const { residual } = story.definition.rules;
  await demo.show(
    `\n${periodsText(periods, money)}\n` +
      `settlement roots (a hash over the sorted payouts of a period: equal roots, equal payments)\n` +
      `${indented(periods.map(({ period, root }) => `${String(period).padStart(2)}  ${root}\n`).join(''))}\n` +
      `one payment explained: prorata explain ${story.explained} --period ${special.slash} --program ${stakeProgram}\n` +
      `${indented(explanationText(explained, { record, money, residual }))}\n` +
      `the books verified: prorata verify --program ${stakeProgram}\n${indented(verifyText(demo.io, verify))}`,
  );
  return { periods, running: (await engine.status(stakeProgram)).period, verify };
}

function listenerOf(
  demo: DemoIo,
  engine: Engine,
  story: StakeStory,
  { money, seed }: { readonly money: Money; readonly seed: number },
): StakeListener {
  const { stdout } = demo.io;
  const on = (text: string): Promise<void> => demo.say(`            ${text}`);
  const began = demo.io.now();
  return {
    onPopulation: async (recorded) => {
      const { accounts } = (await engine.status(stakeProgram)).counts;
      const seconds = ((demo.io.now() - began) / 1000).toFixed(1);
      await demo.say(
        `A year of rewards: ${counted(accounts, 'staker')} on 60 validators, six pools, twelve months. Seed ${seed}: run it again, it pays the same.`,
      );
      await demo.say(
        `${counted(recorded, 'event')} taken in ${seconds} s; batches of ${grouped(story.definition.rules.window.batchSize)} accounts, freeze strategy cut\n`,
      );
    },
    onMonth: async (number) => {
      const text = specialText(story, number);
      if (text !== null) await on(text);
    },
    onStrategy: (before) =>
      on(
        `the freeze strategy becomes generations: this window finishes under ${before}, the next opens under the new one`,
      ),
    onLeft: (score) =>
      on(
        `${short(story.leaver)} unstakes everything between its score (${grouped(score)}) and its payment: its share goes to the residual`,
      ),
    onMended: async (number, halt, reason) => {
      const red = styled(stdout, 'red', `halted [${halt.code}]`);
      await demo.say(`${date(story.boundaries[number - 1]!)}  ${red} before the first payment: ${halt.message}`);
      await on(`funded with ${money.full(story.missing)} and resumed: "${reason}"`);
    },
    onSettled: async (number, record, { steps, strategy, changes }) => {
      const paid = `${money.full(record.delivered)} to ${counted(record.accountsPaid, 'account')}`;
      const how = `${counted(steps, 'step')}, ${strategy}, ${counted(changes, 'change')} between them`;
      await demo.say(
        `${date(record.boundary)}  ${styled(stdout, 'green', `month ${number} settled`)}: ${paid} (${how})`,
      );
    },
  };
}

/** What is out of the ordinary in a month before its window opens. */
function specialText({ whale, boundaries }: StakeStory, number: number): string | null {
  switch (number) {
    case special.slash:
      return `validator ${slashed} is slashed by 5 % and jailed: from that second on its stakes weigh less, the time before keeps its value`;
    case special.exclude:
      return `the largest staker, ${short(whale)}, is excluded: it scores nothing, its stake stays`;
    case special.include:
      return `${short(whale)} is included again, and scores from that second on`;
    case special.late:
      return `nobody steps for ${lateDays} days after ${date(boundaries[number - 1]!)}, while stakes go on changing: the boundary stays where it was`;
    default:
      return null;
  }
}

const date = (second: number): string => iso(second).slice(0, 10);
const short = (name: string): string => `${name.slice(0, 12)}...`;

/** One row per period: when, how much, to how many, what went to the residual and why, in how many steps, and the root. */
function periodsText(records: readonly PeriodRecord[], money: Money): string {
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
