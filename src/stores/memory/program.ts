import type { Checkpoint, Estimate, EventRow, Pruning, StoredAward } from '../../app/ports.ts';
import { compareBytes } from '../../core/bytes.ts';
import type { EdgeVersion, NodeVersion } from '../../core/scoring/cred/book.ts';
import type { Rules } from '../../core/program.ts';
import type {
  LedgerAccount,
  Payout,
  PeriodRecord,
  Position,
  Posting,
  ProgramState,
  StepRecord,
  Tally,
  Validator,
} from '../../core/state.ts';
import type { ScheduleRow } from '../changes.ts';
import { put, Rows } from './rows.ts';
import type { Journal } from './rows.ts';

export interface AccountRow {
  readonly id: number;
  readonly name: string;
  readonly excluded: boolean;
}

/** All that is kept of one program. Rows are replaced, never edited, so that taking back a change is putting back the old row. */
export class MemoryProgram {
  readonly id: number;
  readonly name: string;
  /** Under the keys `state` and `rules`; absent until first written. */
  readonly whole = new Map<'state' | 'rules', ProgramState | Rules>();
  readonly schedule = new Map<'rows', readonly ScheduleRow[]>();
  readonly validators = new Map<number, Validator>();
  readonly accounts = new Accounts();
  /** By bucket, then account, then validator; the innermost lists are replaced whole, ascending by validator. */
  readonly positions = new Map<number, Map<number, readonly Position[]>>();
  /** By period, then account. */
  readonly scores = new Map<number, Map<number, bigint>>();
  readonly events = new Rows<EventRow>();
  readonly eventsByKey = new Map<string, EventRow>();
  readonly payouts = new Rows<Payout>();
  /** Period, account and pool of every payout: the guard against paying twice. */
  readonly paid = new Map<string, true>();
  readonly postings = new Rows<Posting>();
  readonly balances = new Map<string, { readonly account: LedgerAccount; readonly balance: bigint }>();
  readonly periods = new Map<number, PeriodRecord>();
  /** By second. */
  readonly checkpoints = new Map<number, Checkpoint>();
  /** By the last event taken out. */
  readonly prunings = new Map<number, Pruning>();
  /** Under the key `newest`. */
  readonly estimates = new Map<'newest', Estimate>();
  readonly bookmarks = new Map<string, string>();
  /** By period, then name. */
  readonly awards = new Map<number, Map<string, Omit<StoredAward, 'excluded'>>>();
  /** Versions by name, each newest last. */
  readonly nodes = new Map<string, readonly NodeVersion[]>();
  readonly edges = new Map<string, readonly EdgeVersion[]>();
  /** By period, then name. */
  readonly tallies = new Map<number, Map<string, Tally>>();
  readonly steps = new Map<number, Map<number, StepRecord>>();

  constructor(id: number, name: string) {
    this.id = id;
    this.name = name;
  }
}

/** Accounts by id and by name, and their names in order of UTF-8 bytes. */
class Accounts {
  readonly byId = new Map<number, AccountRow>();
  readonly byName = new Map<string, AccountRow>();
  #sorted: string[] = [];
  /** Names that came after `#sorted` was made. */
  #added: string[] = [];
  /** A name was taken back. */
  #stale = false;

  put(row: AccountRow, journal: Journal): void {
    if (!this.byName.has(row.name)) {
      this.#added.push(row.name);
      journal.push(() => (this.#stale = true));
    }
    put(this.byId, row.id, row, journal);
    put(this.byName, row.name, row, journal);
  }

  /** Ascending by bytes. */
  names(): readonly string[] {
    if (this.#stale) [this.#sorted, this.#added, this.#stale] = [[], [...this.byName.keys()], false];
    if (this.#added.length > 0) {
      // Two ascending runs one after the other: what the sort of the language merges in one pass.
      this.#sorted = [...this.#sorted, ...this.#added.sort(compareBytes)].sort(compareBytes);
      this.#added = [];
    }
    return this.#sorted;
  }
}
