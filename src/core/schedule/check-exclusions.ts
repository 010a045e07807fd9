import { InvalidInputError } from '../errors.ts';

/**
 * Checks a list of excluded accounts as a whole: per account, in order, `invalid-address`, `duplicate-address`.
 * Throws InvalidInputError with the path of the account in `field`.
 */
export function checkExcludedList(
  list: readonly string[],
  isAddress: (name: string) => boolean,
  field = 'excluded',
): void {
  const seen = new Set<string>();
  for (const [index, account] of list.entries()) {
    if (!isAddress(account))
      throw refusal('invalid-address', `${field}[${index}]`, JSON.stringify(account), 'a well-formed account');
    if (seen.has(account))
      throw refusal(
        'duplicate-address',
        `${field}[${index}]`,
        `${JSON.stringify(account)} a second time`,
        'every account at most once',
      );
    seen.add(account);
  }
}

/**
 * Checks a change of the excluded list, in this order: `nothing-to-update`; per account of `add`, then of `remove`,
 * `invalid-address`, `duplicate-address` (within one list); `address-in-both-lists`. Adding a listed or removing an unlisted
 * account is fine. Throws InvalidInputError with the path of the account in `field`.
 */
export function checkExclusions(
  { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] },
  isAddress: (name: string) => boolean,
): void {
  if (add.length === 0 && remove.length === 0)
    throw refusal('nothing-to-update', 'add', 'two empty lists', 'at least one account in "add" or "remove"');
  checkExcludedList(add, isAddress, 'add');
  checkExcludedList(remove, isAddress, 'remove');
  const added = new Set(add);
  for (const [index, account] of remove.entries()) {
    if (added.has(account))
      throw refusal(
        'address-in-both-lists',
        `remove[${index}]`,
        `${JSON.stringify(account)}, which "add" has too`,
        'an account in one list only',
      );
  }
}

function refusal(code: string, field: string, found: string, accepted: string): InvalidInputError {
  return new InvalidInputError(code, `Excluded accounts, "${field}": found ${found}; accepted: ${accepted}.`, {
    field,
    found,
  });
}
