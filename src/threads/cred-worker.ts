/** The thread behind `credThread`. Runs when it is begun. */
import { workerData } from 'node:worker_threads';
import { KeptCred } from '../app/cred/desk.ts';
import { openProrata } from '../index.ts';
import type { CredAsked } from './cred.ts';
import { answering } from './thread.ts';

const { store } = workerData as { readonly store: string };
let desk: KeptCred | null = null;

answering(async ({ question, of, asked }: CredAsked, signal) => {
  desk ??= new KeptCred(openProrata({ store, create: false, readOnly: true }));
  return desk.ask(question, of, asked, signal);
});
