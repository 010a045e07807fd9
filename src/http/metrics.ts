import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { progressOf } from '../app/scheduler/step-watch.ts';
import type { SchedulerReport } from '../app/scheduler/scheduler.ts';
import type { ProgramState } from '../core/state.ts';
import type { Context } from './context.ts';

/** Figures of one program, from its state: nothing is counted anew, so that a scrape costs the same whatever the size. */
interface Figures {
  readonly program: string;
  readonly state: ProgramState;
  /** What the residual account holds, smallest units. */
  readonly residual: bigint;
}

/** `value`: of a program, as it is now; `null`: there is none. */
type Family = readonly [
  name: string,
  kind: 'gauge' | 'counter',
  help: string,
  value: (figures: Figures, now: number) => number | null,
];

const families: readonly Family[] = [
  ['events_total', 'counter', 'Events in the log.', ({ state }) => state.events],
  ['payouts_total', 'counter', 'Payouts made.', ({ state }) => state.payouts],
  ['postings_total', 'counter', 'Postings made.', ({ state }) => state.postings],
  ['accounts', 'gauge', 'Accounts known.', ({ state }) => state.accounts],
  ['residual_units', 'gauge', 'What the residual holds, in smallest units.', ({ residual }) => Number(residual)],
  ['clock_seconds', 'gauge', 'Instant of the newest event or step.', ({ state }) => state.clock / 1000],
  [
    'ingest_lag_seconds',
    'gauge',
    "This machine's clock less the instant of the newest event or step.",
    ({ state }, now) => (now - state.clock) / 1000,
  ],
  ['halted', 'gauge', '1 while a halt waits for somebody.', ({ state }) => Number(state.halted !== null)],
  ['paused', 'gauge', '1 while paused.', ({ state }) => Number(state.paused !== null)],
  ['window_open', 'gauge', '1 while a window is open.', ({ state }) => Number(state.window !== null)],
  ['window_period', 'gauge', 'Period of the open window, else 0.', ({ state }) => state.window?.period ?? 0],
  ['window_steps', 'gauge', 'Steps of the open window so far.', ({ state }) => state.window?.steps ?? 0],
  [
    'window_entries_scored',
    'gauge',
    'Entries scored in the open window.',
    ({ state }) => state.window?.entriesScored ?? 0,
  ],
  [
    'window_accounts_paid',
    'gauge',
    'Accounts paid by score in the open window.',
    ({ state }) => state.window?.accountsPaid ?? 0,
  ],
  [
    'window_phase_done_ratio',
    'gauge',
    'How much of its phase the open window has done, from 0 to 1; absent while that is not known.',
    ({ state: { window } }) => {
      const { done, of } = window === null ? { done: 0, of: null } : progressOf(window);
      return of === null || of === 0 ? null : done / of;
    },
  ],
];

const stepBuckets = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const rowBuckets = [10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 1_000_000];
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/** Of the process, which has them once however many servers it runs: Node's heap, event loop and garbage. */
let ofProcess: Registry | null = null;

function processMetrics(): Registry {
  if (ofProcess === null) collectDefaultMetrics({ register: (ofProcess = new Registry()) });
  return ofProcess;
}

/** Figures for Prometheus: of programs from their states at each scrape, of steps and requests as they are made. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #ofPrograms: readonly (readonly [Gauge | Counter, Family[3]])[];
  readonly #storeBytes: Gauge;
  readonly #streams: Gauge;
  readonly #leads: Gauge;
  readonly #steps: Histogram;
  readonly #rows: Histogram;
  readonly #halts: Counter;
  readonly #failures: Counter;
  readonly #requests: Histogram;

  constructor() {
    const named = (name: string, help: string, labelNames: readonly string[] = []) => ({
      name: `prorata_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
    const of = ['program'];
    this.#ofPrograms = families.map(([name, kind, help, value]) => {
      const options = named(name, help, of);
      return [kind === 'gauge' ? new Gauge(options) : new Counter(options), value];
    });
    this.#storeBytes = new Gauge(named('store_bytes', 'Size of the store.'));
    this.#streams = new Gauge(named('streams', 'Streams that somebody follows.'));
    this.#leads = new Gauge(
      named('scheduler_leads', '1 while this process steps the program, 0 while it stands by; absent: neither.', of),
    );
    this.#steps = new Histogram({
      ...named('step_seconds', 'How long steps took that this process made.', ['program', 'phase']),
      buckets: stepBuckets,
    });
    this.#rows = new Histogram({
      ...named('step_rows', 'Rows that steps wrote that this process made.', ['program', 'phase']),
      buckets: rowBuckets,
    });
    this.#halts = new Counter(named('halts_total', 'Halts that this process met.', of));
    this.#failures = new Counter(
      named('step_failures_total', 'Steps of this process that failed, and are tried again.', of),
    );
    this.#requests = new Histogram({
      ...named('http_request_seconds', 'How long answers took, streams left out.', ['method', 'route', 'status']),
      buckets: requestBuckets,
    });
  }

  /** Measures the answers of a server. */
  requestsOf(app: FastifyInstance): void {
    app.addHook('onResponse', async (request, { statusCode, elapsedTime }) => {
      const { url: route = 'none' } = request.routeOptions;
      if (route.endsWith('/stream')) return;
      this.#requests.observe({ method: request.method, route, status: String(statusCode) }, elapsedTime / 1000);
    });
  }

  /** Takes what the scheduler did. */
  readonly scheduler = (report: SchedulerReport): void => {
    if (report.what === 'step') {
      const { program, phase, ms, rowsWritten } = report;
      this.#steps.observe({ program, phase }, ms / 1000);
      this.#rows.observe({ program, phase }, rowsWritten);
    } else if (report.what === 'halted') this.#halts.inc({ program: report.program });
    else if (report.what === 'failed') this.#failures.inc({ program: report.program ?? '' });
    else if (report.what !== 'mended') this.#leads.set({ program: report.program }, Number(report.what === 'leads'));
  };

  /** All figures as Prometheus reads them. Amounts beyond 2^53 units are rounded, as it holds them as doubles. */
  async text({ engine, options, streams }: Context): Promise<string> {
    const now = options.now();
    const { bytes } = await engine.describe();
    const all = await engine.read(async (tx) => {
      const figures: Figures[] = [];
      for (const { id, name } of await tx.programs()) {
        const residual = await tx.balance(id, { kind: 'residual' });
        figures.push({ program: name, state: await tx.state(id), residual });
      }
      return figures;
    });
    for (const [metric, value] of this.#ofPrograms) {
      metric.reset();
      for (const one of all) {
        const found = value(one, now);
        if (found !== null) metric.inc({ program: one.program }, found);
      }
    }
    this.#storeBytes.set(bytes);
    this.#streams.set(streams.inside);
    return Registry.merge([this.#registry, processMetrics()]).metrics();
  }
}
