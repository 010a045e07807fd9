import { readComparison } from '../app/comparison.ts';
import type { Engine } from '../app/engine.ts';
import { KeptRankings } from '../app/ranking/rankings.ts';
import { InvalidInputError } from '../core/errors.ts';
import { isServerUrl, withoutPassword } from '../core/place.ts';
import { exitCodes } from './exit-codes.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';
import { type GlobalOptions, wholeOption } from './options.ts';
import { json } from './print.ts';
import { tokenJson } from '../views/token.ts';
import { schedulerOptions, type StepFlags, Stepping } from './serve-stepping.ts';
import { loadConfig, opened, storeOf } from './session.ts';

export const hostDefault = '127.0.0.1';
export const portDefault = 8080;

/** How long the current step may take once the server is to end. */
const graceMs = 5000;

/** `prorata serve`: the HTTP API over a store, until Ctrl-C or SIGTERM. */
export async function serve(
  options: GlobalOptions &
    StepFlags & { host?: string; port?: string; rateLimit?: string; compare?: string; readUrl?: string },
  io: Io,
): Promise<number> {
  const host = options.host ?? hostDefault;
  const port = options.port === undefined ? portDefault : wholeOption(options.port, '--port', 0, 65_535);
  const { rateLimit: most } = options;
  const rateLimit = most === undefined ? {} : { rateLimit: wholeOption(most, '--rate-limit', 0) };
  const steps = schedulerOptions(options);
  const comparison = options.compare === undefined ? null : readComparison(await readText(io, options.compare));
  const store = storeOf(io, options, options.store === undefined ? await loadConfig(io, options) : null);
  const reads = options.readUrl ?? store;
  if (options.readUrl !== undefined && !(isServerUrl(store) && isServerUrl(options.readUrl))) {
    const message = `Found --read-url with the store ${withoutPassword(store)}; accepted: two URLs of PostgreSQL, of the server that takes writes and of one that follows it.`;
    throw new InvalidInputError('option-invalid', message);
  }
  const engines: Engine[] = [];
  /** A store in memory is the one who opened it: all work is done on the first engine. */
  const open = async (from: string, readOnly = true): Promise<Engine> => {
    if (store === 'memory' && engines[0] !== undefined) return engines[0];
    const engine = await io.openEngine(store === 'memory' ? { store } : { store: from, create: false, readOnly });
    engines.push(engine);
    return engine;
  };
  try {
    // Whoever is going to write brings the layout up to date first.
    if (steps !== null) await open(store, false);
    const [engine, slow] = [await open(reads), await open(reads)];
    const log = options.quiet === true ? null : (line: string): void => void io.stderr.write(line);
    const stepping = steps === null ? null : new Stepping(io, log);
    let writer: Promise<Engine> | null = null;
    const server = await io.startServer(
      {
        version: io.version,
        engine,
        slow,
        // A follower may not know yet that a token was revoked.
        ...(reads === store ? {} : { doorkeeper: await open(store) }),
        // Opened when somebody writes first, and again after a failure: reading needs none.
        writer: () =>
          (writer ??= open(store, false).catch((error: unknown) => {
            writer = null;
            throw error;
          })),
        reader: async () =>
          store === 'memory'
            ? { engine, close: async () => {} }
            : opened(io, { store: reads, create: false, readOnly: true }),
        rankings:
          store === 'memory'
            ? new KeptRankings({ engine, maker: slow }, { clock: io.now })
            : await io.openRankings(reads),
        ...(store === 'memory'
          ? {}
          : {
              cred: await io.openCred(reads),
              crown: await io.openCrown(reads),
              auditor: await io.openAuditor(reads),
            }),
        now: io.now,
        ...rateLimit,
        log,
        ...(stepping === null ? {} : { stepping }),
        comparison,
      },
      { host, port },
    );
    try {
      if (steps !== null) await stepping?.start(io, steps, { store, engine });
      const tokens = (await engine.tokens()).map((token) => tokenJson(token, io.now()));
      await io.stdout.write(
        options.json === true
          ? `${json({ url: server.url, store: withoutPassword(store), tokensNeeded: tokens.length > 0 })}\n`
          : `serving ${server.url}/v1/programs, described by ${server.url}/reference\n${doorText(tokens)}; ${steps === null ? '' : 'it steps what is due; '}Ctrl-C ends it\n`,
      );
      await aborted(io.signal);
    } finally {
      await Promise.all([stepping?.stop(graceMs), server.close()]);
    }
    return exitCodes.ok;
  } finally {
    // The one that writes last: only it can tidy up behind all.
    for (const engine of engines.toReversed()) await engine.close();
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
