import fc from 'fast-check';
import type { Currency } from '../../src/core/token/currency.ts';
import type { Action, TokenEvent } from '../../src/core/token/event.ts';
import { TokenLedger } from '../../src/core/token/ledger.ts';
import { identityAddress } from '../../src/core/token/names.ts';

/** The n-th id: 22 characters that are accepted as one. */
export const tokenId = (n: number): string => `AAA${String(n).padStart(18, '0')}A`;

export const token: Currency = {
  type: 'EVM',
  chainId: '1',
  tokenAddress: '0x6B175474E89094C44Da98b954EedeAC495271d0F',
};

const payoutAddress = '0x2Ccc7cD913677553766873483ed9eEDdB77A0Bb0';

/** How many identities there are; their ids are the first. */
export const peopleCount = 5;

/** Actions on a handful of people, so that most of them mean something. `n` makes the ids of distributions new. */
const anyAction: fc.Arbitrary<(n: number) => Action> = (() => {
  const who = fc.integer({ min: 0, max: peopleCount - 1 }).map(tokenId);
  const amount = fc.integer({ min: 0, max: 100 }).map(String);
  const plain = fc.constantFrom(
    'ENABLE_ACCOUNTING' as const,
    'DISABLE_ACCOUNTING' as const,
    'ENABLE_GRAIN_INTEGRATION' as const,
    'REMOVE_EXTERNAL_CURRENCY' as const,
  );
  const always = <T extends Action>(action: fc.Arbitrary<T>): fc.Arbitrary<() => T> => action.map((one) => () => one);
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .array(fc.tuple(who, amount), { maxLength: 4 })
        .map((receipts) => (n: number) => distribute(n, receipts)),
    },
    {
      weight: 6,
      arbitrary: always(
        fc.record({
          type: fc.constant('TRANSFER_GRAIN' as const),
          from: who,
          to: who,
          amount,
          memo: fc.constant(null),
        }),
      ),
    },
    {
      weight: 2,
      arbitrary: always(fc.record({ type: fc.constant('MERGE_IDENTITIES' as const), base: who, target: who })),
    },
    {
      weight: 2,
      arbitrary: always(fc.record({ type: fc.constant('UNMERGE_IDENTITIES' as const), base: who, target: who })),
    },
    always(fc.record({ type: fc.constant('TOGGLE_ACTIVATION' as const), identityId: who })),
    always(
      fc.record({
        type: fc.constant('RENAME_IDENTITY' as const),
        identityId: who,
        newName: fc.constantFrom('p0', 'P1', 'x', 'y'),
      }),
    ),
    always(
      fc.record({
        type: fc.constant('ADD_ALIAS' as const),
        identityId: who,
        alias: fc.record({ address: fc.constantFrom('N\0a\0', 'N\0b\0', 'N\0c\0'), description: fc.constant('alias') }),
      }),
    ),
    always(
      fc.record({
        type: fc.constant('SET_PAYOUT_ADDRESS' as const),
        id: who,
        currency: fc.constant(token),
        payoutAddress: fc.constantFrom(payoutAddress, payoutAddress, null),
      }),
    ),
    always(fc.constant({ type: 'SET_EXTERNAL_CURRENCY' as const, currency: token })),
    always(plain.map((type) => ({ type }))),
    fc.nat().map((back) => (n: number): Action => {
      return { type: 'REVERSE_DISTRIBUTION', distributionId: tokenId(1000 + 2 * (back % (n + 1))), reason: 'mistaken' };
    }),
    fc.tuple(fc.nat(), who).map(([back, identityId]) => (n: number): Action => {
      return {
        type: 'REVERSE_RECEIPT',
        allocationId: tokenId(1001 + 2 * (back % (n + 1))),
        identityId,
        reason: 'mistaken',
      };
    }),
  );
})();

/** The n-th distribution, with one allocation whose budget is what its receipts add up to. */
export function distribute(n: number, receipts: readonly (readonly [id: string, amount: string])[]): Action {
  const budget = receipts.reduce((sum, [, amount]) => sum + BigInt(amount), 0n);
  return {
    type: 'DISTRIBUTE_GRAIN',
    distribution: {
      id: tokenId(1000 + 2 * n),
      credTimestamp: 10 * n,
      allocations: [
        {
          id: tokenId(1001 + 2 * n),
          policy: { policyType: 'IMMEDIATE', budget: `${budget}`, numIntervalsLookback: 1 },
          receipts: receipts.map(([id, amount]) => ({ id, amount })),
        },
      ],
    },
  };
}

/** An event at the instant `n`, with an id of its own. */
export const eventOf = (n: number, action: Action): TokenEvent => {
  return { action, ledgerTimestamp: n, uuid: tokenId(100_000 + n), version: '1' };
};

/** Everybody created and active: p0, p1, ... */
export const beginnings: readonly Action[] = Array.from({ length: peopleCount }, (_, n): Action[] => {
  const id = tokenId(n);
  return [
    {
      type: 'CREATE_IDENTITY',
      identity: { id, name: `p${n}`, subtype: 'USER', address: identityAddress(id), aliases: [] },
    },
    { type: 'TOGGLE_ACTIVATION', identityId: id },
  ];
}).flat();

/** Some life of a ledger, as events; many are refused. */
export const anyTokenEvents: fc.Arbitrary<TokenEvent[]> = fc
  .array(anyAction, { maxLength: 40 })
  .map((actions) => [...beginnings, ...actions.map((action, n) => action(n))].map((action, n) => eventOf(n, action)));

/** What is left of them: a ledger that has seen all, and the number for the next event. */
export function ledgerAfter(events: readonly TokenEvent[]): { ledger: TokenLedger; next: number } {
  const ledger = new TokenLedger();
  for (const event of events) ledger.apply(event);
  return { ledger, next: events.length };
}
