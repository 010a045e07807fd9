import type { FastifyInstance } from 'fastify';
import { UnavailableError } from '../core/errors.ts';
import type { Context } from './context.ts';
import { get } from './route.ts';
import * as shapes from './shapes.ts';

/** A run of the invariants that takes longer is ended: a large store is verified on the command line. */
const verifyMs = 60_000;

export function invariantRoutes(app: FastifyInstance, context: Context): void {
  const { slow, now } = context.options;

  get(
    app,
    context,
    '/v1/programs/:program/invariants',
    {
      summary: 'runs every named invariant over the books; one run at a time, at most a minute',
      tag: 'invariants',
      answer: shapes.report,
      // It takes the thread that answers the others, for up to a minute.
      access: 'operator',
    },
    async ({ params: { program }, signal }) =>
      context.verifying.run(async () => {
        const until = now() + verifyMs;
        return slow.verify(program, () => {
          signal.throwIfAborted();
          if (now() < until) return;
          const message = 'The invariants took longer than a minute; accepted: `prorata verify`, which takes its time.';
          throw new UnavailableError('verify-too-long', message, { seconds: String(verifyMs / 1000) });
        });
      }),
  );
}
