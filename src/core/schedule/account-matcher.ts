import { InvalidInputError } from '../errors.ts';
import type { Rules } from '../program.ts';
import { isName } from '../text.ts';

/**
 * Whether a text is a well-formed account or validator name of this program: 1 to 256 bytes without control characters, and
 * all of it matches `accountPattern` where there is one. Throws InvalidInputError `account-pattern-invalid`.
 */
export function accountMatcher(rules: Pick<Rules, 'accountPattern'>): (name: string) => boolean {
  if (rules.accountPattern === undefined) return isName;
  const pattern = wholeMatch(rules.accountPattern);
  return (name) => isName(name) && pattern.test(name);
}

function wholeMatch(pattern: string): RegExp {
  try {
    void new RegExp(pattern, 'u'); // by itself first: "a)(b" would be valid only within the group below
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch (cause) {
    throw new InvalidInputError(
      'account-pattern-invalid',
      `Pattern of accounts: found ${JSON.stringify(pattern)}; accepted: a regular expression such as "^[a-z0-9]{3,80}$".`,
      { found: pattern },
      cause,
    );
  }
}
