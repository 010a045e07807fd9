import { extname } from 'node:path';
import { parentPort, Worker } from 'node:worker_threads';
import {
  ConflictError,
  type ErrorKind,
  InvalidInputError,
  InvariantError,
  NotFoundError,
  ProrataError,
  UnavailableError,
} from '../core/errors.ts';

/*
 * A thread that answers questions: what is asked and what is answered is plain data, and an error comes back as the error it was.
 */

type Asked<Question> = { readonly id: number } & ({ readonly question: Question } | { readonly stopped: true });

type Answered<Answer> = { readonly id: number } & (
  | { readonly answer: Answer }
  | { readonly failed: Pick<ProrataError, 'kind' | 'code' | 'message' | 'facts'> }
  | { readonly defect: Error }
);

const errors: Readonly<Record<ErrorKind, new (...of: ConstructorParameters<typeof ConflictError>) => ProrataError>> = {
  'invalid-input': InvalidInputError,
  'not-found': NotFoundError,
  conflict: ConflictError,
  unavailable: UnavailableError,
  bug: InvariantError,
};

/** Begins with the first question; one that has ended begins anew. Keeps a process alive only while somebody waits for an answer. */
export class Thread<Question, Answer> {
  readonly #file: string;
  readonly #data: unknown;
  readonly #waiting = new Map<
    number,
    { worker: Worker; resolve: (answer: Answer) => void; reject: (error: unknown) => void }
  >();
  #worker: Worker | null = null;
  #closed = false;
  #newest = 0;

  /** `name`: of its file beside this one, without the ending. `data` is its `workerData`. */
  constructor(name: string, data: unknown) {
    this.#file = `./${name}${extname(import.meta.url)}`;
    this.#data = data;
  }

  /** Throws what answering throws, UnavailableError `request-ended` when the thread ends or was closed, and at once the reason of the signal. */
  async ask(question: Question, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted();
    if (this.#closed) throw hasEnded();
    const id = (this.#newest += 1);
    const worker = (this.#worker ??= this.#begun());
    worker.ref();
    const stop = (): void => {
      this.#waiting.get(id)?.reject(signal!.reason);
      this.#waiting.delete(id);
      this.#post(worker, { id, stopped: true });
    };
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting.set(id, { worker, resolve, reject });
        this.#post(worker, { id, question });
      });
    } finally {
      signal?.removeEventListener('abort', stop);
      if (this.#waiting.size === 0) worker.unref();
    }
  }

  /** Ends whatever it computes; the next question begins another one. */
  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** For good: a request that outlives its server begins no other one, which nobody would end. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.stop();
  }

  #post(worker: Worker, message: Asked<Question>): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(message);
  }

  #begun(): Worker {
    const worker = new Worker(new URL(this.#file, import.meta.url), {
      workerData: this.#data,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    worker.on('message', (message: Answered<Answer>) => {
      const asker = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if ('answer' in message) asker?.resolve(message.answer);
      else if ('failed' in message) asker?.reject(errorOf(message.failed));
      else asker?.reject(message.defect);
    });
    const ended = (error: Error): void => {
      if (this.#worker === worker) this.#worker = null;
      for (const [id, asker] of this.#waiting) {
        // Others wait for the one that was begun since.
        if (asker.worker !== worker) continue;
        asker.reject(error);
        this.#waiting.delete(id);
      }
    };
    worker.on('error', ended);
    worker.on('exit', () => ended(hasEnded()));
    return worker;
  }
}

const hasEnded = (): UnavailableError =>
  new UnavailableError('request-ended', 'The thread that was to answer has ended.');

/** Within a thread: answers whatever is asked of it, each question for itself. The signal is aborted when nobody waits any more. */
export function answering<Question, Answer>(
  answer: (question: Question, signal: AbortSignal) => Promise<Answer>,
): void {
  const port = parentPort!;
  const running = new Map<number, AbortController>();
  port.on('message', (message: Asked<Question>) => {
    if ('stopped' in message) {
      running.get(message.id)?.abort(new UnavailableError('request-ended', 'Nobody waits for the answer any more.'));
      return;
    }
    const stop = new AbortController();
    running.set(message.id, stop);
    void answerTo(message.id, answer(message.question, stop.signal)).then((said) => {
      running.delete(message.id);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      port.postMessage(said);
    });
  });
}

async function answerTo<Answer>(id: number, work: Promise<Answer>): Promise<Answered<Answer>> {
  try {
    return { id, answer: await work };
  } catch (error) {
    if (!(error instanceof ProrataError)) {
      return { id, defect: error instanceof Error ? error : new Error(String(error)) };
    }
    const { kind, code, message, facts } = error;
    return { id, failed: { kind, code, message, facts } };
  }
}

function errorOf({ kind, code, message, facts }: Pick<ProrataError, 'kind' | 'code' | 'message' | 'facts'>) {
  return new errors[kind](code, message, facts);
}
