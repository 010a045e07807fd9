import type { EventKind } from './event.ts';

const common = ['kind', 'key', 'time', 'by'];
/** A fact of a program with a block axis may say its block instead of its time. */
const fact = [...common, 'block'];
const fieldsOf: Readonly<Record<EventKind | 'exclude' | 'include', ReadonlySet<string>>> = {
  'validator-set': new Set([...common, 'validator', 'tokens', 'shares', 'jailed']),
  'validator-changed': new Set([...common, 'validator', 'tokens', 'shares']),
  'validator-slashed': new Set([...common, 'validator', 'fraction']),
  'validator-jailed': new Set([...common, 'validator', 'jailed']),
  delegate: new Set([...common, 'account', 'validator', 'amount', 'shares', 'since']),
  undelegate: new Set([...common, 'account', 'validator', 'amount', 'shares']),
  redelegate: new Set([...common, 'account', 'from', 'to', 'amount']),
  'cancel-unbonding': new Set([...common, 'account', 'validator', 'amount']),
  held: new Set([...common, 'account', 'validator', 'amount', 'from', 'until']),
  booked: new Set([...common, 'account', 'score', 'period']),
  eligible: new Set([...fact, 'account', 'on']),
  active: new Set([...fact, 'account', 'on']),
  busy: new Set([...fact, 'account', 'delta']),
  activity: new Set([...fact, 'account', 'what', 'hub']),
  rate: new Set([...fact, 'account', 'direction', 'backing', 'rate']),
  collateral: new Set([...fact, 'account', 'backing', 'amount']),
  bounds: new Set([...fact, 'backing', 'min', 'max']),
  outcome: new Set([...fact, 'account', 'swap', 'completed']),
  cleared: new Set([...fact, 'account', 'direction', 'from', 'to']),
  standing: new Set([...fact, 'account', 'ok', 'failed', 'settling']),
  retracted: new Set([...fact, 'event']),
  node: new Set([...common, 'node', 'timeless', 'weight', 'label', 'url']),
  'node-removed': new Set([...common, 'node']),
  edge: new Set([...common, 'edge', 'from', 'to', 'forward', 'backward']),
  'edge-removed': new Set([...common, 'edge']),
  attribution: new Set([...common, 'from', 'to', 'part']),
  token: new Set([...common, 'action']),
  exclude: new Set([...common, 'account', 'accounts']),
  include: new Set([...common, 'account', 'accounts']),
  exclusion: new Set([...common, 'add', 'remove']),
  fund: new Set([...common, 'pool', 'amount']),
  rules: new Set([...common, 'recipients', 'strategy', 'settle', 'batch_size', 'on_zero_total', 'scoring', 'sharing']),
  schedule: new Set([...common, 'entries']),
  pause: new Set([...common, 'reason']),
  resume: new Set([...common, 'reason']),
  program: new Set([...common, 'definition']),
  'window-taken-over': new Set([
    ...common,
    'boundary',
    'amount',
    'total',
    'leftover',
    'next',
    'total_entries',
    'processed_entries',
  ]),
};

/** The kinds a file may hold, for messages and completion. */
export const fileKinds: readonly string[] = Object.keys(fieldsOf).filter(
  (kind) => kind !== 'program' && kind !== 'window-taken-over',
);

/** Names of the fields that an event of `kind` may have in a file; `undefined` for an unknown kind. */
export function fileFieldsOf(kind: string): ReadonlySet<string> | undefined {
  return Object.hasOwn(fieldsOf, kind) ? fieldsOf[kind as keyof typeof fieldsOf] : undefined;
}
