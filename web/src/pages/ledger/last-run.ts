import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';

export interface Finding {
  readonly invariant: string;
  readonly statement: string;
  readonly holds: boolean;
  readonly checked: number;
  readonly contradictions: readonly string[];
}

/** `/invariants/last`. */
export interface LastRun {
  readonly program: string;
  readonly last: {
    readonly ran_at: string;
    readonly ms: number;
    readonly events: number;
    readonly stale: boolean;
    readonly holds: boolean;
    readonly findings: readonly Finding[];
  } | null;
}

export const lastRunQuestion = (program: string) => question<LastRun>(path('programs', program, 'invariants', 'last'));
