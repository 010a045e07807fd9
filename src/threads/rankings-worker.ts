/** The thread behind `rankingsThread`. Runs when it is begun. */
import { parentPort, workerData } from 'node:worker_threads';
import { KeptRankings } from '../app/ranking/rankings.ts';
import { openProrata } from '../index.ts';
import { answering } from './asked.ts';

const { store } = workerData as { readonly store: string };
const open = () => openProrata({ store, create: false, readOnly: true });
answering(parentPort!, new KeptRankings({ engine: open(), maker: open() }, { clock: () => performance.now() }));
