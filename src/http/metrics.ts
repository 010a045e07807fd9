import type { ProgramState } from '../core/state.ts';
import type { Context } from './context.ts';

/** Figures of one program, from its state: nothing is counted anew, so that a scrape costs the same whatever the size. */
interface Figures {
  readonly program: string;
  readonly state: ProgramState;
  /** What the residual account holds, smallest units. */
  readonly residual: bigint;
}

type Family = readonly [
  name: string,
  kind: 'gauge' | 'counter',
  help: string,
  value: (figures: Figures, now: number) => number | bigint,
];

const families: readonly Family[] = [
  ['events_total', 'counter', 'Events in the log.', ({ state }) => state.events],
  ['payouts_total', 'counter', 'Payouts made.', ({ state }) => state.payouts],
  ['postings_total', 'counter', 'Postings made.', ({ state }) => state.postings],
  ['accounts', 'gauge', 'Accounts known.', ({ state }) => state.accounts],
  ['residual_units', 'gauge', 'What the residual holds, in smallest units.', ({ residual }) => residual],
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
];

/** All figures as Prometheus reads them. Amounts beyond 2^53 units are rounded by whoever reads them as doubles. */
export async function metricsText({ engine, options, streams }: Context): Promise<string> {
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
  const lines = families.flatMap(([name, kind, help, value]) => [
    ...heading(name, kind, help),
    ...all.map((one) => `prorata_${name}{program="${label(one.program)}"} ${String(value(one, now))}`),
  ]);
  return [
    ...lines,
    ...heading('store_bytes', 'gauge', 'Size of the store.'),
    `prorata_store_bytes ${bytes}`,
    ...heading('streams', 'gauge', 'Streams that somebody follows.'),
    `prorata_streams ${streams.inside}`,
    '',
  ].join('\n');
}

const heading = (name: string, kind: string, help: string): string[] => [
  `# HELP prorata_${name} ${help}`,
  `# TYPE prorata_${name} ${kind}`,
];

const label = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
