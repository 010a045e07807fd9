import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyFileEvent } from '../../../test/arbitrary/event.ts';
import { fileKinds } from './file-kinds.ts';
import { normalizeEvent, toFileForm } from './normalize.ts';

const seed = Number(process.env['SEED'] ?? 20_255);
const time = '2025-01-01T00:00:00Z';
const ms = Date.UTC(2025, 0, 1);
const delegate = { kind: 'delegate', key: 'k', time, account: 'd1', validator: 'v1', amount: '10' };

describe('src/core/events/normalize', () => {
  it(`reads what toFileForm writes as the same event, through JSON too (seed ${seed})`, () => {
    fc.assert(
      fc.property(anyFileEvent, (event) => {
        const line = JSON.stringify(toFileForm(event));
        assert.deepEqual(normalizeEvent(JSON.parse(line), { takeover: true }), { ok: true, event });
      }),
      { seed, numRuns: 3000 },
    );
  });

  const accepted: readonly [string, object, object][] = [
    [
      'a delegation by amount',
      delegate,
      { kind: 'delegate', key: 'k', time: ms, account: 'd1', validator: 'v1', amount: 10n },
    ],
    [
      'an amount as a safe JSON number',
      { ...delegate, amount: 10 },
      { kind: 'delegate', key: 'k', time: ms, account: 'd1', validator: 'v1', amount: 10n },
    ],
    [
      'shares, and a backdated start in seconds',
      { ...delegate, amount: undefined, shares: '1.5', since: 1_700_000_000 },
      {
        kind: 'delegate',
        key: 'k',
        time: ms,
        account: 'd1',
        validator: 'v1',
        shares: 1_500_000_000_000_000_000n,
        since: 1_700_000_000,
      },
    ],
    [
      'exclude',
      { kind: 'exclude', key: 'k', time: ms, accounts: ['a', 'b'], by: 'gov1' },
      { kind: 'exclusion', key: 'k', time: ms, add: ['a', 'b'], remove: [], by: 'gov1' },
    ],
    [
      'include of one account',
      { kind: 'include', key: 'k', time: ms, account: 'a' },
      { kind: 'exclusion', key: 'k', time: ms, add: [], remove: ['a'] },
    ],
    [
      'a validator that is not jailed unless it says so',
      { kind: 'validator-set', key: 'k', time: ms, validator: 'v', tokens: 0, shares: '0' },
      { kind: 'validator-set', key: 'k', time: ms, validator: 'v', tokens: 0n, shares: 0n, jailed: false },
    ],
    [
      'recipients and amounts in their short forms',
      { kind: 'rules', key: 'k', time: ms, recipients: { team: ['t1'] }, batch_size: 5 },
      { kind: 'rules', key: 'k', time: ms, recipients: [{ pool: 'team', recipients: ['t1'] }], batchSize: 5 },
    ],
    [
      'a schedule in its short form',
      { kind: 'schedule', key: 'k', time: ms, entries: [{ at: time, amounts: { p: '5', q: 6 } }] },
      {
        kind: 'schedule',
        key: 'k',
        time: ms,
        entries: [
          {
            at: ms / 1000,
            allocations: [
              { pool: 'p', amount: 5n },
              { pool: 'q', amount: 6n },
            ],
          },
        ],
      },
    ],
  ];
  for (const [what, raw, event] of accepted) {
    it(`accepts ${what}`, () => assert.deepEqual(normalizeEvent(JSON.parse(JSON.stringify(raw))), { ok: true, event }));
  }

  const base = { key: 'k', time };
  const refused: readonly [string, unknown, string, string][] = [
    ['a list', [], 'event-malformed', 'event'],
    ['null', null, 'event-malformed', 'event'],
    ['no kind', { ...base }, 'event-field-missing', 'kind'],
    ['an unknown kind', { ...base, kind: 'delegat' }, 'event-kind-unknown', 'kind'],
    ['a kind named like an inherited property', { ...base, kind: 'constructor' }, 'event-kind-unknown', 'kind'],
    ['a program', { ...base, kind: 'program', definition: {} }, 'event-kind-reserved', 'kind'],
    ['a window of another system', { ...base, kind: 'window-taken-over' }, 'event-kind-reserved', 'kind'],
    ['an unknown field', { ...delegate, ammount: '1' }, 'event-field-unknown', 'ammount'],
    ['a field of another kind', { ...delegate, fraction: '1' }, 'event-field-unknown', 'fraction'],
    ['no key', { ...delegate, key: undefined }, 'event-key-missing', 'key'],
    ['an empty key', { ...delegate, key: '' }, 'event-key-missing', 'key'],
    ['a key that is too long', { ...delegate, key: 'k'.repeat(257) }, 'event-field-invalid', 'key'],
    ['no time', { ...delegate, time: undefined }, 'event-field-missing', 'time'],
    ['a time of null', { ...delegate, time: null }, 'event-field-invalid', 'time'],
    ['a time without a zone', { ...delegate, time: '2025-01-01T00:00:00' }, 'time-without-zone', 'time'],
    ['a time with a fraction', { ...delegate, time: 1.5 }, 'time-malformed', 'time'],
    ['a sender that is no name', { ...delegate, by: '' }, 'account-malformed', 'by'],
    ['no account', { ...delegate, account: undefined }, 'event-field-missing', 'account'],
    ['an account that is a number', { ...delegate, account: 5 }, 'event-field-invalid', 'account'],
    ['an empty account', { ...delegate, account: '' }, 'account-malformed', 'account'],
    ['an account with a line break', { ...delegate, account: 'a\nb' }, 'account-malformed', 'account'],
    ['an account with a C1 control character', { ...delegate, account: 'a\u0085é' }, 'account-malformed', 'account'],
    ['a control character after one beyond ASCII', { ...delegate, account: 'é\u0007' }, 'account-malformed', 'account'],
    ['an account of half a surrogate pair', { ...delegate, account: 'a\ud800' }, 'account-malformed', 'account'],
    [
      'an account of 129 two-byte characters',
      { ...delegate, account: 'é'.repeat(129) },
      'account-malformed',
      'account',
    ],
    ['a negative amount', { ...delegate, amount: '-10' }, 'amount-negative', 'amount'],
    ['a negative number', { ...delegate, amount: -10 }, 'amount-negative', 'amount'],
    ['a fraction as text', { ...delegate, amount: '1.5' }, 'amount-fractional', 'amount'],
    ['a fraction as a number', { ...delegate, amount: 1.5 }, 'amount-fractional', 'amount'],
    ['an unsafe number', { ...delegate, amount: 2 ** 53 }, 'amount-unsafe', 'amount'],
    ['an exponent', { ...delegate, amount: '1e3' }, 'amount-malformed', 'amount'],
    ['an amount of true', { ...delegate, amount: true }, 'event-field-invalid', 'amount'],
    ['zero', { ...delegate, amount: '0' }, 'amount-zero', 'amount'],
    ['no shares', { ...delegate, amount: undefined, shares: '0.000' }, 'amount-zero', 'shares'],
    ['shares as an inexact number', { ...delegate, amount: undefined, shares: 0.5 }, 'amount-unsafe', 'shares'],
    ['neither amount nor shares', { ...delegate, amount: undefined }, 'event-field-missing', 'amount'],
    ['both amount and shares', { ...delegate, shares: '1' }, 'event-field-invalid', 'shares'],
    ['stake from the future', { ...delegate, since: '2025-01-01T00:00:01Z' }, 'since-in-future', 'since'],
    ['a start of stake between seconds', { ...delegate, since: 1.5 }, 'event-field-invalid', 'since'],
    ['a start of stake before 1970', { ...delegate, since: -1 }, 'event-field-invalid', 'since'],
    ['a start of stake after 9999', { ...delegate, since: 1e12 }, 'event-field-invalid', 'since'],
    ['an undelegation of zero', { ...delegate, kind: 'undelegate', amount: 0 }, 'amount-zero', 'amount'],
    [
      'a redelegation without target',
      { ...base, kind: 'redelegate', account: 'a', from: 'v', amount: 1 },
      'event-field-missing',
      'to',
    ],
    [
      'a redelegation of zero',
      { ...base, kind: 'redelegate', account: 'a', from: 'v', to: 'w', amount: 0 },
      'amount-zero',
      'amount',
    ],
    ['a cancelled unbonding of zero', { ...delegate, kind: 'cancel-unbonding', amount: 0 }, 'amount-zero', 'amount'],
    ['funding of zero', { ...base, kind: 'fund', pool: 'p', amount: 0 }, 'amount-zero', 'amount'],
    [
      'a slash of nothing',
      { ...base, kind: 'validator-slashed', validator: 'v', fraction: '0' },
      'slash-fraction-range',
      'fraction',
    ],
    [
      'a slash of more than all',
      { ...base, kind: 'validator-slashed', validator: 'v', fraction: '1.000000000000000001' },
      'slash-fraction-range',
      'fraction',
    ],
    [
      'a slash with 19 places',
      { ...base, kind: 'validator-slashed', validator: 'v', fraction: '0.0000000000000000001' },
      'decimal-too-precise',
      'fraction',
    ],
    [
      'tokens without shares',
      { ...base, kind: 'validator-set', validator: 'v', tokens: 1, shares: 0 },
      'validator-shares-zero',
      'shares',
    ],
    [
      'jailed as text',
      { ...base, kind: 'validator-jailed', validator: 'v', jailed: 'true' },
      'event-field-invalid',
      'jailed',
    ],
    [
      'held until after its own time',
      { ...delegate, kind: 'held', from: 1, until: ms / 1000 + 1 },
      'held-range',
      'until',
    ],
    ['held backwards', { ...delegate, kind: 'held', from: 2, until: 1 }, 'held-range', 'from'],
    ['period zero', { ...base, kind: 'booked', account: 'a', score: '1', period: 0 }, 'event-field-invalid', 'period'],
    ['an exclusion of nobody', { ...base, kind: 'exclusion' }, 'event-field-missing', 'add'],
    [
      'account and accounts',
      { ...base, kind: 'exclude', account: 'a', accounts: ['b'] },
      'event-field-invalid',
      'account',
    ],
    [
      'one bad account of several',
      { ...base, kind: 'exclude', accounts: ['b', ''] },
      'account-malformed',
      'accounts[1]',
    ],
    ['a change of no rule', { ...base, kind: 'rules' }, 'event-field-missing', 'recipients'],
    ['a batch of none', { ...base, kind: 'rules', batch_size: 0 }, 'event-field-invalid', 'batch_size'],
    ['an unknown strategy', { ...base, kind: 'rules', strategy: 'cutt' }, 'event-field-invalid', 'strategy'],
    [
      'a negative allocation',
      { ...base, kind: 'schedule', entries: [{ at: 5, amounts: { p: '-1' } }] },
      'allocation-amount-negative',
      'entries[0].amounts.p',
    ],
    [
      'a negative number as an allocation',
      { ...base, kind: 'schedule', entries: [{ at: 5, amounts: { p: -1 } }] },
      'allocation-amount-negative',
      'entries[0].amounts.p',
    ],
    [
      'an allocation of a pool that is no text',
      { ...base, kind: 'schedule', entries: [{ at: 5, allocations: [{ pool: 5, amount: 1 }] }] },
      'event-field-invalid',
      'entries[0].allocations[0].pool',
    ],
    [
      'a recipient with a line break',
      { ...base, kind: 'rules', recipients: { team: ['a\nb'] } },
      'account-malformed',
      'recipients.team[0]',
    ],
    [
      'an allocation without amount',
      { ...base, kind: 'schedule', entries: [{ at: 5, allocations: [{ pool: 'p' }] }] },
      'allocation-amount-missing',
      'entries[0].allocations[0].amount',
    ],
    [
      'a schedule entry with an unknown field',
      { ...base, kind: 'schedule', entries: [{ at: 5, when: 1 }] },
      'event-field-unknown',
      'entries[0].when',
    ],
    ['a pause without a reason', { ...base, kind: 'pause', reason: ' ' }, 'reason-missing', 'reason'],
    ['a reason that is no text', { ...base, kind: 'pause', reason: 5 }, 'event-field-invalid', 'reason'],
    [
      'a reason of half a surrogate pair',
      { ...base, kind: 'pause', reason: '\ud800' },
      'event-field-invalid',
      'reason',
    ],
    ['a reason of 1,025 bytes', { ...base, kind: 'pause', reason: 'x'.repeat(1025) }, 'event-field-invalid', 'reason'],
  ];
  for (const [what, raw, code, field] of refused) {
    it(`refuses ${what} with ${code}, naming the field`, () => {
      const result = normalizeEvent(raw === undefined ? raw : withoutUndefined(raw));
      assert.ok(!result.ok);
      assert.deepEqual({ code: result.code, field: result.field }, { code, field });
      assert.match(result.message, /accepted: /);
    });
  }

  it('lists the kinds and guesses the one that was meant', () => {
    const result = normalizeEvent({ ...delegate, kind: 'delegat' });
    assert.ok(!result.ok);
    for (const kind of fileKinds) assert.ok(result.message.includes(kind));
    assert.match(result.message, /Did you mean "delegate"\?/);
  });

  it('never throws, whatever JSON it is given', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(500_000)}${']'.repeat(500_000)}`);
    for (const raw of [deep, { ...delegate, amount: deep }, { kind: 'exclude', key: 'k', time, accounts: deep }]) {
      assert.ok(!normalizeEvent(raw).ok);
    }
    const kinds = fc.constantFrom(...fileKinds, 'program', 'window-taken-over');
    const soup = fc.record(
      {
        kind: kinds,
        key: fc.constant('k'),
        time: fc.constant(ms),
        account: fc.jsonValue(),
        accounts: fc.jsonValue(),
        amount: fc.jsonValue(),
        entries: fc.jsonValue(),
        recipients: fc.jsonValue(),
        validator: fc.jsonValue(),
      },
      { requiredKeys: ['kind'] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), soup), (raw) => void normalizeEvent(raw, { takeover: true })),
      { seed },
    );
  });
});

/** What JSON gives: a field of undefined is absent. */
function withoutUndefined(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw;
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined));
}
