import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { bech32 } from '@scure/base';
import fc from 'fast-check';
import { Engine } from '../app/engine.ts';
import { byKey, entryKey, type ListOrder, scoreKey } from '../core/module-state/key-order.ts';
import {
  clearingPools,
  type ModuleEntry,
  type ModuleScore,
  type ModuleState,
  moduleStateVersions,
} from '../core/module-state/model.ts';
import {
  chainShape,
  fieldsOf,
  type ModuleObject,
  type ModuleShape,
  renderModuleState,
  shapeFromWord,
  shapeToWord,
} from '../core/module-state/shape.ts';
import { type ModuleStateOptions, readModuleState } from '../sources/module-state.ts';
import { openMemoryStore } from '../stores/memory/store.ts';
import { writeModuleState } from './module-state.ts';

const seed = Number(process.env['SEED'] ?? 20_258);
const folder = new URL('../../test/vectors/module-state/', import.meta.url);
const vector = (name: string): string => readFileSync(new URL(`${name}.json`, folder), 'utf8');
const T = 1_700_000_000;

/** An engine that has taken the state over. */
async function takenOver(text: string, options: ModuleStateOptions = {}): Promise<Engine> {
  const { definition, events } = readModuleState(text, { name: 'p', ...options });
  const engine = new Engine(openMemoryStore());
  await engine.createProgram(definition);
  const refusals: string[] = [];
  await engine.ingest('p', events, {
    onRefused: (index, { code, message }) => refusals.push(`${events[index]!.key}: ${code} ${message}`),
  });
  assert.deepEqual(refusals, []);
  return engine;
}

async function payouts(engine: Engine): Promise<Record<string, bigint>> {
  const rows = await engine.payouts('p', { limit: 1000 });
  return Object.fromEntries(
    rows
      .filter(({ pool }) => pool === 'community')
      .map(({ period, account, due }) => [`${period} ${account.name}`, due]),
  );
}

describe('src/exporters/module-state', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    it(`writes ${name} as it came in, byte for byte`, async () => {
      const text = vector(name.replace('.json', ''));
      const whole = JSON.parse(text).app_state;
      const { exact } = readModuleState(text);
      assert.ok(exact);
      const engine = await takenOver(text);
      assert.equal(await writeModuleState(engine, 'p'), whole ? JSON.stringify(whole.pse) : text);
      assert.ok((await engine.verify('p')).holds);
    });
  }

  it('gives random states back byte for byte, in every version, shape and order of lists', async () => {
    await fc.assert(
      fc.asyncProperty(anyState, async (text) => {
        const { exact } = readModuleState(text);
        assert.ok(exact, text);
        const engine = await takenOver(text);
        assert.equal(await writeModuleState(engine, 'p'), text);
        assert.ok((await engine.verify('p')).holds);
      }),
      { numRuns: 300, seed },
    );
  });

  it('says where a state came from for good: what happens later is written in the same shape', async () => {
    const engine = await takenOver(vector('copy-job-at-rest'));
    const [before] = await engine.accounts('p', { limit: 1 });
    await engine.ingest('p', [
      { kind: 'resume', key: 'r', time: (T + 5) * 1000, reason: 'mended' },
      {
        kind: 'delegate',
        key: 'd',
        time: (T + 5) * 1000,
        account: before!.account,
        validator: before!.stakes[0]!.validator,
        amount: 7n,
      },
    ]);
    const wanted = vector('copy-job-at-rest')
      .replace('"shares":"0.000000000000000001"', '"shares":"7.000000000000000001"')
      .replace(`"last_changed_unix_sec":"${T}"`, `"last_changed_unix_sec":"${T + 5}"`)
      .replace('"distributions_disabled":true', '"distributions_disabled":false');
    assert.equal(await writeModuleState(engine, 'p'), wanted);
  });

  it('moves house in the middle of a paying window without changing a payment', async () => {
    const settled = await takenOver(vector('copy-job'));
    await settled.advance('p', { to: (T + 1000) * 1000 });
    const expected = await payouts(settled);
    const engine = await takenOver(vector('copy-job'), { window: { batchSize: 1 } });
    await engine.advance('p', { to: (T + 60) * 1000, steps: 1 });
    const text = await writeModuleState(engine, 'p');
    const { community_distribution_job: job, community_distribution_entries: left } = JSON.parse(text);
    assert.equal(left.length, 2);
    assert.deepEqual([job.leftover, job.processed_entries, job.next_address], ['500', '2', left[0].delegator_address]); // alice got 300
    const moved = await takenOver(text);
    await moved.advance('p', { to: (T + 1000) * 1000 });
    const alice = Object.keys(expected).find((key) => key.startsWith('1 core190vq'))!;
    const { '1 (paid before take-over)': paidBefore, ...rest } = await payouts(moved);
    assert.equal(paidBefore, 200n + expected[alice]!);
    assert.deepEqual({ ...rest, [alice]: expected[alice], '1 (paid before take-over)': 200n }, expected);
    assert.ok((await moved.verify('p')).holds);
  });

  for (const strategy of ['cut', 'copy', 'double-buffer', 'generations'] as const) {
    it(`moves house in the middle of a scoring window when told what it owed (${strategy})`, async () => {
      // Carol's entry waits, too.
      const state = vector('ids').replace(
        `"${T + 20}",\n      "distribution_id": "8"`,
        `"${T - 20}",\n      "distribution_id": "7"`,
      );
      assert.notEqual(state, vector('ids'));
      const settled = await takenOver(state);
      await settled.advance('p', { to: (T + 1000) * 1000 });
      const engine = await takenOver(state, { window: { batchSize: 1, strategy } });
      await engine.advance('p', { to: (T + 20) * 1000, steps: strategy === 'copy' ? 1 : 2 });
      const text = await writeModuleState(engine, 'p');
      assert.deepEqual(
        JSON.parse(text).scheduled_distributions.map(({ id }: { id: string }) => id),
        ['8', '9'],
      );
      assert.throws(() => readModuleState(text), { code: 'module-state-window-unknown' });
      const ongoing = { at: T, amount: 1000n };
      if (strategy === 'copy') {
        // All was scored at the opening: whether somebody was paid already is not to be seen.
        assert.throws(() => readModuleState(text, { ongoing }), { code: 'module-state-window-unknown' });
        return;
      }
      assert.ok(readModuleState(text, { ongoing }).exact);
      const moved = await takenOver(text, { ongoing });
      assert.equal(await writeModuleState(moved, 'p'), text);
      await moved.advance('p', { to: (T + 1000) * 1000 });
      assert.deepEqual(await payouts(moved), await payouts(settled));
    });
  }

  it('writes what it is asked for: another version, another shape', async () => {
    const engine = await takenOver(vector('ids'));
    const text = await writeModuleState(engine, 'p', { version: 'no-ids' });
    assert.deepEqual(Object.keys(JSON.parse(text).delegation_time_entries[0]), [...fieldsOf.entry.slice(0, 4)]);
    const shape = { ...chainShape('ids'), lineFeeds: 2 };
    assert.equal(await writeModuleState(engine, 'p', { shape }), `${JSON.stringify(JSON.parse(vector('ids')))}\n\n`);
    await engine.advance('p', { to: T * 1000 + 30_000, steps: 1 });
    await assert.rejects(writeModuleState(engine, 'p', { version: 'no-ids' }), { code: 'module-state-window-open' });
    await assert.rejects(writeModuleState(engine, 'q'), { code: 'program-unknown' });
  });

  it('knows a shape again from its word', () => {
    fc.assert(
      fc.property(anyShape, (shape) => {
        const word = shapeToWord(shape)!;
        assert.match(word, /^[\w.]{1,120}$/);
        assert.deepEqual(shapeFromWord(word), shape);
      }),
      { seed },
    );
    assert.throws(() => shapeFromWord('9.00'), { code: 'module-state-shape-malformed' });
    assert.equal(shapeToWord({ ...chainShape('ids'), indent: '     ' }), null);
  });
});

// --- random states

const address = (prefix: 'core' | 'corevaloper'): fc.Arbitrary<string> =>
  fc
    .oneof(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
    .map((bytes) => bech32.encode(prefix, bech32.toWords(bytes), false));

const anyOrder = fc.constantFrom<ListOrder>('d', 'v', 'l');
const anyShape: fc.Arbitrary<ModuleShape> = fc
  .record({
    version: fc.constantFrom(...moduleStateVersions),
    indent: fc.constantFrom('', '  ', '\t', '    '),
    spaced: fc.boolean(),
    lineFeeds: fc.nat(2),
    sorted: fc.boolean(),
    nulls: fc.boolean(),
    entryOrder: anyOrder,
    scoreOrder: fc.constantFrom<ListOrder>('d', 'l'),
    copiedOrder: fc.constantFrom<ListOrder>('d', 'l'),
  })
  .map(({ sorted, nulls, ...shape }) => {
    const standard = chainShape(shape.version);
    const fields = Object.entries(standard.fields).map(
      ([object, names]) => [object, sorted ? names.toSorted() : names] as const,
    );
    const lists = [
      'excluded_addresses',
      'clearing_account_mappings',
      'scheduled_distributions',
      'delegation_time_entries',
      'account_scores',
      'community_distribution_entries',
    ];
    const some = lists.filter((list) => standard.fields.top.includes(list) || standard.fields.params.includes(list));
    return {
      ...shape,
      spaced: shape.spaced && shape.indent === '',
      fields: Object.fromEntries(fields) as Record<ModuleObject, readonly string[]>,
      nulls: nulls ? some : [],
    };
  });

const anyState: fc.Arbitrary<string> = fc
  .tuple(
    anyShape,
    fc.uniqueArray(address('core'), { minLength: 1, maxLength: 8 }),
    fc.uniqueArray(address('corevaloper'), { minLength: 1, maxLength: 3 }),
    fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 0, maxLength: 4 }),
    fc.integer({ min: 1, max: 90 }),
    fc.array(
      fc.record({
        account: fc.nat(7),
        validator: fc.nat(2),
        shares: fc.bigInt({ min: 1n, max: 10n ** 30n }),
        since: fc.integer({ min: 1, max: 1500 }),
        next: fc.boolean(),
      }),
      { maxLength: 12 },
    ),
    fc.array(
      fc.record({
        account: fc.nat(7),
        score: fc.bigInt({ min: 0n, max: 10n ** 30n }),
        next: fc.boolean(),
        copied: fc.boolean(),
      }),
      { maxLength: 12 },
    ),
    fc.record({
      disabled: fc.boolean(),
      job: fc.boolean(),
      paid: fc.bigInt({ min: 0n, max: 1000n }),
      excluded: fc.array(fc.nat(7), { maxLength: 3 }),
      mapped: fc.subarray([1, 2, 3, 4, 5]),
      gap: fc.nat(1),
    }),
  )
  .map(([shape, accounts, validators, times, firstId, entries, scores, more]) => {
    const { version } = shape;
    const at = (nth: number): number => T + nth;
    const boundaries = times.toSorted((a, b) => a - b).map(at);
    const hasJob = version === 'copy-job' && more.job;
    const schedule = boundaries.map((second, index) => ({
      timestamp: String(second + (hasJob ? 5000 : 0)),
      allocations: clearingPools.map((pool, nth) => ({
        account: `pse_${pool}`,
        amount: String(BigInt(nth + index + 1) * 10n ** BigInt(nth * 6)),
      })),
      ...(version === 'ids' ? { id: String(firstId + index) } : {}),
    }));
    const boundary = version === 'ids' ? boundaries[0] : hasJob ? T + 900 : undefined;
    const idOf = (next: boolean): { id?: string } =>
      version === 'ids' ? { id: String(firstId + (next && boundary !== undefined ? 1 : 0)) } : {};
    const pick = <X>(list: readonly X[], nth: number): X => list[nth % list.length]!;
    const late = (since: number, next: boolean): number =>
      boundary !== undefined && (hasJob || next) ? Math.max(at(since), boundary) : at(since);
    const unique = <X>(list: readonly X[], key: (item: X) => string): X[] => [
      ...new Map(list.map((item) => [key(item), item])).values(),
    ];
    const allEntries = unique(
      entries.map(({ account, validator, shares, since, next }): ModuleEntry => ({
        delegator: pick(accounts, account),
        validator: pick(validators, validator),
        shares: `${shares / 10n ** 18n}.${String(shares % 10n ** 18n).padStart(18, '0')}`,
        since: String(late(since, next)),
        ...idOf(next),
      })),
      ({ delegator, validator }) => `${delegator} ${validator}`,
    );
    const scoresOf = (copied: boolean): ModuleScore[] =>
      unique(
        scores
          .filter((score) => (score.copied && hasJob) === copied)
          .map(({ account, score, next }): ModuleScore => ({
            address: pick(accounts, account),
            score: String(score),
            ...(copied ? {} : idOf(next)),
          })),
        ({ address, id }) => `${id} ${address}`,
      );
    const excluded = [...new Set(more.excluded.map((nth) => pick(accounts, nth)))];
    const copied = scoresOf(true).filter(({ address }) => !excluded.includes(address));
    const left = copied.reduce((sum, { score }) => sum + BigInt(score), 0n);
    const untouched = more.paid === 0n && left > 0n;
    const total = untouched ? left : left + 10n ** 31n;
    const state: ModuleState = {
      excluded,
      mappings: more.mapped.toReversed().map((nth) => ({
        account: `pse_${clearingPools[nth]}`,
        recipients: [pick(accounts, nth), ...(accounts.length > 1 ? [pick(accounts, nth + 1)] : [])],
      })),
      ...(version === 'ids' ? { minGap: String(more.gap) } : {}),
      schedule,
      entries: ordered(allEntries, shape.entryOrder, entryKey),
      scores: ordered(scoresOf(false), shape.scoreOrder, () => scoreKey),
      disabled: more.disabled,
      job: hasJob
        ? {
            scheduledAt: String(boundary),
            amount: '100000',
            total: String(total),
            leftover: String(100_000n - (untouched ? 0n : more.paid * 5n < 100_000n ? more.paid : 0n)),
            next: copied[0]?.address ?? '',
            totalEntries: String(copied.length + 3),
            processedEntries: untouched ? '0' : '3',
          }
        : null,
      copied: ordered(copied, shape.copiedOrder, () => scoreKey),
    };
    return renderModuleState(state, shape);
  });

function ordered<T>(list: readonly T[], order: ListOrder, keyOf: (order: 'd' | 'v') => (item: T) => string): T[] {
  return order === 'l' ? [...list] : byKey(list, keyOf(order));
}
