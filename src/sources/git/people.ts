import { createHash } from 'node:crypto';
import { utf8Length } from '../../core/bytes.ts';
import { addressOf } from '../../core/scoring/cred/address.ts';
import type { PersonRecord } from '../graph/record.ts';
import { oneLine } from './text.ts';

/** Somebody as a commit names them, after the mailmap. */
export interface Contact {
  readonly name: string;
  readonly email: string;
}

/** Longest name of a person, in code points. */
const nameMax = 100;
/** Longest e-mail in an address, in bytes after escaping; so that the address of an edge, with a commit's id, keeps its limit. */
const emailBytesMax = 400;

/**
 * Address of a person: `git/author/ada@example.org`. Of the e-mail A to Z are lower-cased, as git itself compares; without one
 * the name counts (`git/author//Ada`), and one that is far too long is its SHA-256. Null: neither e-mail nor name.
 */
export function personAddress(contact: Contact): string | null {
  const key = personKey(contact);
  return key === null ? null : addressOf(['git', 'author', ...key]);
}

/** The parts of that address after `git/author`. */
export function personKey({ name, email }: Contact): readonly string[] | null {
  const lower = shortened(email.trim().replace(/[A-Z]/g, (char) => char.toLowerCase()));
  if (lower !== '') return [lower];
  const line = shortened(oneLine(name, nameMax));
  return line === '' ? null : ['', line];
}

const shortened = (part: string): string =>
  utf8Length(addressOf([part])) <= emailBytesMax ? part : `sha256:${createHash('sha256').update(part).digest('hex')}`;

/** Bots are told by a name or a local part that ends with "[bot]", as code hosts name them. */
const isBot = ({ name, email }: Contact): boolean =>
  name.trimEnd().endsWith('[bot]') || email.replace(/@[^@]*$/, '').endsWith('[bot]');

/** "Ada <ada@example.org>"; null where there is no e-mail in brackets. */
export function parseContact(text: string): Contact | null {
  const found = /^([^<>]*)<([^<>]*)>/.exec(oneLine(text, 2000));
  if (found === null) return null;
  const [name, email] = [found[1]!.trim(), found[2]!.trim()];
  return name === '' && email === '' ? null : { name, email };
}

export const formatContact = ({ name, email }: Contact): string => (name === '' ? `<${email}>` : `${name} <${email}>`);

/**
 * Everybody that a history names, each as it names them first: by the earliest instant, then the lowest commit id, then the
 * place in the commit. So the order of reading does not matter.
 */
export class People {
  readonly #first = new Map<string, { contact: Contact; at: number; commit: string; place: number }>();

  add(contact: Contact, at: number, commit: string, place: number): void {
    const address = personAddress(contact);
    if (address === null) return;
    const known = this.#first.get(address);
    if (known === undefined || isBefore({ at, commit, place }, known)) {
      this.#first.set(address, { contact, at, commit, place });
    }
  }

  /** Addresses of those that `earlier` knows as well, but by another first commit. */
  movedSince(earlier: People): string[] {
    return [...earlier.#first].flatMap(([address, { commit, place }]) => {
      const now = this.#first.get(address);
      return now === undefined || (now.commit === commit && now.place === place) ? [] : [address];
    });
  }

  /** Throws where nobody was added under this address. */
  record(address: string): PersonRecord {
    const { contact, at } = this.#first.get(address)!;
    const email = oneLine(contact.email, 300);
    const name = oneLine(contact.name, nameMax) || oneLine(email, nameMax);
    const description = `git author ${formatContact({ name, email })}`;
    return { what: 'person', node: address, name, description, type: isBot(contact) ? 'BOT' : 'USER', at };
  }
}

/** Where somebody is named: in a commit of this instant, as its author (0) or by a trailer. */
export interface Place {
  readonly at: number;
  readonly commit: string;
  readonly place: number;
}

/** Earlier by instant, then by commit id, then by place. */
export function isBefore(a: Place, b: Place): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.commit === b.commit ? a.place < b.place : a.commit < b.commit;
}
