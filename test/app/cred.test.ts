import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PeopleCounter } from '../../src/app/cred/people-counts.ts';
import { Engine } from '../../src/app/engine.ts';
import type { Tx } from '../../src/app/ports.ts';
import { encodeEvent } from '../../src/core/events/encode.ts';
import { toldStory } from '../../src/app/demo/fill.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { credProgram, day, edge, idOf, node, person, story, sunday, token, week } from './cred-small.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';

const at = (weeks: number): number => (sunday + weeks * week) * 1000;

async function engineWith(
  events: readonly ProrataEvent[],
  options?: Parameters<typeof credProgram>[0],
): Promise<Engine> {
  const engine = new Engine(openMemoryStore());
  await engine.createProgram(credProgram(options));
  await log(engine, ...events);
  return engine;
}

async function log(engine: Engine, ...events: readonly ProrataEvent[]): Promise<void> {
  await engine.ingest('grain', events, { onRefused: (_, { code, message }) => assert.fail(`${code}: ${message}`) });
}

async function refusalsOf(engine: Engine, ...events: readonly ProrataEvent[]): Promise<string[]> {
  const codes: string[] = [];
  const summary = await engine.ingest('grain', events, { onRefused: (_, { code }) => codes.push(code) });
  assert.equal(summary.committed, false);
  return codes;
}

async function assertHolds(engine: Engine): Promise<void> {
  const { findings } = await engine.verify('grain');
  assert.deepEqual(
    findings.flatMap(({ invariant, contradictions }) => contradictions.map((what) => `${invariant}: ${what}`)),
    [],
  );
}

/** What everybody was paid in a period: name, score, due. */
async function paidIn(engine: Engine, period: number): Promise<Record<string, [bigint, bigint]>> {
  const payouts = await engine.payouts('grain', { period });
  const names = new Map(['ada', 'bo', 'cy'].map((name) => [idOf(name), name]));
  return Object.fromEntries(payouts.map(({ account, score, due }) => [names.get(account.name)!, [score, due]]));
}

const activation = (name: string, second = sunday): ProrataEvent =>
  token({ type: 'TOGGLE_ACTIVATION', identityId: idOf(name) }, second);

async function lifetimeOf(engine: Engine): Promise<Record<string, bigint>> {
  const sums: Record<string, bigint> = {};
  for (const { account, due } of await engine.payouts('grain')) sums[account.name] = (sums[account.name] ?? 0n) + due;
  return sums;
}

describe('test/app/cred', () => {
  it('counts people also after a reading that failed half way', async () => {
    const events = [...person('ada', ['u', 'ada'], sunday), ...person('bo', ['u', 'bo'], sunday, false)];
    // Full pages, so that there is another one to read.
    const filler = encodeEvent({ kind: 'fund', key: 'f', time: 0, pool: 'p', amount: 1n });
    const payloads = [
      ...events.map((event) => encodeEvent(event)),
      ...Array.from({ length: 2000 - events.length }, () => filler),
    ];
    let fails = true;
    const tx = {
      governingEvents: async ({ after }: { after: number }) => {
        if (after > 0 && fails) throw new Error('gone');
        return payloads.map((payload, i) => ({ payload, seq: i + 1 })).slice(after);
      },
    } as unknown as Tx;
    const counter = new PeopleCounter();
    assert.deepEqual(await counter.count({ ...tx, governingEvents: async () => [] }, { id: 1 }), { all: 0, active: 0 });
    await assert.rejects(counter.count(tx, { id: 1 }), /gone/);
    fails = false;
    assert.deepEqual(await counter.count(tx, { id: 1 }), { all: 2, active: 1 });
  });

  it('counts people as the whole ledger has them, looking only at what is new', async () => {
    const engine = new Engine(openMemoryStore());
    const { definition, chapters } = toldStory('cred', 3);
    const { name } = definition;
    await engine.createProgram(definition);
    const assertCounted = async (): Promise<void> => {
      const accounts = (await engine.people(name)).ledger.accounts();
      const counts = { all: accounts.length, active: accounts.filter(({ active }) => active).length };
      assert.deepEqual(await engine.peopleCounts(name), counts);
    };
    await assertCounted();
    for (const { events, settleAt } of chapters) {
      await engine.ingest(name, events);
      await assertCounted();
      if (settleAt !== null) await engine.advance(name, { to: settleAt * 1000 });
    }
    const { clock } = await engine.status(name);
    const two = (await engine.people(name)).ledger.accounts().slice(0, 2);
    const [base, target] = two.map(({ id }) => id);
    await engine.ingest(name, [
      token({ type: 'TOGGLE_ACTIVATION', identityId: target! }, clock / 1000),
      token({ type: 'MERGE_IDENTITIES', base: base!, target: target! }, clock / 1000),
    ]);
    await assertCounted();
    assert.deepEqual(await engine.peopleCounts(name), { all: 30, active: 28 });
  });

  it('pays by the usual mix: a fifth for the week, the rest for what is missing of a lifetime', async () => {
    const engine = await engineWith(story());
    await engine.advance('grain', { to: at(2) });
    assert.deepEqual(await paidIn(engine, 1), { ada: [1227545n, 614n], bo: [772455n, 386n] });
    assert.deepEqual(await paidIn(engine, 2), { ada: [117169n, 167n], bo: [1039976n, 833n] });
    await assertHolds(engine);
    await engine.close();
  });

  it('keeps what closed periods were paid by; what is learned later is repaid by the balanced policy', async () => {
    const sharing = { policies: [{ policy: 'balanced', part: '1' }] };
    const engine = await engineWith(story(), { sharing });
    await engine.advance('grain', { to: at(1) });
    const before = await paidIn(engine, 1);
    // Of the first week, but only known in the second one.
    await log(
      engine,
      node('forum/post/0', sunday + day),
      edge('forum/wrote/0', 'forum/post/0', 'forum/user/bo', sunday + day),
    );
    await engine.advance('grain', { to: at(3) });
    assert.deepEqual(await paidIn(engine, 1), before);
    const onTime = await engineWith(
      [
        ...story(),
        node('forum/post/0', sunday + day),
        edge('forum/wrote/0', 'forum/post/0', 'forum/user/bo', sunday + day),
      ],
      { sharing },
    );
    await onTime.advance('grain', { to: at(3) });
    assert.notDeepEqual(await paidIn(onTime, 1), before);
    assert.deepEqual(await lifetimeOf(engine), await lifetimeOf(onTime));
    await assertHolds(engine);
    await engine.close();
    await onTime.close();
  });

  it('holds back what is below the minimum, and pays it with the next share', async () => {
    const sharing = { policies: [{ policy: 'immediate', part: '1' }], minimum: '400' };
    const engine = await engineWith(story(), { sharing, batchSize: 1 });
    await engine.advance('grain', { to: at(1) });
    assert.deepEqual(await paidIn(engine, 1), { ada: [1227545n, 614n], bo: [772455n, 0n] });
    const [record] = await engine.periods('grain');
    assert.deepEqual(record!.carried, { before: 0n, after: 386n, rollover: 0n, unclaimed: 0n });
    await assertHolds(engine);
    await engine.advance('grain', { to: at(2) });
    assert.deepEqual(await paidIn(engine, 2), { ada: [117169n, 0n], bo: [1039976n, 1285n] }); // 899 and 386; ada waits for 101
    await assertHolds(engine);
    await engine.close();
  });

  it('keeps what waits over a period for which nothing is owed by score', async () => {
    const { rules, ...program } = credProgram({ sharing: { mix: {}, minimum: '400' } });
    const engine = new Engine(openMemoryStore());
    const team = { name: 'team', pays: 'recipients', funding: 10n, recipients: ['tia'] } as const;
    await engine.createProgram({
      ...program,
      rules: { ...rules, pools: [...rules.pools, team] },
      schedule: [1, 2, 3].map((n) => ({
        at: sunday + n * week,
        allocations: [n === 2 ? { pool: 'team', amount: 10n } : { pool: 'community', amount: 1000n }],
      })),
    });
    await log(engine, ...story());
    await engine.advance('grain', { to: at(3) });
    const carried = (await engine.periods('grain')).map((record) => record.carried?.before);
    assert.deepEqual(carried, [0n, undefined, 386n]);
    await assertHolds(engine);
    await engine.close();
  });

  it('rolls over what nobody may take under a cap', async () => {
    const sharing = { policies: [{ policy: 'immediate', part: '1' }], cap: '300' };
    const engine = await engineWith(story(), { sharing });
    await engine.advance('grain', { to: at(1) });
    assert.deepEqual(await paidIn(engine, 1), { ada: [1227545n, 300n], bo: [772455n, 300n] });
    await engine.advance('grain', { to: at(2) });
    const periods = await engine.periods('grain');
    assert.deepEqual(
      periods.map(({ carried }) => [carried!.before, carried!.after, carried!.rollover]),
      [
        [0n, 400n, 400n],
        [400n, 800n, 800n],
      ],
    );
    await assertHolds(engine);
    await engine.close();
  });

  it('pays who is not active yet once it is, where the pool says so', async () => {
    const sharing = { mix: {}, pay_later: true };
    const inactive = story().filter(({ key }) => key !== activation('bo').key);
    const engine = await engineWith(inactive, { sharing });
    await engine.advance('grain', { to: at(1) });
    assert.deepEqual(await paidIn(engine, 1), { ada: [1227545n, 614n], bo: [772455n, 0n] });
    await log(engine, activation('bo', sunday + week));
    await engine.advance('grain', { to: at(2) });
    assert.deepEqual(await paidIn(engine, 2), { ada: [117169n, 167n], bo: [1039976n, 1219n] }); // 833 and 386
    await assertHolds(engine);
    await engine.close();
  });

  it('leaves to the residual what nobody has a score for, or halts until it is mended', async () => {
    const nobody = story().filter(({ key }) => key !== activation('bo').key && key !== activation('ada').key);
    const left = await engineWith(nobody);
    await left.advance('grain', { to: at(1) });
    const [record] = await left.periods('grain');
    assert.deepEqual([record!.residual.zeroTotal, record!.delivered], [1000n, 0n]);
    await assertHolds(left);
    await left.close();

    const halting = await engineWith(nobody, { onZeroTotal: 'halt' });
    await halting.advance('grain', { to: at(1) });
    assert.equal((await halting.status('grain')).halted?.code, 'nobody-to-pay');
    const resume: ProrataEvent = { kind: 'resume', key: 'mended', time: at(1) + 1, reason: 'ada is active now' };
    await log(halting, activation('ada', sunday + week), resume);
    await halting.advance('grain', { to: at(1) });
    assert.deepEqual(await paidIn(halting, 1), { ada: [1227545n, 1000n], bo: [772455n, 0n] });
    await assertHolds(halting);
    await halting.close();
  });

  it('halts where edges weigh more than can be counted, instead of losing what they carry', async () => {
    const names = ['a', 'a/a', 'a/a/a', 'a/a/a/a', 'a/a/a/a/a', 'a/a/a/a/a/a', 'a/a/a/a/a/a/a', 'a/a/a/a/a/a/a/a'];
    const huge = { forward: `1${'0'.repeat(39)}`, backward: '0' };
    const edges = Object.fromEntries(names.map((name) => [name, huge]));
    // 10^273, and 10^312, which no double holds.
    for (const [name, ended] of [
      ['a/a/a/a/a/a/a/b', 'idle'],
      ['a/a/a/a/a/a/a/a/a', 'halted'],
    ] as const) {
      const more = edge(name, 'forum/post/1', 'forum/user/bo', sunday + day);
      const engine = await engineWith([...story(), more], { scoring: { weights: { edges } } });
      assert.equal((await engine.advance('grain', { to: at(1) })).ended, ended);
      const { halted } = await engine.status('grain');
      assert.equal(halted?.code, ended === 'halted' ? 'cred-weight-invalid' : undefined);
      await engine.close();
    }
  });

  it('takes back what a window paid, and pays it again', async () => {
    const engine = await engineWith(story());
    await engine.advance('grain', { to: at(1) });
    const reversal = token(
      { type: 'REVERSE_DISTRIBUTION', distributionId: 'period-1', reason: 'posts were spam' },
      sunday + week,
    );
    await log(engine, reversal);
    assert.equal((await engine.balances('grain'))[1]!.balance, 10_000n);
    await assertHolds(engine);
    await engine.advance('grain', { to: at(3) });
    await assertHolds(engine);
    // The money of two periods reached people, as if there had been no first window.
    const [ada, bo] = ['ada', 'bo'].map(async (name) => (await engine.people('grain')).ledger.account(idOf(name))!);
    assert.equal((await ada!).paid + (await bo!).paid, 2000n);
    assert.deepEqual(await refusalsOf(engine, { ...reversal, key: idOf('again') }), ['already-reversed']);
    await engine.close();
  });

  it('counts somebody with two accounts once, and apart again', async () => {
    const second = [
      node('forum/user/bo2', sunday, { timeless: true }),
      ...person('bo2', ['forum', 'user', 'bo2'], sunday),
      node('forum/post/4', sunday + 3 * day),
      edge('forum/wrote/4', 'forum/post/4', 'forum/user/bo2', sunday + 3 * day),
    ];
    const [base, target] = [idOf('bo'), idOf('bo2')];
    const apart = await engineWith([...story(), ...second]);
    const merged = await engineWith([...story(), ...second, token({ type: 'MERGE_IDENTITIES', base, target }, sunday)]);
    const unmerged = await engineWith([
      ...story(),
      ...second,
      token({ type: 'MERGE_IDENTITIES', base, target }, sunday),
      token({ type: 'UNMERGE_IDENTITIES', base, target }, sunday),
    ]);
    for (const engine of [apart, merged, unmerged]) await engine.advance('grain', { to: at(2) });
    assert.deepEqual(await unmerged.payouts('grain'), await apart.payouts('grain'));
    assert.deepEqual(
      (await merged.payouts('grain', { period: 1 })).map(({ account }) => account.name).toSorted(),
      [idOf('ada'), base].toSorted(),
    );
    // Who was paid together and is apart later: what each was paid stays with it.
    await log(merged, token({ type: 'UNMERGE_IDENTITIES', base, target }, sunday + 2 * week));
    await merged.advance('grain', { to: at(3) });
    for (const engine of [apart, merged, unmerged]) {
      await assertHolds(engine);
      await engine.close();
    }
  });

  it('adds up what is left to two ids of one person as it was written', async () => {
    const leaves = (to: string, part: string): ProrataEvent => {
      return { kind: 'attribution', key: `ada ${to}`, time: sunday * 1000, from: idOf('ada'), to: idOf(to), part };
    };
    const others = ['bo2', 'cy', 'dee'].flatMap((name) => person(name, ['forum', 'user', name], sunday));
    const merge = token({ type: 'MERGE_IDENTITIES', base: idOf('bo'), target: idOf('bo2') }, sunday);
    // As doubles, in this order, they are above 1.
    const parts = [leaves('bo', '0.2'), leaves('bo2', '0.4'), leaves('cy', '0.3'), leaves('dee', '0.1')];
    const engine = await engineWith([...story(), ...others, ...parts, merge]);
    const { ended } = await engine.advance('grain', { to: at(1) });
    assert.equal(ended, 'idle');
    await assertHolds(engine);
    await engine.close();
  });

  it('computes the same whatever the order and the pieces in which a graph was logged', async () => {
    const events = story();
    const [users, rest] = [events.slice(0, 2), events.slice(2)];
    const engine = await engineWith(events);
    await engine.advance('grain', { to: at(3) });
    const posts = rest.filter(({ kind }) => kind === 'node').toReversed();
    const edges = rest.filter(({ kind }) => kind === 'edge').toReversed();
    const others = rest.filter(({ kind }) => kind === 'token');
    const other = await engineWith(posts);
    for (const event of [...users.toReversed(), ...edges]) await log(other, event);
    await log(other, ...others);
    await other.advance('grain', { to: at(3) });
    const rootsOf = async (one: Engine) => (await one.periods('grain')).map(({ root }) => root);
    assert.deepEqual(await rootsOf(other), await rootsOf(engine));
    await other.close();
    await engine.close();
  });

  it('computes a round once, whatever the batch, also within one transaction', async () => {
    for (const [settle, dryRun] of [
      ['multi_block', false],
      ['multi_block', true],
      ['single_block', false],
    ] as const) {
      const store = openMemoryStore();
      const transact = store.transact.bind(store);
      let reads = 0;
      store.transact = (mode, work) =>
        transact(mode, (tx) => {
          const graphAsOf = tx.graphAsOf.bind(tx);
          tx.graphAsOf = (...query) => {
            reads += 1;
            return graphAsOf(...query);
          };
          return work(tx);
        });
      const engine = new Engine(store);
      const { rules, ...program } = credProgram({ batchSize: 1 });
      await engine.createProgram({ ...program, rules: { ...rules, window: { ...rules.window, settle } } });
      await log(engine, ...story());
      const { settled } = await engine.advance('grain', { to: at(1), dryRun });
      assert.deepEqual([settle, dryRun, settled, reads], [settle, dryRun, 1, 1]);
      await engine.close();
    }
  });

  it('takes what was decided by the newest event only while it is the newest', async () => {
    const engine = await engineWith(story());
    const { head } = await engine.status('grain');
    const { head: next } = await engine.ingest('grain', [activation('ada', sunday + 1)], { head });
    await assert.rejects(engine.ingest('grain', [activation('bo', sunday + 2)], { head }), {
      code: 'log-moved',
      kind: 'conflict',
    });
    assert.equal((await engine.status('grain')).head, next);
    await engine.ingest('grain', [activation('bo', sunday + 2)], { head: next });
    await engine.close();
  });

  it('refuses what cannot be, each by a code of its own, and changes nothing', async () => {
    const engine = await engineWith(story());
    const { events } = await engine.status('grain');
    const attribution = (from: string, to: string, part: string, second = sunday): ProrataEvent => ({
      kind: 'attribution',
      key: `${from} ${to} ${part} ${second}`,
      time: second * 1000,
      from: idOf(from),
      to: idOf(to),
      part,
    });
    const cases: readonly (readonly [code: string, event: ProrataEvent])[] = [
      ['cred-edge-dangling', edge('e', 'forum/post/1', 'forum/post/9', sunday)],
      ['cred-edge-dangling', edge('e', 'forum/post/9', 'forum/post/1', sunday)],
      ['cred-node-unknown', { kind: 'node-removed', key: 'r', time: 0, node: 'forum/post/9' }],
      ['cred-edge-unknown', { kind: 'edge-removed', key: 'r', time: 0, edge: 'forum/wrote/9' }],
      ['graph-address-malformed', node('a%', sunday)],
      ['graph-weight-malformed', node('a', sunday, { weight: '-1' })],
      ['graph-weight-malformed', edge('e', 'forum/post/1', 'forum/post/2', sunday, { forward: '01' })],
      ['attribution-to-self', attribution('ada', 'ada', '0.5')],
      ['unknown-identity', attribution('ada', 'nobody', '0.5')],
      ['event-field-invalid', attribution('ada', 'bo', '1.5')],
      ['name-taken', { ...person('ada', ['x'], sunday)[0]!, key: idOf('other') } as ProrataEvent],
      ['event-of-other-model', { kind: 'eligible', key: 'x', time: 0, account: 'ada', on: true }],
      [
        'distribution-unknown',
        token({ type: 'REVERSE_DISTRIBUTION', distributionId: 'period-1', reason: 'why' }, sunday),
      ],
    ];
    for (const [code, event] of cases) assert.deepEqual(await refusalsOf(engine, event), [code], code);
    assert.equal((await engine.status('grain')).events, events);
    await log(engine, ...person('cy', ['forum', 'user', 'cy'], sunday), attribution('ada', 'bo', '0.6'));
    await log(engine, attribution('bo', 'cy', '0.5'));
    assert.deepEqual(await refusalsOf(engine, attribution('cy', 'ada', '0.1')), ['attribution-cycle']);
    assert.deepEqual(await refusalsOf(engine, attribution('ada', 'cy', '0.5')), ['attribution-above-one']);
    assert.deepEqual(await refusalsOf(engine, attribution('ada', 'bo', '0.1', sunday - 1)), ['attribution-backwards']);
    await engine.advance('grain', { to: at(2) });
    await assertHolds(engine);
    await engine.close();
  });

  it('counts a change and a removal from the next window on', async () => {
    const engine = await engineWith(story());
    await engine.advance('grain', { to: at(1) });
    await log(
      engine,
      node('forum/post/2', sunday + 2 * day, { weight: '3' }),
      { kind: 'node-removed', key: 'gone', time: at(1), node: 'forum/post/3' },
      { kind: 'edge-removed', key: 'no reply', time: at(1), edge: 'forum/replies/2' },
    );
    await engine.advance('grain', { to: at(2) });
    const [first, second] = await engine.periods('grain');
    assert.deepEqual([first!.cred!.minted, second!.cred!.minted], [2_000_000n, 4_000_000n]);
    assert.deepEqual([first!.cred!.edges, second!.cred!.edges], [3, 3]); // that of the removed post leads nowhere
    await assertHolds(engine);
    await engine.close();
  });

  it('goes on as it was after an export and an import, in the middle of a window too', async () => {
    const sharing = { mix: {}, minimum: '400' };
    const engine = await engineWith(story(), { sharing, batchSize: 1 });
    await engine.advance('grain', { to: at(1) });
    for (let step = 0; step < 4; step += 1) {
      const lines: string[] = [];
      await engine.export((text) => void lines.push(...text.split('\n').slice(0, -1)));
      const other = new Engine(openMemoryStore());
      await other.import(lines);
      await assertHolds(other);
      const again: string[] = [];
      await other.export((text) => void again.push(...text.split('\n').slice(0, -1)));
      assert.deepEqual(again, lines);
      await other.advance('grain', { to: at(2) });
      await assertHolds(other);
      await other.close();
      await engine.step('grain', at(2));
    }
    await engine.close();
  });
});
