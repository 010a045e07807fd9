import { z } from 'zod';
import { rateRules, settleModes, strategyNames } from '../core/program.ts';
import { intervalKinds } from '../core/scoring/cred/intervals.ts';
import { crownRuleSets } from '../core/scoring/crown/scoring.ts';

/**
 * The shape of prorata.yaml. What relates one key to another (a pool that an entry names exists) is checked in load-program.ts.
 * Every `error` says what would be accepted; the description is what an editor shows.
 */
export const amountAccepted = 'a whole number of smallest units, such as "400000"';
const amount = textOrNumber(/^[0-9]{1,200}$/, z.int(), amountAccepted).describe(
  "A whole number of the asset's smallest unit.",
);
const decimal = textOrNumber(
  /^[0-9]+(\.[0-9]+|\/[0-9]+)?$/,
  z.number(),
  'a decimal from "0" to "1" such as "0.40", or a quotient such as "1/3"',
);
const instant = textOrNumber(
  /^\d{4}-\d\d-\d\d/,
  z.int(),
  'ISO 8601 with a zone such as 2025-01-01T12:00:00Z, or whole seconds since 1970',
);
const weightAccepted = 'a decimal of 0 or more, such as "0.5"';
const decimalAbove = textOrNumber(/^[0-9]{1,60}(\.[0-9]{1,60})?$/, z.number(), weightAccepted);
const name = z
  .string({ error: 'a text of 1 to 256 bytes' })
  .min(1, 'a text of 1 to 256 bytes')
  .max(256, 'a text of 1 to 256 bytes');
const poolNameRule = 'a name of letters, digits, "_", "-" and ".", beginning with a letter, of at most 64 characters';
const poolName = z.string({ error: poolNameRule }).regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, poolNameRule);
const byPool = <T extends z.ZodType>(value: T): z.ZodRecord<typeof poolName, T> =>
  z.record(poolName, value, { error: 'a mapping from pools' });
const flag = z.boolean({ error: 'true or false' });
const whole = (least: number, most: number): z.ZodInt => {
  const error = `a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, error).max(most, error);
};
const choice = <const T extends readonly [string, ...string[]]>(names: T): z.ZodEnum<{ [K in T[number]]: K }> =>
  z.enum(names, { error: `one of ${names.join(', ')}` }) as z.ZodEnum<{ [K in T[number]]: K }>;
const mapping = { error: 'a mapping' };
const list = { error: 'a list' };

/** What the keys say is checked by `parseSharing`, where events of kind `rules` are checked too. */
const policy = z.strictObject(
  {
    policy: choice(['immediate', 'recent', 'balanced', 'special']),
    part: decimal.describe('Its part of the allocation.'),
    lookback: whole(0, Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('Immediate: by so many of the last periods (1). Balanced: the same, or 0 for a lifetime (0).'),
    discount: decimal.optional().describe('Recent: what a period counts less than the one after it.'),
    excluded: z.array(name, list).optional().describe('Recent: who takes no part.'),
    recipient: name.optional().describe('Special: who gets all of it.'),
    memo: z.string({ error: 'a text' }).optional().describe('Special: what for.'),
  },
  mapping,
);
const sharing = z
  .strictObject(
    {
      mix: z
        .strictObject(
          {
            slow: decimal.optional().describe('The balanced part; the rest is immediate. Default 0.8.'),
            lookback: whole(1, Number.MAX_SAFE_INTEGER).optional(),
          },
          mapping,
        )
        .optional()
        .describe('The usual two policies: immediate, then balanced.'),
      policies: z.array(policy, list).optional().describe('Policies one after the other; parts that add up to 1.'),
      cap: amount.optional().describe('Most that one person gets in a period, but for special.'),
      minimum: amount.optional().describe('Who would be paid less waits until it is more.'),
      pay_later: flag.optional().describe('Who is not active takes part, and is paid once active. Default false.'),
    },
    mapping,
  )
  .describe(
    'How the pool that pays by score is shared. Absent: in proportion, rounded down; of contributions: the usual mix.',
  );

const pool = z.strictObject(
  {
    pays: choice(['score', 'recipients']).describe(
      'By score (exactly one pool), or in equal parts to fixed recipients.',
    ),
    recipients: z.array(name, list).optional().describe('Who shares a pool that pays recipients.'),
    sharing: sharing.optional(),
    funding: amount
      .optional()
      .describe('What the pool holds from the first instant on. Absent: what a plan needs, otherwise 0.'),
  },
  mapping,
);

const entry = z.strictObject(
  {
    at: instant.describe('The instant at which the period ends and its allocations are owed.'),
    id: whole(0, Number.MAX_SAFE_INTEGER).optional().describe('Sequential number; only where require_ids is true.'),
    amounts: byPool(amount).describe('What each pool owes for the period.'),
  },
  mapping,
);

const rounds = z.strictObject(
  {
    start: instant.describe('Where the first round begins.'),
    every: whole(1, 4_000_000_000).describe('Length of a round, seconds.'),
    count: whole(1, Number.MAX_SAFE_INTEGER).optional().describe('How many rounds. Absent: without end.'),
    amounts: byPool(amount).describe('What each pool owes for a round.'),
  },
  mapping,
);

/** What the keys say is checked by `parseCrownScoring`, where events of kind `rules` are checked too. */
export const crown = {
  rules: choice(crownRuleSets).optional().describe('Crown: the rule set.'),
  block: z
    .strictObject({ zero: instant, seconds: whole(1, 86_400) }, mapping)
    .optional()
    .describe('Crown: when block 0 began, and how many seconds each takes, for facts in blocks.'),
  directions: z
    .union([z.record(z.string(), decimal, mapping), z.array(z.string(), list)], { error: 'a mapping or a list' })
    .optional()
    .describe('Crown: the directions that are paid for, `from-to`: with their parts, or a list where volume decides.'),
  success: z
    .strictObject({ exponent: whole(0, 64), seconds: whole(0, 4_000_000_000) }, mapping)
    .optional()
    .describe('Crown: rewards times (completed / all) ^ exponent, of outcomes of so many seconds.'),
  hubs: z
    .array(z.string(), list)
    .optional()
    .describe(
      'Hubs in order: the first of a pair anchors it. Needed by the capacity band; under best-rate-tie it says which way quotes are.',
    ),
  chains: z
    .record(z.string(), z.strictObject({ decimals: whole(0, 36), min_onchain: amount.optional() }, mapping), mapping)
    .optional()
    .describe('Capacity band: decimals and least amounts of every chain.'),
  band: decimal.optional().describe('Capacity band: how far behind the best quote one still holds, as a part of it.'),
  capacity_exponent: whole(0, 64).optional().describe('Capacity band: capacity is (collateral / required) ^ exponent.'),
  requirement_bps: whole(0, 10_000_000)
    .optional()
    .describe('Capacity band: collateral a leg requires, in ten-thousandths.'),
  miner_share: decimal.optional().describe('Capacity band by volume: the whole of all pools. Default 1.'),
  alpha: decimal
    .optional()
    .describe(
      'Capacity band by volume: the part that goes by cleared volume, default 0. Cred: the part that goes back to where cred is minted, default 0.1.',
    ),
  volume_seconds: whole(0, 4_000_000_000)
    .optional()
    .describe('Capacity band by volume: how far back it counts. Default 86400.'),
  candidates: z
    .strictObject(
      { min_successes: whole(0, Number.MAX_SAFE_INTEGER), max_failures: whole(0, Number.MAX_SAFE_INTEGER) },
      mapping,
    )
    .optional()
    .describe('Capacity band: what a standing must show to hold at all. Absent: nothing.'),
};

/** What the keys say is checked by `parseCredScoring`, where events of kind `rules` are checked too. */
const from = (value: 'budget' | 'weight') =>
  z.array(z.strictObject({ from: instant, [value]: decimalAbove }, mapping), list);
export const credKeys = {
  beta: decimal.optional().describe('Cred: the part of what reaches a person that is its cred. Default 0.4.'),
  gamma_forward: decimal.optional().describe('Cred: the part that goes on to the next interval. Default 0.1.'),
  gamma_backward: decimal.optional().describe('Cred: the part that goes to the interval before. Default 0.1.'),
  interval: choice([...intervalKinds, 'periods'])
    .optional()
    .describe('Cred: how time is cut. Default weeks.'),
  factor: amount.optional().describe('Cred: units of a score in one cred. Default 1000000.'),
  weights: z
    .strictObject(
      {
        nodes: z.record(z.string(), decimalAbove, mapping).optional(),
        edges: z
          .record(
            z.string(),
            z.strictObject({ forward: decimalAbove.optional(), backward: decimalAbove.optional() }, mapping),
            mapping,
          )
          .optional(),
      },
      mapping,
    )
    .optional()
    .describe('Cred: weights of nodes and edges by prefix of the address; they multiply along it.'),
  budgets: z
    .record(z.string(), from('budget'), mapping)
    .optional()
    .describe('Cred: most that is minted under a prefix in an interval, from an instant on.'),
  dependencies: z
    .record(z.string(), from('weight'), mapping)
    .optional()
    .describe('Cred: identities that get a part of what every interval mints, on top, from an instant on.'),
};

const plan = z.strictObject(
  {
    start: instant.describe('The first boundary, before its day is capped.'),
    months: whole(1, 1200).describe('Number of monthly boundaries.'),
    day_cap: whole(1, 28).default(28).describe('Latest day of the month.'),
    total: amount.describe('Total of which the shares are taken.'),
    shares: byPool(decimal).describe('Part of the total, by pool; exact.'),
    residue: byPool(amount).optional().describe('What rounding leaves unscheduled, by pool. Checked when stated.'),
  },
  mapping,
);

export const programSchema = z
  .strictObject(
    {
      program: z
        .string({ error: 'a name of letters, digits, "_", "-" and "."' })
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
          'a name of letters, digits, "_", "-" and ".", of at most 64 characters',
        )
        .describe('Name of the program within its store.'),
      store: z
        .string({ error: 'a path' })
        .min(1, 'a path')
        .optional()
        .describe('The store: a file, relative to this one, or postgres://USER@HOST/DATABASE?schema=NAME.'),
      asset: z
        .strictObject(
          {
            symbol: z
              .string({ error: 'a symbol of 1 to 32 characters' })
              .regex(/^[^\s\p{C}]{1,32}$/u, 'a symbol of 1 to 32 characters without blanks'),
            decimals: whole(0, 36).describe('Places of a whole token: 6 means that 1000000 smallest units are one.'),
          },
          mapping,
        )
        .describe('What is paid.'),
      pools: byPool(pool).describe('The funded accounts that pay, in their order.'),
      residual: name.describe('The account that takes what is left; no pool.'),
      scoring: z
        .strictObject(
          {
            model: choice(['stake-time', 'crown', 'cred']).default('stake-time'),
            rate: choice(rateRules)
              .optional()
              .describe('Stake-time: how the value of a position is rounded. Default: floor.'),
            ...crown,
            ...credKeys,
          },
          mapping,
        )
        .optional()
        .describe('How scores accrue.'),
      schedule: z
        .strictObject(
          { entries: z.array(entry, list).optional(), plan: plan.optional(), rounds: rounds.optional() },
          mapping,
        )
        .optional()
        .describe('When periods end and what is owed: entries, a plan, or (crown, cred) rounds.'),
      excluded: z.array(name, list).optional().describe('Accounts that earn nothing from the start.'),
      accounts: z
        .strictObject(
          {
            pattern: z
              .string({ error: 'a regular expression' })
              .optional()
              .describe('A regular expression that a whole name must match.'),
            bech32: z
              .string({ error: 'a prefix such as cosmos' })
              .regex(/^[a-z][a-z0-9]{0,30}$/, 'a prefix of lower-case letters and digits such as cosmos')
              .optional()
              .describe('Names look like bech32 addresses of this prefix, or of its validators (prefix + "valoper").'),
          },
          mapping,
        )
        .optional()
        .describe('What names of accounts and validators look like; either pattern or bech32.'),
      window: z
        .strictObject(
          {
            settle: choice(settleModes).default('multi_block').describe('In bounded steps, or all at once.'),
            strategy: choice(strategyNames)
              .default('cut')
              .describe('How a closing period is frozen; all give the same payouts.'),
            batch_size: whole(1, 100_000).default(1000).describe('Entries scored, or accounts paid, by one step.'),
          },
          mapping,
        )
        .optional()
        .describe('How a period is settled.'),
      on_zero_total: choice(['halt', 'residual'])
        .optional()
        .describe('What a total score of zero means. Default: halt; of crown and cred: residual.'),
      authority: name.optional().describe('The only sender that may change settings. Absent: nobody is asked.'),
      require_all_pools: flag.optional().describe('Every schedule entry names every pool. Default: false.'),
      require_ids: flag.optional().describe('Schedule entries carry sequential ids. Default: false.'),
      min_gap: whole(0, 4_000_000_000)
        .optional()
        .describe('Least distance of neighbouring schedule entries, in seconds. Default: 0.'),
    },
    mapping,
  )
  .describe('A Prorata program');

export type ProgramFile = z.infer<typeof programSchema>;

/** The JSON Schema (draft 2020-12) of prorata.yaml, for editors: schema/program.schema.json. */
export function programSchemaJson(): Record<string, unknown> {
  return { ...z.toJSONSchema(programSchema, { io: 'input', target: 'draft-2020-12' }), title: 'prorata.yaml' };
}

/** Text of a form, or a number from zero on. The message is that of both: zod reports the one that came nearest. */
function textOrNumber(form: RegExp, number: z.ZodNumber, accepted: string): z.ZodUnion<[z.ZodString, z.ZodNumber]> {
  return z.union([z.string({ error: accepted }).regex(form, accepted), number.nonnegative(accepted)], {
    error: accepted,
  });
}
