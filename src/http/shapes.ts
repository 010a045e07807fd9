import {
  amount,
  choice,
  either,
  fraction,
  list,
  mapOf,
  object,
  orNull,
  type Schema,
  text,
  time,
  whole,
  yes,
} from './schema.ts';

/*
 * The shapes of answers, as src/views makes them. Tests hold every answer against its shape.
 */

/** The beginning of time is `-` where a boundary is shown. */
const instant = either(time, { type: 'string', enum: ['-'] });
const maybeTime = orNull(time);

const model = choice('stake-time', 'crown', 'cred');
const allocation = object({ pool: text, amount });
const repeat = orNull(object({ every: whole, left: orNull(whole) }));
const counts = object({
  accounts: whole,
  events: whole,
  positions: whole,
  scores: whole,
  payouts: whole,
  postings: whole,
});
const carried = object({ before: amount, after: amount, rollover: amount, unclaimed: amount });
const halted = orNull(object({ code: text, message: text, facts: mapOf(text), period: whole }));
const paused = orNull(text);

export const window = object(
  {
    period: whole,
    start: maybeTime,
    boundary: instant,
    settle: text,
    strategy: text,
    batch_size: whole,
    pool: text,
    amount,
    phase: choice('scoring', 'paying'),
    closing_bucket: whole,
    cursor: orNull(object({ account: text, validator: orNull(text) })),
    steps: whole,
    entries_scored: whole,
    accounts_paid: whole,
    proven: amount,
    total: orNull(amount),
    counted: amount,
    score_paid: amount,
    forgone: amount,
    delivered: amount,
    undelivered: amount,
  },
  { passed_over: list(text), carried, counts_to: whole, to_score: whole, to_pay: whole },
);

/** Milliseconds, to the hundredth. */
const ms = { type: 'number', minimum: 0 } as const;

export const windowState = object({
  program: text,
  clock: time,
  paused,
  halted,
  window: orNull(window),
  accounts: whole,
  positions: whole,
  progress: orNull(object({ phase: choice('scoring', 'paying'), done: whole, of: orNull(whole) })),
  time_left_ms: orNull(whole),
  step_ms: orNull(object({ last: ms, median: ms, p99: ms, count: whole })),
  scheduler: orNull(choice('steps', 'stands-by')),
});

export const programLine = object({
  program: text,
  state: choice('running', 'paused', 'halted'),
  clock: time,
  events: whole,
  accounts: whole,
  payouts: whole,
});

export const program = object(
  {
    program: text,
    model,
    clock: time,
    period: whole,
    events: whole,
    head: text,
    paused,
    halted,
    window: orNull(window),
    next: orNull(object({ at: instant, allocations: list(allocation), repeat })),
    boundaries_left: orNull(whole),
    asset: object({ symbol: text, decimals: whole }),
    pools: list(object({ pool: text, pays: choice('score', 'recipients'), balance: amount, owed: amount })),
    residual: object({ name: text, balance: amount }),
    counts,
    totals: mapOf(amount),
  },
  { graph: object({ nodes: whole, edges: whole }), people: object({ all: whole, active: whole }) },
);

export const coming = object({ period: whole, boundary: instant, allocations: list(allocation), repeat, due: yes });

export const period = object(
  {
    period: whole,
    start: maybeTime,
    boundary: instant,
    status: choice('open', 'settled'),
    settle: text,
    strategy: text,
    allocations: list(allocation),
    events_at_opening: whole,
    total: orNull(amount),
    delivered: amount,
    residual: object(
      { rounding: amount, undelivered: amount, direct_remainder: amount, zero_total: amount },
      { unearned: amount },
    ),
    accounts_paid: whole,
    entries_scored: whole,
    steps: whole,
    root: orNull(text),
  },
  {
    crown: object(
      {
        excluded: list(text),
        lanes: list(object({ name: text, pool: fraction, held: whole, unearned: amount })),
        unearned: amount,
      },
      { passed_over: list(text) },
    ),
    cred: object(
      { excluded: list(text), nodes: whole, edges: whole, participants: whole, intervals: whole, minted: amount },
      { passed_over: list(text) },
    ),
    carried,
    shared: object({ excluded: list(text) }, { passed_over: list(text) }),
    counts_to: whole,
  },
);

export const step = object({
  period: whole,
  step: whole,
  phase: choice('opening', 'scoring', 'paying'),
  events: whole,
  at: time,
  entries: whole,
  payouts: whole,
  first_payout: whole,
  ms: orNull(ms),
});

const staked = {
  account: text,
  excluded: yes,
  stakes: list(object({ validator: text, shares: amount, tokens: amount, since: maybeTime })),
  staked: amount,
  score: amount,
  booked: amount,
  period: whole,
  closing: orNull(object({ period: whole, score: amount })),
};
const round = {
  period: orNull(whole),
  status: choice('settled', 'open', 'running', 'stretch'),
  start: maybeTime,
  end: maybeTime,
  lanes: list(object({ lane: text, pool: fraction, higher_wins: yes })),
};
export const roundFields: Readonly<Record<string, Schema>> = round;
const credPeriod = {
  period: whole,
  status: choice('settled', 'open', 'running'),
  from: maybeTime,
  to: instant,
  factor: amount,
};
export const credPeriodFields: Readonly<Record<string, Schema>> = credPeriod;

const credPerson = {
  id: text,
  name: text,
  active: yes,
  excluded: yes,
  score: amount,
  lifetime: amount,
  paid: amount,
  last_activity: maybeTime,
};

export const credPersonLine = object(credPerson);

export const scores: Readonly<Record<string, Schema>> = {
  'stake-time': object(staked),
  crown: object({
    account: text,
    part: fraction,
    score: amount,
    lanes: list(object({ lane: text, held: fraction, paid: fraction })),
  }),
  cred: credPersonLine,
};

export const account = either(
  object({ program: text, ...staked, paid: object({ payouts: whole, restaked: amount, liquid: amount }) }),
  object({
    program: text,
    account: text,
    excluded: yes,
    period: whole,
    until: instant,
    part: fraction,
    lanes: list(
      object({
        lane: text,
        failed: orNull(text),
        holds: yes,
        quote: orNull(text),
        best: orNull(text),
        alone: whole,
        shared: whole,
        lost: whole,
      }),
    ),
    paid: object({ payouts: whole, liquid: amount }),
  }),
  object({
    program: text,
    account: text,
    name: text,
    active: yes,
    aliases: list(text),
    score: amount,
    lifetime: amount,
    excluded: yes,
    period: whole,
    last_activity: maybeTime,
    owed: amount,
    paid: object({ payouts: whole, restaked: amount, liquid: amount, all: amount }),
  }),
);

const payoutFields = {
  id: whole,
  period: whole,
  pool: text,
  account: text,
  score: amount,
  due: amount,
  restaked: amount,
  liquid: amount,
  reason: text,
};
/** `name`: of contributions, what people call the account. */
export const payout = object(payoutFields, { name: text });

const postingFields = { id: whole, period: whole, allocation: text, source: text, target: text, amount, reason: text };
export const posting = object(postingFields, { name: text });

export const balances = object({
  program: text,
  balances: list(object({ account: text, balance: amount })),
  earners: amount,
});

/** An event in the form that files have: with its place and its hash in the log. */
export const event: Schema = {
  type: 'object',
  properties: { seq: whole, hash: text, kind: text, key: text, time },
  required: ['seq', 'hash', 'kind', 'key', 'time'],
  additionalProperties: true,
};

const holders = list(object({ account: text, share: fraction }));
export const interval = object(
  {
    period: orNull(whole),
    lane: text,
    from: instant,
    to: instant,
    seconds: whole,
    best: orNull(text),
    holders,
  },
  { first_block: orNull(whole), blocks: whole },
);

const sharing = orNull(
  object({
    policies: list(
      object(
        {
          policy: text,
          budget: amount,
          earned: fraction,
          paid_before: amount,
          entitled: orNull(fraction),
          due: fraction,
          amount,
          rounding: fraction,
          capped: yes,
        },
        { lookback: whole, memo: text },
      ),
    ),
    share: amount,
    owed_before: amount,
    paid: amount,
    owed: amount,
    waits_for: orNull(choice('activation', 'minimum')),
  }),
);
const paidOut = { payouts: list(object(payoutFields)), postings: list(object(postingFields)) };
const zero = orNull(object({ code: text, text }));
export const label = { label: text, url: text };
/** Rows that are not shown, and their sum. */
export const more = object({ count: whole, sum: amount });
const credEdge = {
  edge: orNull(text),
  direction: choice('forward', 'backward'),
  from: text,
  interval: time,
  score: amount,
};
const credReasons = {
  ...credPerson,
  aliases: list(text),
  revision: orNull(amount),
  intervals: list(object({ from: time, to: time, score: amount })),
  sources: list(object({ source: text, score: amount, ten_thousandths: whole })),
  contributions: list(object({ address: text, name: orNull(text), score: amount }, label)),
  edges: list(object(credEdge)),
  more: object({ sources: more, contributions: more, edges: more }),
  remainder: amount,
};

export const explanation = either(
  object({
    program: text,
    account: text,
    period: whole,
    start: maybeTime,
    end: orNull(instant),
    until: instant,
    status: choice('running', 'due', 'open', 'settled'),
    intervals: list(
      object({
        validator: orNull(text),
        from: maybeTime,
        until: instant,
        tokens: amount,
        score: amount,
        source: choice('held', 'taken-over', 'reward'),
        event: orNull(whole),
        seconds: whole,
      }),
    ),
    score: amount,
    notes: list(object({ at: instant, event: orNull(whole), text })),
    zero,
    division: orNull(object({ pool: text, amount, total: amount, due: amount, remainder: amount })),
    sharing,
    split: list(object({ validator: text, tokens: amount, restaked: amount })),
    ...paidOut,
  }),
  object({
    program: text,
    account: text,
    ...round,
    excluded: yes,
    explained: list(
      object({
        lane: text,
        pool: fraction,
        alone: whole,
        shared: whole,
        lost: whole,
        held: fraction,
        paid: fraction,
        covered: whole,
        part: fraction,
        stretches: list(
          object({
            from: instant,
            to: instant,
            seconds: whole,
            failed: orNull(text),
            quote: orNull(text),
            best: orNull(text),
            share: fraction,
            others: list(text),
            event: orNull(whole),
          }),
        ),
      }),
    ),
    conduct: fraction,
    part: fraction,
    division: orNull(object({ pool: text, amount, due: amount, remainder: fraction })),
    sharing,
    zero: list(object({ reason: text, seconds: whole })),
    ...paidOut,
  }),
  object({
    program: text,
    account: text,
    ...credPeriod,
    ...credReasons,
    contributions: list(object({ address: text, name: orNull(text), score: amount, event: orNull(whole) }, label)),
    edges: list(object({ ...credEdge, event: orNull(whole) })),
    sharing,
    zero,
    ...paidOut,
  }),
);

export const person = object({ ...credPeriod, ...credReasons });

export const contribution = object({ address: text, time: maybeTime, cred: amount, mint: amount }, label);

const flows = list(object({ edge: text, direction: choice('forward', 'backward'), other: text, cred: amount }));
export const contributionReasons = object(
  {
    ...credPeriod,
    address: text,
    cred: amount,
    minted: amount,
    incoming: flows,
    outgoing: flows,
    more: object({ incoming: more, outgoing: more }),
    returned: amount,
    in_remainder: amount,
    out_remainder: amount,
  },
  label,
);

export const findings = list(
  object({ invariant: text, statement: text, holds: yes, checked: whole, contradictions: list(text) }),
);
export const report = object({ program: text, holds: yes, findings });

export const taken = object({
  program: text,
  dry_run: yes,
  seen: whole,
  recorded: whole,
  duplicate: whole,
  refused: whole,
  committed: yes,
  events: whole,
  head: text,
});

export { model };
