import type { CrownAnswers } from '../views/crown-answers.ts';
import { Thread } from './thread.ts';

/** What is asked of the thread: a method of `CrownAnswers`, and with what. */
export type CrownAsked = { [What in keyof CrownAnswers]: readonly [What, ...Parameters<CrownAnswers[What]>] }[Exclude<
  keyof CrownAnswers,
  'close'
>];
export type CrownAnswered = Awaited<ReturnType<CrownAnswers['cells' | 'moment' | 'changes']>>;

/**
 * Answers about the markets of a store in a file, by a thread of its own that reads beside everybody else: replaying a market holds
 * up no request.
 */
export function crownThread(store: string): CrownAnswers {
  const thread = new Thread<CrownAsked, CrownAnswered>('crown-worker', { store });
  const bytes = async (asked: CrownAsked): Promise<Uint8Array> => (await thread.ask(asked)) as Uint8Array;
  return {
    cells: (program, query) => bytes(['cells', program, query]),
    moment: (program, query) => bytes(['moment', program, query]),
    changes: async (program, after) =>
      (await thread.ask(['changes', program, after])) as Awaited<ReturnType<CrownAnswers['changes']>>,
    close: () => thread.close(),
  };
}
