import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProrataError } from '../core/errors.ts';
import { isServerUrl } from '../core/place.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { type GlobalOptions, instantOption, wholeOption } from './options.ts';
import { json } from './print.ts';
import { loadConfig, storeOf } from './session.ts';

interface WorkerFlags extends GlobalOptions {
  readonly lease?: string;
  readonly poll?: string;
  readonly to?: string;
  readonly once?: boolean;
}

/** `prorata worker`: steps what is due, beside other workers, until Ctrl-C or SIGTERM. */
export async function worker(options: WorkerFlags, io: Io): Promise<number> {
  const leaseSeconds = options.lease === undefined ? 30 : wholeOption(options.lease, '--lease', 1, 3600);
  const pollMs = options.poll === undefined ? 1000 : wholeOption(options.poll, '--poll', 10, 3_600_000);
  const to = options.to === undefined ? null : instantOption(options.to, '--to');
  const store = storeOf(io, options, options.store === undefined ? await loadConfig(io, options) : null);
  const engine = await io.openEngine({
    store: isServerUrl(store) ? hangingFor(store, leaseSeconds) : store,
    create: false,
  });
  try {
    const say = (line: object): void => {
      if (options.quiet !== true) void io.stderr.write(`${json(line)}\n`);
    };
    const wait = async (): Promise<boolean> => {
      if (options.once === true || io.signal.aborted) return false;
      await sleep(pollMs, undefined, { signal: io.signal }).catch(() => {});
      return !io.signal.aborted;
    };
    let steps = 0;
    const ended = async (): Promise<number> => {
      if (options.quiet !== true)
        await io.stdout.write(options.json === true ? `${json({ steps })}\n` : `${steps} steps\n`);
      return exitCodes.ok;
    };
    for (;;) {
      try {
        await engine.work({
          ...{ holder: `${hostname()} ${process.pid}`, leaseMs: leaseSeconds * 1000, signal: io.signal, wait },
          now: () => to ?? io.now(),
          clock: () => performance.now(),
          onStep: (program, outcome) => {
            if (outcome.did !== 'idle' && outcome.did !== 'halted') steps += 1;
            if (outcome.did !== 'idle' && outcome.did !== 'scored' && outcome.did !== 'paid')
              say({ program, ...outcome });
          },
          onError: (program, { code, message }) => say({ program, error: code, message }),
        });
        return await ended();
      } catch (error) {
        // A server that is away for longer than it is waited for comes back some time.
        if (!(error instanceof ProrataError && error.kind === 'unavailable') || options.once === true) throw error;
        if (!(await wait())) return await ended();
        say({ error: error.code, message: error.message });
      }
    }
  } finally {
    await engine.close();
  }
}

/** A transaction that stands still keeps others waiting no longer than a lease does. */
function hangingFor(store: string, seconds: number): string {
  const url = new URL(store);
  if (!url.searchParams.has('idle_timeout')) url.searchParams.set('idle_timeout', String(seconds));
  if (!url.searchParams.has('lock_timeout')) url.searchParams.set('lock_timeout', String(seconds * 2));
  return url.href;
}
