/** The thread behind `crownThread`. Runs when it is begun. */
import { workerData } from 'node:worker_threads';
import { openProrata } from '../index.ts';
import { type CrownAnswers, crownAnswers } from '../views/crown-answers.ts';
import type { CrownAnswered, CrownAsked } from './crown.ts';
import { answering } from './thread.ts';

const { store } = workerData as { readonly store: string };
let answers: CrownAnswers | null = null;

answering<CrownAsked, CrownAnswered>(async ([what, ...asked]) => {
  answers ??= crownAnswers(openProrata({ store, create: false, readOnly: true }));
  return (answers[what] as (...asked: readonly unknown[]) => Promise<CrownAnswered>)(...asked);
});
