import { utf8Length } from '../../bytes.ts';
import { InvalidInputError } from '../../errors.ts';

/** Longest address, in UTF-8 bytes. */
export const addressBytesMax = 1024;

/**
 * The address of a node or an edge: parts from the general to the particular, joined by `/`, as in `forum/post/17`. In a part,
 * `/`, `%` and control characters are written `%2F`, `%25` and so on, so that every list of parts has one text, and a text one list.
 */
export function addressOf(parts: readonly string[]): string {
  return parts.map(escapePart).join('/');
}

/** Exact inverse of `addressOf`. */
export const partsOf = (address: string): string[] => address.split('/').map((part) => decodeURIComponent(part));

// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const escaped = /[%/\u0000-\u001f\u007f-\u009f]/g;
const escapePart = (part: string): string => part.replace(escaped, (char) => encodeURIComponent(char));

// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const notPlain = /[%\u0000-\u001f\u007f-\u009f]/;

/** Whether `text` is what `addressOf` gives for some parts, and short enough. */
export function isAddress(text: string): boolean {
  if (text.length === 0 || !text.isWellFormed() || utf8Length(text) > addressBytesMax) return false;
  if (!notPlain.test(text)) return true;
  try {
    return addressOf(partsOf(text)) === text;
  } catch {
    return false; // a `%` that begins no escape
  }
}

/** Whether an address begins with the parts of `prefix`; the empty prefix begins all. */
export const isBelow = (address: string, prefix: string): boolean =>
  prefix === '' || (address.startsWith(prefix) && (address.length === prefix.length || address[prefix.length] === '/'));

/** Throws InvalidInputError `cred-address-malformed`; the empty prefix is fine. */
export function checkPrefix(prefix: string): void {
  if (prefix === '' || isAddress(prefix)) return;
  throw new InvalidInputError(
    'cred-address-malformed',
    `Found the address ${JSON.stringify(prefix.slice(0, 80))}; accepted: parts joined by "/", such as "forum/post", with %2F for a "/" inside a part.`,
  );
}
