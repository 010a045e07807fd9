import { InvalidInputError } from '../../core/errors.ts';
import { one18, parseDecimal18 } from '../../core/money/amount.ts';
import type { Policy } from '../../core/payout/policies/policy.ts';
import { readPolicy } from '../../core/token/read-event.ts';
import {
  fieldAt,
  fieldError,
  flagAt,
  mapAt,
  objectAt,
  optional,
  pathOf,
  type Place,
  textAt,
  weightAt,
} from './fields.ts';

/** `config/grain.json`: how each period is paid. */
export interface InstanceGrain {
  /** Budgets in 10^-18, identities by id. */
  readonly policies: readonly Policy[];
  /** Most periods that one run pays; null: all that are due. */
  readonly periodsMax: number | null;
  /** Whether balances are kept in the ledger. */
  readonly accounting: boolean;
  /** Name of the identity that takes what is not claimed; null: none. */
  readonly sink: string | null;
}

/** What SourceCred before 0.10 had in the place of `allocationPolicies`, in the order in which it paid them. */
const older = [
  { budget: 'immediatePerWeek', policy: { policyType: 'IMMEDIATE', numIntervalsLookback: 1 } },
  { budget: 'recentPerWeek', policy: { policyType: 'RECENT' } },
  { budget: 'balancedPerWeek', policy: { policyType: 'BALANCED', numIntervalsLookback: 0 } },
] as const;

/**
 * Policies as lists of them (since 0.9), then those of the older fields whose budget is above 0. What hands payments on to a
 * chain (`integration`, `processDistributions`) is not read. Throws `instance-field-invalid`.
 */
export function readGrain(place: Place): InstanceGrain {
  const listed = fieldAt(place, 'allocationPolicies');
  const policies: Policy[] = listed.value === undefined ? [] : mapAt(listed, listedPolicy);
  for (const { budget, policy } of older) {
    const field = fieldAt(place, budget);
    const atto = optional(field, attoAt, '0');
    if (atto === '0') continue;
    const rate = fieldAt(place, 'recentWeeklyDecayRate');
    const discount = policy.policyType === 'RECENT' ? { discount: weightAt(rate) } : {};
    policies.push(policyOf(field, { ...policy, ...discount, budget: atto }));
  }
  return {
    policies,
    periodsMax: optional(fieldAt(place, 'maxSimultaneousDistributions'), weightAt, null),
    accounting: optional(fieldAt(place, 'accountingEnabled'), flagAt, true),
    sink: optional(fieldAt(place, 'sinkIdentity'), textAt, null),
  };
}

const listedPolicy = (item: Place): Policy =>
  policyOf(item, { ...objectAt(item), budget: attoAt(fieldAt(item, 'budget')), ...exclusionsOf(item) });

function policyOf(place: Place, record: unknown): Policy {
  try {
    return readPolicy(record);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(
      'instance-field-invalid',
      `${place.file.name}, ${pathOf(place)}: ${error.message}`,
      { file: place.file.name, field: pathOf(place) },
      error,
    );
  }
}

/** Whole grain as a number, or a decimal of it as text, in units of 10^-18. */
function attoAt(place: Place): string {
  const { value } = place;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return `${BigInt(value) * one18}`;
  if (typeof value === 'string') {
    try {
      return `${parseDecimal18(value, pathOf(place))}`;
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
    }
  }
  throw fieldError(place, 'grain, 0 or more: a whole number, or a decimal with up to 18 places as text');
}

/** Ids may have a comment for people behind them: `ID//name`. */
const exclusionsOf = (item: Place): { readonly exclusions?: string[] } =>
  optional(
    fieldAt(item, 'exclusions'),
    (list) => ({ exclusions: mapAt(list, (id) => textAt(id).split('//')[0]!.trim()) }),
    {},
  );
