import { createHash, timingSafeEqual } from 'node:crypto';
import { ConflictError, InvalidInputError, NotFoundError } from '../core/errors.ts';
import type { Role } from '../core/role.ts';
import type { Store, StoredToken } from './ports.ts';

/*
 * API tokens. The text is `prorata_ID_SECRET`: 48 bits as hexadecimal digits by which the token is found and spoken of, and 256
 * random bits that make it one. Kept is the SHA-256 of the text: of so many random bits it needs neither salt nor a slow hash.
 */

/** What may be told of a token. */
export type ApiToken = Omit<StoredToken, 'hash'>;

export interface NewToken {
  /** For people: 1 to 100 characters, printable. Of the tokens that are not revoked no other one has it. */
  readonly name: string;
  readonly role: Role;
  /** Now, milliseconds. */
  readonly at: number;
  /** From this instant on it is none; `null`: it does not expire. */
  readonly expiresAt: number | null;
  /** From a source fit for secrets: `tokenBytes` of them. */
  readonly random: Uint8Array;
}

const idBytes = 6;
export const tokenBytes = idBytes + 32;
/** What a token looks like, wherever in a text it stands. */
const tokenPattern = /prorata_([0-9a-f]{12})_[0-9a-f]{64}/g;
const wholeToken = new RegExp(`^${tokenPattern.source}$`);
const namePattern = /^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u;

/** A text without the secrets of tokens that stand in it. */
export const withoutTokens = (text: string): string => text.replace(tokenPattern, 'prorata_$1_...');

/**
 * Makes a token and gives its text, which is not kept: nobody can be told it again. Throws InvalidInputError `token-name-invalid`,
 * `token-expired`; ConflictError `token-name-taken`.
 */
export async function createToken(
  store: Store,
  { name, role, at, expiresAt, random }: NewToken,
): Promise<ApiToken & { readonly text: string }> {
  if (!namePattern.test(name) || name.trim() !== name) {
    const message = `Found name ${JSON.stringify(name.slice(0, 120))}; accepted: 1 to 100 printable characters, without blanks at the ends.`;
    throw new InvalidInputError('token-name-invalid', message, { name: name.slice(0, 120) });
  }
  if (expiresAt !== null && expiresAt <= at) {
    throw new InvalidInputError('token-expired', 'It would have expired already; accepted: an instant to come.');
  }
  const hex = Buffer.from(random).toString('hex');
  const id = hex.slice(0, 2 * idBytes);
  const text = `prorata_${id}_${hex.slice(2 * idBytes, 2 * tokenBytes)}`;
  const token: ApiToken = { id, name, role, madeAt: at, expiresAt, revokedAt: null };
  await store.transact('write', async (tx) => {
    if ((await tx.tokens()).some((one) => one.revokedAt === null && one.name === name)) {
      const message = `There is a token ${JSON.stringify(name)} already; accepted: another name, or revoke that one first.`;
      throw new ConflictError('token-name-taken', message, { name });
    }
    await tx.addToken({ ...token, hash: hashOf(text).toString('hex') });
  });
  return { ...token, text };
}

/** Ends a token, named by its id, its text or, of those not revoked, its name. Throws NotFoundError `token-not-found`; ConflictError `token-revoked`. */
export async function revokeToken(store: Store, which: string, at: number): Promise<ApiToken> {
  return store.transact('write', async (tx) => {
    const all = await tx.tokens();
    const asId = wholeToken.exec(which)?.[1] ?? which;
    const found =
      all.find(({ id }) => id === asId) ??
      all.find(({ name, revokedAt }) => name === which && revokedAt === null) ??
      all.findLast(({ name }) => name === which);
    if (found === undefined) {
      const shown = withoutTokens(which.slice(0, 120));
      throw new NotFoundError('token-not-found', `There is no token ${JSON.stringify(shown)}.`, { token: shown });
    }
    if (found.revokedAt !== null) {
      throw new ConflictError('token-revoked', `Token ${found.id} (${found.name}) is revoked already.`, {
        token: found.id,
      });
    }
    await tx.revokeToken(found.id, at);
    return withoutHash({ ...found, revokedAt: at });
  });
}

export async function listTokens(store: Store): Promise<readonly ApiToken[]> {
  return store.transact('read', async (tx) => (await tx.tokens()).map(withoutHash));
}

/**
 * Whose text this is: one read, by the part that is no secret. `null` for a text that is no token's, or one that is revoked or
 * expired; a token that was never made takes the same work as one whose secret is wrong.
 */
export async function authenticate(store: Store, text: string, now: number): Promise<ApiToken | null> {
  const id = wholeToken.exec(text)?.[1];
  if (id === undefined) return null;
  const token = await store.transact('read', (tx) => tx.token(id));
  const same = timingSafeEqual(hashOf(text), token === null ? hashOfNothing : Buffer.from(token.hash, 'hex'));
  if (token === null || !same || token.revokedAt !== null) return null;
  return token.expiresAt !== null && token.expiresAt <= now ? null : withoutHash(token);
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
const hashOfNothing = hashOf('');

function withoutHash(stored: StoredToken): ApiToken {
  const { hash: _, ...token } = stored;
  return token;
}
