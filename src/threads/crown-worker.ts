/** The thread behind `crownThread`. Runs when it is begun. */
import { workerData } from 'node:worker_threads';
import { openProrata } from '../index.ts';
import { type CrownAnswers, crownAnswers } from '../views/crown-answers.ts';
import type { CrownAnswered, CrownAsked } from './crown.ts';
import { answering } from './thread.ts';

const { store } = workerData as { readonly store: string };
let answers: CrownAnswers | null = null;

answering<CrownAsked, CrownAnswered>(async (asked) => {
  answers ??= crownAnswers(openProrata({ store, create: false, readOnly: true }));
  switch (asked[0]) {
    case 'cells':
      return answers.cells(asked[1], asked[2]);
    case 'moment':
      return answers.moment(asked[1], asked[2]);
    case 'changes':
      return answers.changes(asked[1], asked[2]);
  }
});
