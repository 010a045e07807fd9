import { InvalidInputError } from '../core/errors.ts';
import { parseInstant } from '../core/time/instant.ts';

/** Options that every command has. */
export interface GlobalOptions {
  readonly config?: string;
  readonly store?: string;
  readonly program?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly units?: boolean;
  readonly by?: string;
}

/** An option's instant in milliseconds: ISO 8601 with a zone, or milliseconds as digits. Throws InvalidInputError `time-...`. */
export function instantOption(text: string, name: string): number {
  return parseInstant(/^\d+$/.test(text) ? Number(text) : text, name);
}

/** An option's whole number. Throws InvalidInputError `option-invalid`. */
export function wholeOption(text: string, name: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  throw new InvalidInputError('option-invalid', `${name}: found "${text}"; accepted: a whole number ${range}.`, {
    option: name,
    found: text,
  });
}

/** An option that names one of `choices`. Throws InvalidInputError `option-invalid`. */
export function choiceOption<T extends string>(text: string, name: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new InvalidInputError('option-invalid', `${name}: found "${text}"; accepted: ${choices.join(', ')}.`, {
    option: name,
    found: text,
  });
}
