/** Lets something happen in the programs of the demo every second, in a thread of its own that ends with the process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { DemoFeed, type FeedOptions } from '../src/app/demo/feed.ts';
import { openProrata, UnavailableError } from '../src/index.ts';

const { store, ...options } = workerData as FeedOptions & { readonly store: string };
const feed = new DemoFeed(openProrata({ store, create: false }), options);
for (;;) {
  await sleep(1000);
  try {
    await feed.tick();
  } catch (error) {
    // Somebody wrote for long: the next tick goes on.
    if (!(error instanceof UnavailableError)) throw error;
  }
}
