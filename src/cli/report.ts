import { ProrataError } from '../core/errors.ts';
import { exitCodes } from './exit-codes.ts';
import { hintFor } from './hints.ts';
import type { Io } from './io.ts';
import { json, styled } from './print.ts';

/** Says on stderr what went wrong, what was found and what to do, and returns the exit code that goes with it. */
export async function reportError(error: unknown, io: Io, { asJson }: { readonly asJson: boolean }): Promise<number> {
  const { kind, code, message, facts } = errorFacts(error instanceof Hinted ? error.cause : error);
  const hint = error instanceof Hinted ? error.hint : hintFor(code);
  if (asJson) {
    await io.stderr.write(`${json({ error: { code, kind, message, facts, ...(hint ? { hint } : {}) } })}\n`);
  } else {
    const lines = [`${styled(io.stderr, 'red', `error [${code}]`)} ${message}`];
    for (const [name, value] of Object.entries(facts)) {
      if (!message.includes(value)) lines.push(`  ${name}: ${value}`);
    }
    if (hint) lines.push(`  what to do: ${hint}`);
    await io.stderr.write(`${lines.join('\n')}\n`);
  }
  return exitCodes[kind];
}

interface ErrorFacts {
  readonly kind: keyof typeof exitCodes;
  readonly code: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, string>>;
}

function errorFacts(error: unknown): ErrorFacts {
  if (error instanceof ProrataError) {
    const { kind, code, message, facts } = error;
    return { kind, code, message, facts };
  }
  if (error instanceof UsageError) return { kind: 'usage', code: 'usage', message: error.message, facts: {} };
  if (error instanceof Interrupted)
    return { kind: 'interrupted', code: 'interrupted', message: error.message, facts: {} };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'bug', code: 'unexpected', message, facts: { stack: stack ?? '' } };
}

/** An error whose hint is another than that of its code. */
export class Hinted extends Error {
  readonly hint: string;

  constructor(error: Error, hint: string) {
    super(error.message, { cause: error });
    this.hint = hint;
  }
}

/** The command line itself was wrong: an unknown option, a missing argument. */
export class UsageError extends Error {}

/** Ctrl-C, after the current step. */
export class Interrupted extends Error {}
