import type { ProrataEvent } from '../core/events/event.ts';
import { toFileForm } from '../core/events/normalize.ts';
import { formatInstant } from '../core/time/instant.ts';

/**
 * Any value as one JSON document: bigints as decimal strings, names in snake_case, Maps as objects. Times must have been
 * turned to text before (iso), since a number does not say whether it counts seconds.
 */
export function json(value: unknown): string {
  return JSON.stringify(plain(value));
}

/** Goes into JSON as it is, keys included. */
export class Verbatim {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/**
 * An event in the form that files have, for `json`: what its fields hold keeps its keys, which are names and addresses, or those
 * of the token ledger, so that it can be read again. A program is for people only.
 */
export function eventJson(event: ProrataEvent): Record<string, unknown> {
  const form = toFileForm(event);
  if (event.kind === 'program') return form;
  return Object.fromEntries(Object.entries(form).map(([name, value]) => [name, new Verbatim(value)]));
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}`;
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Verbatim) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [snake(name), plain(item)]));
}

/** Names of fields are few, and said a million times; names of accounts that are keys are not kept. */
const snakes = new Map<string, string>();
const snakesMost = 1000;

/** `closingScore` as JSON has it: `closing_score`. */
export function snake(name: string): string {
  const known = snakes.get(name);
  if (known !== undefined) return known;
  const made = name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (snakes.size < snakesMost) snakes.set(name, made);
  return made;
}

/** ISO 8601 in UTC of whole seconds since 1970; the beginning of time is `-`. */
export const iso = (second: number): string => (second === 0 ? '-' : formatInstant(second * 1000));
/** The same for JSON: the beginning of time is `null`. */
export const isoOrNull = (second: number): string | null => (second === 0 ? null : formatInstant(second * 1000));
