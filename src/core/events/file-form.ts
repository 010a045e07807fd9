import { formatDecimal18 } from '../money/amount.ts';
import { sharingToFile } from '../payout/policies/sharing.ts';
import { scoringToFile } from '../scoring/parse.ts';
import { formatInstant } from '../time/instant.ts';
import { definitionToJson } from './encode.ts';
import type { ProrataEvent } from './event.ts';

/**
 * The file form of an event, as normalizeEvent reads it: instants in ISO 8601, amounts as digits, shares as decimals. What it
 * gives for `program` is for people to read only, since no file may hold one.
 */
export function toFileForm(event: ProrataEvent): Record<string, unknown> {
  const { kind, key } = event;
  const base = { kind, key, time: formatInstant(event.time), ...(event.by === undefined ? {} : { by: event.by }) };
  switch (event.kind) {
    case 'validator-set':
      return {
        ...base,
        validator: event.validator,
        tokens: `${event.tokens}`,
        shares: formatDecimal18(event.shares),
        jailed: event.jailed,
      };
    case 'validator-changed':
      return { ...base, validator: event.validator, tokens: `${event.tokens}`, shares: formatDecimal18(event.shares) };
    case 'validator-slashed':
      return { ...base, validator: event.validator, fraction: formatDecimal18(event.fraction) };
    case 'validator-jailed':
      return { ...base, validator: event.validator, jailed: event.jailed };
    case 'delegate':
    case 'undelegate': {
      const since = event.kind === 'delegate' ? event.since : undefined;
      return {
        ...base,
        account: event.account,
        validator: event.validator,
        ...(event.amount === undefined ? {} : { amount: `${event.amount}` }),
        ...(event.shares === undefined ? {} : { shares: formatDecimal18(event.shares) }),
        ...(since === undefined ? {} : { since: formatInstant(since * 1000) }),
      };
    }
    case 'redelegate':
      return { ...base, account: event.account, from: event.from, to: event.to, amount: `${event.amount}` };
    case 'cancel-unbonding':
      return { ...base, account: event.account, validator: event.validator, amount: `${event.amount}` };
    case 'held': {
      const [from, until] = [formatInstant(event.from * 1000), formatInstant(event.until * 1000)];
      return { ...base, account: event.account, validator: event.validator, amount: `${event.amount}`, from, until };
    }
    case 'booked':
      return {
        ...base,
        account: event.account,
        score: `${event.score}`,
        ...(event.period === undefined ? {} : { period: event.period }),
      };
    case 'eligible':
    case 'active':
      return { ...base, account: event.account, on: event.on };
    case 'busy':
      return { ...base, account: event.account, delta: event.delta };
    case 'activity': {
      const hub = event.hub === undefined ? {} : { hub: event.hub };
      return { ...base, account: event.account, what: event.what, ...hub };
    }
    case 'rate': {
      const { account, direction, backing, rate } = event;
      return { ...base, account, direction, ...(backing === undefined ? {} : { backing }), rate };
    }
    case 'collateral':
      return { ...base, account: event.account, backing: event.backing, amount: `${event.amount}` };
    case 'bounds':
      return { ...base, backing: event.backing, min: `${event.min}`, max: `${event.max}` };
    case 'outcome':
      return { ...base, account: event.account, swap: event.swap, completed: event.completed };
    case 'cleared': {
      const { account, direction, from, to } = event;
      return { ...base, account, direction, from: `${from}`, to: `${to}` };
    }
    case 'standing':
      return { ...base, account: event.account, ok: event.ok, failed: event.failed, settling: event.settling };
    case 'retracted':
      return { ...base, event: event.event };
    case 'node':
      return {
        ...base,
        node: event.node,
        ...(event.timeless === undefined ? {} : { timeless: true }),
        ...(event.weight === undefined ? {} : { weight: event.weight }),
        ...(event.label === undefined ? {} : { label: event.label }),
        ...(event.url === undefined ? {} : { url: event.url }),
      };
    case 'node-removed':
      return { ...base, node: event.node };
    case 'edge':
      return {
        ...base,
        edge: event.edge,
        from: event.from,
        to: event.to,
        ...(event.forward === undefined ? {} : { forward: event.forward }),
        ...(event.backward === undefined ? {} : { backward: event.backward }),
      };
    case 'edge-removed':
      return { ...base, edge: event.edge };
    case 'attribution':
      return { ...base, from: event.from, to: event.to, part: event.part };
    case 'token':
      return { ...base, action: event.action };
    case 'exclusion':
      return { ...base, add: event.add, remove: event.remove };
    case 'fund':
      return { ...base, pool: event.pool, amount: `${event.amount}` };
    case 'rules': {
      const { recipients, strategy, settle, batchSize, onZeroTotal, scoring, sharing } = event;
      return {
        ...base,
        ...(recipients === undefined ? {} : { recipients }),
        ...(strategy === undefined ? {} : { strategy }),
        ...(settle === undefined ? {} : { settle }),
        ...(batchSize === undefined ? {} : { batch_size: batchSize }),
        ...(onZeroTotal === undefined ? {} : { on_zero_total: onZeroTotal }),
        ...(scoring === undefined ? {} : { scoring: scoringToFile(scoring) }),
        ...(sharing === undefined ? {} : { sharing: sharing && sharingToFile(sharing) }),
      };
    }
    case 'schedule':
      return {
        ...base,
        entries: event.entries.map(({ at, id, allocations, repeat }) => ({
          at: formatInstant(at * 1000),
          ...(id === undefined ? {} : { id }),
          ...(repeat === undefined ? {} : { repeat }),
          allocations: allocations.map(({ pool, amount }) => ({ pool, amount: `${amount}` })),
        })),
      };
    case 'pause':
    case 'resume':
      return { ...base, reason: event.reason };
    case 'program':
      return { ...base, definition: definitionToJson(event.definition) };
    case 'window-taken-over':
      return {
        ...base,
        boundary: formatInstant(event.boundary * 1000),
        amount: `${event.amount}`,
        total: `${event.total}`,
        leftover: `${event.leftover}`,
        ...(event.next === undefined ? {} : { next: event.next }),
        total_entries: event.totalEntries,
        processed_entries: event.processedEntries,
      };
  }
}
