/** The thread behind `crownThread`. Runs when it is begun. */
import { parentPort, workerData } from 'node:worker_threads';
import { openProrata } from '../index.ts';
import { crownAnswers } from '../views/crown-answers.ts';
import { answering } from './asked.ts';

const { store } = workerData as { readonly store: string };
answering(parentPort!, crownAnswers(openProrata({ store, create: false, readOnly: true })));
