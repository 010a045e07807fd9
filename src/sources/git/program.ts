import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UnavailableError } from '../../core/errors.ts';
import { decode, oneLine } from './text.ts';

/** What a command reads from its standard input. */
export type Input = string | AsyncIterable<Buffer>;

/** Longest field, in bytes: of a longer one the rest is left out, so that one huge message does not fill the memory. */
export const fieldBytesMax = 1_048_576;
const errorBytesMax = 4096;

/**
 * Outranks what the repository's own configuration says, as far as it could change the output or run something. No network:
 * no protocol is allowed, so what a partial clone lacks is a failure.
 */
const settings = [
  ...['log.showSignature=false', 'trailer.separators=:', 'i18n.logOutputEncoding=UTF-8', 'mailmap.file='],
  ...['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'protocol.allow=never'],
].flatMap((setting) => ['-c', setting]);

const environment = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_GRAFT_FILE: '/dev/null',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '',
  SSH_ASKPASS: '',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_PAGER: 'cat',
  LC_ALL: 'C',
  LANGUAGE: 'C',
};

/**
 * The `git` program at work in one folder: child processes with lists of arguments, never a shell. Variables `GIT_...` of the
 * caller, and the configuration of user and system, have no effect.
 *
 * All methods throw UnavailableError `git-missing` (no such program) and `git-failed` (it ended badly, with its own last line).
 */
export class Git {
  readonly #program: string;
  readonly #folder: string;
  readonly #settings: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;

  /** `own`: settings as `name=value`. `gitFolder`: the repository, once it is known; nothing is looked for then. */
  constructor(program: string, folder: string, own: readonly string[] = [], gitFolder: string | null = null) {
    this.#program = program;
    this.#folder = folder;
    this.#settings = own.flatMap((setting) => ['-c', setting]);
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
    this.#environment = {
      ...Object.fromEntries(inherited),
      ...environment,
      ...(gitFolder === null ? {} : { GIT_DIR: gitFolder }),
    };
  }

  /** What a command prints, without the line end. For answers of a few lines. */
  async text(args: readonly string[], input: Input = ''): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.run(args, input)) chunks.push(chunk);
    return decode(Buffer.concat(chunks)).replace(/\n$/, '');
  }

  /** The same; null: it ended badly. */
  async textOrNull(args: readonly string[]): Promise<string | null> {
    try {
      return await this.text(args);
    } catch (error) {
      if (error instanceof UnavailableError && error.code === 'git-failed') return null;
      throw error;
    }
  }

  /** Records of `count` fields that end with NUL each; as many at once as a chunk brings. */
  async *records(args: readonly string[], count: number, input: Input = ''): AsyncGenerator<string[][]> {
    let fields: string[] = [];
    let open: Buffer[] = [];
    let openBytes = 0;
    for await (const chunk of this.run(args, input)) {
      const batch: string[][] = [];
      let start = 0;
      for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, start)) {
        const piece = chunk.subarray(start, end);
        const whole = open.length === 0 ? piece : Buffer.concat([...open, piece]);
        [open, openBytes] = [[], 0];
        fields.push(decode(whole.length > fieldBytesMax ? whole.subarray(0, fieldBytesMax) : whole));
        if (fields.length === count) {
          batch.push(fields);
          fields = [];
        }
        start = end + 1;
      }
      if (start < chunk.length && openBytes < fieldBytesMax) {
        open.push(chunk.subarray(start));
        openBytes += chunk.length - start;
      }
      if (batch.length > 0) yield batch;
    }
    if (fields.length > 0 || open.length > 0) throw failed(args, 'its output is cut off');
  }

  async *run(args: readonly string[], input: Input = ''): AsyncGenerator<Buffer> {
    const child = spawn(this.#program, ['-C', this.#folder, '--no-pager', ...settings, ...this.#settings, ...args], {
      env: this.#environment,
      stdio: 'pipe',
      windowsHide: true,
    });
    const ended = endOf(child);
    const fed = feed(child, input);
    const errors: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => {
      errors.push(chunk);
      while (errors.length > 1 && errors.reduce((sum, { length }) => sum + length, 0) > errorBytesMax) errors.shift();
    });
    try {
      for await (const chunk of child.stdout) yield chunk as Buffer;
      const { code, cause } = await ended;
      if (cause !== null) throw startError(this.#program, cause);
      const inputError = await fed;
      if (inputError !== null) throw inputError;
      if (code !== 0) throw failed(args, lastLine(Buffer.concat(errors)));
    } finally {
      // Whoever reads may stop early.
      if (child.exitCode === null && child.signalCode === null) child.kill();
    }
  }
}

interface End {
  readonly code: number | null;
  readonly cause: NodeJS.ErrnoException | null;
}

function endOf(child: ChildProcessWithoutNullStreams): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (cause) => resolve({ code: null, cause }));
    child.once('close', (code) => resolve({ code, cause: null }));
  });
}

/** Resolves to what went wrong where the input came from. A command that does not read to the end says why itself. */
async function feed(child: ChildProcessWithoutNullStreams, input: Input): Promise<Error | null> {
  let source: Error | null = null;
  const watched = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      yield* chunks;
    } catch (error) {
      source = error as Error;
      throw error;
    }
  };
  try {
    await pipeline(typeof input === 'string' ? [input] : Readable.from(watched(input)), child.stdin);
  } catch {
    return source;
  }
  return null;
}

function startError(program: string, cause: NodeJS.ErrnoException): UnavailableError {
  if (cause.code !== 'ENOENT' && cause.code !== 'EACCES') return failed([], cause.message, cause);
  return new UnavailableError(
    'git-missing',
    `Found no program ${JSON.stringify(program)} that can be run; accepted: git 2.32 or newer.`,
    { program },
    cause,
  );
}

export function failed(args: readonly string[], line: string, cause?: unknown): UnavailableError {
  const command = args[0] ?? 'start';
  return new UnavailableError('git-failed', `git ${command}: ${line}`, { command, line }, cause);
}

const lastLine = (bytes: Buffer): string =>
  oneLine(decode(bytes).trimEnd().split('\n').at(-1) ?? '', 300) || 'it ended without a word';
