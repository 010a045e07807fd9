/** Rolls a transaction back without being an error; `result` is what its caller is told. */
export class Discard<T> extends Error {
  readonly result: T;
  constructor(result: T) {
    super('discarded');
    this.result = result;
  }
}
