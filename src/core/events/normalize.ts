import { InvalidInputError } from '../errors.ts';
import { compareBytes } from '../bytes.ts';
import { one18 } from '../money/amount.ts';
import { parseRational } from '../money/rational.ts';
import { settleModes, strategyNames } from '../program.ts';
import type { ScheduleEntry } from '../program.ts';
import { parseSharing } from '../payout/policies/sharing.ts';
import { addressOf, isAddress } from '../scoring/cred/address.ts';
import { weightText } from '../scoring/cred/weight-text.ts';
import { parseScoring } from '../scoring/parse.ts';
import { isTokenId } from '../token/names.ts';
import { readAction } from '../token/read-event.ts';
import { nearest } from '../text.ts';
import { formatInstant, secondOf } from '../time/instant.ts';
import { activityCodes } from './event.ts';
import type { EventKind, ProrataEvent } from './event.ts';
import { fileFieldsOf, fileKinds } from './file-kinds.ts';
import {
  amountOf,
  booleanOf,
  choiceOf,
  countOf,
  decimalOf,
  keyOf,
  listOf,
  missingOrInvalid,
  nameOf,
  namesOf,
  isObject,
  objectOf,
  onlyFields,
  positiveOf,
  positiveSharesOf,
  reasonOf,
  refusal,
  secondIn,
  show,
  textOf,
  textsOf,
  timeOf,
} from './read-field.ts';
import type { Raw } from './read-field.ts';

export { toFileForm } from './file-form.ts';

/** What became of one object of a file. `field` is a path such as `entries[0].at`; `event` when the whole is no object. */
export type Normalized =
  | { readonly ok: true; readonly event: ProrataEvent }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly field: string };

export interface NormalizeOptions {
  /** Also accept what only the taking over of another system's state may write: kind `window-taken-over`. */
  readonly takeover?: boolean;
  /** How blocks lie on the time axis of the program: then a fact may have `block` instead of `time`. */
  readonly block?: { readonly zero: number; readonly seconds: number } | null;
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
 * `amount-unsafe`, `amount-zero`, `decimal-too-precise`, `slash-fraction-range`, `validator-shares-zero`, `since-in-future`, `held-range`, `reason-missing`, `time-malformed`, `time-without-zone`,
 * `time-out-of-range`, `rate-malformed`, `block-without-axis`, those of parseCrownScoring, `allocation-amount-missing`, `allocation-amount-negative`.
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
  if (!isObject(value)) throw refusal('event-malformed', 'event', value, 'not an object', 'one object per event');
  const raw = value;
  const kind = raw['kind'];
  if (typeof kind !== 'string') throw missingOrInvalid(kind, 'kind', `one of ${fileKinds.join(', ')}`);
  const allowed = fileFieldsOf(kind);
  if (allowed === undefined) throw unknownKind(kind);
  if (kind === 'program' || (kind === 'window-taken-over' && options.takeover !== true)) {
    throw refusal(
      'event-kind-reserved',
      'kind',
      kind,
      'a kind that only Prorata itself writes',
      `one of ${fileKinds.join(', ')}`,
    );
  }
  for (const name in raw) if (!allowed.has(name)) throw unknownField(name, kind, allowed);

  const key = keyOf(raw['key']);
  const time = raw['block'] === undefined ? timeOf(raw['time'], 'time') : blockTimeOf(raw, options.block ?? null);
  const by = raw['by'] === undefined ? undefined : nameOf(raw['by'], 'by');
  const event = bodyOf(kind as Exclude<EventKind, 'program'>, key, time, raw);
  // Rarely present, so that most events keep one hidden class; `by` is no part of the literals below for that reason.
  return by === undefined ? event : { ...event, by };
}

function bodyOf(
  kind: Exclude<EventKind, 'program'> | 'exclude' | 'include',
  key: string,
  time: number,
  raw: Raw,
): ProrataEvent {
  switch (kind) {
    case 'delegate': {
      const account = nameOf(raw['account'], 'account');
      const validator = nameOf(raw['validator'], 'validator');
      const since = raw['since'] === undefined ? undefined : sinceOf(raw['since'], secondOf(time));
      if (byAmount(raw)) {
        const amount = positiveOf(raw['amount'], 'amount');
        return since === undefined
          ? { kind, key, time, account, validator, amount }
          : { kind, key, time, account, validator, amount, since };
      }
      const shares = positiveSharesOf(raw['shares']);
      return since === undefined
        ? { kind, key, time, account, validator, shares }
        : { kind, key, time, account, validator, shares, since };
    }
    case 'undelegate': {
      const account = nameOf(raw['account'], 'account');
      const validator = nameOf(raw['validator'], 'validator');
      if (byAmount(raw)) return { kind, key, time, account, validator, amount: positiveOf(raw['amount'], 'amount') };
      return { kind, key, time, account, validator, shares: positiveSharesOf(raw['shares']) };
    }
    case 'redelegate': {
      const account = nameOf(raw['account'], 'account');
      return {
        kind,
        key,
        time,
        account,
        from: nameOf(raw['from'], 'from'),
        to: nameOf(raw['to'], 'to'),
        amount: positiveOf(raw['amount'], 'amount'),
      };
    }
    case 'cancel-unbonding': {
      const account = nameOf(raw['account'], 'account');
      return {
        kind,
        key,
        time,
        account,
        validator: nameOf(raw['validator'], 'validator'),
        amount: positiveOf(raw['amount'], 'amount'),
      };
    }
    case 'held': {
      const account = nameOf(raw['account'], 'account');
      const validator = nameOf(raw['validator'], 'validator');
      const amount = amountOf(raw['amount'], 'amount');
      return { kind, key, time, account, validator, amount, ...stretchOf(raw, secondOf(time)) };
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
        throw refusal(
          'slash-fraction-range',
          'fraction',
          raw['fraction'],
          'not a part of the stake',
          'a decimal above "0" and up to "1"',
        );
      }
      return { kind, key, time, validator, fraction };
    }
    case 'validator-jailed':
      return {
        kind,
        key,
        time,
        validator: nameOf(raw['validator'], 'validator'),
        jailed: booleanOf(raw['jailed'], 'jailed'),
      };
    case 'eligible':
    case 'active':
      return { kind, key, time, account: nameOf(raw['account'], 'account'), on: booleanOf(raw['on'], 'on') };
    case 'busy': {
      const delta = raw['delta'];
      if (delta !== 1 && delta !== -1) throw missingOrInvalid(delta, 'delta', '1 (a swap opened) or -1 (it ended)');
      return { kind, key, time, account: nameOf(raw['account'], 'account'), delta };
    }
    case 'activity': {
      const account = nameOf(raw['account'], 'account');
      const what = choiceOf(raw['what'], 'what', activityCodes);
      const hub = raw['hub'] ?? undefined;
      return hub === undefined
        ? { kind, key, time, account, what }
        : { kind, key, time, account, what, hub: nameOf(hub, 'hub') };
    }
    case 'rate': {
      const account = nameOf(raw['account'], 'account');
      const direction = nameOf(raw['direction'], 'direction');
      const rate = quotedOf(raw['rate']);
      if (raw['backing'] === undefined) return { kind, key, time, account, direction, rate };
      return { kind, key, time, account, direction, backing: nameOf(raw['backing'], 'backing'), rate };
    }
    case 'collateral': {
      const [account, backing] = [nameOf(raw['account'], 'account'), nameOf(raw['backing'], 'backing')];
      return { kind, key, time, account, backing, amount: amountOf(raw['amount'], 'amount') };
    }
    case 'bounds': {
      const [min, max] = [amountOf(raw['min'], 'min'), amountOf(raw['max'], 'max')];
      return { kind, key, time, backing: nameOf(raw['backing'], 'backing'), min, max };
    }
    case 'outcome': {
      const [account, swap] = [nameOf(raw['account'], 'account'), nameOf(raw['swap'], 'swap')];
      return { kind, key, time, account, swap, completed: booleanOf(raw['completed'], 'completed') };
    }
    case 'cleared': {
      const [account, direction] = [nameOf(raw['account'], 'account'), nameOf(raw['direction'], 'direction')];
      return {
        kind,
        key,
        time,
        account,
        direction,
        from: amountOf(raw['from'], 'from'),
        to: amountOf(raw['to'], 'to'),
      };
    }
    case 'standing': {
      const account = nameOf(raw['account'], 'account');
      const [ok, failed] = [countOf(raw['ok'], 'ok', 0), countOf(raw['failed'], 'failed', 0)];
      return { kind, key, time, account, ok, failed, settling: settlingOf(raw['settling']) };
    }
    case 'retracted':
      return { kind, key, time, event: nameOf(raw['event'], 'event') };
    case 'node': {
      const node = addressIn(raw['node'], 'node');
      const timeless = raw['timeless'] !== undefined && booleanOf(raw['timeless'], 'timeless');
      const weight = factorOf(raw['weight'], 'weight');
      return {
        kind,
        key,
        time,
        node,
        ...(timeless ? { timeless: true } : {}),
        ...(weight === undefined ? {} : { weight }),
        ...(raw['label'] === undefined ? {} : { label: lineOf(raw['label'], 'label') }),
        ...(raw['url'] === undefined ? {} : { url: lineOf(raw['url'], 'url') }),
      };
    }
    case 'node-removed':
      return { kind, key, time, node: addressIn(raw['node'], 'node') };
    case 'edge': {
      const [edge, from, to] = [
        addressIn(raw['edge'], 'edge'),
        addressIn(raw['from'], 'from'),
        addressIn(raw['to'], 'to'),
      ];
      const [forward, backward] = [factorOf(raw['forward'], 'forward'), factorOf(raw['backward'], 'backward')];
      return {
        kind,
        key,
        time,
        edge,
        from,
        to,
        ...(forward === undefined ? {} : { forward }),
        ...(backward === undefined ? {} : { backward }),
      };
    }
    case 'edge-removed':
      return { kind, key, time, edge: addressIn(raw['edge'], 'edge') };
    case 'attribution': {
      const [from, to] = [nameOf(raw['from'], 'from'), nameOf(raw['to'], 'to')];
      const part = weightText(raw['part'], 'part');
      if (Number(part) > 1) throw missingOrInvalid(raw['part'], 'part', 'a decimal from "0" to "1", such as "0.25"');
      return { kind, key, time, from, to, part };
    }
    case 'token':
      if (!isTokenId(key))
        throw refusal('event-field-invalid', 'key', key, 'no id of the token ledger', 'an id of 22 characters');
      return { kind, key, time, action: readAction(objectOf(raw['action'], 'action')) };
    case 'exclude':
      return { kind: 'exclusion', key, time, add: accountsOf(raw), remove: [] };
    case 'include':
      return { kind: 'exclusion', key, time, add: [], remove: accountsOf(raw) };
    case 'exclusion':
      if (raw['add'] === undefined && raw['remove'] === undefined)
        throw missingOrInvalid(undefined, 'add', 'a list of accounts in "add" or "remove"');
      return {
        kind,
        key,
        time,
        add: raw['add'] === undefined ? [] : namesOf(raw['add'], 'add'),
        remove: raw['remove'] === undefined ? [] : namesOf(raw['remove'], 'remove'),
      };
    case 'fund':
      return { kind, key, time, pool: nameOf(raw['pool'], 'pool'), amount: positiveOf(raw['amount'], 'amount') };
    case 'rules':
      return { kind, key, time, ...rulesOf(raw) };
    case 'schedule':
      return {
        kind,
        key,
        time,
        entries: listOf(raw['entries'], 'entries').map((entry, index) => entryOf(entry, `entries[${index}]`)),
      };
    case 'pause':
    case 'resume':
      return { kind, key, time, reason: reasonOf(raw['reason']) };
    case 'window-taken-over':
      return {
        kind,
        key,
        time,
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

function blockTimeOf(raw: Raw, axis: (NormalizeOptions['block'] & {}) | null): number {
  if (raw['time'] !== undefined)
    throw refusal(
      'event-field-invalid',
      'block',
      raw['block'],
      '"time" is there too',
      'exactly one of "time" and "block"',
    );
  const block = countOf(raw['block'], 'block', 0);
  if (axis === null)
    throw refusal(
      'block-without-axis',
      'block',
      block,
      'a block of a program without a block axis',
      '"time", or scoring.block in the program file',
    );
  return timeOf((axis.zero + block * axis.seconds) * 1000, 'block');
}

/** A decimal as text, or a JSON number as it was written; in its shortest form, so that equal rates are equal texts. */
function quotedOf(value: unknown): string {
  const rate = typeof value === 'string' && !value.includes('/') ? parseRational(value) : null;
  if (rate === null) {
    if (value === undefined) throw missingOrInvalid(undefined, 'rate', 'a decimal as text, such as "0.00015"');
    throw refusal('rate-malformed', 'rate', value, 'not a rate', 'a decimal as text, such as "0.00015"');
  }
  return shortest(value as string);
}

/** An address as one text, or as the list of its parts. */
function addressIn(value: unknown, field: string): string {
  const parts = Array.isArray(value) && value.every((part) => typeof part === 'string') ? (value as string[]) : null;
  const address = parts === null ? value : addressOf(parts);
  if (typeof address === 'string' && isAddress(address)) return address;
  const accepted = 'parts joined by "/", such as "forum/post/17", with %2F for a "/" inside a part; up to 1,024 bytes';
  if (typeof address !== 'string') throw missingOrInvalid(value, field, accepted);
  throw refusal('graph-address-malformed', field, value, 'no address', accepted);
}

/** A weight in its canonical form; 1 says nothing. */
function factorOf(value: unknown, field: string): string | undefined {
  if (value === undefined) return undefined;
  const text = weightText(value, field);
  return text === '1' ? undefined : text;
}

/** One line for people. */
function lineOf(value: unknown, field: string): string {
  const accepted = 'a text of at most 1,024 characters without control characters';
  if (typeof value !== 'string' || value.length > 1024 || !value.isWellFormed() || hasControl(value))
    throw missingOrInvalid(value, field, accepted);
  return value;
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0)) return true;
  }
  return false;
}

/** Without zeros that say nothing. */
function shortest(text: string): string {
  const negative = text.startsWith('-');
  const [whole = '', places = ''] = text.slice(negative ? 1 : 0).split('.');
  const front = whole.replace(/^0+(?=\d)/, '');
  const back = places.replace(/0+$/, '');
  const number = back === '' ? front : `${front}.${back}`;
  return negative && number !== '0' ? `-${number}` : number;
}

function settlingOf(value: unknown): Record<string, number> {
  if (value === undefined) return {};
  const entries = Object.entries(objectOf(value, 'settling'));
  return Object.fromEntries(
    entries
      .map(([backing, until]) => [nameOf(backing, 'settling'), secondIn(until, `settling.${backing}`)] as const)
      .sort(([a], [b]) => compareBytes(a, b)),
  );
}

/** Whether stake is given as `amount`; exactly one of amount and shares must be there. */
function byAmount(raw: Raw): boolean {
  const [amount, shares] = [raw['amount'], raw['shares']];
  if (amount !== undefined && shares !== undefined) {
    throw refusal(
      'event-field-invalid',
      'shares',
      shares,
      '"amount" is there too',
      'exactly one of "amount" and "shares"',
    );
  }
  if (amount === undefined && shares === undefined)
    throw missingOrInvalid(undefined, 'amount', 'exactly one of "amount" and "shares"');
  return amount !== undefined;
}

function sinceOf(value: unknown, most: number): number {
  const since = secondIn(value, 'since');
  if (since > most)
    throw refusal(
      'since-in-future',
      'since',
      value,
      "later than the event's own time",
      `at most ${formatInstant(most * 1000)}`,
    );
  return since;
}

function stretchOf(raw: Raw, most: number): { from: number; until: number } {
  const from = secondIn(raw['from'], 'from');
  const until = secondIn(raw['until'], 'until');
  if (until > most)
    throw refusal(
      'held-range',
      'until',
      raw['until'],
      "later than the event's own time",
      `at most ${formatInstant(most * 1000)}`,
    );
  if (from >= until)
    throw refusal(
      'held-range',
      'from',
      raw['from'],
      'not before "until"',
      `a second before ${formatInstant(until * 1000)}`,
    );
  return { from, until };
}

function rateOf(raw: Raw): { tokens: bigint; shares: bigint } {
  const tokens = amountOf(raw['tokens'], 'tokens');
  const shares = decimalOf(raw['shares'], 'shares');
  if (shares === 0n && tokens > 0n) {
    throw refusal(
      'validator-shares-zero',
      'shares',
      raw['shares'],
      'tokens that nobody has a share of',
      'more than "0", or "0" with "tokens" 0 as well',
    );
  }
  return { tokens, shares };
}

function rulesOf(raw: Raw): Omit<Extract<ProrataEvent, { kind: 'rules' }>, 'kind' | 'key' | 'time' | 'by'> {
  const rules = {
    ...(raw['recipients'] === undefined ? {} : { recipients: recipientsOf(raw['recipients']) }),
    ...(raw['strategy'] === undefined ? {} : { strategy: choiceOf(raw['strategy'], 'strategy', strategyNames) }),
    ...(raw['settle'] === undefined ? {} : { settle: choiceOf(raw['settle'], 'settle', settleModes) }),
    ...(raw['batch_size'] === undefined ? {} : { batchSize: countOf(raw['batch_size'], 'batch_size', 1, 100_000) }),
    ...(raw['on_zero_total'] === undefined
      ? {}
      : { onZeroTotal: choiceOf(raw['on_zero_total'], 'on_zero_total', ['halt', 'residual'] as const) }),
    ...(raw['scoring'] === undefined ? {} : { scoring: parseScoring(raw['scoring'], 'scoring') }),
    ...(raw['sharing'] === undefined
      ? {}
      : { sharing: raw['sharing'] === null ? null : parseSharing(raw['sharing'], 'sharing') }),
  };
  if (Object.keys(rules).length === 0) {
    throw missingOrInvalid(
      undefined,
      'recipients',
      'at least one of "recipients", "strategy", "settle", "batch_size", "on_zero_total", "scoring", "sharing"',
    );
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
      return {
        pool: textOf(mapping['pool'], `${field}.pool`),
        recipients: textsOf(mapping['recipients'], `${field}.recipients`),
      };
    });
  }
  return Object.entries(objectOf(value, 'recipients')).map(([pool, list]) => ({
    pool,
    recipients: textsOf(list, `recipients.${pool}`),
  }));
}

/** `{at, allocations: [{pool, amount}]}`, or the short form `{at, amounts: {pool: amount}}`; rules of schedules are checkSchedule's. */
function entryOf(value: unknown, field: string): ScheduleEntry {
  const entry = objectOf(value, field);
  onlyFields(entry, field, ['at', 'id', 'allocations', 'amounts', 'repeat']);
  const at = secondIn(entry['at'], `${field}.at`);
  const id = {
    ...(entry['id'] === undefined ? {} : { id: countOf(entry['id'], `${field}.id`, 0) }),
    ...(entry['repeat'] === undefined ? {} : { repeat: repeatOf(entry['repeat'], `${field}.repeat`) }),
  };
  if (entry['amounts'] !== undefined) {
    if (entry['allocations'] !== undefined) {
      throw refusal(
        'event-field-invalid',
        `${field}.amounts`,
        '{...}',
        '"allocations" is there too',
        'exactly one of "allocations" and "amounts"',
      );
    }
    const amounts = Object.entries(objectOf(entry['amounts'], `${field}.amounts`));
    return {
      at,
      allocations: amounts.map(([pool, amount]) => ({ pool, amount: allocated(amount, `${field}.amounts.${pool}`) })),
      ...id,
    };
  }
  const allocations = listOf(entry['allocations'], `${field}.allocations`).map((item, index) => {
    const path = `${field}.allocations[${index}]`;
    const allocation = objectOf(item, path);
    onlyFields(allocation, path, ['pool', 'amount']);
    return {
      pool: textOf(allocation['pool'], `${path}.pool`),
      amount: allocated(allocation['amount'], `${path}.amount`),
    };
  });
  return { at, allocations, ...id };
}

function repeatOf(value: unknown, field: string): NonNullable<ScheduleEntry['repeat']> {
  const raw = objectOf(value, field);
  onlyFields(raw, field, ['every', 'left']);
  const left = raw['left'] ?? null;
  return {
    every: countOf(raw['every'], `${field}.every`, 1),
    left: left === null ? null : countOf(left, `${field}.left`, 0),
  };
}

function allocated(value: unknown, field: string): bigint {
  if (value === undefined)
    throw refusal('allocation-amount-missing', field, undefined, 'no amount', 'a whole number of smallest units');
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
    throw refusal(
      'event-field-invalid',
      'account',
      raw['account'],
      '"accounts" is there too',
      'exactly one of "account" and "accounts"',
    );
  }
  return namesOf(raw['accounts'], 'accounts');
}

function unknownKind(kind: string): InvalidInputError {
  const guess = nearest(kind, fileKinds);
  const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  return new InvalidInputError(
    'event-kind-unknown',
    `Field "kind": found ${show(kind)}; accepted: ${fileKinds.join(', ')}.${hint}`,
    { field: 'kind', found: show(kind) },
  );
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
