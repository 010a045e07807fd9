import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';

/** A line of progress on stderr for what takes more than a second. */
export interface Progress {
  /** `text` is asked for only when it is time to show it. */
  update(text: () => string): void;
  /** Wipes the line. */
  end(): void;
}

const quietMs = 1000;
const everyMs = { terminal: 100, file: 5000 };
const silent: Progress = { update: () => {}, end: () => {} };

/** At a terminal one line that changes; elsewhere a line every five seconds. None with --json or --quiet. */
export function startProgress(io: Io, options: GlobalOptions): Progress {
  if (options.json === true || options.quiet === true) return silent;
  const { stderr, now } = io;
  let due = now() + (stderr.isTTY ? quietMs : everyMs.file);
  let shown = false;
  return {
    update(text) {
      if (now() < due) return;
      due = now() + (stderr.isTTY ? everyMs.terminal : everyMs.file);
      shown = true;
      void stderr.write(stderr.isTTY ? `\r\u001b[2K${text()}` : `${text()}\n`);
    },
    end() {
      if (shown && stderr.isTTY) void stderr.write('\r\u001b[2K');
      shown = false;
    },
  };
}

/**
 * Lets timers and signals through, at most every 20 ms: a store that answers at once would otherwise keep Ctrl-C waiting
 * until the end.
 */
export function breather(io: Io): () => Promise<void> {
  let last = io.now();
  return async () => {
    if (io.now() - last < 20) return;
    await new Promise(setImmediate);
    last = io.now();
  };
}
