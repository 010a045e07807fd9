import { stringify } from 'yaml';
import type { ProgramDefinition } from '../core/program.ts';
import { sharingToFile } from '../core/payout/policies/sharing.ts';
import { type ReplaceableScoring, scoringToFile } from '../core/scoring/parse.ts';
import { formatInstant } from '../core/time/instant.ts';

/**
 * prorata.yaml of a definition: loadProgram of it gives the same definition. A plan is written as the entries it became, amounts
 * as quoted digits.
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
    schedule: roundsOf(definition) ?? {
      entries: definition.schedule.map(({ at, id, allocations }) => ({
        at: formatInstant(at * 1000),
        ...(id === undefined ? {} : { id }),
        amounts: Object.fromEntries(allocations.map(({ pool, amount }) => [pool, `${amount}`])),
      })),
    },
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

/** The rounds that a single repeated entry is; undefined for any other schedule. */
function roundsOf({ schedule, start }: ProgramDefinition): Record<string, unknown> | undefined {
  const [entry] = schedule;
  if (entry?.repeat === undefined || start === undefined) return undefined;
  const { every, left } = entry.repeat;
  const amounts = Object.fromEntries(entry.allocations.map(({ pool, amount }) => [pool, `${amount}`]));
  return {
    rounds: { start: formatInstant(start * 1000), every, ...(left === null ? {} : { count: left + 1 }), amounts },
  };
}
