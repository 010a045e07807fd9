import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { breathe } from '../app/breathe.ts';
import { UnavailableError } from '../core/errors.ts';
import { type TableFormat, type TableName, writeTable } from '../views/tables.ts';
import type { Context } from './context.ts';
import { Gate } from './gate.ts';
import { problems, requestSchema, signalOf } from './route.ts';
import type { Params, Query } from './schema.ts';

/** Each holds a connection, and the version of the store that it reads. */
const exportsMost = 4;
/** A version of the store that is being read is kept for so long: what others write meanwhile lies beside it on the disk. */
const exportMs = 600_000;

const mediaTypes: Readonly<Record<TableFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/jsonl; charset=utf-8',
};

/** Whole tables as streams. */
export function exportRoute(app: FastifyInstance, context: Context): void {
  const { engine, options } = context;
  const gate = new Gate(exportsMost, 'exports');
  const path = '/v1/programs/:program/export/:table';
  const schema = {
    summary: 'a whole table as a stream, of one version of the store: JSON Lines with the rows of the API, or CSV',
    tags: ['exports'],
    ...requestSchema(path, { query: ['format'] }),
    response: {
      200: {
        description: 'the table; an answer that is cut off is not whole',
        content: Object.fromEntries(Object.values(mediaTypes).map((type) => [type.split(';')[0], { schema: { type: 'string' } }])),
      },
      ...problems,
    },
  };

  app.get(path, { schema, config: { access: 'reader' } }, async (request, reply) => {
    const { program, table } = request.params as Params;
    const { format } = request.query as Query;
    const model = await context.model(program);
    const names = await context.names(program);
    const { events } = await engine.counters(program);
    const leave = gate.enter();
    const over = new AbortController();
    const signal = AbortSignal.any([signalOf(context, reply), over.signal]);
    const body = new PassThrough();
    // Whoever reads slowly, or not at all, must not keep an old version of the store for ever.
    void sleep(exportMs, undefined, { signal, ref: false }).then(
      () => over.abort(new UnavailableError('export-too-slow', `The export was not taken within ${exportMs / 1000} seconds.`)),
      () => {},
    );
    const write = async (text: string): Promise<void> => {
      if (!(await context.door.holds(request))) over.abort(new UnavailableError('request-ended', 'The token was revoked.'));
      signal.throwIfAborted();
      if (!body.write(text)) await once(body, 'drain', { signal });
      await breathe();
    };
    void (async () => {
      const reader = await options.reader();
      try {
        await writeTable(reader.engine, program, { table, format, model, names, signal }, write);
      } finally {
        await reader.close();
      }
    })()
      .then(() => body.end())
      .catch((error: unknown) => {
        request.log.info({ err: error }, 'export ended early');
        body.destroy(error as Error);
      })
      .finally(() => {
        leave();
        over.abort();
      });
    return reply
      .header('content-disposition', disposition(`${program}-${table}-${events}.${format}`))
      .type(mediaTypes[format])
      .send(body);
  });
}

/** A file name as every client reads it: without what is none in ASCII, and (RFC 8187) as it is. */
function disposition(name: string): string {
  const plain = name.replace(/[^\w.-]/g, '_');
  const whole = encodeURIComponent(name).replace(/['()*!]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}
