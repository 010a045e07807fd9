import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Engine } from '../../src/app/engine.ts';
import type { Store } from '../../src/app/ports.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { credProgram, day, edge, idOf, node, person, sunday, token, week } from '../app/cred-small.ts';
import { verify } from './crash-kit.ts';

const seed = Number(process.env['SEED'] ?? 20_254);
const WEEKS = 4;
const PEOPLE = ['ada', 'bo', 'cy', 'dee'];

/** What happens in a week, before its window opens or (late) after. */
interface Happening {
  readonly week: number;
  readonly what:
    | 'post'
    | 'like'
    | 'weigh'
    | 'remove'
    | 'merge'
    | 'unmerge'
    | 'toggle'
    | 'exclude'
    | 'reverse'
    | 'transfer'
    | 'attribute';
  readonly who: number;
  readonly whom: number;
  readonly size: number;
}

const happening = fc.record({
  week: fc.integer({ min: 0, max: WEEKS - 1 }),
  what: fc.constantFrom<Happening['what'][]>(
    'post',
    'post',
    'post',
    'like',
    'like',
    'weigh',
    'remove',
    'merge',
    'unmerge',
    'toggle',
    'exclude',
    'reverse',
    'transfer',
    'attribute',
  ),
  who: fc.nat(3),
  whom: fc.nat(3),
  size: fc.nat(6),
});
const sharing = fc.record(
  {
    mix: fc.record({ slow: fc.constantFrom('0', '0.5', '0.8', '1'), lookback: fc.integer({ min: 1, max: 3 }) }),
    cap: fc.constantFrom('300', '500'),
    minimum: fc.constantFrom('50', '400'),
    pay_later: fc.boolean(),
  },
  { requiredKeys: ['mix'] },
);
const stories = fc.record({
  happenings: fc.array(happening, { minLength: 5, maxLength: 30 }),
  sharing,
  interval: fc.constantFrom('days', 'weeks', 'periods'),
});
type Story = typeof stories extends fc.Arbitrary<infer T> ? T : never;

const userOf = (index: number): string => `forum/user/${PEOPLE[index]}`;

/** The events of a week; those that cannot be are refused by the log, and left out. */
function eventsOf({ happenings }: Story, ofWeek: number): ProrataEvent[] {
  const start = sunday + ofWeek * week;
  return happenings.flatMap(({ week: w, what, who, whom, size }, index): ProrataEvent[] => {
    if (w !== ofWeek) return [];
    const post = `forum/post/${index}`;
    const made = start + (size % 6) * day + index;
    const earlier = `forum/post/${size}`;
    // People are logged in the order of time.
    const now = start + index;
    const about = (action: Parameters<typeof token>[0]): ProrataEvent[] => [token(action, now, String(index))];
    switch (what) {
      case 'post':
        return [
          node(post, made),
          edge(`forum/wrote/${index}`, post, userOf(who), made, { backward: '0.1' }),
          edge(`forum/replies/${index}`, post, earlier, made),
        ];
      case 'like':
        return [edge(`forum/like/${index}`, userOf(who), earlier, made)];
      case 'weigh':
        return [node(earlier, sunday + size * day, { weight: String(size) })];
      case 'remove':
        return [{ kind: 'node-removed', key: `gone ${index}`, time: made * 1000, node: earlier }];
      case 'merge':
        return about({ type: 'MERGE_IDENTITIES', base: idOf(PEOPLE[who]!), target: idOf(PEOPLE[whom]!) });
      case 'unmerge':
        return about({ type: 'UNMERGE_IDENTITIES', base: idOf(PEOPLE[who]!), target: idOf(PEOPLE[whom]!) });
      case 'toggle':
        return about({ type: 'TOGGLE_ACTIVATION', identityId: idOf(PEOPLE[who]!) });
      case 'exclude':
        return [
          {
            kind: 'exclusion',
            key: `x ${index}`,
            time: now * 1000,
            ...(size % 2 === 0 ? { add: [idOf(PEOPLE[who]!)], remove: [] } : { add: [], remove: [idOf(PEOPLE[who]!)] }),
          },
        ];
      case 'reverse':
        return about({
          type: 'REVERSE_RECEIPT',
          allocationId: `period-${1 + (size % WEEKS)}`,
          identityId: idOf(PEOPLE[who]!),
          reason: 'why not',
        });
      case 'transfer':
        return about({
          type: 'TRANSFER_GRAIN',
          from: idOf(PEOPLE[who]!),
          to: idOf(PEOPLE[whom]!),
          amount: String(size),
          memo: null,
        });
      case 'attribute':
        return [
          {
            kind: 'attribution',
            key: `a ${index}`,
            time: now * 1000,
            from: idOf(PEOPLE[who]!),
            to: idOf(PEOPLE[whom]!),
            part: ['0', '0.5', '1'][size % 3]!,
          },
        ];
    }
  });
}

async function play(story: Story, store: Store, { batchSize = 1000, without = '' as string } = {}): Promise<Engine> {
  const engine = new Engine(store);
  await engine.createProgram(credProgram({ sharing: story.sharing, scoring: { interval: story.interval }, batchSize }));
  await engine.ingest('grain', [
    ...PEOPLE.flatMap((name, index) => [
      node(userOf(index), sunday, { timeless: true }),
      ...person(name, ['forum', 'user', name], sunday, index !== 3),
    ]),
  ]);
  for (let w = 0; w < WEEKS; w += 1) {
    const events = eventsOf(story, w).filter((event) => event.kind !== 'token' || event.action.type !== without);
    await engine.ingest('grain', events, { partial: true });
    await engine.advance('grain', { to: (sunday + (w + 1) * week) * 1000 });
  }
  return engine;
}

const rootsOf = async (engine: Engine): Promise<(string | null)[]> =>
  (await engine.periods('grain')).map(({ root }) => root);

describe('test/sim/cred', () => {
  it('holds whatever happens: every unit has a home, and all is as the log gives it', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const engine = await play(story, openMemoryStore());
        await verify(engine, 'grain');
        const periods = await engine.periods('grain');
        assert.equal(periods.length, WEEKS);
        const cred = await engine.credView('grain', { period: WEEKS });
        const lifetime = cred.closing.byPeriod.flat().reduce((sum, score) => sum + score, 0n);
        assert.equal(lifetime, cred.closing.minted);
        for (const { score, due } of await engine.payouts('grain')) assert.ok(score >= 0n && due >= 0n);
        await engine.close();
      }),
      { numRuns: 60, seed },
    );
  });

  it('pays the same for any batch size and store', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'prorata-cred-sim-'));
    try {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(stories, fc.constantFrom(1, 2, 3), async (story, batchSize) => {
          const engine = await play(story, openMemoryStore());
          const other = await play(story, openSqliteStore({ path: join(dir, `${(runs += 1)}.db`) }), { batchSize });
          assert.deepEqual(await rootsOf(other), await rootsOf(engine));
          for (const one of [engine, other]) await one.close();
        }),
        { numRuns: 8, seed },
      );
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('owes nobody anything else for what people did with their money', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const engine = await play(story, openMemoryStore());
        const saving = await play(story, openMemoryStore(), { without: 'TRANSFER_GRAIN' });
        assert.deepEqual(await rootsOf(saving), await rootsOf(engine));
        for (const one of [engine, saving]) await one.close();
      }),
      { numRuns: 20, seed },
    );
  });
});
