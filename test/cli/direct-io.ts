import { tmpdir } from 'node:os';
import type { Io } from '../../src/cli/io.ts';
import { openProrata } from '../../src/index.ts';

/** An Io for one command called directly, whose output is kept as text. Commands that read files or events want more: harness.ts. */
export function directIo(): { readonly io: Io; readonly out: () => string; readonly err: () => string } {
  let [out, err] = ['', ''];
  const stream = { isTTY: false, closed: false };
  const io: Partial<Io> = {
    version: '9.9.9',
    stdout: { ...stream, write: async (text) => void (out += text) },
    stderr: { ...stream, write: async (text) => void (err += text) },
    stdin: (async function* () {})(),
    cwd: tmpdir(),
    now: () => Date.now(),
    signal: new AbortController().signal,
    openEngine: async (options) => openProrata(options),
  };
  return { io: io as Io, out: () => out, err: () => err };
}
