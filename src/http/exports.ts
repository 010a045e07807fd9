import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { allRows } from '../app/cred/desk.ts';
import { breathe } from '../app/breathe.ts';
import { UnavailableError } from '../core/errors.ts';
import { type TableFormat, type TableAsked, writeTable } from '../views/tables.ts';
import type { Context } from './context.ts';
import { Gate } from '../app/gate.ts';
import { requestEnded } from './problem.ts';
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
  const gate = new Gate(exportsMost, 'exports');
  const path = '/v1/programs/:program/export/:table';
  const schema = {
    summary: 'a whole table as a stream, of one version of the store: JSON Lines with the rows of the API, or CSV',
    tags: ['exports'],
    ...requestSchema(path, { query: ['format'] }),
    response: {
      200: {
        description: 'the table; an answer that is cut off is not whole',
        content: Object.fromEntries(
          Object.values(mediaTypes).map((type) => [type.split(';')[0], { schema: { type: 'string' } }]),
        ),
      },
      ...problems,
    },
  };

  app.get(path, { schema, config: { access: 'reader' } }, async (request, reply) => {
    const { program, table } = request.params as Params;
    const { format } = request.query as Query;
    const model = await context.model(program);
    const names = await context.names(program);
    // Who asks for the head alone gets no table.
    if (request.method === 'HEAD') return reply.type(mediaTypes[format]).send('');
    const leave = gate.enter();
    const over = new AbortController();
    const signal = AbortSignal.any([signalOf(context, reply), over.signal]);
    const timer = setTimeout(() => over.abort(tooSlow()), exportMs);
    // What breaks it off before it is sent is an answer already.
    const body = new PassThrough().on('error', () => {});
    const write = async (text: string | Uint8Array): Promise<void> => {
      if (!(await context.door.holds(request))) over.abort(requestEnded());
      signal.throwIfAborted();
      if (!body.write(text))
        await once(body, 'drain', { signal }).catch((error: unknown) => {
          signal.throwIfAborted();
          throw error;
        });
      await breathe();
    };
    const version = Promise.withResolvers<number>();
    const persons = async () =>
      (await context.cred.ask('persons', { program, period: 'running' }, allRows, signal)).found;
    const market = () => context.markets.run(() => context.crown.scoreTable(program, format));
    const asked = { table, format, model, names, market, persons, signal, onVersion: version.resolve };
    void exported(program, asked, write)
      .then(
        () => void body.end(),
        (error: Error) => {
          // Before the first byte it is an answer like any other; later all that can be done is to break off.
          version.reject(error);
          // Whoever went away knows, and the log has it.
          if (reply.raw.destroyed) return void body.destroy();
          request.log.info({ reason: error.message }, 'an export was broken off');
          body.destroy(error);
        },
      )
      .finally(() => {
        clearTimeout(timer);
        leave();
      });
    const name = `${program}-${table}-${await version.promise}.${format}`;
    // A connection that is kept would hold up the end of the server.
    reply.headers({ 'content-disposition': attachment(name), connection: 'close' });
    return reply.type(mediaTypes[format]).send(body);
  });

  async function exported(
    program: string,
    asked: TableAsked,
    write: (text: string | Uint8Array) => Promise<void>,
  ): Promise<void> {
    const { engine, close } = await context.options.reader();
    try {
      await writeTable(engine, program, asked, write);
    } finally {
      await close();
    }
  }
}

const tooSlow = (): UnavailableError =>
  new UnavailableError('request-ended', `The export was not taken within ${exportMs / 60_000} minutes.`);

/** A file name as every client reads it: without what is none in ASCII, and (RFC 8187) as it is. */
function attachment(name: string): string {
  const plain = name.replace(/[^\w.-]/g, '_');
  const whole = encodeURIComponent(name).replace(
    /['()*!]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}
