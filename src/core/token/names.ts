import { ConflictError } from '../errors.ts';
import { refuse, type Refusal } from '../events/refusal.ts';

/** Longest name of an identity, in characters: that of an EVM address. */
export const identityNameMax = 42;

/** Letters, digits and dashes, 1 to 42. */
export function nameProblem(name: string): Refusal | null {
  if (!/^[A-Za-z0-9-]+$/.test(name)) {
    return refuse('invalid-name', `Found the name ${JSON.stringify(name)}; accepted: letters, digits and "-".`, 'name');
  }
  if (name.length > identityNameMax) {
    return refuse(
      'name-too-long',
      `The name has ${name.length} characters; accepted: up to ${identityNameMax}.`,
      'name',
    );
  }
  return null;
}

/** Two names that are the same but for capitals cannot both be taken. */
export const foldName = (name: string): string => name.toLowerCase();

/**
 * A free name for somebody whom a source knows as `name`: that itself, else with the source's name behind it, else with a
 * number from 1 to 99 as well. `isTaken` is asked without regard to case. Throws ConflictError `names-exhausted`.
 */
export function proposeName(name: string, source: string, isTaken: (name: string) => boolean): string {
  const withSource = `${name}-${source}`;
  if (!isTaken(name)) return name;
  if (!isTaken(withSource)) return withSource;
  for (let number = 1; number <= 99; number += 1) {
    if (!isTaken(`${withSource}-${number}`)) return `${withSource}-${number}`;
  }
  throw new ConflictError('names-exhausted', `"${withSource}" is taken, with every number up to 99; name it by hand.`);
}

/** 128 random bits as 22 characters of unpadded base64: letters and digits only, none of the words one would regret. */
export function isTokenId(text: string): boolean {
  return /^[A-Za-z0-9]{21}[AQgw]$/.test(text) && !/[csfhuit]{2}/i.test(text);
}

/** What the window of a period paid, as a distribution and as its allocation: `period-3`. */
export const windowId = (period: number): string => `period-${period}`;
export const isWindowId = (text: string): boolean => periodOfWindow(text) !== null;
/** `null`: no id of a window. */
export function periodOfWindow(id: string): number | null {
  const digits = /^period-(\d{1,15})$/.exec(id)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The node of the contribution graph that stands for an identity. */
export const identityAddress = (id: string): string => `N\0sourcecred\0core\0IDENTITY\0${id}\0`;

/** The address of a node: "N", then parts, NUL before and after each. */
export const isNodeAddress = (text: string): boolean => text.startsWith('N\0') && text.endsWith('\0');

export const identityTypes = ['USER', 'PROJECT', 'ORGANIZATION', 'BOT'] as const;
export type IdentityType = (typeof identityTypes)[number];
export const isIdentityType = (text: string): text is IdentityType =>
  (identityTypes as readonly string[]).includes(text);
