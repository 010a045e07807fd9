/** A logged row; `delta` of a busy row is +1 or -1, `on` of an active row the new flag. */
export interface ActiveRow {
  readonly at: number;
  readonly who: string;
  readonly on: boolean;
}
export interface BusyRow {
  readonly at: number;
  readonly who: string;
  readonly delta: 1 | -1;
}
export interface OutcomeRow {
  readonly swap: string | number;
  readonly who: string;
  readonly completed: boolean;
  readonly at: number;
}

/**
 * What a validator logs from what it sees, under `best-rate-tie`: changes of the active flag, opened and closed swaps. It
 * prunes as the validators do, which forgets: a busy row that a pruned one balanced may stay behind. Rows come in the order
 * of time.
 */
export class FactLog {
  #active: ActiveRow[] = [];
  #busy: BusyRow[] = [];
  readonly #outcomes: OutcomeRow[] = [];
  readonly #flags = new Map<string, boolean>();
  readonly #open = new Map<string, number>();

  /** A repeat of the present flag, and a flag of nobody, are not logged. */
  setActive(at: number, who: string, on: boolean): void {
    if (who === '' || (this.#flags.get(who) ?? false) === on) return;
    this.#flags.set(who, on);
    this.#active.push({ at, who, on });
  }

  openSwap(at: number, who: string): void {
    this.#open.set(who, (this.#open.get(who) ?? 0) + 1);
    this.#busy.push({ at, who, delta: 1 });
  }

  /** The end of a swap that was never seen to open is an outcome all the same, but closes nothing. */
  endSwap(outcome: OutcomeRow): void {
    this.#outcomes.push(outcome);
    const { at, who } = outcome;
    const open = this.#open.get(who) ?? 0;
    if (open === 0) return;
    this.#open.set(who, open - 1);
    this.#busy.push({ at, who, delta: -1 });
  }

  /** Drops rows before `cutoff`, but not the newest active row of each, nor busy rows of who has a swap open. */
  prune(cutoff: number): void {
    const newest = new Map(this.#active.map((row) => [row.who, row]));
    this.#active = this.#active.filter((row) => row.at >= cutoff || newest.get(row.who) === row);
    this.#busy = this.#busy.filter(({ at, who }) => at >= cutoff || (this.#open.get(who) ?? 0) > 0);
  }

  get active(): readonly ActiveRow[] {
    return this.#active;
  }

  get busy(): readonly BusyRow[] {
    return this.#busy;
  }

  get outcomes(): readonly OutcomeRow[] {
    return this.#outcomes;
  }

  /** Who is active at `at`, rows of that instant included. */
  activeAt(at: number): string[] {
    const flags = new Map(this.#active.filter((row) => row.at <= at).map(({ who, on }) => [who, on]));
    return [...flags].flatMap(([who, on]) => (on ? [who] : []));
  }

  /** Who has how many swaps open at `at`; only counts above 0. */
  busyAt(at: number): Map<string, number> {
    const counts = new Map<string, number>();
    for (const row of this.#busy) if (row.at <= at) counts.set(row.who, (counts.get(row.who) ?? 0) + row.delta);
    return new Map([...counts].filter(([, count]) => count > 0));
  }
}
