import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Engine } from '../../src/app/engine.ts';
import { decodeEvent } from '../../src/core/events/encode.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { toJson } from '../../src/core/json.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { type CrownStory, crownStory, storyBoundary, storyNames, storyProgram } from '../arbitrary/crown-facts.ts';
import { exported, verify } from '../sim/crash-kit.ts';
import { storeKinds } from '../stores/all.ts';

/** The first code that each event is refused with; null = recorded. */
async function ingested(engine: Engine, events: readonly ProrataEvent[]): Promise<(string | null)[]> {
  const codes: (string | null)[] = events.map(() => null);
  const onRefused = (index: number, { code }: { code: string }): void => void (codes[index] = code);
  await engine.ingest(storyProgram, events, { partial: true, onRefused });
  return codes;
}

/** Settles a round with what is logged before its window opens and between its steps. */
async function settle(engine: Engine, n: number, { before, within }: CrownStory['rounds'][number]): Promise<void> {
  await ingested(engine, before);
  const now = storyBoundary(n) * 1000;
  await engine.step(storyProgram, now);
  for (const event of within) {
    await ingested(engine, [event]);
    await engine.step(storyProgram, Math.max(now, event.time));
  }
  await engine.advance(storyProgram, { to: now + 2000 });
}

/** All that can be read of a round, as text. */
async function readable(engine: Engine, period: number): Promise<string> {
  const record = (await engine.periods(storyProgram)).find((one) => one.period === period);
  const why: unknown[] = [];
  for (const account of storyNames) why.push(await engine.explainCrown(storyProgram, { account, period }));
  return toJson([
    record,
    await engine.crownScores(storyProgram, { period }),
    await engine.crownIntervals(storyProgram, { period }),
    await engine.payouts(storyProgram, { period }),
    why,
  ]);
}

const codeOf = (promise: Promise<unknown>): Promise<string | null> =>
  promise.then(() => null).catch((error: { code: string }) => error.code);

describe('test/app/prune-story', () => {
  it('pays by all that was logged, also by what came while the window before was open', async () => {
    await fc.assert(
      fc.asyncProperty(crownStory(4), async ({ definition, rounds }) => {
        const engine = new Engine(openMemoryStore());
        await engine.createProgram(definition);
        for (const [index, round] of rounds.entries()) await settle(engine, index + 1, round);
        await verify(engine, storyProgram);
      }),
      { numRuns: 60 },
    );
  });

  for (const kind of storeKinds) {
    it(`leaves every round after the cutoff as it was and as it would have been, whatever came late (${kind.name})`, async () => {
      await fc.assert(
        fc.asyncProperty(crownStory(6), fc.integer({ min: 2, max: 5 }), async ({ definition, rounds }, cutoff) => {
          const opened = kind.open();
          try {
            const [pruned, whole] = [new Engine(opened.store), new Engine(openMemoryStore())];
            for (const engine of [pruned, whole]) {
              await engine.createProgram(definition);
              for (const [index, round] of rounds.slice(0, 4).entries()) await settle(engine, index + 1, round);
            }
            const before: string[] = [];
            for (const period of [1, 2, 3, 4]) before.push(await readable(pruned, period));
            const told = await pruned.prune(storyProgram, { before: storyBoundary(cutoff) });
            // A story of which nothing can go says nothing about pruning: another one takes its place.
            fc.pre(told.pruned !== null);
            const from = (told.pruned.at - storyBoundary(0)) / (storyBoundary(1) - storyBoundary(0));
            assert.ok(from <= cutoff);
            for (const period of [1, 2, 3, 4]) {
              if (period > from) assert.equal(await readable(pruned, period), before[period - 1], `period ${period}`);
              else assert.equal(await codeOf(pruned.crownScores(storyProgram, { period })), 'period-pruned');
            }
            await verify(pruned, storyProgram);
            const known = await whole.eventsByKey(
              storyProgram,
              rounds.slice(0, 4).flatMap((round) => [...round.before, ...round.within].map(({ key }) => key)),
            );
            // What was taken out cannot come in again.
            const events = (await pruned.status(storyProgram)).events;
            for (const round of rounds.slice(0, 4)) {
              await ingested(
                pruned,
                [...round.before, ...round.within].filter(({ key }) => known.has(key)),
              );
            }
            assert.equal((await pruned.status(storyProgram)).events, events, 'nothing is recorded twice');

            for (const n of [5, 6]) {
              const [before, within] = (['before', 'within'] as const).map((part) => rounds[n - 1]![part]);
              const accepted = await acceptable(pruned, whole, [...before!, ...within!]);
              await settle(pruned, n, { before: before!.filter(accepted), within: within!.filter(accepted) });
              await settle(whole, n, { before: before!.filter(accepted), within: within!.filter(accepted) });
            }
            for (const period of [5, 6]) assert.equal(await readable(pruned, period), await readable(whole, period));
            await pruned.prune(storyProgram, { before: storyBoundary(5) });
            assert.equal(await readable(pruned, 6), await readable(whole, 6));
            await verify(pruned, storyProgram);
            const copy = new Engine(openMemoryStore());
            await copy.import((await exported(pruned)).split('\n'));
            assert.equal(await exported(copy), await exported(pruned));
            assert.equal(await readable(copy, 6), await readable(whole, 6));
          } finally {
            await opened.dispose();
          }
        }),
        { numRuns: kind.name === 'memory' ? 30 : 10 },
      );
    });
  }
});

/** Leaves out what the pruned log cannot take any more: facts behind the checkpoint, and retractions of such. */
async function acceptable(
  pruned: Engine,
  whole: Engine,
  events: readonly ProrataEvent[],
): Promise<(event: ProrataEvent) => boolean> {
  const at = await checkpointOf(pruned);
  const targets = await whole.eventsByKey(
    storyProgram,
    events.flatMap((event) => (event.kind === 'retracted' ? [event.event] : [])),
  );
  return (event) => {
    const target = event.kind === 'retracted' ? targets.get(event.event) : undefined;
    return (target === undefined ? event : decodeEvent(target.payload)).time / 1000 > at;
  };
}

const checkpointOf = (engine: Engine): Promise<number> =>
  engine.read(async (tx) => {
    const [program] = await tx.programs();
    return (await tx.state(program!.id)).crown?.checkpoint ?? -1;
  });
