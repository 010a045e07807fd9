import { invariant } from '../../core/errors.ts';

/** How to take back what a transaction did, newest last. */
export type Journal = (() => void)[];

/** `map.set`, to be taken back through `journal`. */
export function put<K, V>(map: Map<K, V>, key: K, value: V, journal: Journal): void {
  const before = map.get(key);
  const existed = map.has(key);
  map.set(key, value);
  journal.push(() => (existed ? map.set(key, before as V) : map.delete(key)));
}

/** `map.delete`, to be taken back through `journal`. Returns the number of rows deleted. */
export function remove<K, V>(map: Map<K, V>, key: K, journal: Journal): 0 | 1 {
  if (!map.has(key)) return 0;
  const before = map.get(key) as V;
  map.delete(key);
  journal.push(() => map.set(key, before));
  return 1;
}

/** Rows that are added once and never edited, in order of a number that each has to itself; some of them about one account. */
export class Rows<Row> {
  readonly #byId = new Map<number, Row>();
  readonly #byAccount = new Map<number | null, number[]>();
  /** Ascending; sorted again when a row came out of order. */
  readonly #ids: number[] = [];
  #sorted = true;

  get size(): number {
    return this.#byId.size;
  }

  /** Throws InvariantError `store.row-exists`. */
  add(id: number, account: number | null, row: Row, journal: Journal): void {
    invariant(!this.#byId.has(id), 'store.row-exists', { id: String(id) });
    this.#byId.set(id, row);
    if (this.#ids.length > 0 && this.#ids.at(-1)! > id) this.#sorted = false;
    this.#ids.push(id);
    const ofAccount = this.#byAccount.get(account) ?? [];
    this.#byAccount.set(account, ofAccount);
    ofAccount.push(id);
    journal.push(() => {
      this.#byId.delete(id);
      this.#ids.splice(this.#ids.lastIndexOf(id), 1); // the last one, mostly
      ofAccount.splice(ofAccount.lastIndexOf(id), 1);
    });
  }

  /** Takes a row out; its number is not given again. */
  remove(id: number, journal: Journal): void {
    const row = this.#byId.get(id);
    if (row === undefined) return;
    this.#byId.delete(id);
    journal.push(() => this.#byId.set(id, row));
  }

  /**
   * Up to `limit` rows above `after`, ascending, that `matches`; of one account, or (`null`) of none, where given. With `before`:
   * those below it too, descending.
   */
  list(
    {
      after,
      before,
      limit,
      account,
    }: {
      readonly after: number;
      readonly before?: number | undefined;
      readonly limit: number;
      readonly account?: number | null | undefined;
    },
    matches: (row: Row) => boolean = () => true,
  ): Row[] {
    const ids =
      account === undefined ? this.#ascending() : (this.#byAccount.get(account) ?? []).toSorted((a, b) => a - b);
    const first = firstAbove(ids, (id) => id > after);
    const end = before === undefined ? ids.length : firstAbove(ids, (id) => id >= before);
    const rows: Row[] = [];
    for (let nth = 0; nth < end - first && rows.length < limit; nth += 1) {
      const row = this.#byId.get(ids[before === undefined ? first + nth : end - 1 - nth]!);
      if (row !== undefined && matches(row)) rows.push(row);
    }
    return rows;
  }

  #ascending(): readonly number[] {
    if (!this.#sorted) this.#ids.sort((a, b) => a - b);
    this.#sorted = true;
    return this.#ids;
  }
}

/** Index of the first item that is `above`, in a list where all above come last. */
export function firstAbove<T>(items: readonly T[], above: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (above(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
