import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type CompareOptions,
  type Limits,
  type Recommendation,
  type StrategyMeasures,
  checkRoots,
  loadComparison,
  measureStrategy,
  recommend,
} from '../app/compare.ts';
import { UnavailableError } from '../core/errors.ts';
import { populationAccountsMax } from '../core/population/population.ts';
import { type StrategyName, strategyNames } from '../core/program.ts';
import { exitCodes } from './exit-codes.ts';
import { histogram } from './histogram.ts';
import type { Io } from './io.ts';
import { choiceOption, type GlobalOptions, wholeOption } from './options.ts';
import { grouped, json, styled, table } from './print.ts';
import { breather, startProgress } from './progress.ts';
import { Interrupted } from './report.ts';

export interface CompareFlags extends GlobalOptions {
  /** Sizes, with commas between them. */
  readonly accounts?: string;
  readonly full?: boolean;
  readonly strategies?: string;
  readonly batch?: string;
  readonly seed?: string;
  readonly maxStepMs?: string;
  readonly maxMemoryMb?: string;
  /** No measurement begins after so many minutes. */
  readonly minutes?: string;
  readonly dir?: string;
  /** Measures in this process, which then cannot tell whose memory it is. */
  readonly inProcess?: boolean;
  /** A store that `compare` has loaded: how it calls itself for one strategy. */
  readonly loaded?: string;
}

const sizes = { quick: '30000,100000', full: '30000,100000,500000,1000000' } as const;

/** `prorata compare`: the freeze strategies on the same population, measured; a table, histograms, a recommendation. */
export async function compare(flags: CompareFlags, io: Io): Promise<number> {
  const accounts = listOf(flags.accounts ?? (flags.full === true ? sizes.full : sizes.quick)).map((text) => {
    return wholeOption(text, '--accounts', 1, populationAccountsMax);
  });
  const strategies = listOf(flags.strategies ?? strategyNames.join()).map((text) =>
    choiceOption(text, '--strategies', strategyNames),
  );
  const batchSize = wholeOption(flags.batch ?? '1000', '--batch', 1, 100_000);
  const seed = wholeOption(flags.seed ?? '1', '--seed', 0);
  const limits: Limits = {
    maxStepMs: wholeOption(flags.maxStepMs ?? '25', '--max-step-ms', 1),
    maxMemoryMb: wholeOption(flags.maxMemoryMb ?? '400', '--max-memory-mb', 1),
  };
  const until = io.now() + wholeOption(flags.minutes ?? '20', '--minutes', 1) * 60_000;
  if (flags.loaded !== undefined) {
    return answerOne(io, flags.loaded, strategies[0]!, { accounts: accounts[0]!, batchSize, seed });
  }

  const folder = await mkdtemp(join(resolve(io.cwd, flags.dir ?? tmpdir()), 'prorata-compare-'));
  const measures: StrategyMeasures[] = [];
  const left: string[] = [];
  try {
    for (const count of accounts.toSorted((a, b) => a - b)) {
      if (io.now() > until) {
        left.push(`${grouped(count)} accounts`);
        continue;
      }
      const options: CompareOptions = { accounts: count, batchSize, seed };
      const base = join(folder, 'base.db');
      await load(io, flags, base, options);
      for (const strategy of strategies) {
        if (io.now() > until) {
          left.push(`${strategy} at ${grouped(count)} accounts`);
          continue;
        }
        measures.push(await measureFairly(io, { strategy, options, base, folder, flags }, { limits, until }));
      }
      await rm(base);
      checkRoots(measures);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const recommendation = recommend(measures, limits);
  if (flags.json === true) await io.stdout.write(`${json({ limits, measures, left, recommendation })}\n`);
  else await io.stdout.write(report(io, measures, recommendation, limits, left));
  return exitCodes.ok;
}

const listOf = (text: string): string[] => [...new Set(text.split(',').map((part) => part.trim()))];

async function load(io: Io, flags: CompareFlags, store: string, options: CompareOptions): Promise<void> {
  const progress = startProgress(io, flags);
  const engine = await io.openEngine({ store });
  try {
    await loadComparison(engine, options, (events) =>
      progress.update(() => `${grouped(options.accounts)} accounts: ${grouped(events)} events taken`),
    );
  } finally {
    await engine.close();
    progress.end();
  }
}

/** How often a strategy is measured at most, when its steps seem too slow. */
const attemptsMax = 3;

/**
 * Other work on the machine only ever adds to times. So a measurement whose steps break their limit is made again, up to
 * `attemptsMax` times in all, and the one with the lowest p99 counts. One whose opening step is slow by its nature is not.
 */
async function measureFairly(
  io: Io,
  { base, folder, ...work }: Omit<Work, 'store'> & { readonly base: string; readonly folder: string },
  { limits, until }: { readonly limits: Limits; readonly until: number },
): Promise<StrategyMeasures> {
  const store = join(folder, `${work.strategy}.db`);
  let best: StrategyMeasures | null = null;
  for (let attempt = 1; ; attempt += 1) {
    copyFileSync(base, store);
    const measure = work.flags.inProcess === true ? measureHere : measureInChild;
    const measured = await measure(io, { ...work, store });
    await rm(store);
    if (best === null || measured.stepMsP99 < best.stepMsP99) best = measured;
    best = { ...best, attempts: attempt };
    const { openMs, stepMsP99 } = best;
    const again = (openMs > limits.maxStepMs || stepMsP99 > limits.maxStepMs) && openMs < 4 * limits.maxStepMs;
    if (!again || attempt === attemptsMax || io.now() > until) return best;
  }
}

interface Work {
  readonly strategy: StrategyName;
  readonly options: CompareOptions;
  readonly store: string;
  readonly flags: CompareFlags;
}

async function measureHere(io: Io, { strategy, options, store, flags }: Work): Promise<StrategyMeasures> {
  const progress = startProgress(io, flags);
  const breathe = breather(io);
  const engine = await io.openEngine({ store, create: false });
  try {
    return await measureStrategy(engine, strategy, options, {
      clock: () => performance.now(),
      onStep: async (steps) => {
        progress.update(() => `${grouped(options.accounts)} accounts, ${strategy}: ${grouped(steps)} steps`);
        await breathe();
        if (io.signal.aborted) throw new Interrupted('Stopped after the current step.');
      },
    });
  } finally {
    await engine.close();
    progress.end();
  }
}

/** The same in a process of its own, whose memory then is that of one window. */
async function measureInChild(io: Io, { strategy, options, store, flags }: Work): Promise<StrategyMeasures> {
  const progress = startProgress(io, flags);
  const { accounts, batchSize, seed } = options;
  const size = ['--accounts', `${accounts}`, '--batch', `${batchSize}`, '--seed', `${seed}`];
  const args = [
    ...process.execArgv,
    process.argv[1]!,
    'compare',
    '--loaded',
    store,
    '--strategies',
    strategy,
    ...size,
    '--json',
  ];
  const began = io.now();
  const timer = setInterval(() => {
    const seconds = Math.round((io.now() - began) / 1000);
    progress.update(() => `${grouped(accounts)} accounts, ${strategy}: ${seconds} s`);
  }, 200);
  try {
    return JSON.parse(await outputOf(args, io.signal)) as StrategyMeasures;
  } finally {
    clearInterval(timer);
    progress.end();
  }
}

function outputOf(args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const stop = (): void => void child.kill();
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', fail);
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) fail(new Interrupted('Stopped in the middle of a measurement.'));
      else if (code === 0) done(out);
      else
        fail(
          new UnavailableError(
            'measurement-failed',
            `A measurement ended with exit code ${code}: ${err.trim().slice(0, 2000)}`,
          ),
        );
    });
  });
}

async function answerOne(io: Io, store: string, strategy: StrategyName, options: CompareOptions): Promise<number> {
  const measured = await measureHere(io, { strategy, options, store: resolve(io.cwd, store), flags: { json: true } });
  await io.stdout.write(`${JSON.stringify({ ...measured, peakMemoryMb: peakMemoryMb() })}\n`);
  return exitCodes.ok;
}

/** Of this process since it began. Linux also counts the parent in `maxRSS`, from before the program was loaded; VmHWM does not. */
function peakMemoryMb(): number {
  const status = '/proc/self/status';
  const line = existsSync(status) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8')) : null;
  return Math.round((line ? Number(line[1]) : process.resourceUsage().maxRSS) / 1024);
}

// --- what people read

function report(
  io: Io,
  measures: readonly StrategyMeasures[],
  recommendation: Recommendation,
  limits: Limits,
  left: readonly string[],
): string {
  if (measures.length === 0) return 'nothing was measured\n';
  const parts = [
    `The same window under each freeze strategy, batches of ${grouped(measures[0]!.batchSize)}, SQLite with fsync. Milliseconds.\n` +
      `Whose steps seem too slow is measured up to ${attemptsMax} times: other work on the machine only adds, so the lowest p99 counts.\n`,
    figures(measures),
  ];
  for (const [accounts, group] of Map.groupBy(measures, (one) => one.accounts)) {
    const columns = group.map(({ strategy, openMs, stepsMs }) => ({ name: strategy, values: [openMs, ...stepsMs] }));
    parts.push(
      `steps by their duration, ${grouped(accounts)} accounts (the opening step included)\n${histogram(columns)}`,
    );
  }
  parts.push(roots(measures), advice(io, recommendation, limits));
  if (left.length > 0) parts.push(`not measured, out of time (--minutes): ${left.join(', ')}\n`);
  return parts.join('\n');
}

function figures(measures: readonly StrategyMeasures[]): string {
  const headings = [
    '>accounts',
    'strategy',
    '>open',
    '>rows to open',
    '>steps',
    '>p50',
    '>p99',
    '>max',
    '>query p50',
    '>query p99',
    '>peak rows',
    '>rows written',
    '>window s',
    '>peak MB',
    '>runs',
  ];
  const rows = measures.map((one) => [
    grouped(one.accounts),
    one.strategy,
    ms(one.openMs),
    grouped(one.openRowsWritten),
    grouped(one.stepsMs.length),
    ms(one.stepMsP50),
    ms(one.stepMsP99),
    ms(one.stepMsMax),
    one.queryMsP50.toFixed(2),
    one.queryMsP99.toFixed(2),
    grouped(one.peakRows),
    grouped(one.rowsWritten),
    (one.windowMs / 1000).toFixed(1),
    one.peakMemoryMb === null ? '-' : grouped(one.peakMemoryMb),
    `${one.attempts}`,
  ]);
  return table(headings, rows);
}

const ms = (value: number): string => (value < 100 ? value.toFixed(1) : grouped(Math.round(value)));

function roots(measures: readonly StrategyMeasures[]): string {
  const lines = [...Map.groupBy(measures, (one) => one.accounts)].map(([accounts, group]) => {
    const [{ root, accountsPaid }] = group as [StrategyMeasures];
    return `  ${grouped(accounts)}: ${grouped(accountsPaid)} paid, ${root}\n`;
  });
  return `settlement roots: equal for all strategies, so all pay the same to the unit\n${lines.join('')}`;
}

function advice(io: Io, { strategy, nearest, rule, judgements, batchSize }: Recommendation, limits: Limits): string {
  const lines = judgements.map((one) => {
    const memory = one.peakMemoryMb === null ? 'memory not measured' : `${one.peakMemoryMb} MB`;
    const verdict = one.fits ? 'fits' : `breaks: ${one.breaks.join(', ')}`;
    return [
      one.strategy,
      `open ${ms(one.openMs)}`,
      `p99 ${ms(one.stepMsP99)}`,
      memory,
      `${grouped(one.rowsWritten)} rows`,
      verdict,
    ];
  });
  const worst = table(['', '', '', '', '', ''], lines).replace(/^\n/, '');
  const smaller = batchSize === null ? '' : ` With --batch ${batchSize} it should.`;
  const end = strategy
    ? `recommended: ${styled(io.stdout, 'bold', strategy)}`
    : `recommended: none keeps to ${limits.maxStepMs} ms and ${limits.maxMemoryMb} MB on this machine, as busy as it is now; nearest: ${nearest}.${smaller}`;
  return `worst of all sizes\n${worst.replace(/^(?=.)/gm, '  ')}rule: ${rule}\n${end}\n`;
}
