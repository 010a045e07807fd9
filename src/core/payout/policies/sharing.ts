import {
  amountOf,
  booleanOf,
  choiceOf,
  countOf,
  listOf,
  missingOrInvalid,
  nameOf,
  namesOf,
  objectOf,
  onlyFields,
  type Raw,
  refusal,
} from '../../events/read-field.ts';
import {
  add,
  formatRational,
  one,
  parseRational,
  type Rational,
  rational,
  rationalOf,
  subtract,
  zero,
} from '../../money/rational.ts';
import type { Policy } from './policy.ts';
import type { Terms } from './round.ts';

/** How a pool's allocation is shared among those with a score, as data, as it is stored: parts as rationals in lowest terms. */
export interface Sharing {
  /** Parts of the allocation, one after the other; together the whole. */
  readonly policies: readonly SharingPolicy[];
  /** As in `Terms`; absent: no limit, nothing held back, only the active take part. */
  readonly cap?: bigint;
  readonly minimum?: bigint;
  readonly payLater?: true;
}

export type SharingPolicy =
  | { readonly kind: 'immediate'; readonly part: string; readonly lookback: number }
  | { readonly kind: 'recent'; readonly part: string; readonly discount: string; readonly excluded: readonly string[] }
  | { readonly kind: 'balanced'; readonly part: string; readonly lookback: number }
  | { readonly kind: 'special'; readonly part: string; readonly recipient: string; readonly memo: string };

const slowDefault = rational(4n, 5n);

/** The usual mix, `mixPolicies` as data: 1/5 immediate, then 4/5 balanced. */
export const usualSharing: Sharing = { policies: mixOf(slowDefault, 1) };

function mixOf(slow: Rational, lookback: number): readonly SharingPolicy[] {
  return [
    { kind: 'immediate', part: formatRational(subtract(one, slow)), lookback },
    { kind: 'balanced', part: formatRational(slow), lookback: 0 },
  ];
}

/** The policies with their budgets: each part of `amount` rounded down, the first one has what that leaves. */
export function policiesFor({ policies }: Sharing, amount: bigint): Policy[] {
  const budgets = policies.map(({ part }) => {
    const { numerator, denominator } = rationalOf(part);
    return (amount * numerator) / denominator;
  });
  budgets[0]! += amount - budgets.reduce((sum, budget) => sum + budget, 0n);
  return policies.map((policy, index) => {
    const budget = budgets[index]!;
    switch (policy.kind) {
      case 'immediate':
      case 'balanced':
        return { kind: policy.kind, budget, lookback: policy.lookback };
      case 'recent':
        return { kind: policy.kind, budget, discount: rationalOf(policy.discount), excluded: policy.excluded };
      case 'special':
        return { kind: policy.kind, budget, recipient: policy.recipient, memo: policy.memo };
    }
  });
}

export const termsOf = ({ cap, minimum, payLater }: Sharing): Terms => ({
  ...(cap === undefined ? {} : { cap }),
  ...(minimum === undefined ? {} : { minimum }),
  ...(payLater === undefined ? {} : { payLater }),
});

/**
 * From the keys of prorata.yaml (`pools.NAME.sharing`) or of a `rules` event. Throws InvalidInputError with the path in
 * `field`: `event-field-missing`, `event-field-invalid`, `event-field-unknown`, `policy-parts-not-whole`, those of `amountOf`.
 */
export function parseSharing(value: unknown, field: string): Sharing {
  const raw = objectOf(value, field);
  onlyFields(raw, field, ['mix', 'policies', 'cap', 'minimum', 'pay_later']);
  if ((raw['mix'] === undefined) === (raw['policies'] === undefined)) {
    const found = raw['mix'] === undefined ? undefined : '"mix" and "policies"';
    throw missingOrInvalid(found, `${field}.policies`, 'one of "mix" and "policies"');
  }
  const policies =
    raw['mix'] === undefined ? policiesIn(raw['policies'], `${field}.policies`) : mixIn(raw['mix'], `${field}.mix`);
  const amount = (name: string): bigint => amountOf(raw[name], `${field}.${name}`);
  return {
    policies,
    ...(raw['cap'] === undefined ? {} : { cap: amount('cap') }),
    ...(raw['minimum'] === undefined ? {} : { minimum: amount('minimum') }),
    ...(raw['pay_later'] !== undefined && booleanOf(raw['pay_later'], `${field}.pay_later`) ? { payLater: true } : {}),
  };
}

function mixIn(value: unknown, field: string): readonly SharingPolicy[] {
  const raw = objectOf(value, field);
  onlyFields(raw, field, ['slow', 'lookback']);
  const slow = raw['slow'] === undefined ? slowDefault : partIn(raw['slow'], `${field}.slow`);
  return mixOf(slow, raw['lookback'] === undefined ? 1 : countOf(raw['lookback'], `${field}.lookback`, 1));
}

function policiesIn(value: unknown, field: string): SharingPolicy[] {
  const policies = listOf(value, field).map((item, index) =>
    policyIn(objectOf(item, `${field}[${index}]`), `${field}[${index}]`),
  );
  const sum = policies.reduce((all, { part }) => add(all, rationalOf(part)), zero);
  if (sum.numerator === sum.denominator) return policies;
  const found = formatRational(sum);
  throw refusal('policy-parts-not-whole', field, found, 'the sum of the parts', 'parts that add up to 1');
}

function policyIn(raw: Raw, field: string): SharingPolicy {
  const kind = choiceOf(raw['policy'], `${field}.policy`, ['immediate', 'recent', 'balanced', 'special'] as const);
  const part = formatRational(partIn(raw['part'], `${field}.part`));
  const only = (...names: string[]): void => onlyFields(raw, field, ['policy', 'part', ...names]);
  switch (kind) {
    case 'immediate':
      only('lookback');
      return { kind, part, lookback: countOf(raw['lookback'] ?? 1, `${field}.lookback`, 1) };
    case 'balanced':
      only('lookback');
      return { kind, part, lookback: countOf(raw['lookback'] ?? 0, `${field}.lookback`, 0) };
    case 'recent':
      only('discount', 'excluded');
      return {
        kind,
        part,
        discount: formatRational(partIn(raw['discount'], `${field}.discount`)),
        excluded: raw['excluded'] === undefined ? [] : namesOf(raw['excluded'], `${field}.excluded`),
      };
    case 'special': {
      only('recipient', 'memo');
      const memo = raw['memo'] ?? '';
      if (typeof memo !== 'string' || memo.length > 1024)
        throw missingOrInvalid(memo, `${field}.memo`, 'a text of at most 1,024 characters');
      return { kind, part, recipient: nameOf(raw['recipient'], `${field}.recipient`), memo };
    }
  }
}

/** A rational from 0 to 1. */
function partIn(value: unknown, field: string): Rational {
  const text = typeof value === 'number' ? String(value) : value;
  const part = typeof text === 'string' ? parseRational(text) : null;
  if (part !== null && part.numerator >= 0n && part.numerator <= part.denominator) return part;
  const accepted = 'a decimal from "0" to "1" such as "0.80", or a quotient such as "4/5"';
  throw value === undefined
    ? missingOrInvalid(value, field, accepted)
    : refusal('event-field-invalid', field, value, 'no part', accepted);
}

/** Exact inverse of parseSharing; fields in a fixed order, amounts as digits. */
export function sharingToFile({ policies, cap, minimum, payLater }: Sharing): Record<string, unknown> {
  return {
    policies: policies.map((policy) => {
      const { kind, part } = policy;
      switch (policy.kind) {
        case 'immediate':
        case 'balanced':
          return { policy: kind, part, lookback: policy.lookback };
        case 'recent':
          return { policy: kind, part, discount: policy.discount, excluded: policy.excluded };
        case 'special':
          return { policy: kind, part, recipient: policy.recipient, memo: policy.memo };
      }
    }),
    ...(cap === undefined ? {} : { cap: `${cap}` }),
    ...(minimum === undefined ? {} : { minimum: `${minimum}` }),
    ...(payLater === undefined ? {} : { pay_later: true }),
  };
}
