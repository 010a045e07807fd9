/**
 * The state of the chain's module as its JSON has it, with our names and the chain's texts: integers and decimals stay the
 * strings that they are. What a version does not have is absent.
 */
export interface ModuleState {
  readonly excluded: readonly string[];
  readonly mappings: readonly { readonly account: string; readonly recipients: readonly string[] }[];
  readonly minGap?: string;
  readonly schedule: readonly {
    readonly timestamp: string;
    readonly allocations: readonly { readonly account: string; readonly amount: string }[];
    readonly id?: string;
  }[];
  readonly entries: readonly ModuleEntry[];
  readonly scores: readonly ModuleScore[];
  readonly disabled: boolean;
  readonly job: ModuleJob | null;
  /** The scores that the open job has copied and not paid yet. */
  readonly copied: readonly ModuleScore[];
}

export interface ModuleEntry {
  readonly validator: string;
  readonly delegator: string;
  /** With 18 places. */
  readonly shares: string;
  readonly since: string;
  /** The distribution that it belongs to. */
  readonly id?: string;
}

export interface ModuleScore {
  readonly address: string;
  readonly score: string;
  readonly id?: string;
}

export interface ModuleJob {
  readonly scheduledAt: string;
  readonly amount: string;
  readonly total: string;
  readonly leftover: string;
  readonly next: string;
  readonly totalEntries: string;
  readonly processedEntries: string;
}

/**
 * `no-ids`: everything in one block. `ids`: the multi-block version, entries and scores carry the id of their distribution.
 * `copy-job`: scores are copied to a job that is worked off (single buffer with copy).
 */
export const moduleStateVersions = ['no-ids', 'ids', 'copy-job'] as const;
export type ModuleStateVersion = (typeof moduleStateVersions)[number];

/** The pools as the chain's clearing accounts: `pse_` before the name. The first pays by score. */
export const clearingPools = ['community', 'foundation', 'alliance', 'partnership', 'investors', 'team'] as const;
const known: ReadonlySet<string> = new Set(clearingPools);

/** The pool of a clearing account. Names that the chain does not know are kept, those that look like our own are marked. */
export function poolOfAccount(account: string): string {
  const pool = account.startsWith('pse_') ? account.slice(4) : '';
  if (known.has(pool)) return pool;
  return known.has(account) || account.startsWith('chain:') ? `chain:${account}` : account;
}

/** Exact inverse of poolOfAccount. */
export function accountOfPool(pool: string): string {
  if (known.has(pool)) return `pse_${pool}`;
  return pool.startsWith('chain:') ? pool.slice('chain:'.length) : pool;
}
