/** One process of a measurement: `node bench/child.ts JOB`, spoken to by bench/run.ts. */
import { credReaderJob, credWriterJob } from './cred-store.ts';
import { engineJob } from './engine.ts';
import { ingestFloorJob, windowFloorJob } from './floor.ts';
import { serve } from './rpc.ts';

const jobs = {
  engine: engineJob,
  'window-floor': windowFloorJob,
  'ingest-floor': ingestFloorJob,
  'cred-writer': credWriterJob,
  'cred-reader': credReaderJob,
};

serve(jobs[process.argv[2] as keyof typeof jobs]());
