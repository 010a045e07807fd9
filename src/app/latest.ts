/** Programs whose answer is kept. */
const programsKept = 8;

/** Of each program the newest answer to a costly question, for whoever asks the same next; asked while it is computed, it is waited for. */
export class Latest<T> {
  readonly #kept = new Map<string, { readonly key: string; readonly answer: Promise<T> }>();

  /** `key`: all that the answer depends on. */
  async of(program: string, key: string, compute: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(program);
    if (known?.key === key) return known.answer;
    const made = { key, answer: compute() };
    this.#kept.delete(program);
    this.#kept.set(program, made);
    if (this.#kept.size > programsKept) this.#kept.delete(this.#kept.keys().next().value!);
    made.answer.catch(() => {
      if (this.#kept.get(program) === made) this.#kept.delete(program);
    });
    return made.answer;
  }
}
