import type { FastifyInstance } from 'fastify';
import type { Audit } from '../app/auditor.ts';
import { UnavailableError } from '../core/errors.ts';
import { formatInstant } from '../core/time/instant.ts';
import type { Context } from './context.ts';
import { get } from './route.ts';
import { object, orNull, text, time, whole, yes } from './schema.ts';
import * as shapes from './shapes.ts';

/** A run of the invariants that takes longer is ended: a large store is verified on the command line. */
const verifyMs = 60_000;

/** The newest run over the books of a program. */
interface Run extends Audit {
  readonly ranAt: number;
  readonly ms: number;
}

const lastRun = object({
  ran_at: time,
  ms: whole,
  events: whole,
  stale: yes,
  holds: yes,
  findings: shapes.findings,
});

export function invariantRoutes(app: FastifyInstance, context: Context): void {
  const { now } = context.options;
  const runs = new Map<string, Run>();

  get(
    app,
    context,
    '/v1/programs/:program/invariants',
    {
      summary: 'runs every named invariant over the books; one run at a time, at most a minute',
      tag: 'invariants',
      answer: shapes.report,
      // It takes a processor for up to a minute.
      access: 'operator',
    },
    async ({ params: { program }, signal }) =>
      context.verifying.run(async () => {
        const ranAt = now();
        const late = new AbortController();
        const timer = setTimeout(() => late.abort(tooLong()), verifyMs);
        const audit = await context.auditor
          .audit(program, AbortSignal.any([signal, late.signal]))
          .finally(() => clearTimeout(timer));
        runs.set(program, { ...audit, ranAt, ms: now() - ranAt });
        return audit.report;
      }),
  );

  get(
    app,
    context,
    '/v1/programs/:program/invariants/last',
    {
      summary: 'what the newest run of the invariants found since this server began; null: there was none',
      tag: 'invariants',
      answer: object({ program: text, last: orNull(lastRun) }),
    },
    async ({ params: { program } }) => {
      const { version } = await context.engine.counters(program);
      const run = runs.get(program);
      if (run === undefined) return { program, last: null };
      const { ranAt, ms, events, report } = run;
      const { holds, findings } = report;
      const stale = run.version !== version;
      return { program, last: { ranAt: formatInstant(ranAt), ms, events, stale, holds, findings } };
    },
  );
}

const tooLong = (): UnavailableError => {
  const message = 'The invariants took longer than a minute; accepted: `prorata verify`, which takes its time.';
  return new UnavailableError('verify-too-long', message, { seconds: String(verifyMs / 1000) });
};
