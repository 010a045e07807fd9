/**
 * Prorata as a library: open a store, write a program down, ingest events, step, read. Everything that the command line
 * does goes through these names; the list is under test (test/index.test.ts).
 */
import { Engine } from './app/engine.ts';
import { copyStore as copy, type CopyOptions, type CopySummary } from './app/copy.ts';
import type { Store } from './app/ports.ts';
import { isServerUrl } from './core/place.ts';
import { openMemoryStore } from './stores/memory/store.ts';
import { openPostgresStore } from './stores/postgres/store.ts';
import { openSqliteStore } from './stores/sqlite/store.ts';

export interface OpenOptions {
  /** `memory`, the path of a SQLite file (also as `sqlite:PATH`), or `postgres://USER@HOST/DATABASE?schema=NAME`. */
  readonly store: string;
  /** Make the file, or the schema, when there is none; default true. */
  readonly create?: boolean;
  /** Read beside a process that writes: no DDL, no journal change, writes refused (`store-read-only`). */
  readonly readOnly?: boolean;
}

/**
 * Opens a store and puts the engine on it. Close it with `close()`. Throws the `store-...` errors of docs/reference/errors.md; of a server
 * only those about the URL at once, the others at its first use.
 */
export function openProrata(options: OpenOptions): Engine {
  return new Engine(openStore(options));
}

function openStore({ store, create = true, readOnly = false }: OpenOptions): Store {
  if (store === 'memory') return openMemoryStore();
  const how = { create: create && !readOnly, readOnly };
  if (isServerUrl(store)) return openPostgresStore({ url: store, ...how });
  return openSqliteStore({ path: store.replace(/^sqlite:/, ''), ...how });
}

/** Copies a store into an empty one; see app/copy.ts. Places as in OpenOptions; where `to` is nothing yet, it is made. */
export async function copyStore(from: string, to: string, options: CopyOptions = {}): Promise<CopySummary> {
  const source = openStore({ store: from, readOnly: true });
  try {
    const target = openStore({ store: to });
    try {
      return await copy(source, target, options);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

export type { CopyOptions, CopySummary } from './app/copy.ts';

export { Engine, type RowQuery } from './app/engine.ts';
export type { AdvanceOptions, AdvanceSummary } from './app/advance.ts';
export type {
  CrownExplanation,
  CrownInterval,
  CrownLaneExplained,
  CrownRoundView,
  CrownScore,
  CrownStretch,
  IntervalQuery,
} from './app/crown/read.ts';
export type { CredExplanation } from './app/cred/explain.ts';
export { credKinds, type CredKindScore, type CredMoment, credTimeline } from './app/cred/breakdown.ts';
export {
  type CredNeighbour,
  type CredNeighbourhood,
  credNeighbourhood,
  type CredPlace,
  type PlaceAsked,
} from './app/cred/neighbourhood.ts';
export {
  credContributions,
  credDifferences,
  credPersons,
  explainCredContribution,
  explainCredPerson,
  type CredContribution,
  type CredContributionExplanation,
  type CredDifference,
  type CredFlowOver,
  type CredFlowPart,
  type CredPerson,
  type CredPersonExplanation,
  type CredSourceShare,
} from './app/cred/read.ts';
export type { Recomputed } from './app/cred/recompute.ts';
export type { SpaceView } from './core/scoring/cred/space-view.ts';
export type { SourceItem, SourceRecords, SyncCounts, SyncOptions } from './app/cred/sync.ts';
export type { CredAbout, CredView, CredViewQuery } from './app/cred/view.ts';
export type { RoundQuery } from './app/crown/rounds.ts';
export type { Explanation, Interval, Note } from './app/explain.ts';
export type { IngestOptions, IngestSummary } from './app/ingest.ts';
export type { Estimate, EventRow, Store, StoredToken, StoreFacts, Tx } from './app/ports.ts';
export type { AccountView, PageOptions, StakeView } from './app/read.ts';
export type { PruneOptions, PruneSummary } from './app/prune.ts';
export type { TailKind, TailOptions, TailRow } from './app/tail.ts';
export type { ProgramStatus } from './app/status.ts';
export type { StepOutcome } from './app/step.ts';
export type { Finding, InvariantName, VerifyReport } from './app/verify.ts';
export { invariantNames } from './app/verify.ts';
export type { ApiToken, NewToken } from './app/tokens.ts';
export type { Role } from './core/role.ts';
export {
  ConflictError,
  InvalidInputError,
  InvariantError,
  NotFoundError,
  ProrataError,
  UnavailableError,
  type ErrorKind,
} from './core/errors.ts';
export type * from './core/events/event.ts';
export { type CredScoring, credScoringToFile, parseCredScoring } from './core/scoring/cred/scoring.ts';
export type { GraphRecord } from './core/scoring/cred/record.ts';
export { parseSharing, type Sharing, sharingToFile } from './core/payout/policies/sharing.ts';
export type { People, Person } from './core/scoring/cred/people.ts';
export { type CrownScoring, crownScoringToFile, parseCrownScoring } from './core/scoring/crown/scoring.ts';
export type { Rational } from './core/money/rational.ts';
export type { Refusal } from './core/events/refusal.ts';
export { normalizeEvent, toFileForm } from './core/events/normalize.ts';
export type {
  Allocation,
  Pool,
  PoolPays,
  ProgramDefinition,
  RateRule,
  Scoring,
  Rules,
  ScheduleEntry,
  SettleMode,
  StrategyName,
  WindowRules,
} from './core/program.ts';
export { strategyNames } from './core/program.ts';
export type {
  AccountRef,
  Halt,
  LedgerAccount,
  Payout,
  PeriodRecord,
  Posting,
  StepRecord,
  Tally,
  Window,
} from './core/state.ts';
export { formatUnits, parseAmount } from './core/money/amount.ts';
export { formatInstant, parseInstant } from './core/time/instant.ts';
export { makePlan, type Plan, type PlanInput } from './core/schedule/plan.ts';
export { payoutLeaf } from './core/payout/merkle.ts';
