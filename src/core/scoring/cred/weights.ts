import { InvalidInputError } from '../../errors.ts';
import { type Address, addressText } from './address.ts';
import { weightError } from './graph.ts';

/** Holds for all nodes whose address begins with this one. */
export interface NodeRule {
  readonly address: Address;
  readonly weight: number;
}

/** The same for edges. */
export interface EdgeRule {
  readonly address: Address;
  readonly forward: number;
  readonly backward: number;
}

/** `rules`, but those of `overrides` in the place of what they have for the same address. */
export function overrideRules<T extends { readonly address: Address }>(
  rules: readonly T[],
  overrides: readonly T[],
): T[] {
  const byAddress = new Map<string, T>();
  for (const rule of [...rules, ...overrides]) byAddress.set(addressText(rule.address), rule);
  return [...byAddress.values()];
}

/**
 * Weight of a node: the product of all rules that hold for it, the general first; 1 where none does.
 * Throws InvalidInputError `cred-rule-duplicate`, `cred-weight-invalid`.
 */
export function nodeWeights(rules: readonly NodeRule[]): (address: Address) => number {
  const matching = matcher(rules);
  for (const { address, weight } of rules) checkWeight(address, weight);
  return (address) => matching(address).reduce((product, { weight }) => product * weight, 1);
}

/** The same for an edge, each direction by itself. Throws as `nodeWeights`. */
export function edgeWeights(
  rules: readonly EdgeRule[],
): (address: Address) => { readonly forward: number; readonly backward: number } {
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

function matcher<T extends { readonly address: Address }>(rules: readonly T[]): (address: Address) => T[] {
  const byText = new Map<string, T>();
  for (const rule of rules) {
    const text = addressText(rule.address);
    if (byText.has(text)) {
      throw new InvalidInputError(
        'cred-rule-duplicate',
        `Rules of weight: found two for ${JSON.stringify(rule.address)}; accepted: one, or an override.`,
      );
    }
    byText.set(text, rule);
  }
  return (address) => {
    const found: T[] = [];
    for (let length = 0; length <= address.length; length += 1) {
      const rule = byText.get(addressText(address.slice(0, length)));
      if (rule !== undefined) found.push(rule);
    }
    return found;
  };
}

function checkWeight(address: Address, weight: number): void {
  if (!(weight >= 0 && weight < Infinity)) throw weightError(`Rule for ${JSON.stringify(address)}`, String(weight));
}
