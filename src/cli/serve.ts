import type { Engine } from '../app/engine.ts';
import { KeptRankings } from '../app/ranking/rankings.ts';
import { InvalidInputError } from '../core/errors.ts';
import { isServerUrl, withoutPassword } from '../core/place.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { type GlobalOptions, wholeOption } from './options.ts';
import { json } from './print.ts';
import { tokenJson } from '../views/token.ts';
import { loadConfig, storeOf } from './session.ts';

export const hostDefault = '127.0.0.1';
export const portDefault = 8080;

/** `prorata serve`: the HTTP API over a store, until Ctrl-C or SIGTERM. */
export async function serve(
  options: GlobalOptions & { host?: string; port?: string; rateLimit?: string; readUrl?: string },
  io: Io,
): Promise<number> {
  const host = options.host ?? hostDefault;
  const port = options.port === undefined ? portDefault : wholeOption(options.port, '--port', 0, 65_535);
  const { rateLimit: most } = options;
  const rateLimit = most === undefined ? {} : { rateLimit: wholeOption(most, '--rate-limit', 0) };
  const store = storeOf(io, options, options.store === undefined ? await loadConfig(io, options) : null);
  const reads = options.readUrl ?? store;
  if (options.readUrl !== undefined && !(isServerUrl(store) && isServerUrl(options.readUrl))) {
    const message = `Found --read-url with the store ${withoutPassword(store)}; accepted: two URLs of PostgreSQL, of the server that takes writes and of one that follows it.`;
    throw new InvalidInputError('option-invalid', message);
  }
  const engines: Engine[] = [];
  /** A store in memory is the one who opened it: all work is done on the first engine. */
  const open = async (readOnly: boolean): Promise<Engine> => {
    if (store === 'memory' && engines[0] !== undefined) return engines[0];
    const from = readOnly ? reads : store;
    const engine = await io.openEngine(store === 'memory' ? { store } : { store: from, create: false, readOnly });
    engines.push(engine);
    return engine;
  };
  try {
    const [engine, slow] = [await open(true), await open(true)];
    let writer: Promise<Engine> | null = null;
    const server = await io.startServer(
      {
        version: io.version,
        engine,
        slow,
        // Opened when somebody writes first, and again after a failure: reading needs none.
        writer: () =>
          (writer ??= open(false).catch((error: unknown) => {
            writer = null;
            throw error;
          })),
        rankings:
          store === 'memory'
            ? new KeptRankings({ engine, maker: slow }, { clock: io.now })
            : await io.openRankings(reads),
        now: io.now,
        ...rateLimit,
        log: options.quiet === true ? null : (line) => void io.stderr.write(line),
      },
      { host, port },
    );
    try {
      const tokens = (await engine.tokens()).map((token) => tokenJson(token, io.now()));
      await io.stdout.write(
        options.json === true
          ? `${json({ url: server.url, store: withoutPassword(store), tokensNeeded: tokens.length > 0 })}\n`
          : `serving ${server.url}/v1/programs, described by ${server.url}/reference\n${doorText(tokens)}; Ctrl-C ends it\n`,
      );
      await aborted(io.signal);
    } finally {
      await server.close();
    }
    return exitCodes.ok;
  } finally {
    for (const engine of engines) await engine.close();
  }
}

function doorText(tokens: readonly { readonly state: string }[]): string {
  if (tokens.length === 0) return 'there are no API tokens, so it listens on this machine only';
  const valid = tokens.filter(({ state }) => state === 'valid').length;
  return valid === 0
    ? 'every API token is revoked or expired, so it lets nobody in: prorata token create'
    : `who asks needs an API token: ${valid} ${valid === 1 ? 'is' : 'are'} valid`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
