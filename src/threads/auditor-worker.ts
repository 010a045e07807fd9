/** The thread behind `auditorThread`. Runs when it is begun. */
import { workerData } from 'node:worker_threads';
import { OwnAuditor } from '../app/auditor.ts';
import { openProrata } from '../index.ts';
import { answering } from './thread.ts';

const { store } = workerData as { readonly store: string };
let auditor: OwnAuditor | null = null;

answering(async (program: string, signal) => {
  auditor ??= new OwnAuditor(openProrata({ store, create: false, readOnly: true }));
  return auditor.audit(program, signal);
});
