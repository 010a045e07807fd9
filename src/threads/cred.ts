import type { CredAnswer, CredDesk, CredPeriodAsked, CredQuestions } from '../app/cred/desk.ts';
import { Thread } from './thread.ts';

/** What is asked of the thread. */
export interface CredAsked {
  readonly question: keyof CredQuestions;
  readonly of: CredPeriodAsked;
  readonly asked: CredQuestions[keyof CredQuestions]['asked'];
}

/**
 * Cred of a store in a file, computed and kept by a thread of its own that reads beside everybody else: solving a graph holds up no
 * request.
 */
export function credThread(store: string): CredDesk {
  const thread = new Thread<CredAsked, CredAnswer<keyof CredQuestions>>('cred-worker', { store });
  return {
    ask: async <Q extends keyof CredQuestions>(
      question: Q,
      of: CredPeriodAsked,
      asked: CredQuestions[Q]['asked'],
      signal?: AbortSignal,
    ) => (await thread.ask({ question, of, asked }, signal)) as CredAnswer<Q>,
    close: () => thread.close(),
  };
}
