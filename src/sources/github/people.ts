import { addressOf } from '../../core/scoring/cred/address.ts';
import type { NodeRecord, PersonRecord } from '../graph/record.ts';
import type { GithubUser } from './item.ts';

/** Everybody who did something, by login; capitals do not matter. */
export class People {
  readonly #seen = new Map<string, { user: GithubUser; at: number }>();

  /** As they were called when first seen. */
  see(user: GithubUser, at: number): void {
    const key = user.login.toLowerCase();
    const before = this.#seen.get(key);
    const isFirst = before === undefined || at < before.at || (at === before.at && user.login < before.user.login);
    if (isFirst) this.#seen.set(key, { user, at });
  }

  has(login: string): boolean {
    return this.#seen.has(login.toLowerCase());
  }

  get nodes(): NodeRecord[] {
    return [...this.#seen].map(([key, { user }]) => ({
      what: 'node',
      node: userAddress(key),
      at: null,
      label: `@${user.login}`,
    }));
  }

  get records(): PersonRecord[] {
    return [...this.#seen].map(([key, { user, at }]) => ({
      what: 'person',
      node: userAddress(key),
      name: user.login,
      description: `GitHub user ${user.login}`,
      type: user.type,
      at,
    }));
  }
}

export const userAddress = (login: string): string => addressOf(['github', 'user', login.toLowerCase()]);
