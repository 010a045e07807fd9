/** A place in the order of names, from 0, and who is there. */
interface Known {
  readonly place: number;
  readonly name: string;
}

/** One place is remembered of so many neighbours. */
const stretch = 1000;
const programsKept = 20;

/**
 * Who is at some places in the order of names, as they were met, so that whoever scrolls through a million names passes over a few of
 * them only, and not over all before. Accounts never go, so places are right as long as there are as many.
 */
export class NamePlaces {
  readonly #programs = new Map<string, { accounts: number; known: Map<number, Known> }>();

  /** The nearest known place at or before `place`; the beginning: `after` is null. */
  before(program: string, accounts: number, place: number): { readonly place: number; readonly after: string | null } {
    const kept = this.#programs.get(program);
    if (kept?.accounts === accounts) {
      for (let at = Math.floor(place / stretch); at >= 0; at -= 1) {
        const found = kept.known.get(at);
        if (found !== undefined && found.place <= place) return { place: found.place, after: found.name };
      }
    }
    return { place: 0, after: null };
  }

  learn(program: string, accounts: number, { place, name }: Known): void {
    let kept = this.#programs.get(program);
    if (kept?.accounts !== accounts) {
      kept = { accounts, known: new Map() };
      this.#programs.delete(program);
      this.#programs.set(program, kept);
      if (this.#programs.size > programsKept) this.#programs.delete(this.#programs.keys().next().value!);
    }
    kept.known.set(Math.floor(place / stretch), { place, name });
  }
}
