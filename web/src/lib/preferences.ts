import { useSyncExternalStore } from 'react';
import type { Zone } from './time.ts';

/** How somebody likes to read, kept in this browser. What is shown stands in the address; how it looks stands here. */
interface Preferences {
  readonly theme: 'system' | 'light' | 'dark';
  readonly zone: Zone;
}

const key = 'prorata.preferences';
const usual: Preferences = { theme: 'system', zone: 'UTC' };
const watchers = new Set<() => void>();
let current: Preferences = read();

function read(): Preferences {
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Preferences>) };
  } catch {
    return usual;
  }
}

function apply(): void {
  document.documentElement.dataset.theme = current.theme;
}
apply();

export function prefer(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  localStorage.setItem(key, JSON.stringify(current));
  apply();
  for (const watcher of watchers) watcher();
}

export const usePreferences = (): Preferences =>
  useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => current,
  );
