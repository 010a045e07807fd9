import type { CredAbout } from '../app/cred/view.ts';
import type { CredExplanation } from '../app/cred/explain.ts';
import type { CrownExplanation, CrownLaneExplained } from '../app/crown/read.ts';
import type { Engine } from '../app/engine.ts';
import type { AccountView } from '../app/read.ts';
import { NotFoundError } from '../core/errors.ts';
import { formatRational } from '../core/money/rational.ts';
import type { Scoring } from '../core/program.ts';
import { timeOrNull } from './cred.ts';
import { iso, isoOrNull } from './json.ts';

/** An account, by the model of its program, and what it was paid: number of payouts, and amounts in smallest units. */
export type FoundAccount = {
  readonly program: string;
  readonly paid: { readonly payouts: number; readonly restaked: bigint; readonly liquid: bigint };
} & (
  | { readonly crown: CrownExplanation }
  | { readonly cred: CredExplanation<CredAbout> }
  | { readonly view: AccountView }
);

/** Reads an account in the period that runs; `at` in milliseconds, not for contributions. Throws NotFoundError `account-unknown`. */
export async function findAccount(
  engine: Engine,
  program: string,
  {
    name,
    model,
    period,
    at,
    explainCred = () => engine.explainCred(program, { account: name, period: 'running' }),
  }: {
    readonly name: string;
    readonly model: Scoring['model'];
    /** Only a round is read by its number. */
    readonly period: number | 'running';
    readonly at?: number;
    /** Where cred is computed by another than `engine`. */
    readonly explainCred?: () => Promise<CredExplanation<CredAbout>>;
  },
): Promise<FoundAccount> {
  const when = at === undefined ? {} : { at };
  const found =
    model === 'crown'
      ? { crown: await engine.explainCrown(program, { account: name, period, ...when }) }
      : model === 'cred'
        ? { cred: await explainCred() }
        : { view: await engine.account(program, name, at) };
  const earner = 'cred' in found ? found.cred.person.id : name;
  let [count, restaked, liquid] = [0, 0n, 0n];
  for (let after = 0; ;) {
    const rows = await payoutsTo(engine, program, earner, after);
    for (const payout of rows) [restaked, liquid] = [restaked + payout.restaked, liquid + payout.liquid];
    count += rows.length;
    if (rows.length < 1000) break;
    after = rows.at(-1)!.id;
  }
  return { program, paid: { payouts: count, restaked, liquid }, ...found };
}

/** Somebody who has no account in the books yet was paid nothing. */
async function payoutsTo(engine: Engine, program: string, account: string, after: number) {
  try {
    return await engine.payouts(program, { account, after });
  } catch (error) {
    if (error instanceof NotFoundError && error.code === 'account-unknown') return [];
    throw error;
  }
}

/** The same for JSON. */
export function accountJson(found: FoundAccount): Record<string, unknown> {
  const { program, paid } = found;
  if ('crown' in found) {
    const { account, excluded, period, end, part, explained } = found.crown;
    return {
      program,
      account,
      excluded,
      period,
      until: iso(end),
      part: formatRational(part),
      lanes: standings(explained),
      paid: { payouts: paid.payouts, liquid: paid.liquid },
    };
  }
  if ('cred' in found) {
    const { view, person, sharing } = found.cred;
    const { id, name, active, aliases, score, lifetime, lastActivity } = person;
    return {
      program: view.program,
      account: id,
      name,
      active,
      aliases,
      score,
      lifetime,
      excluded: view.reading.excluded.includes(id),
      period: view.period,
      lastActivity: timeOrNull(lastActivity),
      owed: sharing?.owedBefore ?? 0n,
      paid: { payouts: paid.payouts, restaked: 0n, liquid: paid.liquid, all: person.paid },
    };
  }
  return { program, ...stakedJson(found.view), paid };
}

/** Where an account of a crown program stands in every lane now, and its seconds held alone, shared and not held. */
export function standings(explained: readonly CrownLaneExplained[]) {
  return explained.map(({ lane, stretches, alone, shared, lost }) => {
    const last = stretches.at(-1);
    return {
      lane,
      failed: last?.failed ?? null,
      holds: last !== undefined && last.failed === null,
      quote: last?.quote ?? null,
      best: last?.best ?? null,
      alone,
      shared,
      lost,
    };
  });
}

/** An account with its stakes, for JSON. */
export function stakedJson(view: AccountView) {
  return {
    ...view,
    stakes: view.stakes.map((stake) => ({ ...stake, since: stake.since === null ? null : isoOrNull(stake.since) })),
  };
}
