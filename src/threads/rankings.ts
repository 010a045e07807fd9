import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RankedPage, RankQuery } from '../app/ranking/ranking.ts';
import type { Rankings } from '../app/ranking/rankings.ts';
import { ConflictError, InvalidInputError, InvariantError, NotFoundError, UnavailableError } from '../core/errors.ts';
import type { ErrorKind, ProrataError } from '../core/errors.ts';

/** What is asked of the thread. */
export interface RankingAsked {
  readonly id: number;
  readonly program: string;
  readonly query: RankQuery;
}

/** What it answers: a page, `null` while the list is being made, or why not. */
export type RankingAnswer = { readonly id: number } & (
  | { readonly page: RankedPage | null }
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

/**
 * Rankings of a store in a file, made and kept by a thread of their own that reads beside everybody else: sorting a million accounts holds
 * up no request. The thread begins with the first question; one that has ended begins anew.
 */
export function rankingsThread(store: string): Rankings {
  let worker: Worker | null = null;
  let newest = 0;
  const waiting = new Map<number, { resolve: (page: RankedPage | null) => void; reject: (error: unknown) => void }>();

  function begun(): Worker {
    const begins = new Worker(new URL(`./rankings-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: { store },
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    begins.unref();
    begins.on('message', (answer: RankingAnswer) => {
      const asker = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('page' in answer) asker?.resolve(answer.page);
      else if ('failed' in answer) asker?.reject(errorOf(answer.failed));
      else asker?.reject(answer.defect);
    });
    begins.on('error', ended);
    begins.on('exit', () => ended(new UnavailableError('request-ended', 'The thread that sorts accounts has ended.')));
    return begins;
  }

  function ended(error: Error): void {
    worker = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  return {
    page: (program, query) =>
      new Promise((resolve, reject) => {
        const id = (newest += 1);
        waiting.set(id, { resolve, reject });
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
        (worker ??= begun()).postMessage({ id, program, query } satisfies RankingAsked);
      }),
    close: async () => void (await worker?.terminate()),
  };
}

function errorOf({ kind, code, message, facts }: Pick<ProrataError, 'kind' | 'code' | 'message' | 'facts'>) {
  return new errors[kind](code, message, facts);
}
