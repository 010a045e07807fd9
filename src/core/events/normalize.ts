import { utf8Length } from '../bytes.ts';
import { InvalidInputError } from '../errors.ts';
import { formatDecimal18, one18, parseAmount, parseDecimal18 } from '../money/amount.ts';
import { settleModes, strategyNames } from '../program.ts';
import type { ScheduleEntry } from '../program.ts';
import { isName, nearest } from '../text.ts';
import { formatInstant, parseInstant, secondMax, secondOf } from '../time/instant.ts';
import { definitionToJson } from './encode.ts';
import type { EventKind, ProrataEvent } from './event.ts';

/** What became of one object of a file. `field` is a path such as `entries[0].at`; `event` when the whole is no object. */
export type Normalized =
  | { readonly ok: true; readonly event: ProrataEvent }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly field: string };

export interface NormalizeOptions {
  /** Also accept what only the taking over of another system's state may write: kind `window-taken-over`. */
  readonly takeover?: boolean;
}

/** Longest reason of a pause or a resume, in UTF-8 bytes. */
export const reasonBytesMax = 1024;

type Raw = Readonly<Record<string, unknown>>;

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
    ...common, 'boundary', 'amount', 'total', 'leftover', 'next', 'total_entries', 'processed_entries',
  ]),
};

/** The kinds a file may hold, for messages and completion. */
export const fileKinds: readonly string[] = Object.keys(fieldsOf).filter((kind) => kind !== 'program' && kind !== 'window-taken-over');

/** Names of the fields that an event of `kind` may have in a file; `undefined` for an unknown kind. */
export function fileFieldsOf(kind: string): ReadonlySet<string> | undefined {
  return Object.hasOwn(fieldsOf, kind) ? fieldsOf[kind as keyof typeof fieldsOf] : undefined;
}

/**
 * One object of an event file, as JSON.parse gives it, into an event. Field names are those of event.ts in snake_case.
 *
 * Amounts and scores: whole smallest units as digit strings, or as JSON numbers up to 2^53-1. Shares and fractions: decimal
 * strings with up to 18 places. `time`: ISO 8601 with a zone, or whole milliseconds; `since`, `from`, `until`, `at`,
 * `boundary`: the same, or whole *seconds*. `exclude` and `include` take `account` or `accounts` and become `exclusion`.
 *
 * It checks one event by itself. What needs the program's state (known validator, enough stake) is the engine's to judge.
 * Codes: `event-malformed`, `event-kind-unknown`, `event-kind-reserved`, `event-key-missing`, `event-field-missing`,
 * `event-field-unknown`, `event-field-invalid`, `account-malformed`, `amount-negative`, `amount-fractional`, `amount-malformed`,
 * `amount-unsafe`, `amount-zero`, `decimal-too-precise`, `fraction-out-of-range`, `time-malformed`, `time-without-zone`,
 * `time-out-of-range`, `allocation-amount-missing`, `allocation-amount-negative`.
 */
export function normalizeEvent(raw: unknown, options: NormalizeOptions = {}): Normalized {
  try {
    return { ok: true, event: eventOf(raw, options) };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { ok: false, code: error.code, message: error.message, field: error.facts['field'] ?? 'event' };
  }
}

function eventOf(value: unknown, options: NormalizeOptions): ProrataEvent {
  const raw = objectOf(value, 'event', 'event-malformed');
  const kind = raw['kind'];
  if (typeof kind !== 'string') throw missingOrInvalid(kind, 'kind', `one of ${fileKinds.join(', ')}`);
  const allowed = fileFieldsOf(kind);
  if (allowed === undefined) throw unknownKind(kind);
  if (kind === 'program' || (kind === 'window-taken-over' && options.takeover !== true)) {
    throw refusal('event-kind-reserved', 'kind', kind, 'a kind that only Prorata itself writes', `one of ${fileKinds.join(', ')}`);
  }
  for (const name in raw) if (!allowed.has(name)) throw unknownField(name, kind, allowed);

  const key = keyOf(raw['key']);
  const time = timeOf(raw['time'], 'time');
  const by = raw['by'] === undefined ? undefined : nameOf(raw['by'], 'by');
  const event = bodyOf(kind as Exclude<EventKind, 'program'>, key, time, raw);
  // Rarely present, so that most events keep one hidden class; `by` is no part of the literals below for that reason.
  return by === undefined ? event : { ...event, by };
}

function bodyOf(kind: Exclude<EventKind, 'program'> | 'exclude' | 'include', key: string, time: number, raw: Raw): ProrataEvent {
  switch (kind) {
    case 'delegate': {
      const account = nameOf(raw['account'], 'account');
      const validator = nameOf(raw['validator'], 'validator');
      const since = raw['since'] === undefined ? undefined : secondAtMost(raw['since'], 'since', secondOf(time));
      if (byAmount(raw)) {
        const amount = positiveOf(raw['amount'], 'amount');
        return since === undefined ? { kind, key, time, account, validator, amount } : { kind, key, time, account, validator, amount, since };
      }
      const shares = positiveSharesOf(raw['shares']);
      return since === undefined ? { kind, key, time, account, validator, shares } : { kind, key, time, account, validator, shares, since };
    }
    case 'undelegate': {
      const account = nameOf(raw['account'], 'account');
      const validator = nameOf(raw['validator'], 'validator');
      if (byAmount(raw)) return { kind, key, time, account, validator, amount: positiveOf(raw['amount'], 'amount') };
      return { kind, key, time, account, validator, shares: positiveSharesOf(raw['shares']) };
    }
    case 'redelegate': {
      const account = nameOf(raw['account'], 'account');
      return { kind, key, time, account, from: nameOf(raw['from'], 'from'), to: nameOf(raw['to'], 'to'), amount: positiveOf(raw['amount'], 'amount') };
    }
    case 'cancel-unbonding': {
      const account = nameOf(raw['account'], 'account');
      return { kind, key, time, account, validator: nameOf(raw['validator'], 'validator'), amount: positiveOf(raw['amount'], 'amount') };
    }
    case 'held': {
      const account = nameOf(raw['account'], 'account');
      const validator = nameOf(raw['validator'], 'validator');
      const amount = amountOf(raw['amount'], 'amount');
      const until = secondAtMost(raw['until'], 'until', secondOf(time));
      return { kind, key, time, account, validator, amount, from: secondAtMost(raw['from'], 'from', until), until };
    }
    case 'booked': {
      const account = nameOf(raw['account'], 'account');
      const score = amountOf(raw['score'], 'score');
      if (raw['period'] === undefined) return { kind, key, time, account, score };
      return { kind, key, time, account, score, period: countOf(raw['period'], 'period', 1) };
    }
    case 'validator-set': {
      const validator = nameOf(raw['validator'], 'validator');
      const jailed = raw['jailed'] === undefined ? false : booleanOf(raw['jailed'], 'jailed');
      return { kind, key, time, validator, ...rateOf(raw), jailed };
    }
    case 'validator-changed':
      return { kind, key, time, validator: nameOf(raw['validator'], 'validator'), ...rateOf(raw) };
    case 'validator-slashed': {
      const validator = nameOf(raw['validator'], 'validator');
      const fraction = decimalOf(raw['fraction'], 'fraction');
      if (fraction === 0n || fraction > one18) {
        throw refusal('fraction-out-of-range', 'fraction', raw['fraction'], 'not a part of the stake', 'a decimal above "0" and up to "1"');
      }
      return { kind, key, time, validator, fraction };
    }
    case 'validator-jailed':
      return { kind, key, time, validator: nameOf(raw['validator'], 'validator'), jailed: booleanOf(raw['jailed'], 'jailed') };
    case 'exclude':
      return { kind: 'exclusion', key, time, add: accountsOf(raw), remove: [] };
    case 'include':
      return { kind: 'exclusion', key, time, add: [], remove: accountsOf(raw) };
    case 'exclusion':
      if (raw['add'] === undefined && raw['remove'] === undefined) throw missingOrInvalid(undefined, 'add', 'a list of accounts in "add" or "remove"');
      return {
        kind, key, time,
        add: raw['add'] === undefined ? [] : namesOf(raw['add'], 'add'),
        remove: raw['remove'] === undefined ? [] : namesOf(raw['remove'], 'remove'),
      };
    case 'fund':
      return { kind, key, time, pool: nameOf(raw['pool'], 'pool'), amount: positiveOf(raw['amount'], 'amount') };
    case 'rules':
      return { kind, key, time, ...rulesOf(raw) };
    case 'schedule':
      return { kind, key, time, entries: listOf(raw['entries'], 'entries').map((entry, index) => entryOf(entry, `entries[${index}]`)) };
    case 'pause':
    case 'resume':
      return { kind, key, time, reason: reasonOf(raw['reason']) };
    case 'window-taken-over':
      return {
        kind, key, time,
        boundary: secondIn(raw['boundary'], 'boundary'),
        amount: amountOf(raw['amount'], 'amount'),
        total: amountOf(raw['total'], 'total'),
        leftover: amountOf(raw['leftover'], 'leftover'),
        ...(raw['next'] === undefined ? {} : { next: nameOf(raw['next'], 'next') }),
        totalEntries: countOf(raw['total_entries'], 'total_entries', 0),
        processedEntries: countOf(raw['processed_entries'], 'processed_entries', 0),
      };
  }
}

/** Whether stake is given as `amount`; exactly one of amount and shares must be there. */
function byAmount(raw: Raw): boolean {
  const [amount, shares] = [raw['amount'], raw['shares']];
  if (amount !== undefined && shares !== undefined) {
    throw refusal('event-field-invalid', 'shares', shares, '"amount" is there too', 'exactly one of "amount" and "shares"');
  }
  if (amount === undefined && shares === undefined) throw missingOrInvalid(undefined, 'amount', 'exactly one of "amount" and "shares"');
  return amount !== undefined;
}

function rateOf(raw: Raw): { tokens: bigint; shares: bigint } {
  const tokens = amountOf(raw['tokens'], 'tokens');
  const shares = decimalOf(raw['shares'], 'shares');
  if (shares === 0n && tokens > 0n) {
    throw refusal('event-field-invalid', 'shares', raw['shares'], 'tokens that nobody has a share of', 'more than "0", or "0" with "tokens" 0 as well');
  }
  return { tokens, shares };
}

function rulesOf(raw: Raw): Omit<Extract<ProrataEvent, { kind: 'rules' }>, 'kind' | 'key' | 'time' | 'by'> {
  const rules = {
    ...(raw['recipients'] === undefined ? {} : { recipients: recipientsOf(raw['recipients']) }),
    ...(raw['strategy'] === undefined ? {} : { strategy: choiceOf(raw['strategy'], 'strategy', strategyNames) }),
    ...(raw['settle'] === undefined ? {} : { settle: choiceOf(raw['settle'], 'settle', settleModes) }),
    ...(raw['batch_size'] === undefined ? {} : { batchSize: countOf(raw['batch_size'], 'batch_size', 1, 100_000) }),
    ...(raw['on_zero_total'] === undefined ? {} : { onZeroTotal: choiceOf(raw['on_zero_total'], 'on_zero_total', ['halt', 'residual'] as const) }),
  };
  if (Object.keys(rules).length === 0) {
    throw missingOrInvalid(undefined, 'recipients', 'at least one of "recipients", "strategy", "settle", "batch_size", "on_zero_total"');
  }
  return rules;
}

/** `[{pool, recipients}]`, or the short form `{pool: [recipients]}`. Names that no address may have are the engine's to refuse. */
function recipientsOf(value: unknown): { pool: string; recipients: string[] }[] {
  if (Array.isArray(value)) {
    return value.map((item, index) => {
      const field = `recipients[${index}]`;
      const mapping = objectOf(item, field);
      onlyFields(mapping, field, ['pool', 'recipients']);
      return { pool: textOf(mapping['pool'], `${field}.pool`), recipients: textsOf(mapping['recipients'], `${field}.recipients`) };
    });
  }
  return Object.entries(objectOf(value, 'recipients')).map(([pool, list]) => ({ pool, recipients: textsOf(list, `recipients.${pool}`) }));
}

/** `{at, allocations: [{pool, amount}]}`, or the short form `{at, amounts: {pool: amount}}`; rules of schedules are checkSchedule's. */
function entryOf(value: unknown, field: string): ScheduleEntry {
  const entry = objectOf(value, field);
  onlyFields(entry, field, ['at', 'id', 'allocations', 'amounts']);
  const at = secondIn(entry['at'], `${field}.at`);
  const id = entry['id'] === undefined ? {} : { id: countOf(entry['id'], `${field}.id`, 0) };
  if (entry['amounts'] !== undefined) {
    if (entry['allocations'] !== undefined) {
      throw refusal('event-field-invalid', `${field}.amounts`, '{...}', '"allocations" is there too', 'exactly one of "allocations" and "amounts"');
    }
    const amounts = Object.entries(objectOf(entry['amounts'], `${field}.amounts`));
    return { at, allocations: amounts.map(([pool, amount]) => ({ pool, amount: allocated(amount, `${field}.amounts.${pool}`) })), ...id };
  }
  const allocations = listOf(entry['allocations'], `${field}.allocations`).map((item, index) => {
    const path = `${field}.allocations[${index}]`;
    const allocation = objectOf(item, path);
    onlyFields(allocation, path, ['pool', 'amount']);
    return { pool: textOf(allocation['pool'], `${path}.pool`), amount: allocated(allocation['amount'], `${path}.amount`) };
  });
  return { at, allocations, ...id };
}

function allocated(value: unknown, field: string): bigint {
  if (value === undefined) throw refusal('allocation-amount-missing', field, undefined, 'no amount', 'a whole number of smallest units');
  if (typeof value === 'number' ? value < 0 : typeof value === 'string' && /^-\d+$/.test(value)) {
    throw refusal('allocation-amount-negative', field, value, 'a negative amount', 'a whole number of smallest units');
  }
  return amountOf(value, field);
}

function accountsOf(raw: Raw): string[] {
  if (raw['accounts'] === undefined) {
    if (raw['account'] === undefined) throw missingOrInvalid(undefined, 'accounts', '"accounts" (a list) or "account"');
    return [nameOf(raw['account'], 'account')];
  }
  if (raw['account'] !== undefined) {
    throw refusal('event-field-invalid', 'account', raw['account'], '"accounts" is there too', 'exactly one of "account" and "accounts"');
  }
  return namesOf(raw['accounts'], 'accounts');
}

// Readers of one value: each takes what the file had and the field's name, and returns the value or throws.

function keyOf(value: unknown): string {
  if (value === undefined || value === '') {
    throw new InvalidInputError('event-key-missing', 'Field "key": found none; accepted: a text of 1 to 256 bytes that names this one fact for ever.', { field: 'key' });
  }
  if (typeof value !== 'string' || !isName(value)) {
    throw refusal('event-field-invalid', 'key', value, 'not a key', 'a text of 1 to 256 bytes without control characters');
  }
  return value;
}

function timeOf(value: unknown, field: string): number {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw missingOrInvalid(value, field, 'ISO 8601 with a zone such as "2025-01-31T12:00:00Z", or whole milliseconds since 1970');
  }
  return parseInstant(value, field);
}

/** A whole second: ISO 8601 (cut to its second), or a number of seconds since 1970. */
function secondIn(value: unknown, field: string): number {
  if (typeof value === 'string') return secondOf(parseInstant(value, field));
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= secondMax) return value === 0 ? 0 : value;
  throw missingOrInvalid(value, field, 'ISO 8601 with a zone such as "2025-01-31T12:00:00Z", or whole seconds since 1970');
}

function secondAtMost(value: unknown, field: string, most: number): number {
  const second = secondIn(value, field);
  if (second <= most) return second;
  const rule = field === 'from' ? 'later than "until"' : "later than the event's own time";
  throw refusal('event-field-invalid', field, value, rule, `at most ${formatInstant(most * 1000)}`);
}

/** A name of an account, validator or pool: 1 to 256 bytes of UTF-8 without control characters. */
function nameOf(value: unknown, field: string): string {
  if (typeof value === 'string' && isName(value)) return value;
  if (typeof value !== 'string') throw missingOrInvalid(value, field, 'a text of 1 to 256 bytes');
  throw refusal('account-malformed', field, value, 'not a name', 'a text of 1 to 256 bytes without control characters');
}

const namesOf = (value: unknown, field: string): string[] => listOf(value, field).map((item, index) => nameOf(item, `${field}[${index}]`));

/** Any text up to 256 bytes, the empty one too: which names are good is for the settings' own checks to say, in their order. */
function textOf(value: unknown, field: string): string {
  if (value === '' || (typeof value === 'string' && isName(value))) return value;
  return nameOf(value, field);
}

const textsOf = (value: unknown, field: string): string[] => listOf(value, field).map((item, index) => textOf(item, `${field}[${index}]`));

function amountOf(value: unknown, field: string): bigint {
  if (typeof value === 'string') return parseAmount(value, field);
  const accepted = 'a whole number of smallest units as text, such as "1500000"';
  if (typeof value !== 'number') throw missingOrInvalid(value, field, accepted);
  if (value < 0) throw refusal('amount-negative', field, value, 'a negative amount', accepted);
  if (!Number.isInteger(value)) throw refusal('amount-fractional', field, value, 'a fraction of the smallest unit', accepted);
  if (!Number.isSafeInteger(value)) throw refusal('amount-unsafe', field, value, 'a JSON number above 2^53-1, which is not exact', accepted);
  return BigInt(value);
}

function positiveOf(value: unknown, field: string): bigint {
  const amount = amountOf(value, field);
  if (amount === 0n) throw refusal('amount-zero', field, value, 'nothing', 'a whole number of smallest units above 0');
  return amount;
}

function decimalOf(value: unknown, field: string): bigint {
  if (typeof value === 'string') return parseDecimal18(value, field);
  const accepted = 'a decimal with up to 18 places as text, such as "0.25"';
  if (typeof value !== 'number') throw missingOrInvalid(value, field, accepted);
  if (value < 0) throw refusal('amount-negative', field, value, 'a negative number', accepted);
  if (!Number.isSafeInteger(value)) throw refusal('amount-unsafe', field, value, 'a JSON number that is not exact', accepted);
  return BigInt(value) * one18;
}

function positiveSharesOf(value: unknown): bigint {
  const shares = decimalOf(value, 'shares');
  if (shares === 0n) throw refusal('amount-zero', 'shares', value, 'nothing', 'a decimal above "0" with up to 18 places');
  return shares;
}

function countOf(value: unknown, field: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value === 0 ? 0 : value;
  throw missingOrInvalid(value, field, most === Number.MAX_SAFE_INTEGER ? `a whole number from ${least} on` : `a whole number from ${least} to ${most}`);
}

function booleanOf(value: unknown, field: string): boolean {
  if (typeof value === 'boolean') return value;
  throw missingOrInvalid(value, field, 'true or false');
}

function choiceOf<T extends string>(value: unknown, field: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === value);
  if (choice === undefined) throw missingOrInvalid(value, field, `one of ${choices.join(', ')}`);
  return choice;
}

function reasonOf(value: unknown): string {
  const accepted = `a text of 1 to ${reasonBytesMax} bytes that says why`;
  if (typeof value !== 'string' || value.trim() === '' || !value.isWellFormed() || utf8Length(value) > reasonBytesMax) {
    throw missingOrInvalid(value, 'reason', accepted);
  }
  return value;
}

function listOf(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw missingOrInvalid(value, field, 'a list');
}

function objectOf(value: unknown, field: string, code = 'event-field-invalid'): Raw {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Raw;
  if (value === undefined) throw missingOrInvalid(value, field, 'an object');
  throw refusal(code, field, value, 'not an object', 'an object');
}

function onlyFields(raw: Raw, path: string, allowed: readonly string[]): void {
  for (const name in raw) {
    if (!allowed.includes(name)) throw refusal('event-field-unknown', `${path}.${name}`, name, 'an unknown field', `the fields ${allowed.join(', ')}`);
  }
}

// Refusals.

function refusal(code: string, field: string, found: unknown, why: string, accepted: string): InvalidInputError {
  return new InvalidInputError(code, `Field "${field}": found ${show(found)}, ${why}; accepted: ${accepted}.`, { field, found: show(found) });
}

function missingOrInvalid(value: unknown, field: string, accepted: string): InvalidInputError {
  if (value === undefined) return new InvalidInputError('event-field-missing', `Field "${field}": found none; accepted: ${accepted}.`, { field });
  return new InvalidInputError('event-field-invalid', `Field "${field}": found ${show(value)}; accepted: ${accepted}.`, { field, found: show(value) });
}

function unknownKind(kind: string): InvalidInputError {
  const guess = nearest(kind, fileKinds);
  const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  return new InvalidInputError('event-kind-unknown', `Field "kind": found ${show(kind)}; accepted: ${fileKinds.join(', ')}.${hint}`, { field: 'kind', found: show(kind) });
}

function unknownField(name: string, kind: string, allowed: ReadonlySet<string>): InvalidInputError {
  const guess = nearest(name, [...allowed]);
  const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  return new InvalidInputError(
    'event-field-unknown',
    `Field ${show(name)}: no field of kind "${kind}"; accepted: ${[...allowed].join(', ')}.${hint}`,
    { field: name.slice(0, 60), found: name.slice(0, 60) },
  );
}

function show(value: unknown): string {
  const text = value === undefined ? 'none' : JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

/**
 * The file form of an event, as normalizeEvent reads it: instants in ISO 8601, amounts as digits, shares as decimals. What it
 * gives for `program` is for people to read only, since no file may hold one.
 */
export function toFileForm(event: ProrataEvent): Record<string, unknown> {
  const { kind, key } = event;
  const base = { kind, key, time: formatInstant(event.time), ...(event.by === undefined ? {} : { by: event.by }) };
  switch (event.kind) {
    case 'validator-set':
      return { ...base, validator: event.validator, tokens: `${event.tokens}`, shares: formatDecimal18(event.shares), jailed: event.jailed };
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
      return { ...base, account: event.account, score: `${event.score}`, ...(event.period === undefined ? {} : { period: event.period }) };
    case 'exclusion':
      return { ...base, add: event.add, remove: event.remove };
    case 'fund':
      return { ...base, pool: event.pool, amount: `${event.amount}` };
    case 'rules': {
      const { recipients, strategy, settle, batchSize, onZeroTotal } = event;
      return {
        ...base,
        ...(recipients === undefined ? {} : { recipients }),
        ...(strategy === undefined ? {} : { strategy }),
        ...(settle === undefined ? {} : { settle }),
        ...(batchSize === undefined ? {} : { batch_size: batchSize }),
        ...(onZeroTotal === undefined ? {} : { on_zero_total: onZeroTotal }),
      };
    }
    case 'schedule':
      return {
        ...base,
        entries: event.entries.map(({ at, id, allocations }) => ({
          at: formatInstant(at * 1000),
          ...(id === undefined ? {} : { id }),
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
