import type { EventKind } from './event.ts';

const common = ['kind', 'key', 'time', 'by'];
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
  exclude: new Set([...common, 'account', 'accounts']),
  include: new Set([...common, 'account', 'accounts']),
  exclusion: new Set([...common, 'add', 'remove']),
  fund: new Set([...common, 'pool', 'amount']),
  rules: new Set([...common, 'recipients', 'strategy', 'settle', 'batch_size', 'on_zero_total']),
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
