import type { Estimate, EventRow, StoredToken } from '../app/ports.ts';
import { fromJson, toJson } from '../core/json.ts';
import type { LedgerAccount, Payout, PayoutReason } from '../core/state.ts';

/** What stores in tables share: how things become columns. */

/** Numbers of the sides of a posting. */
export const sides = ['outside', 'pool', 'residual', 'liquid', 'stake', 'carried'] as const;
export const kindOf = (account: LedgerAccount): number => sides.indexOf(account.kind);
/** Numbers of what `spans` lists. */
export const lists = { payouts: 1, postings: 2 } as const;

/** Rows of the graph read at once: from 10,000 on they outlive the young generation. */
export const graphRows = 1000;
/** Names of accounts remembered within one write transaction; more than the largest batch has. */
export const namesMax = 20_000;

/** Runs of ids of one period, of rows in the order of their ids. */
export function* runsOf(rows: readonly { readonly id: number; readonly period: number }[]) {
  for (let from = 0; from < rows.length;) {
    const { id: first, period } = rows[from]!;
    let to = from + 1;
    while (to < rows.length && rows[to]!.period === period && rows[to]!.id === rows[to - 1]!.id + 1) to += 1;
    yield { period, first, last: rows[to - 1]!.id };
    from = to;
  }
}

export const unlessOne = (weight: string): string | null => (weight === '1' ? null : weight);
export const ascending = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((a, b) => a - b);

type SolutionText = Omit<NonNullable<Estimate['solution']>, 'contributions' | 'epochs'>;

/** Doubles as the machine has them: they only say where the next solution begins, so another machine's are as good as none. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
const doublesOf = (bytes: Uint8Array): Float64Array => new Float64Array(Uint8Array.from(bytes).buffer);

export type EstimateColumns = [text: string, contributions: Uint8Array | null, epochs: Uint8Array | null];

export function estimateColumns({ solution, ...rest }: Estimate): EstimateColumns {
  if (solution === null) return [toJson({ ...rest, solution }), null, null];
  const { contributions, epochs, ...text } = solution;
  return [toJson({ ...rest, solution: text }), bytesOf(contributions), bytesOf(epochs)];
}

export function estimateOf([text, contributions, epochs]: EstimateColumns): Estimate {
  const { solution, ...rest } = fromJson<Omit<Estimate, 'solution'> & { solution: SolutionText | null }>(text);
  if (solution === null || contributions === null || epochs === null) return { ...rest, solution: null };
  return { ...rest, solution: { ...solution, contributions: doublesOf(contributions), epochs: doublesOf(epochs) } };
}

/** Rows as both stores read them: in this order of columns, amounts as text. */
export type EventColumns = [number, string, string, number, number | null, string, string, string, number | null];
export type PayoutColumns = [number, number, string, number, string, string, string, string, string, PayoutReason];

export function eventOf([seq, key, kind, time, account, name, payload, hash, at]: EventColumns): EventRow {
  return { seq, key, kind, time, account: account === null ? null : { id: account, name }, payload, at, hash };
}

export function payoutOf([
  id,
  period,
  pool,
  account,
  name,
  score,
  due,
  restaked,
  liquid,
  reason,
]: PayoutColumns): Payout {
  const amounts = { score: BigInt(score), due: BigInt(due), restaked: BigInt(restaked), liquid: BigInt(liquid) };
  return { id, period, pool, account: { id: account, name }, ...amounts, reason };
}

export const tokenColumns = 'id, name, role, hash, made_at, expires_at, revoked_at';
export type TokenColumns = [string, string, StoredToken['role'], string, number, number | null, number | null];
export const tokenOf = ([id, name, role, hash, madeAt, expiresAt, revokedAt]: TokenColumns): StoredToken => ({
  ...{ id, name, role, hash, madeAt, expiresAt, revokedAt },
});
