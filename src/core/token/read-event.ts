import { InvalidInputError } from '../errors.ts';
import { decimalOf } from '../money/rational.ts';
import { checkPolicy, type Policy } from '../payout/policies/policy.ts';
import { normalCurrency } from './currency.ts';
import type { Action, Alias, AllocationRecord, DistributionRecord, PolicyRecord, TokenEvent } from './event.ts';
import { isIdentityType, isNodeAddress, isTokenId, isWindowId, nameProblem } from './names.ts';

/*
 * From JSON to events, whole or not at all. Keys that nobody asked for are left behind. What only the state of a ledger can
 * say (is this name free?) is not asked here.
 */

/** Whole smallest units: "0", or digits without a leading zero, with a minus if need be. Null for any other text. */
export function readUnits(text: unknown): bigint | null {
  return typeof text === 'string' && /^(?:0|-?[1-9]\d{0,199})$/.test(text) ? BigInt(text) : null;
}

/** Throws InvalidInputError `token-event-malformed`, naming the field. */
export function readEvent(value: unknown): TokenEvent {
  const { action, ledgerTimestamp, uuid, version } = object('event', value);
  if (version !== '1') throw malformed('version', version, '"1"');
  return {
    action: readAction(object('action', action)),
    ledgerTimestamp: instant('ledgerTimestamp', ledgerTimestamp),
    uuid: id('uuid', uuid),
    version,
  };
}

/** The action of an event. Throws InvalidInputError `token-event-malformed`. */
export function readAction(action: Readonly<Record<string, unknown>>): Action {
  const type = text('action.type', action['type']);
  switch (type) {
    case 'CREATE_IDENTITY': {
      const { id: own, name, subtype, address, aliases } = object('identity', action['identity']);
      return {
        type,
        identity: {
          id: id('identity.id', own),
          name: nameOf('identity.name', name),
          subtype: identityType('identity.subtype', subtype),
          address: nodeAddress('identity.address', address),
          aliases: list('identity.aliases', aliases).map(readAlias),
        },
      };
    }
    case 'RENAME_IDENTITY':
      return {
        type,
        identityId: id('identityId', action['identityId']),
        newName: nameOf('newName', action['newName']),
      };
    case 'CHANGE_IDENTITY_TYPE':
      return {
        type,
        identityId: id('identityId', action['identityId']),
        newType: identityType('newType', action['newType']),
      };
    case 'ADD_ALIAS':
      return { type, identityId: id('identityId', action['identityId']), alias: readAlias(action['alias']) };
    case 'MERGE_IDENTITIES':
    case 'UNMERGE_IDENTITIES':
      return { type, base: id('base', action['base']), target: id('target', action['target']) };
    case 'TOGGLE_ACTIVATION':
      return { type, identityId: id('identityId', action['identityId']) };
    case 'DISTRIBUTE_GRAIN':
      return { type, distribution: readDistribution(action['distribution']) };
    case 'REVERSE_DISTRIBUTION':
      return {
        type,
        distributionId: distributionId('distributionId', action['distributionId']),
        reason: text('reason', action['reason']),
      };
    case 'REVERSE_RECEIPT':
      return {
        type,
        allocationId: distributionId('allocationId', action['allocationId']),
        identityId: id('identityId', action['identityId']),
        reason: text('reason', action['reason']),
      };
    case 'TRANSFER_GRAIN':
      return {
        type,
        from: id('from', action['from']),
        to: id('to', action['to']),
        amount: amount('amount', action['amount']),
        memo: action['memo'] === null ? null : text('memo', action['memo']),
      };
    case 'SET_PAYOUT_ADDRESS':
      return {
        type,
        id: id('id', action['id']),
        currency: currency(action['currency']),
        payoutAddress: action['payoutAddress'] === null ? null : text('payoutAddress', action['payoutAddress']),
      };
    case 'SET_EXTERNAL_CURRENCY':
      return { type, currency: currency(action['currency']) };
    case 'MARK_DISTRIBUTION_EXECUTED':
      return { type, id: distributionId('id', action['id']) };
    case 'REMOVE_EXTERNAL_CURRENCY':
    case 'DISABLE_ACCOUNTING':
    case 'ENABLE_ACCOUNTING':
    case 'ENABLE_GRAIN_INTEGRATION':
    case 'DISABLE_GRAIN_INTEGRATION':
      return { type };
    default:
      throw malformed('action.type', type, 'an event kind of the token ledger');
  }
}

function readAlias(value: unknown): Alias {
  const { address, description } = object('alias', value);
  return { address: nodeAddress('alias.address', address), description: text('alias.description', description) };
}

/** Throws InvalidInputError `token-event-malformed`. Amounts of receipts may be negative: the ledger refuses those. */
export function readDistribution(value: unknown): DistributionRecord {
  const { id: own, credTimestamp, allocations } = object('distribution', value);
  return {
    id: id('distribution.id', own),
    credTimestamp: instant('credTimestamp', credTimestamp),
    allocations: list('allocations', allocations).map((allocation): AllocationRecord => {
      const { id: allocationId, policy, receipts } = object('allocation', allocation);
      return {
        id: id('allocation.id', allocationId),
        policy: readPolicyRecord(policy),
        receipts: list('receipts', receipts).map((receipt) => {
          const { id: recipient, amount: received } = object('receipt', receipt);
          return { id: id('receipt.id', recipient), amount: amount('receipt.amount', received) };
        }),
      };
    }),
  };
}

function readPolicyRecord(value: unknown): PolicyRecord {
  const { policyType, budget, numIntervalsLookback, discount, exclusions, memo, recipient } = object('policy', value);
  const base = { policyType: text('policyType', policyType), budget: amount('budget', budget) };
  const record = { ...base, ...policyFields(base.policyType) };
  toPolicy(record);
  return record;

  function policyFields(type: string): Omit<PolicyRecord, 'policyType' | 'budget'> {
    switch (type) {
      case 'IMMEDIATE':
      case 'BALANCED':
        return { numIntervalsLookback: number('numIntervalsLookback', numIntervalsLookback) };
      case 'RECENT':
        return {
          discount: number('discount', discount),
          exclusions: list('exclusions', exclusions ?? []).map((item) => id('exclusions', item)),
        };
      case 'SPECIAL':
        return { memo: text('memo', memo), recipient: id('recipient', recipient) };
      default:
        throw malformed('policyType', type, 'IMMEDIATE, RECENT, BALANCED or SPECIAL');
    }
  }
}

/** A policy of a log as one of the engine's. Throws InvalidInputError `token-event-malformed`, or as `checkPolicy`. */
export const readPolicy = (value: unknown): Policy => toPolicy(readPolicyRecord(value));

function toPolicy(record: PolicyRecord): Policy {
  const budget = BigInt(record.budget);
  const { numIntervalsLookback: lookback = 0, discount = 0, exclusions = [], memo = '', recipient = '' } = record;
  const policies: Readonly<Record<string, Policy>> = {
    IMMEDIATE: { kind: 'immediate', budget, lookback },
    RECENT: { kind: 'recent', budget, discount: decimalOf(discount), excluded: exclusions },
    BALANCED: { kind: 'balanced', budget, lookback },
    SPECIAL: { kind: 'special', budget, recipient, memo },
  };
  const policy = policies[record.policyType]!;
  checkPolicy(policy);
  return policy;
}

/** What was read, or what is wrong with it. */
export function attempt<T>(read: () => T): { readonly value: T } | { readonly problem: string } {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof InvalidInputError) return { problem: error.message };
    throw error;
  }
}

// --- single fields

type Fields = Readonly<Record<string, unknown>>;

function malformed(field: string, found: unknown, accepted: string): InvalidInputError {
  const shown = found === undefined ? 'nothing' : (JSON.stringify(found) ?? typeof found).slice(0, 80);
  return new InvalidInputError('token-event-malformed', `Field "${field}": found ${shown}; accepted: ${accepted}.`, {
    field,
  });
}

function object(field: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(field, value, 'an object');
  return value as Fields;
}

function list(field: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(field, value, 'a list');
  return value;
}

function text(field: string, value: unknown): string {
  if (typeof value !== 'string') throw malformed(field, value, 'a text');
  return value;
}

function number(field: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw malformed(field, value, 'a number');
  return value;
}

const instant = number;

function id(field: string, value: unknown): string {
  if (typeof value !== 'string' || !isTokenId(value)) throw malformed(field, value, 'an id of 22 characters');
  return value;
}

/** What a window paid is known by its period. */
function distributionId(field: string, value: unknown): string {
  if (typeof value === 'string' && (isTokenId(value) || isWindowId(value))) return value;
  throw malformed(field, value, 'an id of 22 characters, or period-N of a window');
}

function amount(field: string, value: unknown): string {
  if (readUnits(value) === null) throw malformed(field, value, 'whole smallest units as text, such as "1500"');
  return value as string;
}

function nameOf(field: string, value: unknown): string {
  const name = text(field, value);
  if (nameProblem(name) !== null) throw malformed(field, name, 'letters, digits and "-", 1 to 42');
  return name;
}

function nodeAddress(field: string, value: unknown): string {
  if (typeof value !== 'string' || !isNodeAddress(value)) throw malformed(field, value, 'the address of a node');
  return value;
}

function identityType(field: string, value: unknown): string {
  const type = text(field, value);
  if (!isIdentityType(type)) throw malformed(field, type, 'USER, PROJECT, ORGANIZATION or BOT');
  return type;
}

function currency(value: unknown): NonNullable<ReturnType<typeof normalCurrency>> {
  const normal = normalCurrency(value);
  if (normal === null) throw malformed('currency', value, 'an EVM token with chain and address, or BTC, or FIL');
  return normal;
}
