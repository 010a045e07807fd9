import type { Comparison } from '../app/comparison.ts';
import type { CopyOptions, CopySummary } from '../app/copy.ts';
import type { Engine } from '../app/engine.ts';
import type { Auditor } from '../app/auditor.ts';
import type { SchedulerOptions, SchedulerReport } from '../app/scheduler/scheduler.ts';
import type { Stepper } from '../app/scheduler/stepper.ts';
import type { StepWatch } from '../app/scheduler/step-watch.ts';
import type { CredDesk } from '../app/cred/desk.ts';
import type { Rankings } from '../app/ranking/rankings.ts';
import type { CrownAnswers } from '../views/crown-answers.ts';
import type { SpaceView } from '../core/scoring/cred/space-view.ts';
import type { SourceItem } from '../app/cred/sync.ts';
import type { GraphRecord } from '../core/scoring/cred/record.ts';
import type { ProrataEvent } from '../core/events/event.ts';
import type { ProgramDefinition } from '../core/program.ts';
import type { CrownScoring } from '../core/scoring/crown/scoring.ts';

/**
 * What a command may touch of the world outside. main.ts makes one of the process, tests one of texts and a folder, so that
 * every command runs in process. Paths of options are resolved against `cwd`.
 */
export interface Io {
  /** Of this program. */
  readonly version: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly cwd: string;
  /** Milliseconds since 1970 UTC. For what people read (progress, `--to now`); nothing that is stored depends on it unasked. */
  readonly now: () => number;
  /** So many bytes from a source fit for secrets. */
  readonly random: (bytes: number) => Uint8Array;
  /** Aborted by Ctrl-C or SIGTERM: a command ends after its current step. */
  readonly signal: AbortSignal;
  readonly openEngine: (options: StoreOptions) => Promise<Engine>;
  /** Sorts the accounts of a store in a file, apart from whoever asks. */
  readonly openRankings: (store: string) => Promise<Rankings>;
  /** Answers about the markets of a store in a file, apart from whoever asks. */
  readonly openCrown: (store: string) => Promise<CrownAnswers>;
  /** Steps the programs of a store in a file, apart from whoever asks. */
  readonly openStepper: (
    begun: { readonly store: string; readonly options: SchedulerOptions },
    onReport: (report: SchedulerReport) => void,
  ) => Promise<Stepper>;
  /** The desk for cred of a store in a file. */
  readonly openCred: (store: string) => Promise<CredDesk>;
  /** Runs the invariants of a store in a file, apart from whoever asks. */
  readonly openAuditor: (store: string) => Promise<Auditor>;
  /** All of a store in an empty one, with checks; see app/copy.ts. */
  readonly copyAll: (from: string, to: string, options: CopyOptions) => Promise<CopySummary>;
  /** A file that is a copy of a store as it is at one moment, whoever writes meanwhile. */
  readonly copyStore: (from: string, to: string) => Promise<void>;
  readonly sources: Sources;
  /** Documents that people edit offline and merge. Throws UnavailableError `documents-adapter-missing`. */
  readonly documents: () => Promise<DocumentsPort>;
  /** Serves HTTP until it is closed. Throws InvalidInputError `host-not-loopback`, UnavailableError `port-unavailable`. */
  readonly startServer: (
    options: ServerOptions,
    where: { readonly host: string; readonly port: number },
  ) => Promise<{ readonly url: string; readonly close: () => Promise<void> }>;
  /** A program as the state of the chain's module, as JSON text. */
  readonly writeModuleState: (engine: Engine, program: string) => Promise<string>;
}

/** What of src/http commands give. */
export interface ServerOptions {
  readonly version: string;
  readonly engine: Engine;
  /** For what takes long. */
  readonly slow: Engine;
  /** Opens the store for writing, once it is asked to. */
  readonly writer: () => Promise<Engine>;
  /** What steps meanwhile, in this process; absent: nothing. */
  readonly stepping?: { readonly watch: StepWatch; between<T>(work: () => Promise<T>): Promise<T> };
  /** What `compare` measured, to be shown; `null`: nothing was given. */
  readonly comparison: Comparison | null;
  /** Another engine that only reads, closed by whoever asked. */
  readonly reader: () => Promise<{ readonly engine: Engine; readonly close: () => Promise<void> }>;
  /** Closed with the server. */
  readonly rankings: Rankings;
  /** The same; all for stores in a file. */
  readonly cred?: CredDesk;
  readonly crown?: CrownAnswers;
  readonly auditor?: Auditor;
  readonly now: () => number;
  readonly log: ((line: string) => void) | null;
  /** Requests a minute of one token, or of one address where none is needed; 0: any number. */
  readonly rateLimit?: number;
}

export interface StoreOptions {
  /** `memory`, the path of a SQLite file, or the URL of PostgreSQL. */
  readonly store: string;
  readonly create?: boolean;
  readonly readOnly?: boolean;
}

/** A stream that text goes to. */
export interface Output {
  /** Resolves when the text was taken. Once nobody reads any more (`prorata ... | head`) it does nothing. */
  write(text: string): Promise<void>;
  readonly isTTY: boolean;
  /** Signs that a line of the terminal takes; absent where there is none. */
  readonly columns?: number | undefined;
  /** Nobody reads any more: whoever streams may end. */
  readonly closed: boolean;
}

/** One line of an event file, with its event or why there is none. */
export interface EventLine {
  /** From 1. */
  readonly line: number;
  /** The line as it was. */
  readonly raw: string;
  readonly parsed:
    | { readonly ok: true; readonly event: ProrataEvent }
    | { readonly ok: false; readonly code: string; readonly message: string; readonly field?: string };
}

/** Where events come from, injected by main.ts. Instants in milliseconds, `heldSince` in seconds. */
export interface Sources {
  events(
    input: AsyncIterable<Uint8Array>,
    options: {
      readonly format?: 'jsonl' | 'csv';
      readonly onHeader?: (raw: string) => void;
      /** How blocks lie on the time axis of the program. */
      readonly block?: { readonly zero: number; readonly seconds: number } | null;
    },
  ): AsyncIterable<EventLine[]>;
  snapshot(dir: string, options: { readonly at?: number; readonly heldSince?: number }): AsyncIterable<ProrataEvent[]>;
  /** A validator's SQLite store, opened read-only; see sources/crown-store.ts. */
  crownStore(path: string): Promise<CrownStoreReader>;
  moduleState(text: string, options: ModuleStateOptions): Promise<ModuleStateRead>;
  /** Nodes, edges and persons in JSON Lines or CSV. */
  graph(input: AsyncIterable<Uint8Array>, format: 'jsonl' | 'csv' | undefined): AsyncIterable<SourceLine>;
  /** A folder of SourceCred: who is who, then the graph. `note` is told what was left out, and which files there were. */
  sourcecred(folder: string, note: (text: string) => void): AsyncIterable<SourceLine>;
  /** The program that goes on where such a folder stopped. */
  sourcecredProgram(folder: string, name: string): Promise<ProgramDefinition>;
  github(
    paths: readonly string[],
    options: { readonly commits: boolean; readonly note: (text: string) => void },
  ): AsyncIterable<SourceLine>;
  git(repository: string, options: GitOptions): Promise<GitSource>;
}

/** What of src/documents commands use. */
export interface DocumentsPort {
  pull(dir: string): Promise<{
    readonly records: readonly GraphRecord[];
    readonly settings: unknown;
    readonly refused: readonly {
      readonly file: string;
      readonly path: readonly string[];
      readonly code: string;
      readonly message: string;
    }[];
    readonly conflicts: readonly { readonly file: string; readonly path: readonly string[]; readonly shown: unknown }[];
  }>;
  push(dir: string, view: SpaceView, name?: string): Promise<{ readonly name: string; readonly changed: boolean }>;
}

/** What a source gives, and where in it that stands. */
export interface SourceLine {
  readonly item: SourceItem;
  readonly line: number;
  readonly raw: string;
}

export interface GitOptions {
  /** What an earlier read ended with; absent: all of it. */
  readonly since?: string;
  readonly revisions?: readonly string[];
  readonly paths?: readonly string[];
  readonly name?: string;
  readonly weights?: Readonly<Record<string, string>>;
  readonly keepReverts: boolean;
  readonly shallow: boolean;
  readonly note: (text: string) => void;
}

export interface GitSource {
  readonly items: AsyncIterable<SourceLine>;
  /** Prefixes under which all there is was given: those of a whole read. */
  readonly complete: readonly string[];
  /** Up to where it was read, once all items were given. */
  readonly tips: () => string;
}

export interface CrownStoreReader {
  facts(options: {
    readonly scoring: CrownScoring;
    readonly after?: unknown;
    readonly backing?: string;
  }): Iterable<ProrataEvent[]>;
  moved(
    options: { readonly scoring: CrownScoring; readonly backing?: string; readonly since?: number },
    lookup: (keys: readonly string[]) => Promise<ReadonlyMap<string, { readonly payload: string }>>,
  ): AsyncIterable<ProrataEvent[]>;
  /** Where to go on, once all facts were given. */
  readonly bookmark: unknown;
  /** Rows that are not for this program, by reason. */
  readonly leftOut: ReadonlyMap<string, number>;
  close(): void;
}

export interface ModuleStateOptions {
  /** Of the program that it becomes. */
  readonly name: string;
  readonly at?: number;
  /** The distribution that was being worked off: its second, and what it owed. */
  readonly ongoing?: { readonly at: number; readonly amount: bigint };
}

/** A module state as a program and the events that bring it to where the state is. */
export interface ModuleStateRead {
  readonly definition: ProgramDefinition;
  readonly events: readonly ProrataEvent[];
  /** Whether `export --format module-state` gives the same bytes again. */
  readonly exact: boolean;
}
