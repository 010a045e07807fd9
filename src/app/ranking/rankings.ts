import { ConflictError } from '../../core/errors.ts';
import type { Engine } from '../engine.ts';
import type { RankedPage, Ranking, RankQuery } from './ranking.ts';

/** Pages of sorted lists of accounts, made apart from whoever asks. */
export interface Rankings {
  /** `null`: the list is being made; ask again. Throws NotFoundError `program-unknown`, ConflictError `ranking-too-large`. */
  page(program: string, query: RankQuery): Promise<RankedPage | null>;
  close(): Promise<void>;
}

export interface RankingsOptions {
  /** Milliseconds, from any origin. */
  readonly clock: () => number;
  /** Accounts of all rankings that are kept, of one program the most there may be. */
  readonly accountsMost?: number;
  /** A ranking is taken as it is for so long, although the store has changed, milliseconds. */
  readonly freshMs?: number;
  /** How long whoever asks waits for a list that is being made, milliseconds. */
  readonly patienceMs?: number;
}

/** Some 360 MB, and as much again while a ranking is made anew. */
const accountsMostDefault = 4_000_000;
const freshDefaultMs = 5000;
/** Making rankings takes at most one part in so many of the time. */
const restParts = 5;
const patienceDefaultMs = 1000;

interface Kept {
  ranking: Ranking | null;
  accounts: number;
  /** When it was begun, and how long it took. */
  begunAt: number;
  tookMs: number;
  making: Promise<void> | null;
}

/**
 * Rankings of the programs that somebody asks for. One is made anew, while the old one answers, when the store has changed, it is some
 * seconds old, and it has been used five times as long as it took to make; those asked for longest ago go first.
 */
export class KeptRankings implements Rankings {
  readonly #engine: Engine;
  readonly #maker: Engine;
  readonly #clock: () => number;
  readonly #accountsMost: number;
  readonly #freshMs: number;
  readonly #patienceMs: number;
  /** In the order in which they were asked for last. */
  readonly #kept = new Map<string, Kept>();

  /** `maker` reads whole programs, in a transaction each; another engine than `engine`, so that nobody waits for it. */
  constructor({ engine, maker }: { readonly engine: Engine; readonly maker: Engine }, options: RankingsOptions) {
    this.#engine = engine;
    this.#maker = maker;
    this.#clock = options.clock;
    this.#accountsMost = options.accountsMost ?? accountsMostDefault;
    this.#freshMs = options.freshMs ?? freshDefaultMs;
    this.#patienceMs = options.patienceMs ?? patienceDefaultMs;
  }

  async page(program: string, query: RankQuery): Promise<RankedPage | null> {
    const { version, accounts } = await this.#engine.counters(program);
    if (accounts > this.#accountsMost) {
      const message = `There are ${accounts} accounts, too many to be sorted here; accepted: their order by name, without search.`;
      throw new ConflictError('ranking-too-large', message, { accounts: String(accounts) });
    }
    const kept = this.#keptOf(program, accounts);
    if (kept.making === null && this.#isStale(kept, version)) this.#make(program, kept);
    return within(this.#patienceMs, this.#answer(kept, query));
  }

  async #answer(kept: Kept, query: RankQuery): Promise<RankedPage | null> {
    if (kept.ranking === null) await kept.making;
    return kept.ranking!.page(query);
  }

  #keptOf(program: string, accounts: number): Kept {
    const none = { ranking: null, accounts, begunAt: 0, tookMs: 0, making: null };
    const kept = this.#kept.get(program) ?? none;
    kept.accounts = accounts;
    this.#kept.delete(program);
    this.#kept.set(program, kept);
    let sum = [...this.#kept.values()].reduce((all, one) => all + one.accounts, 0);
    for (const [name, one] of this.#kept) {
      if (sum <= this.#accountsMost || one === kept) break;
      this.#kept.delete(name);
      sum -= one.accounts;
    }
    return kept;
  }

  #isStale({ ranking, begunAt, tookMs }: Kept, version: number): boolean {
    if (ranking === null) return true;
    return ranking.version !== version && this.#clock() - begunAt > Math.max(this.#freshMs, tookMs * restParts);
  }

  /** Whoever asked for it first, and has waited, gets what made it fail; so does whoever asks next, who begins anew. */
  #make(program: string, kept: Kept): void {
    kept.begunAt = this.#clock();
    kept.making = (async () => {
      const before = kept.ranking;
      const ranking = await this.#maker.ranking(program, before);
      // Orders that are in use are there before the new one takes over.
      for (const sorting of before?.sortings ?? []) await ranking.order(sorting);
      kept.ranking = ranking;
      kept.tookMs = this.#clock() - kept.begunAt;
    })().finally(() => {
      kept.making = null;
    });
    kept.making.catch(() => {});
  }

  /** The engines are whose they are. */
  async close(): Promise<void> {
    this.#kept.clear();
  }
}

/** `null`: it took longer, and goes on. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
