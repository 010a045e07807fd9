import { InvalidInputError } from '../errors.ts';
import { addressOf, isAddress, partsOf } from '../scoring/cred/address.ts';

/*
 * Token logs, and whatever else SourceCred wrote, name nodes and edges by a letter ("N" for nodes, "E" for edges) and then the
 * parts, with a NUL after each. Here an address is `addressOf` its parts.
 */
type Letter = 'N' | 'E';

/**
 * The address of such a text; '' where it has no parts, which is a prefix of everything. Throws InvalidInputError
 * `nul-address-malformed` (another letter, no NUL at the end, what makes no address here: too long, one empty part alone).
 */
export function fromNulAddress(text: string, letter: Letter): string {
  if (text === `${letter}\0`) return '';
  const address = text.startsWith(`${letter}\0`) && text.endsWith('\0') ? addressOf(text.split('\0').slice(1, -1)) : '';
  if (isAddress(address)) return address;
  const found = JSON.stringify(text.slice(0, 80));
  throw new InvalidInputError(
    'nul-address-malformed',
    `Found the address ${found}; accepted: "${letter}", then parts, with a NUL after each.`,
    { found },
  );
}

/** Exact inverse of `fromNulAddress`. */
export const toNulAddress = (address: string, letter: Letter): string =>
  [letter, ...(address === '' ? [] : partsOf(address)), ''].join('\0');
