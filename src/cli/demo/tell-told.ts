import { credPersons } from '../../app/cred/read.ts';
import { playTold } from '../../app/demo/fill.ts';
import type { ToldProgram } from '../../app/demo/told-program.ts';
import type { Engine } from '../../app/engine.ts';
import { isCrown } from '../../core/program.ts';
import { credText } from '../cred/options.ts';
import { brief, percent } from '../crown/show.ts';
import { counted, grouped, indented, type Money } from '../print.ts';
import { periodTable } from '../settle.ts';
import { verifyText } from '../verify.ts';
import type { DemoIo, ToldReport } from './demo-io.ts';

/** A program of rounds: what it is and what happened, the table of its rounds, two people explained in brief, and `verify`. */
export async function tellTold(demo: DemoIo, engine: Engine, told: ToldProgram): Promise<ToldReport> {
  const { about, definition, ask } = told;
  const { name } = definition;
  const notes: string[] = [];
  const recorded = await playTold(engine, told, {
    beforeStep: demo.beforeStep,
    onChapter: async (chapter, number) => {
      for (const note of chapter.notes) notes.push(`  round ${number}: ${note}`);
    },
  });
  const periods = await engine.periods(name);
  await demo.say(about);
  await demo.say(
    `${counted(recorded, 'event')} taken; ${counted(periods.length, 'round')} settled, and the next one runs`,
  );
  for (const note of notes) await demo.say(note);

  const money = demo.money(definition);
  const why = isCrown(definition) ? crownBrief : credBrief;
  const program = { engine, name, money };
  const verify = await demo.verify(engine, name);
  const lines = verifyText(demo.io, verify).trimEnd().split('\n');
  await demo.show(
    `\n${periodTable(periods, money)}\n` +
      `prorata explain ${ask.paid} --period ${ask.period} --program ${name}, in brief\n` +
      indented(await why.person(program, ask.paid, ask.period)) +
      `${ask.unpaid}: ${await why.nothing(program, ask.unpaid, ask.period)}\n` +
      `the round that runs, so far: ${await why.running(program)}\n` +
      `${(verify.holds ? lines.slice(-1) : lines).join('\n')}\n`,
  );
  return { periods, running: (await engine.status(name)).period, verify };
}

interface Program {
  readonly engine: Engine;
  readonly name: string;
  readonly money: Money;
}

/** What a model says of people in a line or a few. */
interface Brief {
  readonly person: (program: Program, account: string, period: number) => Promise<string>;
  readonly nothing: (program: Program, account: string, period: number) => Promise<string>;
  readonly running: (program: Program) => Promise<string>;
}

const crownBrief: Brief = {
  async person({ engine, name, money }, account, period) {
    const { explained, conduct, part, division } = await engine.explainCrown(name, { account, period });
    const lanes = explained.map(
      ({ lane, alone, shared, lost, part: of }) =>
        `${lane}: ${grouped(alone)} s held alone, ${grouped(shared)} s shared, ${grouped(lost)} s not held: ${brief(of)} of the whole\n`,
    );
    const due =
      division === null
        ? 'nothing is owed\n'
        : `together ${brief(part)} of ${money.full(division.amount)}, conduct ${brief(conduct)} counted in: ${money.full(division.due)}\n`;
    return lanes.join('') + due;
  },
  async nothing({ engine, name }, account, period) {
    const { zero } = await engine.explainCrown(name, { account, period });
    return `nothing, as it was ${zero.map(({ reason, seconds }) => `${reason} for ${grouped(seconds)} s`).join(', ')}, over all lanes`;
  },
  async running({ engine, name }) {
    const { scores } = await engine.crownScores(name);
    return topOf(
      scores.map(({ account, score, part }) => ({ score, text: `${account} ${percent(part)}` })),
      'of its rewards',
    );
  },
};

const credBrief: Brief = {
  async person({ engine, name, money }, account, period) {
    const { view, person, sharing } = await engine.explainCred(name, { account, period });
    const sources = person.sources.map(({ source, score }) => `${credText(view, score)} from ${source}`).join(', ');
    const policies = (sharing?.policies ?? []).map(
      ({ policy, budget, amount }) => `${policy} ${money.bare(amount)} of ${money.bare(budget)}\n`,
    );
    return `cred ${credText(view, person.score)} in the week: ${sources}\n${policies.join('')}together ${money.full(sharing?.paid ?? 0n)}\n`;
  },
  async nothing({ engine, name }, account, period) {
    const { zero } = await engine.explainCred(name, { account, period });
    return `nothing, as ${zero?.text ?? 'it was paid'}`;
  },
  async running({ engine, name }) {
    const view = await engine.credView(name, { period: 'running' });
    return topOf(
      credPersons(view).map((person) => ({
        score: person.score,
        text: `${person.name} ${credText(view, person.score)}`,
      })),
      'of cred',
    );
  },
};

function topOf(all: readonly { readonly score: bigint; readonly text: string }[], of: string): string {
  const top = all.toSorted((a, b) => (a.score === b.score ? 0 : a.score < b.score ? 1 : -1)).slice(0, 3);
  return `${top.map(({ text }) => text).join(', ')} ${of}`;
}
