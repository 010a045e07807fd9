import { InvalidInputError } from '../../errors.ts';

/** A name in parts, from the general to the particular: `['forum', 'post', '17']`. */
export type Address = readonly string[];

/** One text for an address, so that one is a prefix of another part by part where its text is. Throws InvalidInputError `cred-address-malformed`. */
export function addressText(address: Address): string {
  for (const part of address) {
    if (!part.includes('\0')) continue;
    throw new InvalidInputError(
      'cred-address-malformed',
      `Address ${JSON.stringify(address)}: found NUL inside a part; accepted: parts without it.`,
    );
  }
  return address.map((part) => `${part}\0`).join('');
}
