/** The thread behind `rankingsThread`. Runs when it is begun. */
import { workerData } from 'node:worker_threads';
import type { RankedPage } from '../app/ranking/ranking.ts';
import { KeptRankings } from '../app/ranking/rankings.ts';
import { openProrata } from '../index.ts';
import type { RankingAsked } from './rankings.ts';
import { answering } from './thread.ts';

const { store } = workerData as { readonly store: string };
const open = () => openProrata({ store, create: false, readOnly: true });
let rankings: KeptRankings | null = null;

answering<RankingAsked, RankedPage | null>(async ({ program, query }) => {
  rankings ??= new KeptRankings({ engine: open(), maker: open() }, { clock: () => performance.now() });
  return rankings.page(program, query);
});
