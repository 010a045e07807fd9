import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Changes, Store } from '../../src/app/ports.ts';
import { storeKinds } from './all.ts';
import { conformance } from './conformance.ts';
import { account, entry, liquidOf, payout, posting, stakeOf } from './samples.ts';

describe('test/stores/stores', () => {
  for (const kind of storeKinds) conformance(kind);

  it('all give the same answers after the same changes, refused ones included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyChanges, { minLength: 1, maxLength: 12 }), async (history) => {
        const opened = storeKinds.map((kind) => kind.open());
        const told = await Promise.all(opened.map(({ store }) => tell(store, history)));
        for (const one of opened) await one.dispose();
        for (const one of told) assert.deepEqual(one, told[0]);
      }),
      { numRuns: 40 },
    );
  });
});

const earners = ['😀', 'b', '\uffff', 'a', 'ab'].map((name, i) => account(i + 1, name));
const earner = fc.constantFrom(...earners);
const small = fc.integer({ min: 0, max: 3 });
const amount = fc.bigInt({ min: 0n, max: 2n ** 130n });
const some = <T>(row: fc.Arbitrary<T>) => fc.array(row, { maxLength: 5 });

/** Few keys, so that rows meet: replaced, removed, refused as there already. */
const anyChanges: fc.Arbitrary<Changes> = fc.record(
  {
    accounts: fc.uniqueArray(fc.tuple(earner, fc.boolean()), { selector: ([one]) => one.id }).map((all) => all.map(([one, excluded]) => ({ ...one, excluded }))),
    positionsRemoved: some(fc.record({ account: fc.integer({ min: 1, max: 5 }), validator: small, bucket: small })),
    positions: some(fc.record({ account: fc.integer({ min: 1, max: 5 }), validator: small, shares: amount, since: fc.option(small), bucket: small })),
    scores: fc.uniqueArray(fc.record({ account: fc.integer({ min: 1, max: 5 }), period: small, score: fc.oneof(fc.constant(0n), amount) }), { maxLength: 5, selector: (row) => `${row.account} ${row.period}` }),
    payouts: fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), earner, fc.integer({ min: 1, max: 9 }), fc.constantFrom('x', 'y')), { maxLength: 3 }).map((all) => all.map(([id, to, period, pool]) => payout(id, to, period, pool))),
    postings: fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), earner, small, fc.boolean()), { maxLength: 4 }).map((all) => all.map(([id, to, period, liquid]) => posting(id, liquid ? liquidOf(to) : stakeOf(to), period))),
    schedule: some(fc.tuple(small, amount)).map((all) => all.map(([at, owed]) => entry(at, owed))),
  },
  { requiredKeys: [] },
); // prettier-ignore

/** What a store says after each of the changes, and at the end. */
async function tell(store: Store, history: readonly Changes[]): Promise<unknown> {
  const program = await store.transact('write', (tx) => tx.createProgram('p'));
  await store.transact('write', (tx) => tx.write(program, { accounts: earners }));
  const outcomes: unknown[] = [];
  for (const changes of history) {
    outcomes.push(
      await store.transact('write', (tx) => tx.write(program, changes)).catch((error: { code?: string }) => error.code),
    );
  }
  return store.transact('read', async (tx) => {
    const of = { program, buckets: [0, 1, 2, 3], periods: [0, 1, 2, 3] };
    const all = { program, after: 0, limit: 1000 };
    const named = await tx.accountsNamed({ ...of, names: earners.map((one) => one.name) });
    const answers: unknown[] = [
      outcomes,
      await tx.accountsPage({ ...of, after: null, limit: 99 }),
      named.sort((a, b) => a.id - b.id),
    ];
    answers.push(
      await tx.excludedAccounts(program),
      await tx.schedule(program),
      await tx.counts(program),
      await tx.payouts(all),
      await tx.postings(all),
    );
    for (let i = 0; i <= 5; i += 1) {
      answers.push(await tx.payouts({ ...all, period: i }), await tx.postings({ ...all, period: i, after: 7 }));
      answers.push(
        await tx.payouts({ ...all, account: i, limit: 2 }),
        await tx.postings({ ...all, account: i }),
        await tx.postings({ ...all, account: i, period: 2 }),
      );
    }
    for (const one of earners) answers.push(await tx.balance(program, stakeOf(one)));
    return answers;
  });
}
