import { type ChildProcess, fork } from 'node:child_process';

/** A job in a process of its own, so that its memory is its own: `call` runs one of its methods and gives its answer. */
export interface Child {
  call<T>(method: string, argument?: unknown): Promise<T>;
  /** Ends the process; returns its peak resident memory in MB. */
  end(): Promise<number>;
  kill(): void;
}

export type Job = Readonly<Record<string, (argument: any) => unknown>>;

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

export function startChild(script: string, job: string): Child {
  const child: ChildProcess = fork(script, [job], { stdio: ['ignore', 2, 2, 'ipc'], serialization: 'advanced' });
  const waiting = new Map<number, { resolve: (value: any) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  child.on('message', ({ id, result, error }: Answer) => {
    const caller = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) caller?.resolve(result);
    else caller?.reject(new Error(`${job}: ${error}`));
  });
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`the process of ${job} ended (${signal ?? code})`));
  });
  const call = <T>(method: string, argument?: unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      child.send({ id: lastId, method, argument });
    });
  return {
    call,
    async end() {
      const peak = await call<number>('end');
      child.disconnect();
      return peak;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** The other side: answers calls with the methods of `job`, one after the other. */
export function serve(job: Job): void {
  let last: Promise<unknown> = Promise.resolve();
  process.on('message', ({ id, method, argument }: { id: number; method: string; argument: unknown }) => {
    last = last.then(async () => {
      try {
        process.send!({ id, result: await job[method]!(argument) });
      } catch (error) {
        process.send!({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      }
    });
  });
}

export const peakRssMb = (): number => Math.round(process.resourceUsage().maxRSS / 102.4) / 10;
