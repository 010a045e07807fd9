import { InvalidInputError } from '../../errors.ts';
import { checkPrefix } from './address.ts';
import { weightError } from './graph.ts';

/** Holds for all nodes whose address begins with the parts of this one; '' for all. */
export interface NodeRule {
  readonly address: string;
  readonly weight: number;
}

/** The same for edges. */
export interface EdgeRule {
  readonly address: string;
  readonly forward: number;
  readonly backward: number;
}

/** `rules`, but those of `overrides` in the place of what they have for the same address. */
export function overrideRules<T extends { readonly address: string }>(
  rules: readonly T[],
  overrides: readonly T[],
): T[] {
  const byAddress = new Map<string, T>();
  for (const rule of [...rules, ...overrides]) byAddress.set(rule.address, rule);
  return [...byAddress.values()];
}

/**
 * Weight of a node: the product of all rules that hold for it, the general first; 1 where none does.
 * Throws InvalidInputError `cred-rule-duplicate`, `cred-weight-invalid`.
 */
export function nodeWeights(rules: readonly NodeRule[]): (address: string) => number {
  const matching = matcher(rules);
  for (const { address, weight } of rules) checkWeight(address, weight);
  return (address) => matching(address).reduce((product, { weight }) => product * weight, 1);
}

/** The same for an edge, each direction by itself. Throws as `nodeWeights`. */
export function edgeWeights(
  rules: readonly EdgeRule[],
): (address: string) => { readonly forward: number; readonly backward: number } {
  const matching = matcher(rules);
  for (const { address, forward, backward } of rules) {
    checkWeight(address, forward);
    checkWeight(address, backward);
  }
  return (address) => {
    let [forward, backward] = [1, 1];
    for (const rule of matching(address)) {
      forward *= rule.forward;
      backward *= rule.backward;
    }
    return { forward, backward };
  };
}

/**
 * The rules that hold for an address, the general first. Those of everything above the last part are remembered, as neighbours
 * share them.
 */
function matcher<T extends { readonly address: string }>(rules: readonly T[]): (address: string) => readonly T[] {
  const byAddress = new Map<string, T>();
  for (const rule of rules) {
    checkPrefix(rule.address);
    if (byAddress.has(rule.address)) {
      throw new InvalidInputError(
        'cred-rule-duplicate',
        `Rules of weight: found two for ${JSON.stringify(rule.address)}; accepted: one, or an override.`,
      );
    }
    byAddress.set(rule.address, rule);
  }
  const root = byAddress.get('');
  const above = new Map<string, readonly T[]>([['', root === undefined ? [] : [root]]]);
  const matching = (address: string): readonly T[] => {
    const end = Math.max(0, address.lastIndexOf('/'));
    const parent = address.slice(0, end);
    let found = above.get(parent);
    if (found === undefined) {
      found = matching(parent);
      above.set(parent, found);
    }
    const own = address === '' ? undefined : byAddress.get(address);
    return own === undefined ? found : [...found, own];
  };
  return matching;
}

function checkWeight(address: string, weight: number): void {
  if (!(weight >= 0 && weight < Infinity)) throw weightError(`Rule for ${JSON.stringify(address)}`, String(weight));
}
