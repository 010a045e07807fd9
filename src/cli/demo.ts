import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DemoModel, demoModels, demoPrograms, stakeStory, toldStory } from '../app/demo/fill.ts';
import { ConflictError } from '../core/errors.ts';
import { DemoIo, type ToldReport } from './demo/demo-io.ts';
import { tellStakes } from './demo/tell-stakes.ts';
import { tellTold } from './demo/tell-told.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { choiceOption, type GlobalOptions, wholeOption } from './options.ts';
import { json } from './print.ts';
import { periodJson } from '../views/program.ts';

export interface DemoOptions extends GlobalOptions {
  /** Stakers; 20,000 when absent. */
  readonly accounts?: string;
  readonly seed?: string;
  /** The program of this model alone; all when absent. */
  readonly only?: string;
  /** A folder that keeps the store. */
  readonly keep?: string;
}

/** `prorata demo`: a made-up program of each scoring model, all in one store: what happens, what was paid and why, and `verify`. */
export async function demo(options: DemoOptions, io: Io): Promise<number> {
  const accounts = wholeOption(options.accounts ?? '20000', '--accounts', 60, 1_000_000);
  const seed = wholeOption(options.seed ?? '1', '--seed', 0);
  const models = options.only === undefined ? demoModels : [choiceOption(options.only, '--only', demoModels)];
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
  const told: { model: DemoModel; report: ToldReport }[] = [];
  const engine = await io.openEngine({ store });
  const speech = new DemoIo(io, options);
  try {
    for (const [index, model] of models.entries()) {
      if (index > 0) await speech.show('\n');
      const report =
        model === 'stake'
          ? await tellStakes(speech, engine, stakeStory({ seed, accounts }), seed)
          : await tellTold(speech, engine, toldStory(model, seed));
      told.push({ model, report });
    }
  } finally {
    await engine.close();
    if (keep === null) await rm(folder, { recursive: true, force: true });
  }
  await speech.show(`${((io.now() - began) / 1000).toFixed(1)} s in all\n`);
  if (options.keep !== undefined) {
    await speech.show(hintsOf(`${options.keep.replace(/\/$/, '')}/demo.db`, models, seed));
  }
  if (options.json === true) {
    const programs = told.map(({ model, report: { periods, running, verify } }) => ({
      program: demoPrograms[model],
      model,
      running,
      periods: periods.map(periodJson),
      verify,
    }));
    await io.stdout.write(`${json({ seed, programs })}\n`);
  }
  return told.every(({ report }) => report.verify.holds) ? exitCodes.ok : exitCodes['does-not-hold'];
}

/** Commands that look into the store that was kept, program by program. */
function hintsOf(store: string, models: readonly DemoModel[], seed: number): string {
  const lines = models.flatMap((model) => {
    const where = `--program ${demoPrograms[model]} --store ${store}`;
    if (model === 'stake') return [`prorata status ${where}`, `prorata payouts --period 12 ${where}`];
    const { period, paid, unpaid } = toldStory(model, seed).ask;
    const overview = model === 'crown' ? `prorata crown --period ${period}` : `prorata cred top --period ${period}`;
    return [overview, `prorata explain ${paid} --period ${period}`, `prorata explain ${unpaid} --period ${period}`].map(
      (command) => `${command} ${where}`,
    );
  });
  return `kept: try\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
