import type { CrownAnswers } from '../views/crown-answers.ts';
import { AskedThread } from './asked.ts';

/** Answers about the markets of a store in a file, by a thread of its own: replaying a market holds up no request. */
export function crownThread(store: string): CrownAnswers {
  const thread = new AskedThread('crown-worker', {
    data: { store },
    ended: 'The thread that reads markets has ended.',
  });
  return {
    cells: (program, query) => thread.ask('cells', program, query),
    moment: (program, query) => thread.ask('moment', program, query),
    changes: (program, after) => thread.ask('changes', program, after),
    close: () => thread.close(),
  };
}
