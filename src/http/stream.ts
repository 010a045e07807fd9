import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { breathe } from '../app/breathe.ts';
import { InvalidInputError } from '../core/errors.ts';
import { formatInstant } from '../core/time/instant.ts';
import type { CrownAnswers } from '../views/crown-answers.ts';
import { json } from '../views/json.ts';
import { eventRowJson } from '../views/ledger.ts';
import { stepJson } from '../views/program.ts';
import type { Context } from './context.ts';
import { Latest } from '../app/latest.ts';
import { problems, requestSchema, signalOf } from './route.ts';
import type { Params, Query } from './schema.ts';

const mediaType = 'text/event-stream; charset=utf-8';
/** As `prorata tail --follow` looks. */
const pollDefaultMs = 500;
/** Something is sent at least so often, so that nobody in between takes the connection for dead. */
const quietMs = 15_000;
/** After so many messages of a backlog, some milliseconds of work, others get their turn, and who follows is looked at again. */
const messagesAtOnce = 100;

/**
 * Up to where somebody has read: the newest event, the newest step of the newest window, and of a market the event up to which it
 * was told who holds. The id of every message is one.
 */
interface Place {
  event: number;
  period: number;
  step: number;
  crown: number | null;
}

const idOf = ({ event, period, step, crown }: Place): string =>
  [event, period, step, ...(crown === null ? [] : [crown])].join('.');

/** Of a market an id without the last part is one too: changes that the event brought have been told. */
function placeOf(id: string, newest: Place): Place {
  const [whole, event, period, step, crown] = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})(?:\.(\d{1,15}))?$/.exec(id) ?? [];
  const told = newest.crown === null ? null : Number(crown ?? event);
  const known = Math.max(Number(event), told ?? 0) <= newest.event && (newest.crown !== null || crown === undefined);
  if (whole !== undefined && known)
    return { event: Number(event), period: Number(period), step: Number(step), crown: told };
  const message = `Found cursor ${JSON.stringify(id)}; accepted: the id of a message of this stream, as Last-Event-ID or cursor.`;
  throw new InvalidInputError('cursor-malformed', message, { found: id });
}

/** New events, steps of a window and changes of who holds as server-sent events, nothing twice and nothing skipped. */
export function streamRoute(app: FastifyInstance, context: Context): void {
  const { engine } = context;
  const { crown } = context;
  const { pollMs = pollDefaultMs, now } = context.options;
  // Those who follow have mostly been told the same.
  const told = new Latest<Awaited<ReturnType<CrownAnswers['changes']>>>();
  const path = '/v1/programs/:program/stream';
  const schema = {
    summary:
      'new events, steps of a window, and changes of who holds, as they come; goes on after Last-Event-ID, else from now on',
    tags: ['stream'],
    ...requestSchema(path, { query: ['cursor'] }),
    headers: { type: 'object', properties: { 'last-event-id': { type: 'string', maxLength: 80 } } },
    response: {
      200: { description: 'server-sent events', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      ...problems,
    },
  };

  app.get(path, { schema }, async (request, reply) => {
    const { program } = request.params as Params;
    const asked = (request.headers['last-event-id'] as string | undefined) ?? (request.query as Query).cursor;
    const newest = await newestOf(program);
    const place = asked === undefined ? newest : placeOf(asked, newest);
    // Who asks for the head alone follows nothing.
    if (request.method === 'HEAD') return reply.type(mediaType).send('');
    const signal = signalOf(context, reply);
    const leave = context.streams.enter();
    const messages = Readable.from(follow(program, place, { signal, holds: () => context.door.holds(request) }), {
      objectMode: false,
    });
    messages.once('close', leave);
    // A connection that is kept would outlive the stream, and hold up the end of the server.
    return reply.header('connection', 'close').type(mediaType).send(messages);
  });

  async function newestOf(program: string): Promise<Place> {
    const { events, window } = await engine.status(program);
    const { period = 0, status, steps = 0 } = (await engine.periods(program)).at(-1) ?? {};
    // The record of a period has its steps once it is settled.
    const step = status === 'open' && window?.period === period ? window.steps : steps;
    const isMarket = (await context.model(program)) === 'crown';
    return { event: events, period, step, crown: isMarket ? events : null };
  }

  /** Ends when whoever follows may not any more: its token was revoked, or expired. */
  async function* follow(
    program: string,
    place: Place,
    { signal, holds }: { readonly signal: AbortSignal; readonly holds: () => Promise<boolean> },
  ): AsyncGenerator<string> {
    let spoken = now();
    let seen = -1;
    yield `retry: 2000\nid: ${idOf(place)}\nevent: hello\ndata: ${json({ program })}\n\n`;
    const mayGoOn = async (): Promise<boolean> => !signal.aborted && (await holds());
    while (await mayGoOn()) {
      const { version } = await engine.counters(program);
      // Looking costs some rows while nothing happens, however many follow and however long a window is.
      if (version !== seen) {
        let sent = 0;
        for await (const message of news(program, place, version)) {
          spoken = now();
          yield message;
          sent += 1;
          if (sent % messagesAtOnce !== 0) continue;
          await breathe();
          if (!(await mayGoOn())) return;
        }
      }
      seen = version;
      if (now() - spoken >= quietMs) {
        spoken = now();
        yield ': quiet\n\n';
      }
      await sleep(pollMs, undefined, { signal }).catch(() => {});
    }
  }

  /** What came after `place`, which it moves on. */
  async function* news(program: string, place: Place, version: number): AsyncGenerator<string> {
    for await (const row of engine.tail(program, { what: 'events', since: String(place.event) })) {
      place.event = Number(row.cursor);
      if (row.what === 'event') yield message('event', place, eventRowJson(row.event));
      else if (row.what === 'pruned')
        yield message('pruned', place, { first: row.first, last: row.last, until: formatInstant(row.until) });
    }
    for (const { period } of await engine.periods(program)) {
      if (period < place.period) continue;
      for (const step of await engine.steps(program, period, period === place.period ? place.step : 0)) {
        [place.period, place.step] = [period, step.step];
        yield message('step', place, stepJson(step, context.stepMs(program, step)));
      }
    }
    while (place.crown !== null && place.crown < place.event) {
      const after = place.crown;
      const key = JSON.stringify([version, after]);
      const { changes, seq } = await told.of(program, key, () => crown.changes(program, after));
      for (const change of changes) {
        place.crown = change.seq;
        yield messageOf('crown', place, change.text);
      }
      // Whoever answers may read from elsewhere, which lags behind: the rest comes with the next look.
      if (seq <= after) break;
      place.crown = seq;
    }
  }
}

const message = (name: string, place: Place, data: unknown): string => messageOf(name, place, json(data));
const messageOf = (name: string, place: Place, text: string): string =>
  `id: ${idOf(place)}\nevent: ${name}\ndata: ${text}\n\n`;
