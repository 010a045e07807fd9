/** One process of a measurement: `node bench/child.ts JOB`, spoken to by bench/run.ts. */
import { engineJob } from './engine.ts';
import { ingestFloorJob, windowFloorJob } from './floor.ts';
import { serve } from './rpc.ts';

const jobs = { engine: engineJob, 'window-floor': windowFloorJob, 'ingest-floor': ingestFloorJob };

serve(jobs[process.argv[2] as keyof typeof jobs]());
