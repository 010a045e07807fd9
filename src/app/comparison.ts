import { InvalidInputError } from '../core/errors.ts';
import { type StrategyName, strategyNames } from '../core/program.ts';
import type { Judgement, Limits, Recommendation, StrategyMeasures } from './compare.ts';
import { durationClass } from './measure.ts';

/** Steps of a window by how long they took: those of at least `fromMs` and below `toMs`; classes double. */
export interface DurationClass {
  readonly fromMs: number;
  readonly toMs: number;
  readonly steps: number;
}

/** What one strategy cost, with its steps told in a bounded number of figures, however many there were. */
export interface ComparedStrategy extends Omit<StrategyMeasures, 'stepsMs'> {
  /** Steps after the opening one. */
  readonly steps: number;
  /** All steps, the opening one included; without classes that are empty at both ends. */
  readonly histogram: readonly DurationClass[];
  /** The steps after the opening one in their order, `each` of them at a time, and the longest of those. */
  readonly course: { readonly each: number; readonly longestMs: readonly number[] };
}

/** A run of `prorata compare`, to look at. */
export interface Comparison {
  readonly limits: Limits;
  readonly measures: readonly ComparedStrategy[];
  /** What was not measured, in words: the time was over. */
  readonly left: readonly string[];
  readonly recommendation: Recommendation;
}

/** Figures that the course of a window is told in, at most. */
const courseMost = 240;
/** Strategies times sizes; far more than anybody waits for. */
const measuresMost = 200;

/**
 * Reads what `prorata compare --json` printed. Throws InvalidInputError `comparison-malformed`, which says where it is something
 * else.
 */
export function readComparison(text: string): Comparison {
  const run = new Reader(parsed(text), '');
  const limits = run.object('limits');
  const recommendation = run.object('recommendation');
  return {
    limits: { maxStepMs: limits.number('max_step_ms'), maxMemoryMb: limits.number('max_memory_mb') },
    measures: run.list('measures', measuresMost).map(measuresIn),
    left: run.list('left', measuresMost).map((one) => one.text()),
    recommendation: {
      strategy: recommendation.orNull('strategy')?.strategy() ?? null,
      nearest: recommendation.orNull('nearest')?.strategy() ?? null,
      rule: recommendation.at('rule').text(),
      judgements: recommendation.list('judgements', measuresMost).map(judgementIn),
      batchSize: recommendation.orNull('batch_size')?.number() ?? null,
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('', 'no JSON');
  }
}

function malformed(place: string, found: string): InvalidInputError {
  const message = `${place === '' ? 'The comparison' : place}: found ${found}; accepted: what \`prorata compare --json\` printed.`;
  return new InvalidInputError('comparison-malformed', message, { field: place });
}

function measuresIn(one: Reader): ComparedStrategy {
  const openMs = one.number('open_ms');
  const stepsMs = one.list('steps_ms', 1_000_000).map((step) => step.number());
  return {
    strategy: one.at('strategy').strategy(),
    accounts: one.whole('accounts'),
    batchSize: one.whole('batch_size'),
    peakRows: one.whole('peak_rows'),
    rowsWritten: one.whole('rows_written'),
    openMs,
    openRowsWritten: one.whole('open_rows_written'),
    stepMsP50: one.number('step_ms_p50'),
    stepMsP99: one.number('step_ms_p99'),
    stepMsMax: one.number('step_ms_max'),
    queryMsP50: one.number('query_ms_p50'),
    queryMsP99: one.number('query_ms_p99'),
    windowMs: one.number('window_ms'),
    peakMemoryMb: one.orNull('peak_memory_mb')?.number() ?? null,
    attempts: one.whole('attempts'),
    accountsPaid: one.whole('accounts_paid'),
    root: one.at('root').text(),
    steps: stepsMs.length,
    histogram: histogramOf([openMs, ...stepsMs]),
    course: courseOf(stepsMs),
  };
}

function judgementIn(one: Reader): Judgement {
  return {
    strategy: one.at('strategy').strategy(),
    fits: one.at('fits').boolean(),
    openMs: one.number('open_ms'),
    stepMsP99: one.number('step_ms_p99'),
    peakMemoryMb: one.orNull('peak_memory_mb')?.number() ?? null,
    rowsWritten: one.whole('rows_written'),
    breaks: one.list('breaks', 10).map((what) => what.text()),
  };
}

function histogramOf(values: readonly number[]): DurationClass[] {
  const counts: number[] = [];
  for (const value of values) {
    const number = durationClass(value);
    counts[number] = (counts[number] ?? 0) + 1;
  }
  const lowest = Math.max(0, counts.findIndex(Boolean));
  return Array.from({ length: counts.length - lowest }, (_, index) => {
    const number = lowest + index;
    return {
      fromMs: number === 0 ? 0 : 2 ** (number - 1),
      toMs: 2 ** number,
      steps: counts[number] ?? 0,
    };
  });
}

function courseOf(stepsMs: readonly number[]): ComparedStrategy['course'] {
  const each = Math.max(1, Math.ceil(stepsMs.length / courseMost));
  const longestMs = Array.from({ length: Math.ceil(stepsMs.length / each) }, (_, nth) =>
    Math.max(...stepsMs.slice(nth * each, (nth + 1) * each)),
  );
  return { each, longestMs };
}

/** A value of a document, and where it stands there. */
class Reader {
  readonly #value: unknown;
  readonly #place: string;

  constructor(value: unknown, place: string) {
    this.#value = value;
    this.#place = place;
  }

  at(name: string): Reader {
    if (typeof this.#value !== 'object' || this.#value === null) throw this.#refused();
    const value = (this.#value as Readonly<Record<string, unknown>>)[name];
    return new Reader(value, this.#place === '' ? name : `${this.#place}.${name}`);
  }

  object(name: string): Reader {
    const found = this.at(name);
    if (typeof found.#value !== 'object' || found.#value === null || Array.isArray(found.#value))
      throw found.#refused();
    return found;
  }

  orNull(name: string): Reader | null {
    const found = this.at(name);
    return found.#value === null ? null : found;
  }

  list(name: string, most: number): Reader[] {
    const found = this.at(name);
    if (!Array.isArray(found.#value)) throw found.#refused();
    if (found.#value.length > most) throw malformed(found.#place, `${found.#value.length} items, of at most ${most}`);
    return found.#value.map((one, index) => new Reader(one, `${found.#place}[${index}]`));
  }

  /** A number that is 0 or more; of `name` where given. */
  number(name?: string): number {
    const found = name === undefined ? this : this.at(name);
    const value = found.#value;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw found.#refused();
    return value;
  }

  whole(name: string): number {
    const found = this.at(name);
    if (!Number.isSafeInteger(found.number())) throw found.#refused();
    return found.number();
  }

  text(): string {
    if (typeof this.#value !== 'string' || this.#value.length > 10_000) throw this.#refused();
    return this.#value;
  }

  boolean(): boolean {
    if (typeof this.#value !== 'boolean') throw this.#refused();
    return this.#value;
  }

  strategy(): StrategyName {
    const found = strategyNames.find((name) => name === this.#value);
    if (found === undefined) throw this.#refused();
    return found;
  }

  #refused(): InvalidInputError {
    const text = this.#value === undefined ? 'nothing' : JSON.stringify(this.#value);
    return malformed(this.#place, text.length > 80 ? `${text.slice(0, 79)}…` : text);
  }
}
