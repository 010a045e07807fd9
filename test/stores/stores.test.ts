import { describe } from 'node:test';
import { storeKinds } from './all.ts';
import { conformance } from './conformance.ts';

describe('test/stores/stores', () => {
  for (const kind of storeKinds) conformance(kind);
});
