import { personOf } from '../app/cred/read.ts';
import type { People } from '../core/scoring/cred/people.ts';
import type { Engine } from '../app/engine.ts';

/**
 * Names of accounts as people see them. In a program that scores contributions an account's name is an id of 22 characters, which
 * says nothing to anybody; elsewhere names are what they are.
 */
export interface AccountNames {
  /** `@ada`, for text; what nobody knows stays as it is. */
  readonly text: (account: string) => string;
  /** What JSON has beside the id: the name. Nothing where an account has no other name than its own. */
  readonly json: (account: string) => { readonly name?: string };
  /** Whether there is somebody with this id; `null`: accounts have no names but their own. */
  readonly known: (account: string) => boolean | null;
  /** The account that somebody means: an id, or a name with or without @. What nobody knows stays as it is. */
  readonly account: (text: string) => string;
}

/** Nobody is known. */
export const namesOfNobody: AccountNames = {
  text: (account) => account,
  json: () => ({}),
  known: () => false,
  account: (text) => text,
};

/** Names where accounts have no other name than their own. */
export const plainNames: AccountNames = { ...namesOfNobody, known: () => null };

/** Names in a program, as they are now. */
export async function accountNames({
  engine,
  program,
}: {
  readonly engine: Engine;
  readonly program: string;
}): Promise<AccountNames> {
  const { scoring } = await engine.rules(program);
  if (scoring.model !== 'cred') return plainNames;
  return namesOf(await engine.people(program));
}

/** Names of ids; one that was merged into another has the name of that. */
export function namesOf({ ledger }: Pick<People, 'ledger'>): AccountNames {
  const accounts = ledger.accounts();
  const names = new Map(accounts.flatMap(({ ids, name }) => ids.map((id) => [id, name] as const)));
  const ids = new Map(accounts.map(({ id, name }) => [name.toLowerCase(), id]));
  return {
    text: (account) => (names.has(account) ? `@${names.get(account)!}` : account),
    json: (account) => (names.has(account) ? { name: names.get(account)! } : {}),
    known: (account) => names.has(account),
    account: (text) => (names.has(text) ? text : (ids.get(text.replace(/^@/, '').toLowerCase()) ?? text)),
  };
}

/**
 * The id that somebody means: an id as it is, also one that was merged into another; else that of whoever has the name, with or
 * without @, whatever the capitals. Throws NotFoundError `account-unknown` with the nearest name.
 */
export function idOf(people: People, text: string): string {
  const { ledger } = people;
  if (ledger.rootOf(text) !== undefined) return text;
  return ledger.idNamed(text.replace(/^@/, '')) ?? personOf(people.persons(), text).id;
}
