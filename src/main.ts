/** The command `prorata`: the one place where the process meets the rest. Runs when it is imported. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/cli.ts';
import { isServerUrl } from './core/place.ts';
import type { CrownStoreReader, Io, Output } from './cli/io.ts';

/** A stream of the process. A reader who goes away (EPIPE) is no error: writing then does nothing. */
function outputOf(stream: NodeJS.WriteStream): Output {
  let closed = false;
  let wake = (): void => {};
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    closed = true;
    wake();
  });
  stream.on('drain', () => wake());
  return {
    isTTY: stream.isTTY,
    get columns() {
      return stream.columns;
    },
    get closed() {
      return closed;
    },
    write: async (text) => {
      if (closed || stream.write(text)) return;
      await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

/** Of 0 (as usual) to 19. At 10 a thread gets a ninth of what one at 0 gets, where both want all of a processor. */
const answerNiceness = 10;

const interruption = new AbortController();
// A second one ends the process at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const io: Io = {
  version,
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  stdin: process.stdin,
  cwd: process.cwd(),
  now: () => Date.now(),
  random: (bytes) => randomBytes(bytes),
  signal: interruption.signal,
  openEngine: async (options) => (await import('./index.ts')).openProrata(options),
  openCred: async (store) => (await import('./threads/cred.ts')).credThread(store),
  openAuditor: async (store) => (await import('./threads/auditor.ts')).auditorThread(store),
  openRankings: async (store) => (await import('./threads/rankings.ts')).rankingsThread(store),
  openCrown: async (store) => (await import('./threads/crown.ts')).crownThread(store),
  copyAll: async (from, to, options) => (await import('./index.ts')).copyStore(from, to, options),
  openStepper: async (begun, onReport) => {
    const stepper = (await import('./threads/stepper.ts')).stepperThread(begun, onReport);
    // Where processors are short, who reads waits for whoever pays. On Linux this is about the thread that answers alone, and those that
    // it begins from now on; elsewhere it would be about the whole process.
    if (process.platform === 'linux' && getPriority() < answerNiceness) setPriority(process.pid, answerNiceness);
    return stepper;
  },
  copyStore: async (from, to) => {
    if (isServerUrl(from)) return void (await (await import('./index.ts')).copyStore(from, to));
    const { backup, DatabaseSync } = await import('node:sqlite');
    const source = new DatabaseSync(from, { readOnly: true });
    await backup(source, to, { rate: 10_000 }).finally(() => source.close());
  },
  sources: {
    async *events(input, options) {
      const { readEvents } = await import('./sources/read-events.ts');
      yield* readEvents(input, options);
    },
    async *snapshot(dir, options) {
      const { readSnapshot } = await import('./sources/snapshot.ts');
      yield* readSnapshot(dir, options);
    },
    crownStore: async (path) => (await import('./sources/crown-store.ts')).CrownStore.open(path) as CrownStoreReader,
    moduleState: async (text, options) => (await import('./sources/module-state.ts')).readModuleState(text, options),
    async *graph(input, format) {
      yield* (await import('./sources/contributions.ts')).graphItems(input, format);
    },
    async *sourcecred(folder, note) {
      yield* (await import('./sources/contributions.ts')).sourcecredItems(folder, note);
    },
    sourcecredProgram: async (folder, name) =>
      (await import('./sources/contributions.ts')).sourcecredProgram(folder, name),
    async *github(paths, options) {
      yield* (await import('./sources/contributions.ts')).githubItems(paths, options);
    },
    git: async (repository, options) => (await import('./sources/contributions.ts')).gitSource(repository, options),
  },
  startServer: async (options, where) => {
    const { startServer } = await import('./http/server.ts');
    const { eventBodies } = await import('./sources/event-bodies.ts');
    // Beside src/ in a checkout and beside the compiled files in the package.
    const dashboard = fileURLToPath(new URL('../dist/web', import.meta.url));
    return startServer({ ...options, ...eventBodies, dashboard }, where);
  },
  documents: async () => (await import('./documents/index.ts')).openDocuments(),
  writeModuleState: async (engine, program) =>
    (await import('./exporters/module-state.ts')).writeModuleState(engine, program),
};

process.exitCode = await runCli(process.argv.slice(2), io);
// After Ctrl-C nobody waits for the rest of standard input, which would keep the process.
if (interruption.signal.aborted) process.stdin.destroy();
