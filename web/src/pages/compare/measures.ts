/** `/v1/compare`, and how each strategy is told apart: by the shape of its marks and the dashes of its lines, not by colour alone. */

export const strategies = ['cut', 'copy', 'double-buffer', 'generations'] as const;
export type Strategy = (typeof strategies)[number];

export interface Measures {
  readonly strategy: Strategy;
  readonly accounts: number;
  readonly batch_size: number;
  readonly peak_rows: number;
  readonly rows_written: number;
  readonly open_ms: number;
  readonly open_rows_written: number;
  readonly step_ms_p50: number;
  readonly step_ms_p99: number;
  readonly step_ms_max: number;
  readonly query_ms_p50: number;
  readonly query_ms_p99: number;
  readonly window_ms: number;
  readonly peak_memory_mb: number | null;
  readonly attempts: number;
  readonly accounts_paid: number;
  readonly root: string;
  /** Without the opening one. */
  readonly steps: number;
  readonly histogram: readonly { readonly from_ms: number; readonly to_ms: number; readonly steps: number }[];
  readonly course: { readonly each: number; readonly longest_ms: readonly number[] };
}

export interface Comparison {
  readonly limits: { readonly max_step_ms: number; readonly max_memory_mb: number };
  readonly measures: readonly Measures[];
  readonly left: readonly string[];
  readonly recommendation: {
    readonly strategy: Strategy | null;
    readonly nearest: Strategy | null;
    readonly rule: string;
    readonly judgements: readonly {
      readonly strategy: Strategy;
      readonly fits: boolean;
      readonly open_ms: number;
      readonly step_ms_p99: number;
      readonly peak_memory_mb: number | null;
      readonly rows_written: number;
      readonly breaks: readonly string[];
    }[];
    readonly batch_size: number | null;
  };
}

/** How a strategy freezes a period, in a line. */
export const strategyWords: Readonly<Record<Strategy, string>> = {
  cut: 'counts by reading, up to the boundary; nothing is kept twice',
  copy: 'copies every entry when the window opens',
  'double-buffer': 'new entries go to another set, and are moved afterwards',
  generations: 'entries belong to a generation, and go over to the next when they are touched',
};

export const dashes: Readonly<Record<Strategy, string>> = {
  cut: '',
  copy: '7 4',
  'double-buffer': '2 3',
  generations: '9 3 2 3',
};

/** Milliseconds with as many places as say something. */
export const ms = (value: number): string =>
  value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : whole(value);
export const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
