import { compareBytes } from '../bytes.ts';
import type { Pool, ProgramDefinition, Rules, ScheduleEntry } from '../program.ts';
import { parseSharing, sharingToFile } from '../payout/policies/sharing.ts';
import { parseScoring, scoringToFile } from '../scoring/parse.ts';
import { sortedKeys } from '../token/log.ts';
import type { EventBase, ProrataEvent } from './event.ts';

/**
 * The canonical encoding of an event: JSON without blanks, fields in a fixed order (kind, key, time, by, then the kind's own as
 * event.ts declares them), integers of money as decimal strings, absent fields left out. Equal events give equal bytes, and the
 * hash chain of the log covers exactly these bytes; so a change here breaks every existing log.
 * The frequent kinds are written by hand: a million of them pass through on their way into the log.
 */
export function encodeEvent(event: ProrataEvent): string {
  switch (event.kind) {
    case 'delegate': {
      const { amount, shares, since } = event;
      return `${head(event)},"account":${quote(event.account)},"validator":${quote(event.validator)}${
        amount === undefined ? '' : `,"amount":"${amount}"`
      }${shares === undefined ? '' : `,"shares":"${shares}"`}${since === undefined ? '' : `,"since":${since}`}}`;
    }
    case 'undelegate': {
      const { amount, shares } = event;
      return `${head(event)},"account":${quote(event.account)},"validator":${quote(event.validator)}${
        amount === undefined ? '' : `,"amount":"${amount}"`
      }${shares === undefined ? '' : `,"shares":"${shares}"`}}`;
    }
    case 'redelegate':
      return `${head(event)},"account":${quote(event.account)},"from":${quote(event.from)},"to":${quote(event.to)},"amount":"${event.amount}"}`;
    case 'cancel-unbonding':
      return `${head(event)},"account":${quote(event.account)},"validator":${quote(event.validator)},"amount":"${event.amount}"}`;
    case 'held':
      return `${head(event)},"account":${quote(event.account)},"validator":${quote(event.validator)},"amount":"${event.amount}","from":${event.from},"until":${event.until}}`;
    case 'booked':
      return `${head(event)},"account":${quote(event.account)},"score":"${event.score}"${event.period === undefined ? '' : `,"period":${event.period}`}}`;
    case 'validator-set':
      return `${head(event)},"validator":${quote(event.validator)},"tokens":"${event.tokens}","shares":"${event.shares}","jailed":${event.jailed}}`;
    case 'validator-changed':
      return `${head(event)},"validator":${quote(event.validator)},"tokens":"${event.tokens}","shares":"${event.shares}"}`;
    case 'validator-slashed':
      return `${head(event)},"validator":${quote(event.validator)},"fraction":"${event.fraction}"}`;
    case 'validator-jailed':
      return `${head(event)},"validator":${quote(event.validator)},"jailed":${event.jailed}}`;
    case 'exclusion':
      return `${head(event)},"add":${JSON.stringify(event.add)},"remove":${JSON.stringify(event.remove)}}`;
    case 'fund':
      return `${head(event)},"pool":${quote(event.pool)},"amount":"${event.amount}"}`;
    case 'rules': {
      const { recipients, strategy, settle, batchSize, onZeroTotal } = event;
      const ordered = recipients?.map((mapping) => ({ pool: mapping.pool, recipients: mapping.recipients }));
      const scoring = event.scoring && scoringToFile(event.scoring);
      const sharing = event.sharing && sharingToFile(event.sharing);
      return withTail(event, { recipients: ordered, strategy, settle, batchSize, onZeroTotal, scoring, sharing });
    }
    case 'eligible':
    case 'active':
      return `${head(event)},"account":${quote(event.account)},"on":${event.on}}`;
    case 'busy':
      return `${head(event)},"account":${quote(event.account)},"delta":${event.delta}}`;
    case 'activity': {
      const { account, what, hub } = event;
      return `${head(event)},"account":${quote(account)},"what":"${what}"${hub === undefined ? '' : `,"hub":${quote(hub)}`}}`;
    }
    case 'rate': {
      const { account, direction, backing, rate } = event;
      return `${head(event)},"account":${quote(account)},"direction":${quote(direction)}${
        backing === undefined ? '' : `,"backing":${quote(backing)}`
      },"rate":"${rate}"}`;
    }
    case 'collateral':
      return `${head(event)},"account":${quote(event.account)},"backing":${quote(event.backing)},"amount":"${event.amount}"}`;
    case 'bounds':
      return `${head(event)},"backing":${quote(event.backing)},"min":"${event.min}","max":"${event.max}"}`;
    case 'outcome':
      return `${head(event)},"account":${quote(event.account)},"swap":${quote(event.swap)},"completed":${event.completed}}`;
    case 'cleared': {
      const { account, direction, from, to } = event;
      return `${head(event)},"account":${quote(account)},"direction":${quote(direction)},"from":"${from}","to":"${to}"}`;
    }
    case 'standing': {
      const { account, ok, failed } = event;
      const settling = Object.fromEntries(Object.entries(event.settling).sort(([a], [b]) => compareBytes(a, b)));
      return withTail(event, { account, ok, failed, settling });
    }
    case 'retracted':
      return `${head(event)},"event":${quote(event.event)}}`;
    case 'node': {
      const { node, timeless, weight, label, url } = event;
      return `${head(event)},"node":${quote(node)}${timeless === undefined ? '' : ',"timeless":true'}${
        weight === undefined ? '' : `,"weight":"${weight}"`
      }${label === undefined ? '' : `,"label":${quote(label)}`}${url === undefined ? '' : `,"url":${quote(url)}`}}`;
    }
    case 'node-removed':
      return `${head(event)},"node":${quote(event.node)}}`;
    case 'edge': {
      const { edge, from, to, forward, backward } = event;
      return `${head(event)},"edge":${quote(edge)},"from":${quote(from)},"to":${quote(to)}${
        forward === undefined ? '' : `,"forward":"${forward}"`
      }${backward === undefined ? '' : `,"backward":"${backward}"`}}`;
    }
    case 'edge-removed':
      return `${head(event)},"edge":${quote(event.edge)}}`;
    case 'attribution':
      return `${head(event)},"from":${quote(event.from)},"to":${quote(event.to)},"part":"${event.part}"}`;
    case 'token':
      return withTail(event, { action: sortedKeys(event.action) });
    case 'schedule':
      return withTail(event, { entries: scheduleToJson(event.entries) });
    case 'pause':
    case 'resume':
      return `${head(event)},"reason":${quote(event.reason)}}`;
    case 'program':
      return withTail(event, { definition: definitionToJson(event.definition) });
    case 'window-taken-over': {
      const { boundary, amount, total, leftover, next, totalEntries, processedEntries } = event;
      return withTail(event, {
        boundary,
        amount: `${amount}`,
        total: `${total}`,
        leftover: `${leftover}`,
        next,
        totalEntries,
        processedEntries,
      });
    }
  }
}

const quote: (text: string) => string = JSON.stringify;

/** The opening brace and the fields that every event has. */
function head(event: EventBase & { readonly kind: string }): string {
  const start = `{"kind":"${event.kind}","key":${quote(event.key)},"time":${event.time}`;
  return event.by === undefined ? start : `${start},"by":${quote(event.by)}`;
}

function withTail(event: ProrataEvent, tail: Record<string, unknown>): string {
  const text = JSON.stringify(tail);
  return text === '{}' ? `${head(event)}}` : `${head(event)},${text.slice(1)}`;
}

/** Exact inverse of encodeEvent. `payload` comes from the log and is trusted; for text from outside there is normalizeEvent. */
export function decodeEvent(payload: string): ProrataEvent {
  const event = JSON.parse(payload);
  switch (event.kind as ProrataEvent['kind']) {
    case 'validator-set':
    case 'validator-changed':
      event.tokens = BigInt(event.tokens);
      event.shares = BigInt(event.shares);
      break;
    case 'validator-slashed':
      event.fraction = BigInt(event.fraction);
      break;
    case 'delegate':
    case 'undelegate':
      if (event.amount !== undefined) event.amount = BigInt(event.amount);
      if (event.shares !== undefined) event.shares = BigInt(event.shares);
      break;
    case 'redelegate':
    case 'cancel-unbonding':
    case 'held':
    case 'fund':
    case 'collateral':
      event.amount = BigInt(event.amount);
      break;
    case 'bounds':
      event.min = BigInt(event.min);
      event.max = BigInt(event.max);
      break;
    case 'cleared':
      event.from = BigInt(event.from);
      event.to = BigInt(event.to);
      break;
    case 'booked':
      event.score = BigInt(event.score);
      break;
    case 'schedule':
      event.entries = scheduleFromJson(event.entries);
      break;
    case 'program':
      event.definition = definitionFromJson(event.definition);
      break;
    case 'window-taken-over':
      event.amount = BigInt(event.amount);
      event.total = BigInt(event.total);
      event.leftover = BigInt(event.leftover);
      break;
    case 'rules':
      if (event.scoring !== undefined) event.scoring = parseScoring(event.scoring, 'scoring');
      if (event.sharing !== undefined && event.sharing !== null) event.sharing = parseSharing(event.sharing, 'sharing');
      break;
    case 'node':
    case 'node-removed':
    case 'edge':
    case 'edge-removed':
    case 'attribution':
    case 'token':
    case 'eligible':
    case 'active':
    case 'busy':
    case 'activity':
    case 'rate':
    case 'outcome':
    case 'standing':
    case 'retracted':
    case 'validator-jailed':
    case 'exclusion':
    case 'pause':
    case 'resume':
      break;
  }
  return event;
}

/** A value as JSON keeps it: integers of money as decimal strings. */
export type Json<T> = T extends bigint
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Json<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Json<T[K]> }
      : T;

type PoolJson = Json<Omit<Pool, 'sharing'>> & { readonly sharing?: Readonly<Record<string, unknown>> };
type RulesJson = Json<Omit<Rules, 'scoring' | 'pools'>> & {
  readonly scoring: Readonly<Record<string, unknown>>;
  readonly pools: readonly PoolJson[];
};

/** Fields in a fixed order, so that JSON.stringify of it is canonical. */
export function rulesToJson(rules: Rules): RulesJson {
  return {
    asset: { symbol: rules.asset.symbol, decimals: rules.asset.decimals },
    pools: rules.pools.map(({ name, pays, funding, recipients, sharing }) => ({
      name,
      pays,
      funding: `${funding}`,
      recipients,
      ...(sharing === undefined ? {} : { sharing: sharingToFile(sharing) }),
    })),
    residual: rules.residual,
    scoring:
      rules.scoring.model === 'stake-time'
        ? { model: rules.scoring.model, rate: rules.scoring.rate }
        : scoringToFile(rules.scoring),
    window: { settle: rules.window.settle, strategy: rules.window.strategy, batchSize: rules.window.batchSize },
    onZeroTotal: rules.onZeroTotal,
    ...(rules.accountPattern === undefined ? {} : { accountPattern: rules.accountPattern }),
    ...(rules.authority === undefined ? {} : { authority: rules.authority }),
    requireAllPools: rules.requireAllPools,
    requireIds: rules.requireIds,
    minGapSeconds: rules.minGapSeconds,
  };
}

/** Exact inverse of rulesToJson. */
export function rulesFromJson(json: RulesJson): Rules {
  const scoring = json.scoring['model'] === 'stake-time' ? json.scoring : parseScoring(json.scoring, 'scoring');
  return {
    ...json,
    pools: json.pools.map(({ sharing, ...pool }) => ({
      ...pool,
      funding: BigInt(pool.funding),
      ...(sharing === undefined ? {} : { sharing: parseSharing(sharing, 'sharing') }),
    })),
    scoring: scoring as Rules['scoring'],
  };
}

/** Fields in a fixed order, so that JSON.stringify of it is canonical. */
export function scheduleToJson(entries: readonly ScheduleEntry[]): Json<ScheduleEntry>[] {
  return entries.map(({ at, allocations, id, repeat }) => ({
    at,
    allocations: allocations.map(({ pool, amount }) => ({ pool, amount: `${amount}` })),
    ...(id === undefined ? {} : { id }),
    ...(repeat === undefined ? {} : { repeat: { every: repeat.every, left: repeat.left } }),
  }));
}

/** Exact inverse of scheduleToJson. */
export function scheduleFromJson(json: readonly Json<ScheduleEntry>[]): ScheduleEntry[] {
  return json.map((entry) => ({
    ...entry,
    allocations: entry.allocations.map(({ pool, amount }) => ({ pool, amount: BigInt(amount) })),
  }));
}

type DefinitionJson = Json<Omit<ProgramDefinition, 'rules'>> & { readonly rules: RulesJson };

/** Fields in a fixed order, so that JSON.stringify of it is canonical. */
export function definitionToJson(definition: ProgramDefinition): DefinitionJson {
  return {
    name: definition.name,
    rules: rulesToJson(definition.rules),
    schedule: scheduleToJson(definition.schedule),
    excluded: definition.excluded,
    ...(definition.start === undefined ? {} : { start: definition.start }),
  };
}

/** Exact inverse of definitionToJson. */
export function definitionFromJson(json: DefinitionJson): ProgramDefinition {
  return { ...json, rules: rulesFromJson(json.rules), schedule: scheduleFromJson(json.schedule) };
}
