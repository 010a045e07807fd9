import type * as Library from '@automerge/automerge';
import { UnavailableError } from '../core/errors.ts';

/** The library, as it is handed to every function here: it is installed by who wants documents, not by everybody. */
export type Automerge = typeof Library;

/** One document, with its history. Functions here give new ones and leave those they are given as they were. */
export type SpaceDocument = Library.Doc<Readonly<Record<string, unknown>>>;

/**
 * Loads the library. `load` stands for the import, in tests.
 *
 * Throws: UnavailableError `documents-adapter-missing` where it is not installed, or cannot be loaded.
 */
export async function loadAutomerge(
  load: () => Promise<Automerge> = () => import('@automerge/automerge'),
): Promise<Automerge> {
  try {
    return await load();
  } catch (error) {
    const missing = (error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
    const found = missing
      ? 'Found no package @automerge/automerge'
      : 'The package @automerge/automerge cannot be loaded';
    throw new UnavailableError(
      'documents-adapter-missing',
      `${found}; accepted: version 3.5 beside Prorata, as "npm install @automerge/automerge@3.5.0" brings it.`,
      { package: '@automerge/automerge' },
      error,
    );
  }
}
