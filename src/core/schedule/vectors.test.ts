import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { InvalidInputError } from '../errors.ts';
import { parseShare } from '../money/fraction.ts';
import type { Pool } from '../program.ts';
import { accountMatcher } from './account-matcher.ts';
import { checkExcludedList, checkExclusions } from './check-exclusions.ts';
import { checkMappings } from './check-mappings.ts';
import { checkSchedule } from './check-schedule.ts';
import { bootstrapStart, makePlan } from './plan.ts';
import type { Plan } from './plan.ts';

/** The checks and plans of the stake vectors, without an engine: every operation here is pure but for the clock. */
const folder = new URL('../../../test/vectors/stake/', import.meta.url);
const names = ['community', 'foundation', 'alliance', 'partnership', 'investors', 'team'];
const pools: Pool[] = names.map((name) => ({
  name,
  pays: name === 'community' ? 'score' : 'recipients',
  funding: 0n,
  recipients: [],
}));
const isAddress = accountMatcher({ accountPattern: '^[a-z]{1,16}[0-9]{1,4}$' });

// oxlint-disable-next-line typescript/no-explicit-any -- the vectors' own shapes, described in their README
type Step = Record<string, any>;

const toMappings = (mappings: Step[]): { pool: string; recipients: string[] }[] =>
  mappings.map(({ account, recipients }) => ({ pool: account as string, recipients: recipients as string[] }));

/** Runs one step; the plan when it makes one, `undefined` when this file knows nothing of the operation. */
function runPure(step: Step, params: Step): Plan | true | undefined {
  const rules = {
    pools,
    requireIds: params['require_ids'] === true,
    requireAllPools: true,
    minGapSeconds: params['min_gap_seconds'] ?? 0,
  };
  const schedule = (entries: Step[]): void =>
    checkSchedule(
      entries.map(({ timestamp, id, allocations }) => ({
        at: timestamp as number,
        id: id as number | undefined,
        allocations: (allocations as Step[]).map(({ account, amount }) => ({
          pool: account as string,
          amount: amount === undefined ? undefined : BigInt(amount),
        })),
      })),
      rules,
    );
  const shares = (): { pool: string; share: ReturnType<typeof parseShare> }[] =>
    step['shares'].map(({ account, share }: Step) => ({ pool: account as string, share: parseShare(share) }));
  switch (step['op']) {
    case 'exclude':
      checkExclusions({ add: step['add'], remove: step['remove'] }, isAddress);
      return true;
    case 'set_mappings':
      checkMappings(toMappings(step['mappings']), rules, isAddress, { asMessage: true });
      return true;
    case 'set_params':
    case 'validate_params':
      checkExcludedList(step['excluded'], isAddress);
      checkMappings(toMappings(step['mappings']), rules, isAddress);
      return true;
    case 'schedule':
    case 'validate_schedule':
      schedule(step['entries']);
      return true;
    case 'import':
      checkExcludedList(step['state'].excluded, isAddress);
      checkMappings(toMappings(step['state'].mappings), rules, isAddress);
      schedule(step['state'].schedule);
      return true;
    case 'plan':
      return makePlan({
        start: step['start'],
        months: step['months'],
        total: BigInt(step['total']),
        shares: shares(),
        ...(step['day_cap'] === undefined ? {} : { dayCap: step['day_cap'] }),
      });
    case 'bootstrap':
      return makePlan({
        start: bootstrapStart(params['start_time_ms']),
        months: step['months'],
        total: BigInt(step['total']),
        shares: shares(),
      });
    default:
      return undefined;
  }
}

function comparePlan(plan: Plan, expected: Step): void {
  const text = (map: ReadonlyMap<string, bigint>): Record<string, string> =>
    Object.fromEntries([...map].map(([pool, amount]) => [pool, `${amount}`]));
  const found: Step = {
    count: plan.entries.length,
    timestamps: plan.entries.map((entry) => entry.at),
    amounts: text(plan.amounts),
    funded: text(plan.funded),
    residue: text(plan.residue),
  };
  for (const [key, value] of Object.entries(expected)) {
    if (key === 'count' || key === 'timestamps') assert.deepEqual(found[key], value);
    else
      for (const [pool, amount] of Object.entries(value))
        assert.equal(found[key][pool] ?? '0', amount, `${key} of ${pool}`);
  }
}

describe('src/core/schedule/vectors', () => {
  let checked = 0;
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()) {
    const vector = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Step;
    const steps = vector['steps'] as Step[];
    if (steps.some((step) => step['op'] === 'wait')) continue; // bootstrap would need the engine's clock
    const known = steps.filter((step) =>
      [
        'exclude',
        'set_mappings',
        'set_params',
        'validate_params',
        'schedule',
        'validate_schedule',
        'import',
        'plan',
        'bootstrap',
      ].includes(step['op']),
    );
    if (known.length === 0) continue;
    checked += 1;
    it(`checks as ${file} says`, () => {
      let plan: Plan | undefined;
      for (const [index, step] of steps.entries()) {
        if (step['op'] === 'expect') {
          if (step['plan'] !== undefined) comparePlan(plan!, step['plan']);
          continue;
        }
        const expected = steps[index + 1]?.['error'] as string | undefined;
        // Judged by the engine, not by these checks.
        if (
          ['invalid_authority', 'distribution_in_progress'].includes(expected ?? '') ||
          expected?.startsWith('state_') === true
        )
          continue;
        let code: string | undefined;
        try {
          const result = runPure(step, vector['params']);
          if (typeof result === 'object') plan = result;
          if (result === undefined) continue;
        } catch (error) {
          assert.ok(error instanceof InvalidInputError, String(error));
          code = error.code.replaceAll('-', '_');
        }
        assert.equal(code, expected, JSON.stringify(step).slice(0, 200));
      }
    });
  }

  it('has found the vectors', () => assert.ok(checked >= 45, `${checked} vectors`));
});
