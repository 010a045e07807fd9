import { UnavailableError } from '../core/errors.ts';

/** Lets in so many at a time, and refuses the rest: whoever waits in a line holds memory, and has mostly gone when its turn comes. */
export class Gate {
  readonly #most: number;
  readonly #what: string;
  #inside = 0;

  /** `what` is named when it is full. */
  constructor(most: number, what: string) {
    this.#most = most;
    this.#what = what;
  }

  /** How many are inside. */
  get inside(): number {
    return this.#inside;
  }

  /** Throws UnavailableError `server-busy`. What it returns must be called once, when the work has ended. */
  enter(): () => void {
    if (this.#inside >= this.#most) {
      const message = `There are ${this.#most} ${this.#what} already; try again later.`;
      throw new UnavailableError('server-busy', message, { most: String(this.#most) });
    }
    this.#inside += 1;
    return () => {
      this.#inside -= 1;
    };
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const leave = this.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }
}
