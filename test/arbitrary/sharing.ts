import fc from 'fast-check';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { EVERY, exclusion, miner, rate, rules, stake, validator } from '../app/sharing-small.ts';

/** What happens in one period, at seconds of it, and in the window after it, after so many steps. */
export interface StoryPeriod {
  readonly events: readonly ProrataEvent[];
  readonly inWindow: readonly { readonly afterSteps: number; readonly event: ProrataEvent }[];
}

export interface SharedStory {
  readonly model: 'stake-time' | 'crown';
  readonly sharing: Record<string, unknown> | null;
  readonly periods: readonly StoryPeriod[];
}

export const storyNames = ['ada', 'bo', 'cy', 'di'] as const;

const policies = fc.constantFrom<readonly Record<string, unknown>[]>(
  [{ policy: 'immediate', part: '1' }],
  [{ policy: 'immediate', part: '1', lookback: 3 }],
  [{ policy: 'balanced', part: '1' }],
  [
    { policy: 'recent', part: '2/3', discount: '1/4', excluded: ['bo'] },
    { policy: 'balanced', part: '1/3', lookback: 2 },
  ],
  [
    { policy: 'special', part: '1/7', recipient: 'di', memo: 'a grant' },
    { policy: 'immediate', part: '3/7' },
    { policy: 'balanced', part: '3/7' },
  ],
);

const sharing: fc.Arbitrary<Record<string, unknown>> = fc
  .record({
    policies,
    cap: fc.option(fc.integer({ min: 0, max: 900 }).map(String), { nil: undefined }),
    minimum: fc.option(fc.integer({ min: 0, max: 600 }).map(String), { nil: undefined }),
  })
  .map(({ policies: list, cap, minimum }) => ({
    policies: list,
    ...(cap === undefined ? {} : { cap }),
    ...(minimum === undefined ? {} : { minimum }),
  }));

const name = fc.constantFrom(...storyNames);
type Change = { readonly who: (typeof storyNames)[number]; readonly at: number; readonly by: number };
const change: fc.Arbitrary<Change> = fc.record({
  who: name,
  at: fc.integer({ min: 1, max: EVERY - 1 }),
  by: fc.integer({ min: -30, max: 30 }),
});
const leaving = fc.record({ who: name, afterSteps: fc.integer({ min: 0, max: 6 }), back: fc.boolean() });

/** Stories of four accounts; `calm`: nothing happens while a window is open, so that its pace decides nothing. */
export const sharedStory = ({ calm }: { readonly calm: boolean }): fc.Arbitrary<SharedStory> =>
  fc
    .record({
      model: fc.constantFrom('stake-time' as const, 'crown' as const),
      first: fc.option(sharing, { nil: null }),
      periods: fc.array(
        fc.record({
          changes: fc.array(change, { maxLength: 4 }),
          next: fc.option(fc.option(sharing, { nil: null }), { nil: undefined, freq: 2 }),
          leaving: fc.array(leaving, { maxLength: calm ? 0 : 2 }),
        }),
        { minLength: 2, maxLength: 6 },
      ),
    })
    .map(({ model, first, periods }) => {
      const start =
        model === 'crown' ? storyNames.flatMap(miner) : [validator, ...storyNames.map((who) => stake(who, 0, 10n))];
      const held = new Map<string, number>(storyNames.map((who) => [who, 10]));
      return {
        model,
        sharing: first,
        periods: periods.map(({ changes, next, leaving: out }, index): StoryPeriod => {
          const begin = index * EVERY;
          const dated = changes.map((one, nth) => ({ ...one, at: one.at + nth / 1000 }));
          const events = dated
            .toSorted((a, b) => a.at - b.at)
            .flatMap(({ who, at, by }, nth): ProrataEvent[] => {
              const second = begin + Math.floor(at);
              if (model === 'crown') return [{ ...rate(who, second, String(Math.abs(by))), key: `r ${index} ${nth}` }];
              const worth = Math.max(by, -held.get(who)!);
              if (worth === 0) return [];
              held.set(who, held.get(who)! + worth);
              return [{ ...stake(who, second, BigInt(worth)), key: `s ${index} ${nth}` }];
            });
          const rule = next === undefined ? [] : [rules(begin + EVERY - 1, next)];
          const boundary = begin + EVERY;
          const inWindow = out.flatMap(({ who, afterSteps, back }, nth) => [
            { afterSteps, event: { ...exclusion(boundary, [who]), key: `x ${index} ${nth}` } },
            ...(back
              ? [{ afterSteps: afterSteps + 1, event: { ...exclusion(boundary, [], [who]), key: `y ${index} ${nth}` } }]
              : []),
          ]);
          return {
            events: [...(index === 0 ? start : []), ...events, ...rule],
            inWindow: inWindow.toSorted((a, b) => a.afterSteps - b.afterSteps),
          };
        }),
      };
    });
