import type { FastifyInstance } from 'fastify';
import { strategyNames } from '../core/program.ts';
import type { Context } from './context.ts';
import { get } from './route.ts';
import { choice, list, object, orNull, type Schema, text, whole, yes } from './schema.ts';

/** Milliseconds, and other figures that were measured: no money. */
const measured: Schema = { type: 'number', minimum: 0 };
const strategy = choice(...strategyNames);

const comparison = object({
  limits: object({ max_step_ms: measured, max_memory_mb: measured }),
  measures: list(
    object({
      strategy,
      accounts: whole,
      batch_size: whole,
      peak_rows: whole,
      rows_written: whole,
      open_ms: measured,
      open_rows_written: whole,
      step_ms_p50: measured,
      step_ms_p99: measured,
      step_ms_max: measured,
      query_ms_p50: measured,
      query_ms_p99: measured,
      window_ms: measured,
      peak_memory_mb: orNull(measured),
      attempts: whole,
      accounts_paid: whole,
      root: text,
      steps: whole,
      histogram: list(object({ from_ms: measured, to_ms: measured, steps: whole })),
      course: object({ each: whole, longest_ms: list(measured) }),
    }),
  ),
  left: list(text),
  recommendation: object({
    strategy: orNull(strategy),
    nearest: orNull(strategy),
    rule: text,
    judgements: list(
      object({
        strategy,
        fits: yes,
        open_ms: measured,
        step_ms_p99: measured,
        peak_memory_mb: orNull(measured),
        rows_written: whole,
        breaks: list(text),
      }),
    ),
    batch_size: orNull(measured),
  }),
});

/** What a run of `prorata compare` measured, where the server was given one. */
export function compareRoutes(app: FastifyInstance, context: Context): void {
  get(
    app,
    context,
    '/v1/compare',
    {
      summary:
        'the freeze strategies as `prorata compare` measured them; null: the server was given no run (serve --compare)',
      tag: 'compare',
      answer: object({ comparison: orNull(comparison) }),
    },
    async () => ({ comparison: context.options.comparison ?? null }),
  );
}
