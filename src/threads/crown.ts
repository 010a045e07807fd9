import type { CrownAnswers } from '../views/crown-answers.ts';
import { Thread } from './thread.ts';

type Question = Exclude<keyof CrownAnswers, 'close'>;
/** What is asked of the thread: a method of `CrownAnswers`, and with what. */
export type CrownAsked = { [What in Question]: readonly [What, ...Parameters<CrownAnswers[What]>] }[Question];
export type CrownAnswered = Awaited<ReturnType<CrownAnswers[Question]>>;

/**
 * Answers about the markets of a store in a file, by a thread of its own that reads beside everybody else: replaying a market holds
 * up no request.
 */
export function crownThread(store: string): CrownAnswers {
  const thread = new Thread<CrownAsked, CrownAnswered>('crown-worker', { store });
  const asks = <What extends Question>(what: What): CrownAnswers[What] =>
    ((...asked: unknown[]) => thread.ask([what, ...asked] as unknown as CrownAsked)) as CrownAnswers[What];
  return {
    cells: asks('cells'),
    moment: asks('moment'),
    changes: asks('changes'),
    intervals: asks('intervals'),
    scores: asks('scores'),
    account: asks('account'),
    explanation: asks('explanation'),
    scoreTable: asks('scoreTable'),
    close: () => thread.close(),
  };
}
