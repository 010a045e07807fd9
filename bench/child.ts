/** One process of a measurement: `node bench/child.ts JOB`, spoken to by bench/run.ts. */
import { setFlagsFromString } from 'node:v8';

// As bin/prorata.js does, before anything is allocated.
setFlagsFromString('--max-semi-space-size=4');
const { serve } = await import('./rpc.ts');
const { engineJob } = await import('./engine.ts');
const { ingestFloorJob, windowFloorJob } = await import('./floor.ts');

const jobs = { engine: engineJob, 'window-floor': windowFloorJob, 'ingest-floor': ingestFloorJob };

serve(jobs[process.argv[2] as keyof typeof jobs]());
