import type { Store } from '../../src/app/ports.ts';
import type { VectorResult } from './stake.ts';
export async function* runStakeData(_dir: string, _openStore: () => Store): AsyncGenerator<VectorResult> {}
