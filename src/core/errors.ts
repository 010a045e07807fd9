/**
 * The error family. The class says whose move it is, the code is a contract that callers may branch on, the message is
 * prose and may improve. Every code has a row in docs/reference/errors.md (checked by test/tidy.test.ts).
 */
export type ErrorKind = 'invalid-input' | 'not-found' | 'conflict' | 'unavailable' | 'bug';

export abstract class ProrataError extends Error {
  abstract readonly kind: ErrorKind;
  readonly code: string;
  /** What was found, for people and for scripts; values are printed as they are. */
  readonly facts: Readonly<Record<string, string>>;

  constructor(code: string, message: string, facts: Record<string, string> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.facts = facts;
  }
}

/** The caller can mend it: malformed event, unknown pool, bad configuration. */
export class InvalidInputError extends ProrataError {
  readonly kind = 'invalid-input';
}

/** What was asked for does not exist: program, account, period. */
export class NotFoundError extends ProrataError {
  readonly kind = 'not-found';
}

/** Well formed, but the books forbid it: period closed, key reused with other content. */
export class ConflictError extends ProrataError {
  readonly kind = 'conflict';
}

/** The world outside did not answer: store locked, disk full. Trying again later may work. */
export class UnavailableError extends ProrataError {
  readonly kind = 'unavailable';
}

/** Our own books contradict themselves. Nobody catches this to carry on. */
export class InvariantError extends ProrataError {
  readonly kind = 'bug';
}

/**
 * States what must be true of our own work. Throws InvariantError `code` when it is not. Where it is asked for every
 * account of a step, `facts` is a function, so that nothing is made up for what holds.
 */
export function invariant(
  holds: boolean,
  code: string,
  facts: Record<string, string> | (() => Record<string, string>) = {},
): asserts holds {
  if (holds) return;
  throw new InvariantError(code, `Invariant "${code}" does not hold.`, typeof facts === 'function' ? facts() : facts);
}
