import { stringify } from 'yaml';
import { InvalidInputError } from '../core/errors.ts';
import type { ProgramDefinition } from '../core/program.ts';
import { sharingToFile } from '../core/payout/policies/sharing.ts';
import { type ReplaceableScoring, scoringToFile } from '../core/scoring/parse.ts';
import { formatInstant } from '../core/time/instant.ts';

/**
 * prorata.yaml of a definition: loadProgram of it gives the same definition. A plan is written as the entries it became,
 * amounts as quoted digits. Throws InvalidInputError `schedule-not-in-file` where the file has no words for the schedule: a
 * start, or an entry that comes again, which are not those of rounds from their first one on.
 */
export function toYaml(definition: ProgramDefinition, { store }: { readonly store?: string } = {}): string {
  const { rules } = definition;
  const file = {
    program: definition.name,
    ...(store === undefined ? {} : { store }),
    asset: rules.asset,
    pools: Object.fromEntries(
      rules.pools.map(({ name, pays, recipients, funding, sharing }) => [
        name,
        {
          pays,
          ...(recipients.length === 0 ? {} : { recipients }),
          funding: `${funding}`,
          ...(sharing === undefined ? {} : { sharing: sharingToFile(sharing) }),
        },
      ]),
    ),
    residual: rules.residual,
    scoring: rules.scoring.model === 'stake-time' ? rules.scoring : scoringToYaml(rules.scoring),
    schedule: scheduleToYaml(definition),
    excluded: definition.excluded,
    ...(rules.accountPattern === undefined ? {} : { accounts: { pattern: rules.accountPattern } }),
    window: { settle: rules.window.settle, strategy: rules.window.strategy, batch_size: rules.window.batchSize },
    on_zero_total: rules.onZeroTotal,
    ...(rules.authority === undefined ? {} : { authority: rules.authority }),
    require_all_pools: rules.requireAllPools,
    require_ids: rules.requireIds,
    min_gap: rules.minGapSeconds,
  };
  return stringify(file, { lineWidth: 0, aliasDuplicateObjects: false });
}

function scoringToYaml(scoring: ReplaceableScoring): Record<string, unknown> {
  const file = scoringToFile(scoring);
  const block = scoring.model === 'crown' ? scoring.block : null;
  return block === null ? file : { ...file, block: { ...block, zero: formatInstant(block.zero * 1000) } };
}

type Entry = ProgramDefinition['schedule'][number];

const amountsOf = ({ allocations }: Entry): Record<string, string> =>
  Object.fromEntries(allocations.map(({ pool, amount }) => [pool, `${amount}`]));

function scheduleToYaml({ schedule, start, rules }: ProgramDefinition): Record<string, unknown> {
  const [entry] = schedule;
  if (start === undefined && schedule.every(({ repeat }) => repeat === undefined)) {
    const entries = schedule.map((one) => ({
      at: formatInstant(one.at * 1000),
      ...(one.id === undefined ? {} : { id: one.id }),
      amounts: amountsOf(one),
    }));
    return { entries };
  }
  const isRounds =
    schedule.length === 1 &&
    entry?.repeat !== undefined &&
    start !== undefined &&
    entry.at === start + entry.repeat.every &&
    entry.id === (rules.requireIds ? 1 : undefined);
  if (!isRounds) {
    const message =
      'Found a schedule with a start or an entry that comes again; accepted: entries without either, or one that ends the ' +
      'first round one length after the start, with id 1 where ids are required.';
    throw new InvalidInputError('schedule-not-in-file', message);
  }
  const { every, left } = entry.repeat;
  const count = left === null ? {} : { count: left + 1 };
  return { rounds: { start: formatInstant(start * 1000), every, ...count, amounts: amountsOf(entry) } };
}
