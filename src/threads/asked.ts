import { extname } from 'node:path';
import { type MessagePort, Worker } from 'node:worker_threads';
import {
  ConflictError,
  type ErrorKind,
  InvalidInputError,
  InvariantError,
  NotFoundError,
  ProrataError,
  UnavailableError,
} from '../core/errors.ts';

/** A question to a thread: what is asked for, and with what. */
interface Asked {
  readonly id: number;
  readonly what: string;
  readonly values: readonly unknown[];
}

type Answer = { readonly id: number } & (
  | { readonly value: unknown }
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

/** A thread of its own that is asked questions. It begins with the first; one that has ended begins anew with the next. */
export class AskedThread {
  readonly #file: string;
  readonly #data: unknown;
  readonly #ended: string;
  #worker: Worker | null = null;
  #newest = 0;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();

  /** `file`: beside this one, without its ending. `ended`: what to say to those who wait when it has ended. */
  constructor(file: string, { data, ended }: { readonly data: unknown; readonly ended: string }) {
    this.#file = file;
    this.#data = data;
    this.#ended = ended;
  }

  ask<T>(what: string, ...values: readonly unknown[]): Promise<T> {
    return new Promise((resolve, reject) => {
      const id = (this.#newest += 1);
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      (this.#worker ??= this.#begun()).postMessage({ id, what, values } satisfies Asked);
    });
  }

  #begun(): Worker {
    const worker = new Worker(new URL(`./${this.#file}${extname(import.meta.url)}`, import.meta.url), {
      workerData: this.#data,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const ended = (error: Error): void => {
      if (this.#worker === worker) this.#worker = null;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    worker.unref();
    worker.on('message', (answer: Answer) => {
      const asker = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('value' in answer) asker?.resolve(answer.value);
      else if ('failed' in answer) asker?.reject(errorOf(answer.failed));
      else asker?.reject(answer.defect);
    });
    worker.on('error', ended);
    worker.on('exit', () => ended(new UnavailableError('request-ended', this.#ended)));
    return worker;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}

const errorOf = ({ kind, code, message, facts }: Pick<ProrataError, 'kind' | 'code' | 'message' | 'facts'>) =>
  new errors[kind](code, message, facts);

/** In the thread: answers each question by what `methods` has of its name. Bytes are handed over, not copied. */
export function answering(port: MessagePort, methods: object): void {
  const answerTo = async ({ id, what, values }: Asked): Promise<Answer> => {
    try {
      const method = (methods as Record<string, (...values: readonly unknown[]) => Promise<unknown>>)[what]!;
      return { id, value: await method.apply(methods, [...values]) };
    } catch (error) {
      if (!(error instanceof ProrataError))
        return { id, defect: error instanceof Error ? error : new Error(String(error)) };
      const { kind, code, message, facts } = error;
      return { id, failed: { kind, code, message, facts } };
    }
  };
  port.on('message', (asked: Asked) => {
    void answerTo(asked).then((answer) => {
      const bytes = 'value' in answer && answer.value instanceof Uint8Array ? [answer.value.buffer as ArrayBuffer] : [];
      port.postMessage(answer, bytes);
    });
  });
}
