import type { Rankings } from '../app/ranking/rankings.ts';
import { AskedThread } from './asked.ts';

/**
 * Rankings of a store in a file, made and kept by a thread of their own that reads beside everybody else: sorting a million accounts holds
 * up no request.
 */
export function rankingsThread(store: string): Rankings {
  const thread = new AskedThread('rankings-worker', {
    data: { store },
    ended: 'The thread that sorts accounts has ended.',
  });
  return {
    page: (program, query) => thread.ask('page', program, query),
    close: () => thread.close(),
  };
}
