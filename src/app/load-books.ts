import { Books } from '../core/books.ts';
import { NotFoundError } from '../core/errors.ts';
import type { Rules, ScheduleEntry } from '../core/program.ts';
import type { OpenSwaps } from '../core/scoring/crown/accrue.ts';
import type { Validator } from '../core/state.ts';
import type { People } from '../core/scoring/cred/people.ts';
import { readPeople } from './cred/people.ts';
import type { CredOutcome } from './cred/window.ts';
import { readOpenSwaps } from './crown/facts.ts';
import type { Tx } from './ports.ts';

/**
 * What is read again only when the program's state says that it changed: rules and schedule by `rulesVersion`,
 * validators by `validatorsVersion`. Filled from what was read, never from what is about to be written, so that a
 * transaction that fails leaves nothing behind.
 */
export class BooksCache {
  readonly #ids = new Map<string, number>();
  readonly #settings = new Map<number, { version: number; rules: Rules; schedule: readonly ScheduleEntry[] }>();
  readonly #open = new Map<number, { events: number; open: OpenSwaps }>();
  readonly #people = new Map<number, { events: number; payouts: number; people: People }>();
  readonly #rounds = new Map<number, { key: string; outcome: CredOutcome }>();
  readonly #validators = new Map<number, { version: number; validators: readonly Validator[] }>();

  /** The books of a program without accounts. Throws NotFoundError `program-unknown`. */
  async load(tx: Tx, program: string): Promise<Books> {
    const id = await this.idOf(tx, program);
    const state = await tx.state(id);
    let settings = this.#settings.get(id);
    if (settings?.version !== state.rulesVersion) {
      settings = { version: state.rulesVersion, rules: await tx.rules(id), schedule: await tx.schedule(id) };
      this.#settings.set(id, settings);
    }
    let known = this.#validators.get(id);
    if (known?.version !== state.validatorsVersion) {
      known = { version: state.validatorsVersion, validators: await tx.validators(id) };
      this.#validators.set(id, known);
    }
    const { rules, schedule } = settings;
    const balances = await tx.balances(id);
    return new Books({ id, name: program, state, rules, schedule, validators: known.validators }, balances);
  }

  async idOf(tx: Tx, program: string): Promise<number> {
    const known = this.#ids.get(program);
    if (known !== undefined) return known;
    const programs = await tx.programs();
    const found = programs.find(({ name }) => name === program);
    if (!found) {
      const names = programs.map(({ name }) => name).join(', ') || 'none';
      throw new NotFoundError(
        'program-unknown',
        `There is no program "${program}" in this store; there are: ${names}.`,
      );
    }
    this.#ids.set(program, found.id);
    return found.id;
  }

  /** How many swaps everybody has open, as of the newest event of `books`; whoever adds an event says so by `openSwapsAre`. */
  async openSwaps(tx: Tx, books: Books): Promise<OpenSwaps> {
    const known = this.#open.get(books.id);
    if (known?.events === books.state.events) return known.open;
    return readOpenSwaps(tx, books);
  }

  openSwapsAre(books: Books, open: OpenSwaps): void {
    this.#open.set(books.id, { events: books.state.events, open });
  }

  /** Who is who and was paid what, as of the newest event and payout of `books`; whoever adds an event says so by `peopleAre`. */
  async people(tx: Tx, books: Books): Promise<People> {
    const known = this.#people.get(books.id);
    const { events, payouts } = books.state;
    if (known?.events === events && known.payouts === payouts) return known.people;
    return readPeople(tx, books);
  }

  peopleAre(books: Books, people: People): void {
    const { events, payouts } = books.state;
    this.#people.set(books.id, { events, payouts, people });
  }

  /** What was computed for a window of contributions; undefined: nothing, or for another. It depends on nothing that is not in the key. */
  round(program: number, key: string): CredOutcome | undefined {
    const known = this.#rounds.get(program);
    return known?.key === key ? known.outcome : undefined;
  }

  roundIs(program: number, key: string, outcome: CredOutcome): void {
    this.#rounds.set(program, { key, outcome });
  }

  /** After a transaction that failed: what was read in it may have been its own unwritten work. */
  forget(): void {
    this.#ids.clear();
    this.#settings.clear();
    this.#validators.clear();
    this.#open.clear();
    this.#people.clear();
  }
}
