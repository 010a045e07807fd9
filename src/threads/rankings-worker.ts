/** The thread behind `rankingsThread`. Runs when it is begun. */
import { parentPort, workerData } from 'node:worker_threads';
import { KeptRankings } from '../app/ranking/rankings.ts';
import { ProrataError } from '../core/errors.ts';
import { openProrata } from '../index.ts';
import type { RankingAnswer, RankingAsked } from './rankings.ts';

const { store } = workerData as { readonly store: string };
const open = () => openProrata({ store, create: false, readOnly: true });
const rankings = new KeptRankings({ engine: open(), maker: open() }, { clock: () => performance.now() });

parentPort!.on('message', (asked: RankingAsked) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void answerTo(asked).then((answer) => parentPort!.postMessage(answer));
});

async function answerTo({ id, program, query }: RankingAsked): Promise<RankingAnswer> {
  try {
    return { id, page: await rankings.page(program, query) };
  } catch (error) {
    if (!(error instanceof ProrataError))
      return { id, defect: error instanceof Error ? error : new Error(String(error)) };
    const { kind, code, message, facts } = error;
    return { id, failed: { kind, code, message, facts } };
  }
}
