import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as automerge from '@automerge/automerge';
import fc from 'fast-check';
import type { SpaceDocument } from './automerge.ts';
import { newDocument } from './kinds.ts';
import { mergeInto } from './merge.ts';
import { plainOf } from './plain.ts';
import { publish } from './publish.ts';
import type { SpaceView } from '../core/scoring/cred/space-view.ts';
import { contentOf } from './view.ts';

const seed = Number(process.env['SEED'] ?? 20_252);

const payout = (id: string, period: string, account: string, amount: string) => ({
  ...{ id, period, account, amount, posting: `posting-${id}`, reversed: null },
});

/** After `paid` periods, in each of which ada got 6 and bo 4. */
const viewAfter = (paid: number): SpaceView => {
  const periods = Array.from({ length: paid }, (_, index) => String(index + 1));
  return {
    about: { program: 'tea', symbol: 'TEA', decimals: 2 },
    heads: { log: `${paid * 10}:abcdef` },
    nodes: [{ what: 'node', node: 'talk/1', at: 1, label: 'A talk' }],
    edges: [{ what: 'edge', edge: 'e/1', from: 'talk/1', to: 'person/ada', at: 1, forward: '1' }],
    identities: [
      { id: 'ada', name: 'ada', type: 'USER', active: true },
      { id: 'bo', name: 'bo', type: 'BOT', active: false },
    ],
    aliases: [{ address: 'person/ada', identity: 'ada', description: 'ada of the talks' }],
    periods: periods.map((id) => ({ id, start: Number(id) * 100, end: Number(id) * 100 + 100, total: '5' })),
    scores: periods.flatMap((period) => [
      { period, account: 'ada', score: '3' },
      { period, account: 'bo', score: '2' },
    ]),
    accounts: [
      { id: 'ada', balance: String(paid * 6), paid: String(paid * 6) },
      { id: 'bo', balance: String(paid * 4 - 1), paid: String(paid * 4) },
    ],
    payouts: periods.flatMap((period) => [
      payout(`${period}a`, period, 'ada', '6'),
      payout(`${period}b`, period, 'bo', '4'),
    ]),
  };
};

const shown = (document: SpaceDocument): unknown => plainOf(automerge, document, (what) => what);
const wantedOf = (view: SpaceView): unknown =>
  plainOf(automerge, { type: 'prorata/space', version: 1, ...contentOf(view) }, (what) => what);
const assertShows = (document: SpaceDocument, view: SpaceView, message?: string): void =>
  assert.deepEqual(shown(document), wantedOf(view), message);

type Entries = Record<string, unknown>;
const whole = (text: string): unknown => new automerge.ImmutableString(text);
const tamper = (
  document: SpaceDocument,
  actor: string,
  work: (draft: Record<string, Entries>) => void,
): SpaceDocument =>
  automerge.change(automerge.clone(document, { actor }), { time: 0 }, (draft) =>
    work(draft as Record<string, Entries>),
  );
const on = (document: SpaceDocument, actor: string, view: SpaceView): SpaceDocument =>
  publish(automerge, document, view, actor);

const empty = newDocument(automerge, 'space');

describe('src/documents/publish', () => {
  it('shows the view, amounts and scores as whole texts', () => {
    const document = publish(automerge, empty, viewAfter(2));
    assertShows(document, viewAfter(2));
    const { payouts, scores } = document as unknown as {
      payouts: Record<string, Entries>;
      scores: Entries;
    };
    assert.deepEqual(Object.keys(payouts), ['1a', '1b', '2a', '2b']);
    assert.ok(automerge.isImmutableString(payouts['1a']!['amount']));
    assert.equal(String(scores['2/bo']), '2');
    assertShows(automerge.load(automerge.save(document)), viewAfter(2));
  });

  it('makes no change for what is shown already, and few for what differs', () => {
    const document = publish(automerge, empty, viewAfter(2));
    assert.equal(publish(automerge, document, viewAfter(2)), document);
    assert.deepEqual(automerge.getHeads(automerge.load(automerge.save(document))), automerge.getHeads(document));

    const later = publish(automerge, document, viewAfter(3));
    assertShows(later, viewAfter(3));
    const [change] = automerge.getChanges(document, later).map((bytes) => automerge.decodeChange(bytes));
    const touched = new Set(change!.ops.map(({ key }) => key));
    for (const old of ['1a', '2b', '2/ada', 'talk/1', 'program']) assert.ok(!touched.has(old), old);
    assert.deepEqual([touched.has('3a'), touched.has('balance')], [true, true]);
  });

  it('leaves the document it was given as it was', () => {
    publish(automerge, empty, viewAfter(1));
    assert.deepEqual(automerge.getHeads(empty), automerge.getHeads(newDocument(automerge, 'space')));
  });

  it('shows each payout once where two processes published it, and needs no change afterwards', () => {
    const [one, other] = [on(empty, 'aa', viewAfter(2)), on(empty, 'bb', viewAfter(2))];
    for (const merged of [mergeInto(automerge, one, other), mergeInto(automerge, other, one)]) {
      assertShows(merged, viewAfter(2));
      assert.equal(publish(automerge, merged, viewAfter(2)), merged);
    }
  });

  it('has every payout of both where one published from a stale copy, and is right after the next publication', () => {
    const stale = on(empty, 'bb', viewAfter(1));
    const [ahead, behind] = [on(stale, 'aa', viewAfter(3)), on(stale, 'bb', viewAfter(2))];
    const merged = mergeInto(automerge, ahead, behind);
    const payouts = shown(merged) as { payouts: object };
    assert.deepEqual(payouts.payouts, (wantedOf(viewAfter(3)) as typeof payouts).payouts);
    assertShows(publish(automerge, merged, viewAfter(3)), viewAfter(3));
    assertShows(publish(automerge, merged, viewAfter(2)), viewAfter(2));
  });

  const tamperings: Readonly<Record<string, (draft: Record<string, Entries>) => void>> = {
    'an amount': (draft) => {
      (draft['payouts']!['1a'] as Entries)['amount'] = '600';
    },
    'a payout that never was': (draft) => {
      draft['payouts']!['9z'] = payout('9z', '1', 'cy', '1000000');
    },
    'a payout taken out': (draft) => {
      delete draft['payouts']!['1b'];
    },
    'a field more': (draft) => {
      (draft['accounts']!['ada'] as Entries)['extra'] = 1;
    },
    'a balance that is a number': (draft) => {
      (draft['accounts']!['ada'] as Entries)['balance'] = 12;
    },
    'an amount that can be edited by letters': (draft) => {
      (draft['payouts']!['1a'] as Entries)['amount'] = '6';
    },
    'a list where a map was': (draft) => {
      draft['payouts'] = [] as unknown as Entries;
    },
    'a map where a score was': (draft) => {
      draft['scores']!['1/ada'] = { score: '3' };
    },
    'all of it': (draft) => {
      for (const key of Object.keys(draft)) delete draft[key];
    },
    'its type': (draft) => {
      Object.assign(draft, { type: 'prorata/contributions', version: 7 });
    },
  };
  for (const [what, work] of Object.entries(tamperings)) {
    it(`mends ${what} with the next publication, also after merges`, () => {
      const published = on(empty, 'aa', viewAfter(2));
      const tampered = tamper(published, 'ee', work);
      assert.notDeepEqual(automerge.getHeads(tampered), automerge.getHeads(published));
      const mended = on(tampered, 'bb', viewAfter(2));
      assertShows(mended, viewAfter(2));
      assert.equal(publish(automerge, mended, viewAfter(2)), mended);
      assertShows(mergeInto(automerge, mended, tampered), viewAfter(2));
      assertShows(mergeInto(automerge, published, mended), viewAfter(2));
      assertShows(publish(automerge, mergeInto(automerge, published, tampered), viewAfter(3)), viewAfter(3));
    });
  }

  it('mends what a merge has hidden: it would come out with the next merge', () => {
    const base = on(empty, '50', viewAfter(1));
    const wrong = tamper(base, '01', (draft) => {
      draft['scores']!['1/ada'] = new automerge.ImmutableString('99') as unknown as Entries;
    });
    // Written twice, so that it comes later than the wrong one; the library leaves out a write that changes nothing.
    const right = ['4', '3'].reduce(
      (document, score) =>
        tamper(document, 'ff', (draft) => {
          draft['scores']!['1/ada'] = new automerge.ImmutableString(score) as unknown as Entries;
        }),
      base,
    );
    const merged = mergeInto(automerge, wrong, right);
    assertShows(merged, viewAfter(1), 'the wrong one is hidden');
    const mended = publish(automerge, merged, viewAfter(1));
    assert.notEqual(mended, merged);
    assert.equal(automerge.getConflicts(mended['scores'] as Entries, '1/ada'), undefined);
    const without = on(
      tamper(right, 'fe', (draft) => delete draft['scores']!['1/ada']),
      '02',
      viewAfter(1),
    );
    assertShows(mergeInto(automerge, mended, without), viewAfter(1));
  });

  const hidden: Readonly<Record<string, (draft: Record<string, Entries>) => void>> = {
    'an amount': (draft) => Object.assign(draft['payouts']!['1a'] as Entries, { amount: whole('600') }),
    'a field more': (draft) => Object.assign(draft['payouts']!['1a'] as Entries, { extra: 1 }),
    'a field less': (draft) => {
      delete (draft['payouts']!['1a'] as Entries)['reversed'];
    },
  };
  for (const [what, work] of Object.entries(hidden)) {
    it(`mends ${what} in an entry that another entry of the same payout hides`, () => {
      const merged = mergeInto(
        automerge,
        tamper(on(empty, '0a', viewAfter(1)), '0b', work),
        on(empty, 'fa', viewAfter(1)),
      );
      assertShows(merged, viewAfter(1), 'the wrong one is hidden');
      const mended = on(merged, 'ab', viewAfter(1));
      assert.equal(automerge.getConflicts(mended['payouts'] as Entries, '1a'), undefined);
      assert.equal(publish(automerge, mended, viewAfter(1)), mended);
    });
  }

  it('mends what is hidden within what is hidden', () => {
    const first = on(empty, '0a', viewAfter(1));
    const amount = (actor: string, ...texts: string[]): SpaceDocument =>
      texts.reduce(
        (document, text) =>
          tamper(document, actor, (draft) =>
            Object.assign(draft['payouts']!['1a'] as Entries, { amount: whole(text) }),
          ),
        first,
      );
    const inner = mergeInto(automerge, amount('0b', '600'), amount('0c', '7', '6'));
    assertShows(inner, viewAfter(1));
    const merged = mergeInto(automerge, inner, on(empty, 'fa', viewAfter(1)));
    assertShows(merged, viewAfter(1));
    const mended = on(merged, 'ab', viewAfter(1));
    assert.equal(automerge.getConflicts(mended['payouts'] as Entries, '1a'), undefined);
  });

  it('removes a key "__proto__", which another client may write', () => {
    const published = on(empty, 'aa', viewAfter(1));
    const written = tamper(published, 'ee', (draft) => Object.assign(draft['payouts']!, { proto_: { amount: '5' } }));
    const change = automerge.decodeChange(automerge.getLastLocalChange(written)!);
    for (const op of change.ops) if (op.key === 'proto_') op.key = '__proto__';
    const { hash: _hash, ...rest } = change;
    const [document] = automerge.applyChanges(automerge.clone(published), [automerge.encodeChange(rest)]);
    assert.equal((document['payouts'] as Entries)['amount'], '5', 'the library lets it be inherited');
    const mended = publish(automerge, document, viewAfter(1));
    assert.equal((mended['payouts'] as Entries)['amount'], undefined);
    assert.equal(publish(automerge, mended, viewAfter(1)), mended);
  });

  it('does not write to what was begun elsewhere, nor to contributions', () => {
    const elsewhere = automerge.from<Entries>({ type: 'prorata/space', version: 1 });
    for (const document of [elsewhere, newDocument(automerge, 'contributions'), automerge.init<Entries>()]) {
      assert.throws(() => publish(automerge, document, viewAfter(1)), { kind: 'conflict', code: 'document-unrelated' });
    }
  });

  // Three devices, on which views are published, things tampered with, and merged; in the end one view to all.
  const anyAct = fc.record({
    who: fc.nat(2),
    what: fc.constantFrom('publish', 'merge', 'amount', 'remove', 'add', 'score', 'section', 'extra'),
    paid: fc.nat(3),
    other: fc.nat(2),
    key: fc.constantFrom('1a', '1b', '2a'),
  });

  it(`converges: published to all, every merge shows the view, whatever came before (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 12 }), fc.nat(3), (acts, paid) => {
        let actors = 0x1000;
        const nextActor = (): string => (actors += 1).toString(16);
        let devices = [0, 1, 2].map((device) => automerge.clone(empty, { actor: `0${device}` }));
        for (const { who, what, paid: then, other, key } of acts) {
          const document = devices[who]!;
          const actor = automerge.getActorId(document);
          const edit = (work: (draft: Record<string, Entries>) => void): SpaceDocument =>
            automerge.change(document, { time: 0 }, (draft) => work(draft as Record<string, Entries>));
          const entry = (draft: Record<string, Entries>): Entries => (draft['payouts']?.[key] ?? {}) as Entries;
          const wrong = whole(`9${then}`);
          if (what === 'publish') {
            const published = publish(automerge, document, viewAfter(then), nextActor());
            // Back under the device's own actor.
            if (published !== document) devices[who] = automerge.merge(document, published);
          } else if (what === 'merge') devices[who] = automerge.merge(document, automerge.clone(devices[other]!));
          else if (what === 'amount') devices[who] = edit((draft) => Object.assign(entry(draft), { amount: wrong }));
          else if (what === 'extra') devices[who] = edit((draft) => Object.assign(entry(draft), { extra: then }));
          else if (what === 'remove') devices[who] = edit((draft) => delete draft['payouts']?.[key]);
          else if (what === 'add')
            devices[who] = edit((draft) => Object.assign(draft['payouts'] ?? {}, { [key]: { amount: wrong } }));
          else if (what === 'score')
            devices[who] = edit((draft) => Object.assign(draft['scores'] ?? {}, { '1/ada': wrong }));
          else devices[who] = edit((draft) => Object.assign(draft, { payouts: {} }));
          assert.equal(automerge.getActorId(devices[who]!), actor);
        }
        const view = viewAfter(paid);
        devices = devices.map((document) => {
          const published = publish(automerge, document, view, nextActor());
          assertShows(published, view);
          assert.equal(publish(automerge, published, view), published);
          return published;
        });
        const [a, b, c] = devices as [SpaceDocument, SpaceDocument, SpaceDocument];
        for (const order of [
          [a, b, c],
          [c, b, a],
          [b, a],
          [b, c, a, b],
        ]) {
          const merged = order.reduce((all, document) => mergeInto(automerge, all, document));
          assertShows(merged, view);
          assertShows(automerge.load(automerge.save(merged)), view);
          assert.equal(publish(automerge, merged, view), merged, 'and needs no change');
        }
      }),
      { seed, numRuns: 60 },
    );
  });
});
