import { Problem } from '../../api/client.ts';
import type { Grid } from './cells.ts';
import type { Given } from './cells-worker.ts';

type Told = { readonly id: number } & ({ readonly grid: Grid } | { readonly problem: string });

let worker: Worker | null = null;
let newest = 0;
const waiting = new Map<number, (told: Told) => void>();

function opened(): Worker {
  const made = new Worker(new URL('./cells-worker.ts', import.meta.url), { type: 'module' });
  made.addEventListener('message', ({ data }: MessageEvent<Told>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  });
  made.addEventListener('error', () => {
    for (const [id, tell] of waiting) tell({ id, problem: 'its thread could not be loaded' });
    waiting.clear();
    worker = null;
  });
  return made;
}

/** The bytes of an answer of `/crown/cells`, ready to be drawn; `of`: what the rows are of, which keep their places. Throws Problem. */
export async function drawable(bytes: ArrayBuffer, of: string): Promise<Grid> {
  worker ??= opened();
  const id = (newest += 1);
  const given: Given = { id, of, bytes };
  const told = await new Promise<Told>((resolve) => {
    waiting.set(id, resolve);
    worker!.postMessage(given, [bytes]);
  });
  if ('grid' in told) return told.grid;
  throw new Problem(0, 'answer-unreadable', `The answer cannot be drawn: ${told.problem}.`);
}
