/** One process of a measurement: `node bench/child.ts JOB`, spoken to by bench/run.ts. It loads nothing but its job: its memory is measured. */
import { type Job, serve } from './rpc.ts';

const jobs: Readonly<Record<string, () => Promise<() => Job>>> = {
  engine: async () => (await import('./engine.ts')).engineJob,
  'window-floor': async () => (await import('./floor.ts')).windowFloorJob,
  'ingest-floor': async () => (await import('./floor.ts')).ingestFloorJob,
  'cred-memory': async () => (await import('./cred.ts')).credMemoryJob,
  'cred-writer': async () => (await import('./cred-store.ts')).credWriterJob,
  'cred-reader': async () => (await import('./cred-store.ts')).credReaderJob,
  'http-reader': async () => (await import('./http-load.ts')).httpReaderJob,
};

const job = await jobs[process.argv[2]!]!();
serve(job());
