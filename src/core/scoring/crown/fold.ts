import { compareBytes } from '../../bytes.ts';
import { type ActivityHappened, activityCodes, type CrownFact } from '../../events/event.ts';
import { nextActivity } from './lane-state.ts';
import { type ActivityCode, type CrownEvent, kinds } from './log.ts';
import type { Outcome, Volume } from './rounds.ts';

/** A fact with its place in the log and the second from which on it is in force. */
export interface LoggedFact {
  readonly seq: number;
  readonly at: number;
  readonly key: string;
  readonly fact: CrownFact;
}

/**
 * How a swap ended, with its place in the log. Of two about one swap the one of the later second counts, in one second the one
 * logged later: what is forgotten (it is too old to count) can then never have replaced what is not.
 */
export type LoggedOutcome = Outcome & { readonly seq: number };
export type LoggedVolume = Volume & { readonly at: number };
export interface Standing {
  readonly ok: number;
  readonly failed: number;
  readonly settling: Readonly<Record<string, number>>;
}

const codeOf = (what: ActivityHappened['what']): ActivityCode => activityCodes.indexOf(what) as ActivityCode;

/** The replay's own event of a fact; null for what only rounds read (outcomes, volumes, standings). */
export function crownEventOf({ at, fact }: LoggedFact): CrownEvent | null {
  switch (fact.kind) {
    case 'eligible':
    case 'active':
      return { kind: fact.kind, at, who: fact.account, on: fact.on };
    case 'busy':
      return { kind: 'busy', at, who: fact.account, delta: fact.delta };
    case 'activity':
      return { kind: 'activity', at, who: fact.account, code: codeOf(fact.what), hub: fact.hub ?? null };
    case 'rate':
      return { kind: 'rate', at, who: fact.account, quotes: listOf(fact), rate: fact.rate };
    case 'collateral':
      return { kind: 'collateral', at, who: fact.account, backing: fact.backing, amount: fact.amount };
    case 'bounds':
      return { kind: 'bounds', at, backing: fact.backing, min: fact.min, max: fact.max };
    default:
      return null;
  }
}

/** The list of quotes that a rate belongs to. */
export const listOf = ({ direction, backing }: { readonly direction: string; readonly backing?: string }): string =>
  backing === undefined ? direction : `${direction}|${backing}`;

/** Sorts facts into the canonical order (second, kind, activity code, place in the log), without those that were retracted. */
export function canonical(facts: readonly LoggedFact[]): LoggedFact[] {
  const retracted = new Set(facts.flatMap(({ fact }) => (fact.kind === 'retracted' ? [fact.event] : [])));
  return facts.filter(({ key, fact }) => fact.kind !== 'retracted' && !retracted.has(key)).sort(compareFacts);
}

/** The canonical order of facts. Retractions are the last of their second. */
export const compareFacts = (a: LoggedFact, b: LoggedFact): number =>
  a.at - b.at || placeOf(a.fact) - placeOf(b.fact) || a.seq - b.seq;

function placeOf(fact: CrownFact): number {
  if (fact.kind === 'activity') return kinds.activity + codeOf(fact.what);
  return Object.hasOwn(kinds, fact.kind) ? kinds[fact.kind as keyof typeof kinds] : 10;
}

/** What is remembered of an account. Names of hubs, lists and backings are keys; "*" is every hub that has no own state. */
interface Known {
  eligible: boolean | null;
  active: boolean | null;
  /** Swaps opened less swaps ended, as they are summed: it may be negative. */
  open: number;
  readonly hubs: Map<string, number>;
  readonly quotes: Map<string, string>;
  readonly collateral: Map<string, bigint>;
  standing: Standing | null;
}

/**
 * The state that facts leave at an instant: enough to replay everything after it as if the facts before were still there.
 * Facts are folded in canonical order.
 */
export class CrownFold {
  readonly #known = new Map<string, Known>();
  readonly #bounds = new Map<string, readonly [min: bigint, max: bigint]>();
  #outcomes = new Map<string, LoggedOutcome>();
  #cleared: LoggedVolume[] = [];

  apply({ at, seq, fact }: LoggedFact): void {
    switch (fact.kind) {
      case 'eligible':
        this.#of(fact.account).eligible = fact.on;
        break;
      case 'active':
        this.#of(fact.account).active = fact.on;
        break;
      case 'busy':
        this.#of(fact.account).open += fact.delta;
        break;
      case 'activity':
        this.#happened(this.#of(fact.account).hubs, codeOf(fact.what), fact.hub);
        break;
      case 'rate':
        this.#of(fact.account).quotes.set(listOf(fact), fact.rate);
        break;
      case 'collateral':
        this.#of(fact.account).collateral.set(fact.backing, fact.amount);
        break;
      case 'bounds':
        this.#bounds.set(fact.backing, [fact.min, fact.max]);
        break;
      case 'outcome': {
        const { swap, account: who, completed } = fact;
        this.#outcomes.set(swap, { swap, who, completed, at, seq });
        break;
      }
      case 'cleared':
        this.#cleared.push({ at, pair: fact.direction, from: fact.from, to: fact.to });
        break;
      case 'standing':
        this.#of(fact.account).standing = { ok: fact.ok, failed: fact.failed, settling: fact.settling };
        break;
      case 'retracted':
        break;
    }
  }

  #of(name: string): Known {
    let known = this.#known.get(name);
    if (known === undefined) {
      known = {
        eligible: null,
        active: null,
        open: 0,
        hubs: new Map(),
        quotes: new Map(),
        collateral: new Map(),
        standing: null,
      };
      this.#known.set(name, known);
    }
    return known;
  }

  /** A hub that is named for the first time begins where those without a name are. */
  #happened(hubs: Map<string, number>, code: ActivityCode, hub: string | undefined): void {
    const every = hubs.get('*') ?? 0;
    if (hub !== undefined) hubs.set(hub, nextActivity(hubs.get(hub) ?? every, code));
    else {
      hubs.set('*', every);
      for (const [name, state] of hubs) hubs.set(name, nextActivity(state, code));
    }
  }

  /** Forgets outcomes before `outcomesSince` and volumes before `volumesSince`, which no later round counts. */
  forget({ outcomesSince, volumesSince }: { readonly outcomesSince: number; readonly volumesSince: number }): void {
    this.#outcomes = new Map([...this.#outcomes].filter(([, { at }]) => at >= outcomesSince));
    this.#cleared = this.#cleared.filter(({ at }) => at >= volumesSince);
  }

  /** In the order of the log, as far as it is remembered. */
  outcomes(): LoggedOutcome[] {
    return [...this.#outcomes.values()].sort((a, b) => a.seq - b.seq);
  }

  volumes(): readonly LoggedVolume[] {
    return this.#cleared;
  }

  standings(): ReadonlyMap<string, Standing> {
    return new Map([...this.#known].flatMap(([name, { standing }]) => (standing === null ? [] : [[name, standing]])));
  }

  /** Events at second `at` that bring a replay into this state, accounts by name. `hubs`: those that the program has. */
  events(at: number, hubs: readonly string[]): CrownEvent[] {
    const events: CrownEvent[] = [];
    for (const [backing, [min, max]] of byName(this.#bounds)) events.push({ kind: 'bounds', at, backing, min, max });
    for (const [who, known] of byName(this.#known)) {
      if (known.eligible !== null) events.push({ kind: 'eligible', at, who, on: known.eligible });
      if (known.active !== null) events.push({ kind: 'active', at, who, on: known.active });
      if (known.open !== 0) events.push({ kind: 'busy', at, who, delta: known.open });
      for (const hub of hubs)
        events.push(...activityTo(known.hubs.get(hub) ?? known.hubs.get('*') ?? 0, { at, who, hub }));
      for (const [quotes, rate] of byName(known.quotes)) events.push({ kind: 'rate', at, who, quotes, rate });
      for (const [backing, amount] of byName(known.collateral)) {
        events.push({ kind: 'collateral', at, who, backing, amount });
      }
    }
    return events;
  }

  /** Equal states give equal values, whatever the order of their facts was. */
  toJson(): CrownFoldJson {
    return {
      bounds: byName(this.#bounds),
      accounts: byName(this.#known).map(([name, { eligible, active, open, hubs, quotes, collateral, standing }]) => ({
        name,
        eligible,
        active,
        open,
        hubs: byName(hubs),
        quotes: byName(quotes),
        collateral: byName(collateral),
        standing,
      })),
      outcomes: this.outcomes(),
      cleared: this.#cleared.toSorted((a, b) => a.at - b.at || compareBytes(volumeKey(a), volumeKey(b))),
    };
  }

  static fromJson(json: CrownFoldJson): CrownFold {
    const fold = new CrownFold();
    for (const [backing, bounds] of json.bounds) fold.#bounds.set(backing, bounds);
    for (const { name, eligible, active, open, hubs, quotes, collateral, standing } of json.accounts) {
      Object.assign(fold.#of(name), { eligible, active, open, standing });
      const known = fold.#of(name);
      for (const [hub, state] of hubs) known.hubs.set(hub, state);
      for (const [list, rate] of quotes) known.quotes.set(list, rate);
      for (const [backing, amount] of collateral) known.collateral.set(backing, amount);
    }
    for (const outcome of json.outcomes) fold.#outcomes.set(String(outcome.swap), outcome);
    fold.#cleared = [...json.cleared];
    return fold;
  }
}

/** A fold as it is stored; lists ascend by the bytes of their names. */
export interface CrownFoldJson {
  readonly bounds: readonly (readonly [backing: string, bounds: readonly [min: bigint, max: bigint]])[];
  readonly accounts: readonly {
    readonly name: string;
    readonly eligible: boolean | null;
    readonly active: boolean | null;
    readonly open: number;
    readonly hubs: readonly (readonly [hub: string, state: number])[];
    readonly quotes: readonly (readonly [list: string, rate: string])[];
    readonly collateral: readonly (readonly [backing: string, amount: bigint])[];
    readonly standing: Standing | null;
  }[];
  readonly outcomes: readonly LoggedOutcome[];
  readonly cleared: readonly LoggedVolume[];
}

/** What brings a hub from available (0) to reserved (1) or swapping (2). */
function activityTo(state: number, { at, who, hub }: { at: number; who: string; hub: string }): CrownEvent[] {
  const codes: readonly ActivityCode[] = state === 0 ? [] : state === 1 ? [1] : [1, 2];
  return codes.map((code) => ({ kind: 'activity', at, who, hub, code }));
}

const byName = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].sort(([a], [b]) => compareBytes(a, b));
const volumeKey = ({ pair, from, to }: LoggedVolume): string => `${pair} ${from} ${to}`;
