import fc from 'fast-check';
import { one18 } from '../../src/core/money/amount.ts';
import { settleModes, strategyNames } from '../../src/core/program.ts';
import type { ProgramDefinition, ScheduleEntry } from '../../src/core/program.ts';
import { instantMax, secondOf } from '../../src/core/time/instant.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';

// Generators for property tests: any event that a file, or (with `program`) the log, may hold.

/** Records as JSON.parse gives them, with a prototype. */
const plain = { noNullPrototype: true } as const;
const name = fc.oneof(
  fc.constantFrom('a1', 'd7', 'v1', 'été', '"\\', '\u{1f600}', '\ue000', '__proto__', 'constructor', '1'),
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' }),
);
const amount = fc.bigInt({ min: 1n, max: 10n ** 40n });
const anyAmount = fc.bigInt({ min: 0n, max: 10n ** 40n });
const time = fc.oneof(
  fc.integer({ min: 0, max: instantMax }),
  fc.integer({ min: 0, max: 250_000_000_000 }).map((second) => second * 1000),
);

export const anySchedule: fc.Arbitrary<ScheduleEntry[]> = fc.array(
  fc.record(
    {
      at: fc.integer({ min: 0, max: 250_000_000_000 }),
      allocations: fc.array(fc.record({ pool: name, amount: anyAmount }, plain), { maxLength: 3 }),
      id: fc.nat(),
    },
    { ...plain, requiredKeys: ['at', 'allocations'] },
  ),
  { maxLength: 3 },
);

export const anyDefinition: fc.Arbitrary<ProgramDefinition> = fc.record(
  {
    name,
    rules: fc.record(
      {
        asset: fc.record({ symbol: name, decimals: fc.nat({ max: 18 }) }, plain),
        pools: fc.array(
          fc.record(
            {
              name,
              pays: fc.constantFrom('score' as const, 'recipients' as const),
              funding: anyAmount,
              recipients: fc.array(name, { maxLength: 2 }),
            },
            plain,
          ),
          { maxLength: 3 },
        ),
        residual: name,
        scoring: fc.record(
          { model: fc.constant('stake-time' as const), rate: fc.constantFrom('floor' as const, 'sdk' as const) },
          plain,
        ),
        window: fc.record(
          {
            settle: fc.constantFrom(...settleModes),
            strategy: fc.constantFrom(...strategyNames),
            batchSize: fc.integer({ min: 1, max: 100_000 }),
          },
          plain,
        ),
        onZeroTotal: fc.constantFrom('halt' as const, 'residual' as const),
        accountPattern: fc.string(),
        authority: name,
        requireAllPools: fc.boolean(),
        requireIds: fc.boolean(),
        minGapSeconds: fc.nat(),
      },
      {
        ...plain,
        requiredKeys: [
          'asset',
          'pools',
          'residual',
          'scoring',
          'window',
          'onZeroTotal',
          'requireAllPools',
          'requireIds',
          'minGapSeconds',
        ],
      },
    ),
    schedule: anySchedule,
    excluded: fc.array(name, { maxLength: 2 }),
  },
  plain,
);

const base = { key: name, time, by: fc.option(name, { nil: undefined }) };
const stake = fc.oneof(
  amount.map((one) => ({ amount: one })),
  amount.map((one) => ({ shares: one })),
);

/** Any event but `program`. */
export const anyFileEvent: fc.Arbitrary<ProrataEvent> = fc
  .oneof(
    fc.record({
      ...base,
      kind: fc.constant('validator-set'),
      validator: name,
      tokens: anyAmount,
      shares: amount,
      jailed: fc.boolean(),
    }),
    fc.record({
      ...base,
      kind: fc.constant('validator-changed'),
      validator: name,
      tokens: fc.constant(0n),
      shares: fc.constant(0n),
    }),
    fc.record({
      ...base,
      kind: fc.constant('validator-slashed'),
      validator: name,
      fraction: fc.bigInt({ min: 1n, max: one18 }),
    }),
    fc.record({ ...base, kind: fc.constant('validator-jailed'), validator: name, jailed: fc.boolean() }),
    fc
      .record({
        ...base,
        kind: fc.constant('delegate'),
        account: name,
        validator: name,
        stake,
        back: fc.option(fc.nat(), { nil: undefined }),
      })
      .map(({ stake: one, back, ...rest }) => ({
        ...rest,
        ...one,
        since: back === undefined ? undefined : Math.max(0, secondOf(rest.time) - back),
      })),
    fc
      .record({ ...base, kind: fc.constant('undelegate'), account: name, validator: name, stake })
      .map(({ stake: one, ...rest }) => ({ ...rest, ...one })),
    fc.record({ ...base, kind: fc.constant('redelegate'), account: name, from: name, to: name, amount }),
    fc.record({ ...base, kind: fc.constant('cancel-unbonding'), account: name, validator: name, amount }),
    fc
      .record({
        ...base,
        kind: fc.constant('held'),
        account: name,
        validator: name,
        amount: anyAmount,
        a: fc.nat(),
        b: fc.nat(),
      })
      .map(({ a, b, ...rest }) => {
        const until = Math.max(1, secondOf(rest.time) - b);
        return { ...rest, time: Math.max(rest.time, 1000), from: Math.max(0, until - 1 - a), until };
      }),
    fc.record({
      ...base,
      kind: fc.constant('booked'),
      account: name,
      score: anyAmount,
      period: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
    }),
    fc.record({
      ...base,
      kind: fc.constant('exclusion'),
      add: fc.array(name, { maxLength: 3 }),
      remove: fc.array(name, { maxLength: 3 }),
    }),
    fc.record({ ...base, kind: fc.constant('fund'), pool: name, amount }),
    fc.record({
      ...base,
      kind: fc.constant('rules'),
      recipients: fc.option(
        fc.array(fc.record({ pool: name, recipients: fc.array(name, { maxLength: 2 }) }, plain), { maxLength: 2 }),
        { nil: undefined },
      ),
      strategy: fc.option(fc.constantFrom(...strategyNames), { nil: undefined }),
      settle: fc.option(fc.constantFrom(...settleModes), { nil: undefined }),
      batchSize: fc.integer({ min: 1, max: 100_000 }),
      onZeroTotal: fc.option(fc.constantFrom('halt' as const, 'residual' as const), { nil: undefined }),
      // Ends the sharing by policies; policies themselves are written in another form than they have.
      sharing: fc.constantFrom(undefined, null),
    }),
    fc.record({ ...base, kind: fc.constant('schedule'), entries: anySchedule }),
    fc.record({ ...base, kind: fc.constantFrom('pause', 'resume'), reason: name.filter((text) => text.trim() !== '') }),
    fc.record({
      ...base,
      kind: fc.constant('window-taken-over'),
      boundary: fc.nat(),
      amount: anyAmount,
      total: anyAmount,
      leftover: anyAmount,
      next: fc.option(name, { nil: undefined }),
      totalEntries: fc.nat(),
      processedEntries: fc.nat(),
    }),
  )
  .map(present);

/** Any event at all. */
export const anyEvent: fc.Arbitrary<ProrataEvent> = fc.oneof(
  { weight: 10, arbitrary: anyFileEvent },
  {
    weight: 1,
    arbitrary: fc.record({ ...base, kind: fc.constant('program'), definition: anyDefinition }).map(present),
  },
);

/** Without the fields that are undefined: an absent field is not there at all. */
function present(event: object): ProrataEvent {
  return Object.fromEntries(
    Object.entries(event).filter(([, value]) => value !== undefined),
  ) as unknown as ProrataEvent;
}
