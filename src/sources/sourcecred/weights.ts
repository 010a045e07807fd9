import { InvalidInputError } from '../../core/errors.ts';
import type { EdgeRule, NodeRule } from '../../core/scoring/cred/weights.ts';
import { fromNulAddress } from '../../core/token/nul-address.ts';
import { entriesAt, fieldAt, type Place, unwrap, weightAt } from './fields.ts';

/** Rules of weight by prefix; one for a whole address holds for that one alone. */
export interface WeightRules {
  readonly nodes: readonly NodeRule[];
  readonly edges: readonly EdgeRule[];
}

/** From `sourcecred/weights`, version 0.2.0. Throws as `unwrap`; `instance-field-invalid`, `nul-address-malformed`. */
export function readWeights(place: Place): WeightRules {
  const { content } = unwrap(place, { 'sourcecred/weights': '0.2.0' });
  return {
    nodes: entriesAt(fieldAt(content, 'nodeWeights')).map(([text, value]) => ({
      address: fromNulAddress(text, 'N'),
      weight: weightAt(value),
    })),
    edges: entriesAt(fieldAt(content, 'edgeWeights')).map(([text, value]) => ({
      address: fromNulAddress(text, 'E'),
      forward: weightAt(fieldAt(value, 'forwards')),
      backward: weightAt(fieldAt(value, 'backwards')),
    })),
  };
}

/**
 * The rules of several graphs in one list, each address once. Throws InvalidInputError `instance-weight-conflict` where two differ:
 * which of them should hold, the reference does not know either.
 */
export function mergeRules<T extends NodeRule | EdgeRule>(lists: readonly (readonly T[])[]): T[] {
  const byAddress = new Map<string, T>();
  for (const rule of lists.flat()) {
    const other = byAddress.get(rule.address);
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(rule)) {
      throw new InvalidInputError(
        'instance-weight-conflict',
        `Found two weights of ${JSON.stringify(rule.address)}, in two graphs of the instance; accepted: equal ones.`,
        { address: rule.address },
      );
    }
    byAddress.set(rule.address, rule);
  }
  return [...byAddress.values()];
}
