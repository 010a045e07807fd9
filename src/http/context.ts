import type { Comparison } from '../app/comparison.ts';
import type { Engine } from '../app/engine.ts';
import type { StepWatch } from '../app/scheduler/step-watch.ts';
import type { ProrataEvent } from '../core/events/event.ts';
import type { Scoring } from '../core/program.ts';
import type { StepRecord } from '../core/state.ts';
import { type AccountNames, accountNames, plainNames } from '../views/account-names.ts';
import { type Auditor, OwnAuditor } from '../app/auditor.ts';
import { type CrownAnswers, crownAnswers } from '../views/crown-answers.ts';
import { type CredDesk, KeptCred } from '../app/cred/desk.ts';
import type { Rankings } from '../app/ranking/rankings.ts';
import { Door } from './access.ts';
import { Metrics } from './metrics.ts';
import { Gate } from '../app/gate.ts';
import { Latest } from '../app/latest.ts';
import type { Limits } from './limits.ts';

/** How blocks lie on the time axis of a program, seconds. */
export type Axis = { readonly zero: number; readonly seconds: number } | null;

/** One event of a body, or why there is none. */
export interface BodyLine {
  /** From 1. */
  readonly line: number;
  readonly parsed:
    | { readonly ok: true; readonly event: ProrataEvent }
    | { readonly ok: false; readonly code: string; readonly message: string; readonly field?: string };
}

/** What the server is given: it opens nothing itself. */
export interface ServerOptions {
  readonly version: string;
  /** Answers what is answered at once. */
  readonly engine: Engine;
  /** Answers what takes long; another one than `engine` where the store can be opened twice, so that nobody waits for it. */
  readonly slow: Engine;
  /** Knows the tokens; default: `engine`. Another one where that may lag behind. */
  readonly doorkeeper?: Engine;
  /** The one that writes; opened when it is first asked for. */
  readonly writer: () => Promise<Engine>;
  /** The scheduler of this process: what it made, and a way to write between its steps. Absent: there is none. */
  readonly stepping?: { readonly watch: StepWatch; between<T>(work: () => Promise<T>): Promise<T> };
  /** Another engine that only reads, for whoever holds a version of the store for long; closed by whoever asked. */
  readonly reader: () => Promise<{ readonly engine: Engine; readonly close: () => Promise<void> }>;
  /** Sorts accounts, apart from the thread that answers. */
  readonly rankings: Rankings;
  /** Computes cred, apart from the thread that answers; default: on `slow`. */
  readonly cred?: CredDesk;
  /** Runs the invariants, apart from the thread that answers; default: on `slow`. */
  readonly auditor?: Auditor;
  /** Answers about markets, apart from the thread that answers; default: by `slow`. */
  readonly crown?: CrownAnswers;
  readonly readLines: (body: Uint8Array, block: Axis) => AsyncIterable<readonly BodyLine[]>;
  /** Throws InvalidInputError `events-malformed` when it is begun. */
  readonly readArray: (text: string, block: Axis) => Iterable<readonly BodyLine[]>;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** Structured lines about requests; `null`: none. */
  readonly log: ((line: string) => void) | null;
  /** Where the dashboard was built; `null` or absent: only the API. */
  readonly dashboard?: string | null;
  /** What `prorata compare` measured; `null` or absent: nothing was given. */
  readonly comparison?: Comparison | null;
  /** How often streams look for more, in milliseconds. */
  readonly pollMs?: number;
  /** Requests a minute of one token, or of one address where none is needed; 0: any number. Default: see http/limits.ts. */
  readonly rateLimit?: number;
}

/** Computations at once: they share one thread with everything else. */
const slowMost = 2;
const streamsMost = 100;
/** Questions about markets at once: one is computed after the other, by whoever answers them. */
const marketsMost = 16;

/** What routes share. */
export class Context {
  readonly options: ServerOptions;
  readonly slow = new Gate(slowMost, 'computations');
  readonly markets = new Gate(marketsMost, 'questions about markets');
  readonly verifying = new Gate(1, 'runs of the invariants');
  readonly metrics = new Metrics();
  readonly streams = new Gate(streamsMost, 'streams');
  /** Aborted when the server stops. */
  readonly stopping = new AbortController();
  /** Who is let in. */
  readonly door: Door;
  readonly cred: CredDesk;
  readonly auditor: Auditor;
  readonly crown: CrownAnswers;
  readonly #names = new Latest<AccountNames>();
  readonly #scorings = new Map<string, Scoring['model']>();

  constructor(options: ServerOptions, limits: Limits) {
    this.options = options;
    options.stepping?.watch.listen(this.metrics.scheduler);
    this.cred = options.cred ?? new KeptCred(options.slow);
    this.auditor = options.auditor ?? new OwnAuditor(options.slow);
    this.crown = options.crown ?? crownAnswers(options.slow);
    this.door = new Door(options.doorkeeper ?? options.engine, options.now, limits);
  }

  get engine(): Engine {
    return this.options.engine;
  }

  /** How long a step took that this process made, milliseconds; `null`: not known. */
  stepMs(program: string, { period, step }: Pick<StepRecord, 'period' | 'step'>): number | null {
    return this.options.stepping?.watch.msOf(program, period, step) ?? null;
  }

  /** How a program scores, which never changes. Throws NotFoundError `program-unknown`. */
  async model(program: string): Promise<Scoring['model']> {
    const known = this.#scorings.get(program);
    if (known !== undefined) return known;
    const { scoring } = await this.engine.rules(program);
    this.#scorings.set(program, scoring.model);
    return scoring.model;
  }

  /** Who is called what; of a community it is read from all events about people and all payouts, once for each state of the log. */
  async names(program: string): Promise<AccountNames> {
    if ((await this.model(program)) !== 'cred') return plainNames;
    const { version } = await this.engine.counters(program);
    return this.#names.of(program, String(version), () => accountNames({ engine: this.engine, program }));
  }
}
