import { InvalidInputError } from '../errors.ts';
import type { Rules } from '../program.ts';

export interface Mapping {
  readonly pool: string;
  readonly recipients: readonly string[];
}

/**
 * Checks which recipients the pools have, and reports the first broken rule, in this order. Per mapping:
 * `mapping-account-empty`, `mapping-for-community` (the pool that pays by score has no fixed recipients),
 * `mapping-no-recipients`, per recipient `invalid-address`, `duplicate-recipient`; then `duplicate-mapping`.
 * `asMessage` asks for a complete list: before these `mapping-count-mismatch` (as many as there are pools that pay recipients),
 * after them `mapping-missing-account`. Without it, a partial list and names that are no pool pass. Throws InvalidInputError.
 */
export function checkMappings(
  mappings: readonly Mapping[],
  rules: Pick<Rules, 'pools'>,
  isAddress: (name: string) => boolean,
  { asMessage = false }: { readonly asMessage?: boolean } = {},
): void {
  const needed = rules.pools.filter((pool) => pool.pays === 'recipients').map((pool) => pool.name);
  const byScore = new Set(rules.pools.filter((pool) => pool.pays === 'score').map((pool) => pool.name));
  if (asMessage && mappings.length !== needed.length) {
    throw refusal(
      'mapping-count-mismatch',
      'recipients',
      `${mappings.length} pools`,
      `${needed.length}, one each for ${needed.join(', ')}`,
    );
  }
  const seen = new Set<string>();
  for (const [index, { pool, recipients }] of mappings.entries()) {
    const field = `recipients[${index}]`;
    if (pool === '') throw refusal('mapping-account-empty', `${field}.pool`, '""', `one of ${needed.join(', ')}`);
    if (byScore.has(pool))
      throw refusal(
        'mapping-for-community',
        `${field}.pool`,
        `${JSON.stringify(pool)}, which pays by score`,
        `one of ${needed.join(', ')}`,
      );
    checkRecipients(recipients, isAddress, `${field}.recipients`);
    if (seen.has(pool))
      throw refusal(
        'duplicate-mapping',
        `${field}.pool`,
        `${JSON.stringify(pool)} a second time`,
        'every pool at most once',
      );
    seen.add(pool);
  }
  const missing = asMessage ? needed.filter((pool) => !seen.has(pool)) : [];
  if (missing.length > 0)
    throw refusal(
      'mapping-missing-account',
      'recipients',
      `none for ${missing.join(', ')}`,
      `one each for ${needed.join(', ')}`,
    );
}

function checkRecipients(recipients: readonly string[], isAddress: (name: string) => boolean, field: string): void {
  if (recipients.length === 0) throw refusal('mapping-no-recipients', field, 'none', 'at least one account');
  const seen = new Set<string>();
  for (const [index, recipient] of recipients.entries()) {
    if (!isAddress(recipient))
      throw refusal('invalid-address', `${field}[${index}]`, JSON.stringify(recipient), 'a well-formed account');
    if (seen.has(recipient))
      throw refusal(
        'duplicate-recipient',
        `${field}[${index}]`,
        `${JSON.stringify(recipient)} a second time`,
        'every account at most once',
      );
    seen.add(recipient);
  }
}

function refusal(code: string, field: string, found: string, accepted: string): InvalidInputError {
  return new InvalidInputError(code, `Recipients of pools, "${field}": found ${found}; accepted: ${accepted}.`, {
    field,
    found,
  });
}
