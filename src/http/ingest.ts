import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Given } from '../app/engine.ts';
import { InvalidInputError } from '../core/errors.ts';
import { Gate } from '../app/gate.ts';
import { isFact } from '../core/events/event.ts';
import { refuseFuture } from '../core/events/future.ts';
import type { Refusal } from '../core/events/refusal.ts';
import { assertMay } from './access.ts';
import type { Context } from './context.ts';
import { Extended, mediaTypeUnsupported } from './problem.ts';
import { problems, requestSchema, whenClosed } from './route.ts';
import { type Params, type Query } from './schema.ts';
import * as shapes from './shapes.ts';

/** A body is held in memory, so that a slow sender never holds the store. 16 MiB are some 80,000 events. */
export const bodyBytesMax = 16 * 1024 * 1024;

/** Bodies held at once. */
const bodiesMost = 16;

/** Refused lines that are named one by one; the rest is counted. */
const refusedShown = 100;

export const lineTypes = ['application/x-ndjson', 'application/jsonl'];
const arrayType = 'application/json';

export function ingestRoute(app: FastifyInstance, context: Context): void {
  const { writer, readLines, readArray, now, stepping } = context.options;
  const path = '/v1/programs/:program/events';
  const bodies = new Gate(bodiesMost, 'bodies');

  // Bodies go to the readers of event files as they came: they judge every line.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...lineTypes, arrayType], { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );

  const content = Object.fromEntries([
    ...lineTypes.map((type) => [type, { schema: { description: 'an event a line, in the form that files have' } }]),
    [arrayType, { schema: { description: 'an array of events in the form that files have' } }],
  ]) as Readonly<Record<string, unknown>>;
  const schema = {
    summary:
      'appends events to the log: all of them, or none; what is in the log already changes nothing. Ingesters append facts, operators any event',
    tags: ['events'],
    ...requestSchema(path, { query: ['dry_run', 'allow_future'] }),
    body: { content },
    response: { 200: { description: 'the answer', ...shapes.taken }, ...problems },
  };

  const handler = async (request: FastifyRequest): Promise<unknown> => {
    const { program } = request.params as Params;
    const visitor = request.visitor!;
    const { dry_run: dryRun, allow_future: allowFuture } = request.query as Query;
    // Without a body no reader of bodies has looked at its type.
    if (request.body === undefined) throw mediaTypeUnsupported('no body');
    const body = request.body as Uint8Array;
    const { scoring } = await context.engine.rules(program);
    const block = scoring.model === 'crown' ? scoring.block : null;
    const type = request.headers['content-type']?.split(';')[0]!.trim().toLowerCase();
    const isArray = type === arrayType;
    // An event of the far future would keep all others out of the log.
    if (allowFuture) assertMay(visitor, 'operator', 'allow_future');
    const refusal = allowFuture ? () => null : refuseFuture(now(), 'allow_future=true');

    const lines: number[] = [];
    async function* chunks(): AsyncGenerator<Given[]> {
      const read = isArray ? readArray(textOf(body), block) : readLines(body, block);
      for await (const chunk of read) {
        for (const { line, parsed } of chunk) {
          lines.push(line);
          if (parsed.ok && !isFact(parsed.event))
            assertMay(visitor, 'operator', `Line ${line}, kind ${parsed.event.kind},`);
        }
        yield chunk.map(({ parsed }) => {
          if (parsed.ok) return refusal(parsed.event) ?? parsed.event;
          const { ok: _, ...why } = parsed;
          return why;
        });
      }
    }
    const refusals: (Refusal & { readonly line: number })[] = [];
    // Who writes must not open another file than those have who read.
    await context.engine.describe();
    const engine = await writer();
    const onRefused = (index: number, { code, message, field }: Refusal): void => {
      if (refusals.length >= refusedShown) return;
      refusals.push({ line: lines[index]!, code, message, ...(field === undefined ? {} : { field }) });
    };
    const taking = () => engine.ingest(program, chunks(), { dryRun, onRefused });
    const { rowsWritten: _, ...summary } = await (stepping === undefined ? taking() : stepping.between(taking));
    const { seen, recorded, duplicate, refused } = summary;
    if (refused === 0) return { program, dryRun, ...summary };
    const message = `${refused} of ${seen} lines were refused. Nothing was taken.`;
    const error = new InvalidInputError('lines-refused', message, { refused: String(refused) });
    throw new Extended(error, { seen, accepted: recorded, duplicate, refused, refusals });
  };
  app.route({
    method: 'POST',
    url: path,
    schema,
    bodyLimit: bodyBytesMax,
    config: { access: 'ingester' },
    // Before the body is read.
    onRequest: async (_request, reply) => whenClosed(reply, bodies.enter()),
    handler,
  });
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new InvalidInputError('events-malformed', 'Found bytes that are no UTF-8; accepted: JSON in UTF-8.');
  }
}
