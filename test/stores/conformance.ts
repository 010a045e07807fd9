import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Changes, checkpointsKept, type Store, type StoredToken, type Tx } from '../../src/app/ports.ts';
import type { EdgeVersion, NodeVersion } from '../../src/core/scoring/cred/book.ts';
import type { Account, Position, Validator } from '../../src/core/state.ts';
import { isName } from '../../src/core/text.ts';
import type { StoreKind } from './all.ts';
import {
  account,
  entry,
  event,
  huge,
  liquidOf,
  payout,
  period,
  poolSide,
  posting,
  rules,
  stakeOf,
  state,
  step,
} from './samples.ts';

const names = (accounts: readonly Account[]): string[] => accounts.map((one) => one.name);
const ids = (rows: readonly { readonly id: number }[]): number[] => rows.map((row) => row.id);
const coded = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

/** Programs made by properties, for their names. */
let made = 0;

/** What every store must do, whatever it is made of. */
export function conformance(kind: StoreKind): void {
  describe(`the ${kind.name} store`, () => {
    let opened: ReturnType<StoreKind['open']>;
    let store: Store;
    let program: number;
    const read = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => store.transact('read', work);
    const write = (changes: Changes): Promise<number> => store.transact('write', (tx) => tx.write(program, changes));
    const page = (query: Partial<Parameters<Tx['accountsPage']>[0]> = {}) =>
      read((tx) => tx.accountsPage({ program, after: null, limit: 100, buckets: [0], periods: [1], ...query }));

    beforeEach(async () => {
      opened = kind.open();
      store = opened.store;
      program = await store.transact('write', (tx) => tx.createProgram('first'));
    });
    afterEach(() => opened.dispose());

    describe('the graph of contributions', () => {
      const node = (number: number, since: number, more: Partial<NodeVersion> = {}): NodeVersion => ({
        ...{ number, node: `node/${number}`, since, time: since * 10, timeless: false, weight: '1', gone: false },
        ...more,
      });
      const edge = (number: number, since: number, more: Partial<EdgeVersion> = {}): EdgeVersion => ({
        ...{ number, edge: `edge/${number}`, since, time: since * 10, source: 1, target: 2, forward: '1' },
        ...{ backward: '1', gone: false, ...more },
      });
      async function seen(query: { seq?: number; named?: boolean } = {}): Promise<unknown[][]> {
        const rows: unknown[][] = [];
        const into = { node: (...row: unknown[]) => rows.push(row), edge: (...row: unknown[]) => rows.push(row) };
        await read((tx) => tx.graphAsOf({ program, seq: 99, named: true, ...query }, into));
        return rows;
      }
      const small: Changes = {
        nodes: [node(2, 2, { timeless: true }), node(1, 1), node(1, 4, { weight: '0.5', time: -7, gone: true })],
        edges: [edge(1, 3), edge(2, 5, { source: 2, target: 1, forward: '0', backward: '2.5' }), edge(1, 6, { gone: true })],
      }; // prettier-ignore

      it('is shown by place: nodes, then edges, each version after the one before it', async () => {
        await write(small);
        const first = [1, 'node/1', 10, false, '1', false];
        assert.deepEqual(await seen(), [
          first,
          [1, 'node/1', -7, false, '0.5', true],
          [2, 'node/2', 20, true, '1', false],
          [1, 'edge/1', 30, 1, 2, '1', '1', false],
          [1, 'edge/1', 60, 1, 2, '1', '1', true],
          [2, 'edge/2', 50, 2, 1, '0', '2.5', false],
        ]);
        assert.deepEqual(await seen({ seq: 1 }), [first]);
        assert.deepEqual(await seen({ seq: 3, named: false }), [
          first,
          [2, 'node/2', 20, true, '1', false],
          [1, '', 30, 1, 2, '1', '1', false],
        ]);
      });

      it('is shown whole, however many versions one node or all have', async () => {
        const many = Array.from({ length: 3500 }, (_, i) => node(i < 2300 ? 1 : i, i + 1));
        await write({ nodes: many });
        const rows = await seen({ seq: 3400 });
        assert.deepEqual(
          rows.map(([number, , time]) => [number, time]),
          many.slice(0, 3400).map(({ number, time }) => [number, time]),
        );
      });
    });

    describe('API tokens', () => {
      const token = (id: string, more: Partial<StoredToken> = {}): StoredToken => ({
        ...{ id, name: `name of ${id}`, role: 'reader', hash: id.repeat(8), madeAt: 1_700_000_000_001 },
        ...{ expiresAt: null, revokedAt: null, ...more },
      });

      it('are given by id, or all in the order in which they were made, and belong to no program', async () => {
        assert.equal(await read((tx) => tx.hasTokens()), false);
        const all = [token('b', { role: 'operator', expiresAt: 1_800_000_000_002 }), token('a'), token('c')];
        await store.transact('write', async (tx) => {
          for (const one of all) await tx.addToken(one);
        });
        assert.equal(await read((tx) => tx.hasTokens()), true);
        assert.deepEqual(await read((tx) => tx.tokens()), all);
        assert.deepEqual(await read((tx) => tx.token('b')), all[0]);
        assert.equal(await read((tx) => tx.token('d')), null);
        await store.transact('write', (tx) => tx.revokeToken('a', 1_700_000_000_009));
        await store.transact('write', (tx) => tx.revokeToken('d', 1));
        const revoked = { ...all[1]!, revokedAt: 1_700_000_000_009 };
        assert.deepEqual(await read((tx) => tx.tokens()), [all[0], revoked, all[2]]);
      });

      it('are written once, taken back with their transaction, and never by one that reads', async () => {
        const add = (tx: Tx): Promise<void> => tx.addToken(token('a'));
        await assert.rejects(read(add), coded('store.read-transaction'));
        await assert.rejects(
          store.transact('write', async (tx) => {
            await add(tx);
            throw new Error('no');
          }),
          /^Error: no$/,
        );
        assert.equal(await read((tx) => tx.hasTokens()), false);
        await store.transact('write', add);
        await assert.rejects(store.transact('write', add), coded('store.row-exists'));
        await assert.rejects(
          store.transact('write', async (tx) => {
            await tx.revokeToken('a', 5);
            throw new Error('no');
          }),
          /^Error: no$/,
        );
        assert.deepEqual(await read((tx) => tx.tokens()), [token('a')]);
      });
    });

    describe('facts, checkpoints, awards and bookmarks', () => {
      const fact = (seq: number, at: number) => ({ ...event(seq), at });
      const fold = (name: string) => ({
        bounds: [['sol', [1n, huge]] as const],
        accounts: [],
        outcomes: [],
        cleared: [{ at: 1, pair: name, from: huge, to: 2n }],
      });
      const checkpoint = (at: number, seq = at) => ({ at, seq, fold: fold(`at ${at}`) });

      it('gives facts in order of their second, then of the log, after a place and up to a second', async () => {
        await write({ events: [fact(1, 30), event(2), fact(3, 10), fact(4, 30), fact(5, 20)] });
        const seqs = async (at: number, seq: number, until: number, limit = 9): Promise<number[]> =>
          (await read((tx) => tx.facts({ program, after: { at, seq }, until, limit }))).map((row) => row.seq);
        assert.deepEqual(await seqs(-1, 0, 99), [3, 5, 1, 4]);
        assert.deepEqual(await seqs(20, 5, 30), [1, 4]);
        assert.deepEqual(await seqs(30, 1, 30), [4]);
        assert.deepEqual(await seqs(10, 9, 29), [5]);
        assert.deepEqual(await seqs(-1, 0, 99, 2), [3, 5]);
        const rows = await read((tx) => tx.events({ program, after: 0, limit: 2 }));
        assert.deepEqual(rows, [fact(1, 30), event(2)]);
      });

      it('keeps the first checkpoint and the newest, drops those from a second on, and gives one back whole', async () => {
        for (let at = 1; at <= checkpointsKept + 5; at += 1) await write({ checkpoint: checkpoint(at) });
        const kept = async (): Promise<number[]> => (await read((tx) => tx.checkpoints(program))).map(({ at }) => at);
        const newest = Array.from({ length: checkpointsKept }, (_, index) => 6 + index);
        assert.deepEqual(await kept(), [1, ...newest]);
        assert.deepEqual(await read((tx) => tx.checkpoint(program, 7)), checkpoint(7));
        await write({ checkpointsDropped: { from: 8 }, checkpoint: checkpoint(9, 100) });
        assert.deepEqual(
          await read((tx) => tx.checkpoints(program)),
          [1, 6, 7].map((at) => ({ at, seq: at })).concat({ at: 9, seq: 100 }),
        );
        await assert.rejects(
          read((tx) => tx.checkpoint(program, 8)),
          coded('store.checkpoint-known'),
        );
      });

      it('gives awards by name, in pages, with who is excluded, until they are done', async () => {
        const accounts = [account(1, 'b'), account(2, 'a', true), account(3, 'ä')];
        await write({ accounts });
        await write({ awards: accounts.map((one) => ({ account: one, period: 2, score: huge, due: BigInt(one.id) })) });
        const awards = async (after: string | null, limit = 9): Promise<unknown[]> =>
          (await read((tx) => tx.awards({ program, period: 2, after, limit }))).map((one) => [
            one.account.name,
            one.excluded,
            one.score,
            one.due,
          ]);
        assert.deepEqual(await awards(null), [['a', true, huge, 2n], ['b', false, huge, 1n], ['ä', false, huge, 3n]]); // prettier-ignore
        assert.deepEqual(await awards('a', 1), [['b', false, huge, 1n]]);
        await write({ awardsDone: { period: 2, after: 'a', upTo: 'b' } });
        assert.deepEqual(await awards(null), [
          ['a', true, huge, 2n],
          ['ä', false, huge, 3n],
        ]);
        await write({ awardsDone: { period: 2, after: null, upTo: 'b' } });
        assert.deepEqual(await awards(null), [['ä', false, huge, 3n]]);
        await assert.rejects(
          write({ awards: [{ account: account(3, 'ä'), period: 2, score: 1n, due: 1n }] }),
          coded('store.row-exists'),
        );
      });

      it('remembers how far a source was read', async () => {
        await write({ bookmark: { source: 'b', value: '1' } });
        await write({ bookmark: { source: 'b', value: '2' } });
        await write({ bookmark: { source: 'a', value: '{}' } });
        assert.equal(await read((tx) => tx.bookmark(program, 'b')), '2');
        assert.equal(await read((tx) => tx.bookmark(program, 'c')), null);
        assert.deepEqual(await read((tx) => tx.bookmarks(program)), [{ source: 'a', value: '{}' }, { source: 'b', value: '2' }]); // prettier-ignore
      });

      it('takes pruned events out, with the checkpoints before their second, and says what they were', async () => {
        await write({ events: [event(1), fact(2, 10), fact(3, 20), event(4)], checkpoint: checkpoint(15) });
        await write({ checkpoint: checkpoint(20) });
        const pruning = {
          first: 2,
          last: 3,
          events: 2,
          at: 20,
          head: 'ab',
          time: 5,
          rules: rules(),
          schedule: [entry(9)],
          paused: null,
          excluded: ['x'],
          funding: [['pool:community', huge] as const],
          periods: 1,
        };
        await write({ pruning });
        assert.deepEqual(
          (await read((tx) => tx.events({ program, after: 0, limit: 9 }))).map(({ seq }) => seq),
          [1, 4],
        );
        assert.equal((await read((tx) => tx.eventsByKey(program, ['key-2']))).size, 0);
        assert.deepEqual(await read((tx) => tx.prunings(program)), [pruning]);
        assert.deepEqual(
          (await read((tx) => tx.checkpoints(program))).map(({ at }) => at),
          [20],
        );
        assert.equal((await read((tx) => tx.counts(program))).events, 2);
      });

      it('takes all of it back when the transaction fails', async () => {
        await write({ accounts: [account(1, 'a')], events: [event(1), fact(2, 10)], checkpoint: checkpoint(10) });
        await assert.rejects(
          store.transact('write', async (tx) => {
            await tx.write(program, {
              awards: [{ account: account(1, 'a'), period: 1, score: 1n, due: 1n }],
              bookmark: { source: 's', value: '1' },
              checkpointsDropped: { from: 0 },
              pruning: {
                first: 2,
                last: 2,
                events: 1,
                at: 10,
                head: '',
                time: 0,
                rules: rules(),
                schedule: [],
                paused: null,
                excluded: [],
                funding: [],
                periods: 0,
              },
            });
            throw new Error('on purpose');
          }),
        );
        assert.deepEqual(await read((tx) => tx.awards({ program, period: 1, after: null, limit: 9 })), []);
        assert.equal(await read((tx) => tx.bookmark(program, 's')), null);
        assert.deepEqual(await read((tx) => tx.checkpoints(program)), [{ at: 10, seq: 10 }]);
        assert.deepEqual(await read((tx) => tx.prunings(program)), []);
        assert.deepEqual(
          (await read((tx) => tx.events({ program, after: 0, limit: 9 }))).map(({ seq }) => seq),
          [1, 2],
        );
      });
    });

    describe('programs', () => {
      it('numbers them from 1 and lists them by id', async () => {
        const second = await store.transact('write', (tx) => tx.createProgram('another'));
        assert.deepEqual([program, second], [1, 2]);
        assert.deepEqual(await read((tx) => tx.programs()), [{ id: 1, name: 'first' }, { id: 2, name: 'another' }]); // prettier-ignore
      });

      it('refuses a name that is taken', async () => {
        await assert.rejects(
          store.transact('write', (tx) => tx.createProgram('first')),
          coded('program-exists'),
        );
      });

      it('keeps the programs of one store apart', async () => {
        const second = await store.transact('write', (tx) => tx.createProgram('another'));
        const a = account(1, 'a');
        const position = { account: 1, validator: 1, shares: 1n, since: 0, bucket: 0 };
        await write({
          accounts: [a],
          events: [event(1, a)],
          positions: [position],
          scores: [{ account: 1, period: 1, score: 1n }],
          payouts: [payout(1, a)],
          postings: [posting(1, stakeOf(a))],
          schedule: [entry(1)],
        });
        await store.transact('write', (tx) =>
          tx.write(second, {
            accounts: [account(1, 'b')],
            events: [event(1)],
            payouts: [payout(1, { id: 1, name: 'b' })],
          }),
        );
        await read(async (tx) => {
          assert.deepEqual(await tx.counts(second), {
            accounts: 1,
            events: 1,
            positions: 0,
            scores: 0,
            payouts: 1,
            postings: 0,
          });
          assert.deepEqual(await tx.accountsNamed({ program: second, names: ['a'], buckets: [0], periods: [1] }), []);
          assert.deepEqual(
            await tx.accountsPage({ program: second, after: null, limit: 9, buckets: [0], periods: [1] }),
            [account(1, 'b')],
          );
          assert.deepEqual(await tx.postings({ program: second, after: 0, limit: 9, account: 1 }), []);
          assert.deepEqual(await tx.schedule(second), []);
        });
      });

      it('gives back state and rules as written, with the newest in place of the old', async () => {
        await assert.rejects(
          read((tx) => tx.state(program)),
          coded('store.program-incomplete'),
        );
        assert.equal(await write({ state: state(1), rules: rules('old') }), 2);
        await write({ state: state(2), rules: rules() });
        assert.deepEqual(await read((tx) => tx.state(program)), state(2));
        assert.deepEqual(await read((tx) => tx.rules(program)), rules());
      });

      it('keeps the schedule in order of time, entries of one second in the order given', async () => {
        assert.equal(await write({ schedule: [entry(10, 1n, 1), entry(20, 2n), entry(20, huge), entry(30)] }), 4);
        assert.deepEqual(await read((tx) => tx.schedule(program)), [
          entry(10, 1n, 1),
          entry(20, 2n),
          entry(20, huge),
          entry(30),
        ]);
        assert.equal(
          await write({ schedule: [entry(20, 2n), entry(20, huge), entry(30)] }),
          1,
          'one boundary dealt with is one row',
        );
        await write({ schedule: [entry(20, huge), entry(30)] });
        assert.deepEqual(await read((tx) => tx.schedule(program)), [entry(20, huge), entry(30)]);
        await write({ schedule: [] });
        assert.deepEqual(await read((tx) => tx.schedule(program)), []);
      });

      it('keeps validators with all their rates, by id', async () => {
        const rate = (since: number, tokens: bigint) => ({ since, tokens, perShares: 10n ** 18n });
        const v = (id: number, ...rates: Validator['rates']): Validator => ({
          id,
          name: `v${id}`,
          jailed: id === 2,
          rates,
        });
        assert.equal(await write({ validators: [v(2, rate(0, 1n)), v(1, rate(0, huge), rate(5, 3n))] }), 5);
        assert.equal(await write({ validators: [v(2, rate(0, 1n), rate(9, 2n), rate(9, 3n))] }), 3);
        assert.deepEqual(await read((tx) => tx.validators(program)), [
          v(1, rate(0, huge), rate(5, 3n)),
          v(2, rate(0, 1n), rate(9, 2n), rate(9, 3n)),
        ]);
        assert.equal(await write({ validators: [v(1, rate(0, huge))] }), 2);
        assert.deepEqual((await read((tx) => tx.validators(program)))[0], v(1, rate(0, huge)));
      });
    });

    describe('accounts', () => {
      // By UTF-16 code units the last three would be in the order 😀 (D83D DE00), U+E000, U+FFFF.
      const byBytes = ['A', 'B', 'a', 'a-1', 'a1', 'b', 'é', '\ue000', '\uffff', '\u{10000}', '😀'];

      it('walks over them by the UTF-8 bytes of their names, whatever their ids', async () => {
        await write({ accounts: byBytes.toReversed().map((name, i) => account(i + 1, name)) });
        assert.deepEqual(names(await page()), byBytes);
        const walked: string[] = [];
        for (let after: string | null = null; ;) {
          const some = await page({ after, limit: 2 });
          if (some.length === 0) break;
          walked.push(...names(some));
          after = walked.at(-1)!;
        }
        assert.deepEqual(walked, byBytes);
      });

      it('orders any names as their bytes do', async () => {
        const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }).filter(isName);
        await fc.assert(
          fc.asyncProperty(fc.uniqueArray(name, { maxLength: 60 }), async (some) => {
            const id = await store.transact('write', (tx) => tx.createProgram(`p${(made += 1)}`));
            await store.transact('write', (tx) =>
              tx.write(id, { accounts: some.map((name, i) => account(i + 1, name)) }),
            );
            const expected = some.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
            assert.deepEqual(names(await page({ program: id })), expected);
          }),
          { numRuns: 30 },
        );
      });

      it('starts above `after`, at it when inclusive, also when nobody has that name', async () => {
        await write({ accounts: ['a', 'b', 'd'].map((name, i) => account(i + 1, name)) });
        assert.deepEqual(names(await page({ after: 'b' })), ['d']);
        assert.deepEqual(names(await page({ after: 'b', inclusive: true })), ['b', 'd']);
        assert.deepEqual(names(await page({ after: 'c' })), ['d']);
        assert.deepEqual(names(await page({ after: 'd' })), []);
        assert.deepEqual(names(await page({ limit: 0 })), []);
      });

      it('gives whole accounts: positions of the buckets and scores of the periods asked for', async () => {
        const p = (validator: number, bucket: number, since: number | null = 7): Position => ({
          validator,
          shares: huge + BigInt(validator),
          since,
          bucket,
        });
        await write({
          accounts: [account(2, 'a'), account(1, 'b'), account(3, 'c')],
          positions: [p(2, 0), p(10, 0, null), p(1, 1), p(1, 2)].map((position) => ({ ...position, account: 2 })).concat([{ ...p(5, 1), account: 3 }]),
          scores: [{ account: 2, period: 1, score: huge }, { account: 2, period: 2, score: 2n }, { account: 3, period: 2, score: 3n }, { account: 1, period: 1, score: 0n }],
        }); // prettier-ignore
        const a = { ...account(2, 'a'), positions: [p(2, 0), p(10, 0, null)], scores: new Map([[1, huge]]) };
        const expected = [a, account(1, 'b'), account(3, 'c')];
        assert.deepEqual(await page(), expected);
        assert.deepEqual((await page({ limit: 1 }))[0]!.positions.length, 2, 'the limit counts accounts, not rows');
        const both: Account[] = [
          { ...a, positions: [...a.positions, p(1, 1)], scores: new Map([[1, huge], [2, 2n]]) },
          account(1, 'b'),
          { ...account(3, 'c'), positions: [p(5, 1)], scores: new Map([[2, 3n]]) },
        ]; // prettier-ignore
        const query = { buckets: [1, 0], periods: [2, 1] };
        assert.deepEqual(await page(query), both);
        const named = await read((tx) => tx.accountsNamed({ program, names: ['c', 'nobody', 'a', 'c'], ...query }));
        assert.deepEqual(
          named.sort((x, y) => x.id - y.id),
          [both[0], both[2]],
        );
        assert.deepEqual(await page({ buckets: [], periods: [] }), [account(2, 'a'), account(1, 'b'), account(3, 'c')]);
      });

      it('finds thousands by name', async () => {
        const all = Array.from({ length: 2500 }, (_, i) => account(i + 1, `n${(i * 7919) % 2500}`));
        assert.equal(
          await write({
            accounts: all,
            positions: all.map(({ id }) => ({ account: id, validator: 1, shares: BigInt(id), since: 0, bucket: 0 })),
          }),
          5000,
        );
        const found = await read((tx) =>
          tx.accountsNamed({ program, names: names(all).concat('x'), buckets: [0], periods: [1] }),
        );
        assert.equal(found.length, 2500);
        assert.ok(found.every((one) => one.positions.length === 1 && one.positions[0]!.shares === BigInt(one.id)));
      });

      it('replaces and removes positions, and moves one to another bucket in one go', async () => {
        const at = (bucket: number, shares: bigint) => ({ account: 1, validator: 1, shares, since: 0, bucket });
        await write({ accounts: [account(1, 'a')], positions: [at(0, 1n)] });
        await write({ positions: [at(0, 2n)] });
        assert.deepEqual((await page())[0]!.positions, [{ validator: 1, shares: 2n, since: 0, bucket: 0 }]);
        assert.equal(
          await write({ positionsRemoved: [{ account: 1, validator: 1, bucket: 0 }], positions: [at(1, 2n)] }),
          2,
        );
        assert.deepEqual((await page({ buckets: [0] }))[0]!.positions, []);
        assert.deepEqual((await page({ buckets: [1] }))[0]!.positions, [
          { validator: 1, shares: 2n, since: 0, bucket: 1 },
        ]);
        assert.equal(
          await write({ positionsRemoved: [{ account: 1, validator: 2, bucket: 1 }] }),
          0,
          'nothing was there',
        );
        await write({ positionsRemoved: [{ account: 1, validator: 1, bucket: 1 }], positions: [at(1, 9n)] });
        assert.equal((await page({ buckets: [1] }))[0]!.positions[0]!.shares, 9n, 'removed first, then written');
      });

      it('deletes a score of zero', async () => {
        await write({ accounts: [account(1, 'a')], scores: [{ account: 1, period: 1, score: 5n }] });
        assert.equal(await write({ scores: [{ account: 1, period: 1, score: 0n }, { account: 1, period: 2, score: 6n }] }), 2); // prettier-ignore
        assert.deepEqual((await page({ periods: [1, 2] }))[0]!.scores, new Map([[2, 6n]]));
        assert.equal((await read((tx) => tx.counts(program))).scores, 1);
      });

      it('lists who is excluded, as it is now', async () => {
        await write({ accounts: [account(1, '😀', true), account(2, '\uffff', true), account(3, 'x')] });
        assert.deepEqual(await read((tx) => tx.excludedAccounts(program)), ['\uffff', '😀']);
        assert.equal(await write({ accounts: [account(1, '😀'), account(3, 'x', true)] }), 2);
        assert.deepEqual(await read((tx) => tx.excludedAccounts(program)), ['x', '\uffff']);
        assert.equal((await page({ limit: 1 }))[0]!.excluded, true);
      });

      it('refuses a name with another id, an id with another name, and rows of an account that is not there', async () => {
        await write({ accounts: [account(1, 'a')] });
        await assert.rejects(write({ accounts: [account(2, 'a')] }), coded('store.account-renamed'));
        await assert.rejects(write({ accounts: [account(1, 'b')] }), coded('store.row-exists'));
        await assert.rejects(write({ scores: [{ account: 9, period: 1, score: 1n }] }), coded('store.account-unknown'));
        await assert.rejects(
          write({ positions: [{ account: 9, validator: 1, shares: 1n, since: 0, bucket: 0 }] }),
          coded('store.account-unknown'),
        );
        assert.deepEqual(await page(), [account(1, 'a')]);
      });
    });

    describe('events', () => {
      const [a, b] = [account(1, 'a'), account(2, 'b')];
      const seqs = (query: object) =>
        read(async (tx) => (await tx.events({ program, after: 0, limit: 100, ...query })).map((row) => row.seq));

      beforeEach(() =>
        write({
          accounts: [a, b],
          events: [event(1, null, 'program'), event(2, a), event(3, b), event(4, a, 'undelegate'), event(5)],
        }),
      );

      it('gives them back ascending, as they were', async () => {
        const rows = await read((tx) => tx.events({ program, after: 1, limit: 2 }));
        assert.deepEqual(rows, [event(2, a), event(3, b)]);
      });

      it('selects by account, or those about none', async () => {
        assert.deepEqual(await seqs({ account: 1 }), [2, 4]);
        assert.deepEqual(await seqs({ account: 1, after: 2 }), [4]);
        assert.deepEqual(await seqs({ account: null }), [1, 5]);
        assert.deepEqual(await seqs({ account: null, after: 1 }), [5]);
        assert.deepEqual(await seqs({ account: 77 }), []);
      });

      it('gives them the newest first below a place, too', async () => {
        assert.deepEqual(await seqs({ before: 99 }), [5, 4, 3, 2, 1]);
        assert.deepEqual(await seqs({ before: 5, limit: 2 }), [4, 3]);
        assert.deepEqual(await seqs({ before: 4, after: 1 }), [3, 2]);
        assert.deepEqual(await seqs({ before: 4, account: 1 }), [2]);
        assert.deepEqual(await seqs({ before: 5, account: null }), [1]);
        assert.deepEqual(await seqs({ before: 1 }), []);
      });

      it('finds them by key', async () => {
        const found = await read((tx) => tx.eventsByKey(program, ['key-4', 'other', 'key-1']));
        assert.deepEqual(new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1))), new Map([['key-1', { seq: 1, payload: '{"seq":1}' }], ['key-4', { seq: 4, payload: '{"seq":4}' }]])); // prettier-ignore
        const many = await read((tx) =>
          tx.eventsByKey(
            program,
            Array.from({ length: 1000 }, (_, i) => `key-${i}`),
          ),
        );
        assert.equal(many.size, 5);
      });
    });

    describe('payouts and postings', () => {
      const [a, b, c] = [account(1, 'a'), account(2, 'b'), account(3, 'c')];
      const payouts = (query: object = {}) => read((tx) => tx.payouts({ program, after: 0, limit: 100, ...query }));
      const postings = (query: object = {}) => read((tx) => tx.postings({ program, after: 0, limit: 100, ...query }));

      beforeEach(async () => {
        await write({ accounts: [a, b, c], postings: [posting(1, poolSide, 0, huge, { kind: 'outside' })] });
        await write({
          payouts: [payout(1, b), payout(2, a), payout(3, a, 1, 'team')],
          postings: [
            posting(2, stakeOf(b)),
            posting(3, liquidOf(b), 1, 3n),
            posting(4, stakeOf(a)),
            posting(5, { kind: 'residual' }),
          ],
        });
        await write({ postings: [posting(6, poolSide, 0, 5n, { kind: 'outside' })] });
        await write({
          payouts: [payout(4, c, 2), payout(5, a, 2)],
          postings: [posting(7, stakeOf(a), 2), posting(8, liquidOf(a), 2, 3n), posting(9, liquidOf(c), 2, 1n)],
        });
        await write({ payouts: [payout(6, b, 2)], postings: [posting(10, liquidOf(c), 2, 50n)] }); // a posting whose payout is elsewhere
      });

      it('gives them back ascending, as they were', async () => {
        assert.deepEqual(await payouts({ limit: 2 }), [payout(1, b), payout(2, a)]);
        assert.deepEqual(await postings({ limit: 3, after: 1 }), [
          posting(2, stakeOf(b)),
          posting(3, liquidOf(b), 1, 3n),
          posting(4, stakeOf(a)),
        ]);
        assert.deepEqual(await postings({ limit: 1 }), [posting(1, poolSide, 0, huge, { kind: 'outside' })]);
        assert.deepEqual((await postings({ after: 4, limit: 1 }))[0]!.target, { kind: 'residual' });
        assert.deepEqual(ids(await payouts()), [1, 2, 3, 4, 5, 6]);
        assert.deepEqual(ids(await postings()), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      });

      it('selects by period', async () => {
        assert.deepEqual(ids(await payouts({ period: 2 })), [4, 5, 6]);
        assert.deepEqual(ids(await payouts({ period: 2, after: 4, limit: 1 })), [5]);
        assert.deepEqual(ids(await payouts({ period: 2, before: 6 })), [5, 4]);
        assert.deepEqual(ids(await payouts({ before: 4, limit: 2 })), [3, 2]);
        assert.deepEqual(ids(await postings({ period: 0 })), [1, 6]);
        assert.deepEqual(ids(await postings({ period: 0, after: 1 })), [6]);
        assert.deepEqual(ids(await postings({ period: 1, after: 3 })), [4, 5]);
        assert.deepEqual(ids(await payouts({ period: 3 })), []);
      });

      it('selects by account, and by both', async () => {
        assert.deepEqual(await payouts({ account: 1 }), [payout(2, a), payout(3, a, 1, 'team'), payout(5, a, 2)]);
        assert.deepEqual(ids(await payouts({ account: 1, after: 2, limit: 1 })), [3]);
        assert.deepEqual(ids(await payouts({ account: 1, period: 1 })), [2, 3]);
        assert.deepEqual(ids(await payouts({ account: 1, before: 99 })), [5, 3, 2]);
        assert.deepEqual(ids(await payouts({ account: 1, before: 5, limit: 1 })), [3]);
        assert.deepEqual(ids(await payouts({ account: 1, period: 1, before: 3 })), [2]);
        assert.deepEqual(ids(await payouts({ account: 9 })), []);
        assert.deepEqual(ids(await postings({ account: 1 })), [4, 7, 8]);
        assert.deepEqual(ids(await postings({ account: 1, after: 4, limit: 1 })), [7]);
        assert.deepEqual(ids(await postings({ account: 2, period: 1 })), [2, 3]);
        assert.deepEqual(ids(await postings({ account: 2, period: 2 })), []);
        assert.deepEqual(ids(await postings({ account: 3 })), [9, 10]);
        assert.deepEqual(ids(await postings({ account: 3, period: 2 })), [9, 10]);
        assert.deepEqual(ids(await postings({ account: 9 })), []);
      });

      it('selects by period and account where one write settles rows of several periods', async () => {
        await write({
          payouts: [payout(7, c, 3), payout(8, c, 4)],
          postings: [posting(11, liquidOf(c), 4), posting(12, liquidOf(c), 5), posting(13, liquidOf(c), 3)],
        });
        assert.deepEqual(ids(await postings({ account: 3, period: 5 })), [12]);
        assert.deepEqual(ids(await postings({ account: 3, after: 9 })), [10, 11, 12, 13]);
        assert.deepEqual(ids(await postings({ period: 4 })), [11]);
      });

      it('selects postings by reason, and gives the newest first below a place, alone and together', async () => {
        await write({
          postings: [
            { ...posting(11, { kind: 'residual' }, 2), reason: 'rounding' },
            { ...posting(12, stakeOf(a), 2), reason: 'direct' },
            { ...posting(13, { kind: 'residual' }, 3), reason: 'rounding' },
            { ...posting(14, { kind: 'residual' }, 2), reason: 'rounding' },
          ],
        });
        const found = async (query: object): Promise<number[]> => ids(await postings(query));
        const payoutsOnly = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        assert.deepEqual(await found({ reason: 'payout' }), payoutsOnly);
        assert.deepEqual(await found({ reason: 'rounding' }), [11, 13, 14]);
        assert.deepEqual(await found({ reason: 'rounding', after: 11, limit: 1 }), [13]);
        assert.deepEqual(await found({ reason: 'rounding', before: 14 }), [13, 11]);
        assert.deepEqual(await found({ reason: 'rounding', period: 2 }), [11, 14]);
        assert.deepEqual(await found({ reason: 'rounding', period: 2, before: 99, limit: 1 }), [14]);
        assert.deepEqual(await found({ reason: 'payout', period: 2, before: 99 }), [10, 9, 8, 7]);
        assert.deepEqual(await found({ reason: 'direct', account: 1 }), [12]);
        assert.deepEqual(await found({ account: 1, before: 12 }), [8, 7, 4]);
        assert.deepEqual(await found({ account: 1, period: 2, before: 99, reason: 'payout' }), [8, 7]);
        assert.deepEqual(await found({ before: 9, limit: 3 }), [8, 7, 6]);
        assert.deepEqual(await found({ period: 0, before: 6 }), [1]);
        assert.deepEqual(await found({ period: 2, before: 12, after: 9 }), [11, 10]);
        assert.deepEqual(await found({ reason: 'unearned' }), []);
      });

      it('keeps balances of outside, pools and residual, and adds up those of earners', async () => {
        const outside = { account: { kind: 'outside' as const }, balance: -huge };
        const kept = [
          outside,
          { account: { kind: 'pool' as const, pool: 'a' }, balance: 1n },
          { account: { kind: 'pool' as const, pool: 'b' }, balance: 2n },
          { account: { kind: 'residual' as const }, balance: 3n },
        ];
        assert.equal(await write({ balances: kept.toReversed() }), 4);
        await write({ balances: [{ account: { kind: 'pool', pool: 'b' }, balance: 0n }] });
        assert.deepEqual(
          await read((tx) => tx.balances(program)),
          kept.with(2, { account: { kind: 'pool', pool: 'b' }, balance: 0n }),
        );
        const balance = (of: Parameters<Tx['balance']>[1]) => read((tx) => tx.balance(program, of));
        assert.equal(await balance({ kind: 'outside' }), -huge);
        assert.equal(await balance({ kind: 'pool', pool: 'a' }), 1n);
        assert.equal(await balance({ kind: 'pool', pool: 'unknown' }), 0n);
        assert.equal(await balance(stakeOf(a)), 14n);
        assert.equal(await balance(liquidOf(a)), 3n);
        assert.equal(await balance(liquidOf(c)), 51n);
        await write({ postings: [posting(11, stakeOf(c), 2, 20n, liquidOf(c))] });
        assert.deepEqual([await balance(liquidOf(c)), await balance(stakeOf(c))], [31n, 20n]);
        await assert.rejects(
          write({ balances: [{ account: liquidOf(a), balance: 1n }] }),
          coded('store.balance-of-earner'),
        );
        await assert.rejects(
          write({ postings: [posting(12, liquidOf(a), 2, 1n, liquidOf(b))] }),
          coded('store.posting-of-two-earners'),
        );
      });

      it('never takes a row that must be new twice, and then leaves nothing of the transaction', async () => {
        await write({ events: [event(1)], step: step(1) });
        const before = await read((tx) => tx.counts(program));
        const twice: Record<string, Changes> = {
          'an id of a payout': { payouts: [payout(1, c, 9)] },
          'a payout of a period to an account from a pool': { payouts: [payout(99, a, 2)] },
          'the same, within one write': { payouts: [payout(98, a, 9), payout(99, a, 9)] },
          'an id of a posting': { postings: [posting(7, stakeOf(a))] },
          'a seq of an event': { events: [{ ...event(9), seq: 1 }] },
          'a key of an event': { events: [{ ...event(9), key: 'key-1' }] },
          'a step': { step: step(1) },
        };
        for (const [what, changes] of Object.entries(twice)) {
          await assert.rejects(write({ accounts: [account(4, 'd')], ...changes }), coded('store.row-exists'), what);
          assert.deepEqual(await read((tx) => tx.counts(program)), before, what);
        }
        await write({ payouts: [payout(7, a, 2, 'team')] }); // another pool is another payout
      });
    });

    describe('periods and steps', () => {
      it('keeps one record per period, by number', async () => {
        await write({ period: period(10) });
        await write({ period: period(2) });
        assert.equal(await write({ period: period(10, 'settled') }), 1);
        assert.deepEqual(await read((tx) => tx.periods(program)), [period(2), period(10, 'settled')]);
      });

      it('keeps the steps of a period, by number', async () => {
        for (const number of [1, 10, 2]) await write({ step: step(number) });
        await write({ step: step(1, 2) });
        assert.deepEqual(await read((tx) => tx.steps(program, 1)), [step(1), step(2), step(10)]);
        assert.deepEqual(await read((tx) => tx.steps(program, 1, 1)), [step(2), step(10)]);
        assert.deepEqual(await read((tx) => tx.steps(program, 1, 10)), []);
        assert.deepEqual(await read((tx) => tx.steps(program, 3)), []);
      });
    });

    describe('transactions', () => {
      const everything: Changes = {
        accounts: [account(1, 'a', true), account(2, 'b'), account(3, 'c')],
        validators: [{ id: 1, name: 'v', jailed: false, rates: [{ since: 0, tokens: 1n, perShares: 1n }] }],
        events: [event(1, { id: 2, name: 'b' })],
        positions: [{ account: 1, validator: 1, shares: 4n, since: null, bucket: 0 }],
        scores: [{ account: 1, period: 1, score: 4n }],
        payouts: [payout(1, { id: 1, name: 'a' })],
        postings: [posting(1, stakeOf({ id: 1, name: 'a' }))],
        balances: [{ account: poolSide, balance: 9n }],
        step: step(1),
        period: period(1),
        rules: rules('before'),
        schedule: [entry(5), entry(6)],
        state: state(1),
      };
      /** Touches every kind of row: changes, deletes and adds. */
      const more: Changes = {
        accounts: [account(1, 'a'), account(4, 'B', true)],
        validators: [{ id: 1, name: 'v', jailed: true, rates: [{ since: 0, tokens: 2n, perShares: 1n }, { since: 3, tokens: 2n, perShares: 1n }] }],
        events: [event(2, { id: 4, name: 'B' })],
        positionsRemoved: [{ account: 1, validator: 1, bucket: 0 }],
        positions: [{ account: 4, validator: 1, shares: 4n, since: 1, bucket: 0 }],
        scores: [{ account: 1, period: 1, score: 0n }, { account: 2, period: 1, score: 8n }],
        payouts: [payout(2, { id: 2, name: 'b' })],
        postings: [posting(2, stakeOf({ id: 2, name: 'b' })), posting(3, { kind: 'residual' }, 7)],
        balances: [{ account: poolSide, balance: 1n }, { account: { kind: 'residual' }, balance: 8n }],
        step: step(2),
        period: period(1, 'settled'),
        rules: rules('after'),
        schedule: [entry(6)],
        state: state(2),
      }; // prettier-ignore
      const dump = () =>
        read(async (tx) => {
          const all = { program, after: 0, limit: 100 };
          const walk = { program, after: null, limit: 100, buckets: [0, 1], periods: [1, 2] };
          const lists = [
            await tx.accountsPage(walk),
            await tx.excludedAccounts(program),
            await tx.validators(program),
            await tx.events(all),
          ];
          const keyed = [await tx.events({ ...all, account: 4 }), await tx.eventsByKey(program, ['key-1', 'key-2'])];
          const ledger = [
            await tx.payouts(all),
            await tx.payouts({ ...all, account: 2 }),
            await tx.postings(all),
            await tx.postings({ ...all, period: 1 }),
            await tx.postings({ ...all, account: 2 }),
            await tx.balances(program),
          ];
          const rest = [
            await tx.periods(program),
            await tx.steps(program, 1),
            await tx.rules(program),
            await tx.schedule(program),
            await tx.state(program),
          ];
          return [await tx.programs(), await tx.counts(program), ...lists, ...keyed, ...ledger, ...rest];
        });

      it('undoes everything when the work throws, and can be repeated', async () => {
        await write(everything);
        const before = await dump();
        const failing = store.transact('write', async (tx) => {
          await tx.write(program, more);
          await tx.createProgram('lost');
          assert.equal((await tx.state(program)).version, 2, 'it sees what it wrote itself');
          throw new Error('crash');
        });
        await assert.rejects(failing, { message: 'crash' });
        assert.deepEqual(await dump(), before);
        assert.equal(await write(more), 20);
        const after = await dump();
        assert.notDeepEqual(after, before);
        assert.deepEqual(await read((tx) => tx.excludedAccounts(program)), ['B']);
      });

      it('commits nothing after a write that failed, even if the work goes on', async () => {
        await write(everything);
        const before = await dump();
        const going = store.transact('write', async (tx) => {
          await tx
            .write(program, {
              scores: [{ account: 2, period: 2, score: 1n }],
              payouts: [payout(1, { id: 2, name: 'b' })],
            })
            .catch(() => 0);
          await tx.write(program, { state: state(3) });
        });
        await assert.rejects(going, coded('store.row-exists'));
        assert.deepEqual(await dump(), before);
      });

      it('keeps no object that the caller holds, and hands none out', async () => {
        const mine = structuredClone(everything) as any;
        await write(mine);
        const before = await dump();
        const scramble = (value: any): void => {
          if (value instanceof Map) value.clear();
          if (typeof value !== 'object' || value === null) return;
          for (const key of Object.keys(value)) {
            scramble(value[key]);
            value[key] = 'changed';
          }
        };
        scramble(mine);
        assert.deepEqual(await dump(), before, 'what was given');
        const handedOut = await dump();
        scramble(handedOut);
        assert.deepEqual(await dump(), before, 'what was handed out');
      });

      it('runs one after the other', async () => {
        const order: string[] = [];
        const slow = store.transact('write', async (tx) => {
          order.push('first begins');
          await new Promise((resolve) => setTimeout(resolve, 5));
          await tx.write(program, { state: state(7) });
          order.push('first ends');
        });
        const next = read(async (tx) => {
          order.push('second');
          return (await tx.state(program)).version;
        });
        await slow;
        assert.equal(await next, 7);
        assert.deepEqual(order, ['first begins', 'first ends', 'second']);
      });

      it('goes on after one that failed', async () => {
        await assert.rejects(
          read(() => Promise.reject(new Error('no'))),
          { message: 'no' },
        );
        assert.equal((await read((tx) => tx.programs())).length, 1);
      });

      it('refuses a transaction inside a transaction, which would wait for itself for ever', async () => {
        await assert.rejects(
          read(() => store.transact('read', async () => 1)),
          coded('store.nested-transaction'),
        );
        await assert.rejects(
          read(() => store.close()),
          coded('store.nested-transaction'),
        );
        const outlives: Promise<unknown>[] = [];
        await read(
          async () =>
            void outlives.push(
              new Promise((resolve) => setTimeout(resolve, 2)).then(() => read((tx) => tx.programs())),
            ),
        );
        assert.deepEqual(
          await outlives[0],
          [{ id: 1, name: 'first' }],
          'what outlives its transaction may begin another',
        );
      });

      it('refuses verbs after the end, and writes while reading', async () => {
        let kept: Tx | undefined;
        await read(async (tx) => void (kept = tx));
        await assert.rejects(kept!.programs(), coded('store.transaction-over'));
        await assert.rejects(
          read((tx) => tx.write(program, { state: state() })),
          coded('store.read-transaction'),
        );
        await assert.rejects(
          read((tx) => tx.createProgram('x')),
          coded('store.read-transaction'),
        );
      });

      it('counts its rows and says what it is', async () => {
        assert.equal(await write(everything), 17);
        assert.deepEqual(await read((tx) => tx.counts(program)), {
          accounts: 3,
          events: 1,
          positions: 1,
          scores: 1,
          payouts: 1,
          postings: 1,
        });
        const facts = await store.describe();
        assert.equal(facts.kind, kind.name);
        assert.ok(facts.schemaVersion >= 1);
      });

      it('answers nothing once it is closed, and closes twice, or twice at once, without complaint', async () => {
        await Promise.all([store.close(), store.close()]);
        await store.close();
        await assert.rejects(
          read((tx) => tx.programs()),
          coded('store.closed'),
        );
      });
    });
  });
}
