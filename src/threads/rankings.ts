import type { RankedPage, RankQuery } from '../app/ranking/ranking.ts';
import type { Rankings } from '../app/ranking/rankings.ts';
import { Thread } from './thread.ts';

/** What is asked of the thread. */
export interface RankingAsked {
  readonly program: string;
  readonly query: RankQuery;
}

/**
 * Rankings of a store in a file, made and kept by a thread of their own that reads beside everybody else: sorting a million accounts holds
 * up no request.
 */
export function rankingsThread(store: string): Rankings {
  const thread = new Thread<RankingAsked, RankedPage | null>('rankings-worker', { store });
  return { page: (program, query) => thread.ask({ program, query }), close: () => thread.close() };
}
