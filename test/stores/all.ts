import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/app/ports.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { postgresForTests } from './postgres.ts';

export interface StoreKind {
  readonly name: string;
  /** A new, empty store; `dispose` closes it and leaves nothing behind. */
  open(): { readonly store: Store; dispose(): Promise<void> };
}

const postgres = await postgresForTests();

/** Every store there is: each passes conformance.ts. PostgreSQL only where a server can be had. */
export const storeKinds: readonly StoreKind[] = [
  {
    name: 'memory',
    open: () => {
      const store = openMemoryStore();
      return { store, dispose: () => store.close() };
    },
  },
  {
    name: 'sqlite',
    open: () => {
      const folder = mkdtempSync(join(tmpdir(), 'prorata-test-'));
      const store = openSqliteStore({ path: join(folder, 'store.db') });
      return {
        store,
        dispose: async () => {
          await store.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
  },
  ...(postgres === null ? [] : [{ name: 'postgres', open: () => postgres.open() }]),
];
