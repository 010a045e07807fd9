import type { Audit, Auditor } from '../app/auditor.ts';
import { Thread } from './thread.ts';

/** Runs the invariants of a store in a file in a thread of its own: they take a minute of a processor, and hold up no request. */
export function auditorThread(store: string): Auditor {
  const thread = new Thread<string, Audit>('auditor-worker', { store });
  return {
    async audit(program, signal) {
      signal.throwIfAborted();
      // It reads without a pause in which it could be told to stop.
      const stop = (): void => void thread.stop();
      signal.addEventListener('abort', stop, { once: true });
      try {
        return await thread.ask(program);
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    close: () => thread.close(),
  };
}
