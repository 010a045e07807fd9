import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  anyTokenEvents,
  beginnings,
  distribute,
  eventOf,
  ledgerAfter,
  peopleCount,
  token,
  tokenId,
} from '../../../test/arbitrary/token.ts';
import { distributePending } from '../payout/policies/pending.ts';
import { mixPolicies } from '../payout/policies/policy.ts';
import type { Action } from './event.ts';
import { issuance, type TokenLedger } from './ledger.ts';
import { ledgerOf, readLog, writeLog } from './log.ts';
import { identityAddress } from './names.ts';
import { paymentsOf } from './payments.ts';

const seed = Number(process.env['SEED'] ?? 20_252);
const [a, b, c] = [tokenId(0), tokenId(1), tokenId(2)];
const who = fc.integer({ min: 0, max: peopleCount - 1 }).map(tokenId);

/** A ledger with p0 to p4, created and active, on which `actions` were tried; the codes of those refused, else null. */
function run(...actions: Action[]): { ledger: TokenLedger; codes: (string | null)[] } {
  const { ledger, next } = ledgerAfter(beginnings.map((action, n) => eventOf(n, action)));
  const codes = actions.map((action, n) => ledger.apply(eventOf(next + n, action))?.code ?? null);
  return { ledger, codes };
}

const merge = (base: string, target: string): Action => ({ type: 'MERGE_IDENTITIES', base, target });
const unmerge = (base: string, target: string): Action => ({ type: 'UNMERGE_IDENTITIES', base, target });
const transfer = (from: string, to: string, amount: string): Action => {
  return { type: 'TRANSFER_GRAIN', from, to, amount, memo: null };
};
const reverse = (n: number, reason = 'mistaken'): Action => {
  return { type: 'REVERSE_DISTRIBUTION', distributionId: tokenId(1000 + 2 * n), reason };
};
const reverseReceipt = (n: number, identityId: string): Action => {
  return { type: 'REVERSE_RECEIPT', allocationId: tokenId(1001 + 2 * n), identityId, reason: 'left before' };
};

const moneyOf = (ledger: TokenLedger, id: string): string =>
  `${ledger.account(id)!.paid} paid, ${ledger.account(id)!.balance} left`;

function stateOf(ledger: TokenLedger): unknown {
  const { currency, accountingEnabled, trackedDistributions, lastDistribution, distributionIds } = ledger;
  return {
    accounts: ledger.accounts(),
    currency,
    accountingEnabled,
    trackedDistributions,
    lastDistribution,
    distributionIds,
  };
}

describe('src/core/token/ledger', () => {
  it('keeps paid and balance apart', () => {
    const { ledger, codes } = run(
      distribute(1, [
        [a, '7'],
        [b, '3'],
      ]),
      transfer(a, b, '5'),
    );
    assert.deepEqual(codes, [null, null]);
    assert.equal(moneyOf(ledger, a), '7 paid, 2 left');
    assert.equal(moneyOf(ledger, b), '3 paid, 8 left');
  });

  it('takes a distribution back, in both books, with the reason', () => {
    const { ledger, codes } = run(distribute(1, [[a, '7']]), transfer(a, b, '5'), reverse(1));
    assert.deepEqual(codes, [null, null, null]);
    assert.equal(moneyOf(ledger, a), '0 paid, -5 left'); // it was spent already
    assert.equal(ledger.lastDistribution, null);
    assert.deepEqual(
      ledger.postings.slice(-2).map(({ book, from, to, amount, note }) => [book, from, to, amount, note]),
      [
        ['paid', a, issuance, 7n, 'mistaken'],
        ['balance', a, issuance, 7n, 'mistaken'],
      ],
    );
  });

  it('takes back what one got', () => {
    const { ledger, codes } = run(
      distribute(1, [
        [a, '7'],
        [b, '3'],
      ]),
      reverseReceipt(1, b),
      reverseReceipt(1, b),
      reverse(1),
    );
    assert.deepEqual(codes, [null, null, 'already-reversed', null]);
    assert.equal(moneyOf(ledger, a), '0 paid, 0 left');
    assert.equal(moneyOf(ledger, b), '0 paid, 0 left');
    assert.deepEqual(
      ledger.account(b)!.receipts.map(({ amount, reversed }) => [amount, reversed]),
      [[3n, 'left before']],
    );
  });

  it('leaves a balance alone that was written off since it was paid', () => {
    const { ledger } = run(
      distribute(1, [[a, '7']]),
      { type: 'SET_EXTERNAL_CURRENCY', currency: token },
      { type: 'DISABLE_ACCOUNTING' },
      { type: 'ENABLE_ACCOUNTING' },
      distribute(2, [[a, '4']]),
      reverse(1),
    );
    assert.equal(moneyOf(ledger, a), '4 paid, 4 left');
  });

  it('says why it does not take something back', () => {
    const { codes } = run(
      reverse(1),
      { type: 'ENABLE_GRAIN_INTEGRATION' },
      distribute(1, [[a, '7']]),
      reverse(1, ' '),
      reverseReceipt(1, b),
      { type: 'MARK_DISTRIBUTION_EXECUTED', id: tokenId(1002) },
      reverse(1),
      reverseReceipt(1, a),
      distribute(2, [[a, '7']]),
      reverse(2),
      reverse(2),
    );
    assert.deepEqual(codes, [
      'distribution-unknown',
      null,
      null,
      'reason-missing',
      'receipt-unknown',
      null,
      'distribution-executed',
      'distribution-executed',
      null,
      null,
      'already-reversed',
    ]);
  });

  it('refuses what the reference takes by mistake', () => {
    const mismatch = distribute(3, [[a, '1']]) as Extract<Action, { type: 'DISTRIBUTE_GRAIN' }>;
    const policy = { policyType: 'IMMEDIATE', budget: '2', numIntervalsLookback: 1 };
    const [allocation] = mismatch.distribution.allocations;
    const again = { ...distribute(1, [[a, '1']]) } as typeof mismatch;
    const { codes, ledger } = run(
      { ...mismatch, distribution: { ...mismatch.distribution, allocations: [{ ...allocation!, policy }] } },
      distribute(1, [[a, '1']]),
      distribute(1, [[a, '2']]),
      { ...again, distribution: { ...again.distribution, id: tokenId(999) } },
      merge(a, b),
      merge(b, a),
      { type: 'RENAME_IDENTITY', identityId: b, newName: 'z' },
      { type: 'CHANGE_IDENTITY_TYPE', identityId: b, newType: 'BOT' },
      {
        type: 'CREATE_IDENTITY',
        identity: { id: tokenId(99), name: 'n', subtype: 'USER', address: 'N\0', aliases: [] },
      },
    );
    assert.deepEqual(codes, [
      'receipts-not-budget',
      null,
      'distribution-repeated',
      'allocation-repeated',
      null,
      'identity-already-merged',
      'identity-merged-away',
      'identity-merged-away',
      'identity-address-differs',
    ]);
    assert.equal(ledger.apply(ledger.events[0]!)?.code, 'out-of-order-timestamp');
    assert.equal(ledger.apply(ledger.events.at(-1)!)?.code, 'event-repeated');
  });

  it('gives an unmerged identity all of its own back, and leaves what came meanwhile where it was addressed', () => {
    const { ledger, codes } = run(
      distribute(1, [
        [a, '10'],
        [b, '20'],
      ]),
      merge(a, b),
      { type: 'ADD_ALIAS', identityId: b, alias: { address: 'N\0new\0', description: 'new' } },
      distribute(2, [[b, '5']]),
      transfer(a, c, '12'), // 10 of its own, 2 of the other
      unmerge(a, b),
    );
    assert.deepEqual(codes, [null, null, null, null, null, null]);
    assert.equal(moneyOf(ledger, a), '10 paid, 0 left');
    assert.equal(moneyOf(ledger, b), '25 paid, 23 left');
    assert.equal(ledger.account(b)!.name, 'p1');
    assert.deepEqual(ledger.account(b)!.aliases, [{ address: 'N\0new\0', description: 'new' }]);
  });

  it('knows somebody by name, whatever the capitals, and who was merged by the name of its own id', () => {
    const { ledger } = run({ type: 'MERGE_IDENTITIES', base: a, target: b });
    const [first, second] = [ledger.nameOf(a)!, ledger.nameOf(b)!];
    assert.deepEqual(
      [ledger.idNamed(first.toUpperCase()), ledger.idNamed(second), ledger.nameOf('x')],
      [a, undefined, undefined],
    );
    assert.notEqual(first, second);
  });

  it('makes no identity at an address that leads to somebody already', () => {
    const [id, address] = [tokenId(9), identityAddress(tokenId(9))];
    const { ledger, codes } = run(
      { type: 'ADD_ALIAS', identityId: b, alias: { address, description: 'taken' } },
      { type: 'CREATE_IDENTITY', identity: { id, name: 'late', subtype: 'USER', address, aliases: [] } },
    );
    assert.deepEqual(codes, [null, 'alias-bound']);
    assert.deepEqual([ledger.account(id), ledger.isNameTaken('late')], [undefined, false]);
  });

  it('unmerges in any order, and only what was merged, and only while the name is free', () => {
    const rename = (name: string): Action => ({ type: 'RENAME_IDENTITY', identityId: c, newName: name });
    const { ledger, codes } = run(
      merge(b, c),
      merge(a, b),
      unmerge(b, a),
      unmerge(a, c),
      unmerge(a, c),
      rename('P1'),
      unmerge(a, b),
      rename('other'),
      unmerge(a, b),
    );
    assert.deepEqual(codes, [
      null,
      null,
      'merge-unknown',
      null,
      'merge-unknown',
      null,
      'name-case-conflict',
      null,
      null,
    ]);
    assert.deepEqual(
      ledger.accounts().map(({ name, ids }) => `${name} ${ids.length}`),
      ['p0 1', 'p1 1', 'other 1', 'p3 1', 'p4 1'],
    );
  });

  it('lets nobody who was merged pay for what another was overpaid', () => {
    const { ledger, codes } = run(
      distribute(1, [[a, '7']]),
      transfer(a, c, '7'),
      reverse(1),
      distribute(2, [[b, '10']]),
      merge(a, b),
      transfer(a, c, '4'),
      transfer(a, c, '3'),
      unmerge(a, b),
    );
    assert.deepEqual(codes, [null, null, null, null, null, 'insufficient-balance', null, null]);
    assert.equal(moneyOf(ledger, a), '0 paid, -7 left');
    assert.equal(moneyOf(ledger, b), '10 paid, 7 left');
  });

  it('takes the payout address of the base before that of the target, and deletes both', () => {
    const [own, other] = ['0x2Ccc7cD913677553766873483ed9eEDdB77A0Bb0', '0xb4124cEB3451635DAcedd11767f004d8a28c6eE7'];
    const set = (id: string, payoutAddress: string | null): Action => {
      return { type: 'SET_PAYOUT_ADDRESS', id, currency: token, payoutAddress };
    };
    const addresses = (...actions: Action[]): unknown => [
      ...run(...actions)
        .ledger.account(a)!
        .payoutAddresses.values(),
    ];
    assert.deepEqual(addresses(set(b, other), merge(a, b)), [other]);
    assert.deepEqual(addresses(set(b, other), set(a, own), merge(a, b)), [own]);
    assert.deepEqual(addresses(set(b, other), merge(a, b), set(b, own)), [own]);
    assert.deepEqual(addresses(set(b, other), set(a, own), merge(a, b), set(a, null)), []);
  });

  it(`changes nothing when it refuses, and its postings add up to its accounts (seed ${seed})`, () => {
    fc.assert(
      fc.property(anyTokenEvents, (events) => {
        const { ledger } = ledgerAfter([]);
        for (const event of events) {
          const before = stateOf(ledger);
          const postings = ledger.postings.length;
          if (ledger.apply(event) === null) continue;
          assert.deepEqual(stateOf(ledger), before);
          assert.equal(ledger.postings.length, postings);
        }
        for (const book of ['paid', 'balance'] as const) {
          const sums = new Map<string, bigint>();
          for (const { from, to, amount } of ledger.postings.filter((posting) => posting.book === book)) {
            assert.ok(amount > 0n);
            sums.set(from, (sums.get(from) ?? 0n) - amount);
            sums.set(to, (sums.get(to) ?? 0n) + amount);
          }
          for (const account of ledger.accounts()) {
            assert.equal(
              account.ids.reduce((sum, id) => sum + (sums.get(id) ?? 0n), 0n),
              account[book],
            );
          }
        }
        for (const { paid, receipts } of ledger.accounts()) {
          const standing = receipts.filter(({ reversed }) => reversed === null);
          assert.equal(
            standing.reduce((sum, { amount }) => sum + amount, 0n),
            paid,
          );
        }
      }),
      { seed },
    );
  });

  it(`is the same after a merge and its unmerge (seed ${seed})`, () => {
    let merged = 0;
    fc.assert(
      fc.property(anyTokenEvents, who, who, (events, base, target) => {
        const { ledger, next } = ledgerAfter(events);
        const root = ledger.account(target)!.id;
        const before = stateOf(ledger);
        if (ledger.apply(eventOf(next, merge(base, root))) !== null) return;
        merged += 1;
        assert.notDeepEqual(stateOf(ledger), before);
        assert.equal(ledger.apply(eventOf(next + 1, unmerge(base, root))), null);
        assert.deepEqual(stateOf(ledger), before);
      }),
      { seed },
    );
    assert.ok(merged > 30, `only ${merged} merges`);
  });

  it(`comes to the same by paying, reversing and paying again as by paying once (seed ${seed})`, () => {
    let paid = 0;
    const receipts = fc.array(fc.tuple(who, fc.integer({ min: 0, max: 9 }).map(String)), { maxLength: 4 });
    fc.assert(
      fc.property(anyTokenEvents, receipts, (events, given) => {
        const once = ledgerAfter(events);
        const twice = ledgerAfter(events);
        const { next } = once;
        if (twice.ledger.apply(eventOf(next, distribute(900, given))) !== null) return;
        paid += 1;
        assert.equal(twice.ledger.apply(eventOf(next + 1, reverse(900))), null);
        for (const { ledger } of [once, twice]) {
          assert.equal(ledger.apply(eventOf(next + 2, distribute(901, given))), null);
        }
        const money = ({ ledger }: typeof once): unknown => ({
          accounts: ledger.accounts().map((account) => ({ ...account, receipts: [] })),
          payments: paymentsOf(ledger),
          last: ledger.lastDistribution,
          tracked: ledger.trackedDistributions,
        });
        assert.deepEqual(money(twice), money(once));
      }),
      { seed },
    );
    assert.ok(paid > 30, `only ${paid} payments`);
  });

  it(`lets no transfer change what anybody is due (seed ${seed})`, () => {
    let moved = 0;
    const transfers = fc.array(fc.tuple(who, who, fc.integer({ min: 0, max: 60 })), { maxLength: 8 });
    const scores = fc.array(fc.bigInt(1n, 9n), { minLength: 3 * peopleCount, maxLength: 3 * peopleCount });
    fc.assert(
      fc.property(anyTokenEvents, transfers, scores, (events, spending, all) => {
        const { ledger, next } = ledgerAfter(events);
        const due = (): unknown => {
          const earners = ledger.accounts().map(({ id: account, active }, index) => {
            return { account, active, scores: all.slice(3 * index, 3 * index + 3), paid: [0n, 0n, 0n] };
          });
          if (!earners.some(({ active }) => active)) return null;
          const periods = [0, 150, 300].map((start) => ({ start, end: start + 150 }));
          const pending = { now: 450, last: 300, max: Infinity };
          return distributePending({
            view: { periods, earners },
            policies: mixPolicies(1000n),
            payments: paymentsOf(ledger),
            ...pending,
          });
        };
        const before = due();
        for (const [n, [from, to, amount]] of spending.entries()) {
          if (ledger.apply(eventOf(next + n, transfer(from, to, `${amount}`))) === null && amount > 0) moved += 1;
        }
        assert.deepEqual(due(), before);
      }),
      { seed },
    );
    assert.ok(moved > 30, `only ${moved} transfers`);
  });

  it(`is the same after its log was written and read (seed ${seed})`, () => {
    fc.assert(
      fc.property(anyTokenEvents, (events) => {
        const { ledger } = ledgerAfter(events);
        const again = ledgerOf(readLog(writeLog(ledger.events)));
        assert.deepEqual(stateOf(again), stateOf(ledger));
        assert.deepEqual(again.postings, ledger.postings);
      }),
      { seed },
    );
  });
});
