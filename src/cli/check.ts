import { type Sharing, sharingToFile } from '../core/payout/policies/sharing.ts';
import { withoutPassword } from '../core/place.ts';
import { type ProgramDefinition, sharingOf } from '../core/program.ts';
import { endless, owedFrom, repeatedAfter } from '../core/schedule/repeat.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { boundariesText, counted, endlessText, indented, iso, json, Money, styled, table, Verbatim } from './print.ts';
import { configDefault, requireConfig, storeOf } from './session.ts';
import type { CredScoring } from '../core/scoring/cred/scoring.ts';
import { scoringText } from '../core/scoring/crown/scoring.ts';
import { scoringToFile } from '../core/scoring/parse.ts';

/** `prorata check`: the program file as the engine understands it. Opens no store. */
export async function check(options: GlobalOptions, io: Io): Promise<number> {
  const config = await requireConfig(io, options);
  const { definition, warnings } = config;
  const file = options.config ?? configDefault;
  const pools = poolPlans(definition);
  const sharing = sharingOf(definition.rules);
  const { schedule, rules } = definition;
  const now = Math.floor(io.now() / 1000);
  const next = schedule
    .map((entry) => (entry.repeat === undefined ? entry : repeatedAfter(entry, now)))
    .find((entry) => entry !== null && entry.at > now);
  if (options.json === true) {
    await io.stdout.write(
      `${json({
        file,
        program: definition.name,
        store: withoutPassword(storeOf(io, options, config)),
        asset: rules.asset,
        residual: rules.residual,
        scoring: rules.scoring.model === 'stake-time' ? rules.scoring : new Verbatim(scoringToFile(rules.scoring)),
        sharing: sharing && new Verbatim(sharingToFile(sharing)),
        window: rules.window,
        onZeroTotal: rules.onZeroTotal,
        excluded: definition.excluded,
        pools,
        endless: endless(schedule),
        schedule: schedule.map(({ at, id, allocations, repeat }) => ({
          at: iso(at),
          ...(id === undefined ? {} : { id }),
          ...(repeat === undefined ? {} : { repeat }),
          allocations,
        })),
        warnings,
      })}\n`,
    );
    return exitCodes.ok;
  }
  const money = new Money(rules.asset, options);
  const { settle, strategy, batchSize } = rules.window;
  const lines = [
    `${file} is fine: program ${definition.name}, ${rules.asset.symbol} of ${rules.asset.decimals} decimals`,
    `  scoring ${scoringText(rules.scoring)}; window ${settle}, ${strategy}, batches of ${batchSize}; a zero total: ${rules.onZeroTotal}`,
    ...contributionLines(definition),
    `  excluded: ${definition.excluded.length === 0 ? 'nobody' : definition.excluded.join(', ')}`,
    '',
  ];
  await io.stdout.write(`${lines.join('\n')}\n`);
  const headings = ['pool', 'pays', `>funded (${money.unit})`, `>owed by schedule`, '>left or missing'];
  const rows = pools.map(({ pool, pays, recipients, funding, owed }) => [
    pool,
    pays === 'score' ? 'by score' : counted(recipients, 'recipient'),
    money.bare(funding),
    money.bare(owed),
    money.bare(funding - owed),
  ]);
  await io.stdout.write(`${indented(table(headings, rows))}\n  what is left over goes to ${rules.residual}\n\n`);
  await io.stdout.write(scheduleText(definition, next?.at));
  if (endless(schedule)) await io.stdout.write(`  ${endlessText}\n`);
  for (const warning of warnings) await io.stdout.write(`${styled(io.stdout, 'yellow', 'warning')} ${warning}\n`);
  return exitCodes.ok;
}

/** By which weights contributions count, and by which policies the pool that pays by score is shared. */
function contributionLines({ rules }: ProgramDefinition): string[] {
  const { scoring } = rules;
  const sharing = sharingOf(rules);
  const weights = scoring.model !== 'cred' ? [] : weightLines(scoring);
  return [...weights, ...(sharing === null ? [] : [`  sharing ${sharingText(sharing, new Money(rules.asset, {}))}`])];
}

function weightLines({ alpha, beta, gammaForward, gammaBackward, nodes, edges, budgets, dependencies }: CredScoring) {
  const nodeTexts = nodes.map(({ address, weight }) => `${address} ${weight}`);
  const edgeTexts = edges.map(({ address, forward, backward }) => `${address} ${forward}, back ${backward}`);
  return [
    `  alpha ${alpha}, beta ${beta}, gamma forward ${gammaForward}, gamma backward ${gammaBackward}`,
    `  weights of nodes: ${nodeTexts.join('; ') || 'all 1'}`,
    `  weights of edges: ${edgeTexts.join('; ') || 'all 1, back 1'}`,
    ...(budgets.length === 0 ? [] : [`  budgets under ${budgets.map(({ prefix }) => prefix).join(', ')}`]),
    ...(dependencies.length === 0 ? [] : [`  on top for ${dependencies.map(({ identity }) => identity).join(', ')}`]),
  ];
}

/** `1/5 immediate (lookback 1), 4/5 balanced; at least 7.00 GRAIN`. */
function sharingText({ policies, cap, minimum, payLater }: Sharing, money: Money): string {
  const parts = policies.map((policy) => {
    switch (policy.kind) {
      case 'immediate':
        return `${policy.part} immediate (${counted(policy.lookback, 'period')})`;
      case 'balanced':
        return `${policy.part} balanced (${policy.lookback === 0 ? 'a lifetime' : counted(policy.lookback, 'period')})`;
      case 'recent':
        return `${policy.part} recent (discount ${policy.discount})`;
      case 'special':
        return `${policy.part} special (to ${policy.recipient})`;
    }
  });
  return [
    parts.join(', '),
    ...(cap === undefined ? [] : [`at most ${money.full(cap)} each`]),
    ...(minimum === undefined ? [] : [`at least ${money.full(minimum)}, or it waits`]),
    ...(payLater === undefined ? [] : ['who is not active waits for it']),
  ].join('; ');
}

function scheduleText({ schedule }: ProgramDefinition, next: number | undefined): string {
  if (schedule.length === 0) return '  no schedule: nothing will be paid\n';
  const dates = [
    ...schedule.slice(0, 3).map(({ at }) => iso(at)),
    ...(schedule.length > 4 ? ['...'] : []),
    ...(schedule.length > 3 ? [iso(schedule.at(-1)!.at)] : []),
  ];
  const coming = next === undefined ? 'all of them are past' : `the next is ${iso(next)}`;
  return `  ${boundariesText(schedule)}: ${dates.join(', ')}; ${coming}\n`;
}

interface PoolPlan {
  readonly pool: string;
  readonly pays: string;
  readonly recipients: number;
  readonly funding: bigint;
  /** By the whole schedule; of one without an end, once. */
  readonly owed: bigint;
}

function poolPlans({ rules, schedule }: ProgramDefinition): PoolPlan[] {
  return rules.pools.map(({ name, pays, recipients, funding }) => {
    const owed = owedFrom(schedule, name);
    return { pool: name, pays, recipients: recipients.length, funding, owed };
  });
}
