import { InvalidInputError } from '../../core/errors.ts';
import type {
  ModuleEntry,
  ModuleJob,
  ModuleScore,
  ModuleState,
  ModuleStateVersion,
} from '../../core/module-state/model.ts';
import { fieldsOf, type ModuleObject, type Raw } from '../../core/module-state/shape.ts';
import { formatUnits, parseAmount, parseDecimal18 } from '../../core/money/amount.ts';

/** Where a file has the module's state, and what else of it is needed. */
export interface FoundModuleState {
  readonly raw: Raw;
  /** The state's own JSON text; of a whole-chain export, its part on one line. */
  readonly text: string;
  /** `app_state.staking`, where there is one. */
  readonly staking: Raw | null;
}

/** Finds the state alone, or under `app_state.pse`. Throws `module-state-malformed`. */
export function findModuleState(text: string): FoundModuleState {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidInputError(
      'module-state-malformed',
      `The module state is no JSON: ${(error as Error).message}.`,
      {},
      error,
    );
  }
  const document = objectOf(json, 'document');
  if (!('app_state' in document)) return { raw: document, text, staking: null };
  const app = objectOf(document['app_state'], 'app_state');
  const staking =
    app['staking'] === undefined || app['staking'] === null ? null : objectOf(app['staking'], 'app_state.staking');
  const raw = objectOf(app['pse'], 'app_state.pse');
  return { raw, text: JSON.stringify(raw), staking };
}

/** What the chain's staking module says: rates and present stakes. Shares scaled by 10^18. */
export interface StakingState {
  readonly bondDenom: string | undefined;
  readonly validators: ReadonlyMap<
    string,
    { readonly tokens: bigint; readonly shares: bigint; readonly jailed: boolean }
  >;
  /** `null`: it does not say. */
  readonly delegations:
    | readonly { readonly delegator: string; readonly validator: string; readonly shares: bigint }[]
    | null;
}

export function readStaking(raw: Raw): StakingState {
  const path = 'app_state.staking';
  const validators = listOf(raw['validators'], `${path}.validators`).map((item, index) => {
    const field = `${path}.validators[${index}]`;
    const validator = objectOf(item, field);
    const tokens = guarded(
      () => parseAmount(textOf(validator['tokens'], `${field}.tokens`), `${field}.tokens`),
      `${field}.tokens`,
    );
    const shares = decimalOf(validator['delegator_shares'], `${field}.delegator_shares`);
    return [
      textOf(validator['operator_address'], `${field}.operator_address`),
      { tokens, shares, jailed: validator['jailed'] === true },
    ] as const;
  });
  const delegations = listOf(raw['delegations'], `${path}.delegations`).map((item, index) => {
    const field = `${path}.delegations[${index}]`;
    const delegation = objectOf(item, field);
    const shares = decimalOf(delegation['shares'], `${field}.shares`);
    return {
      delegator: textOf(delegation['delegator_address'], `${field}.delegator_address`),
      validator: textOf(delegation['validator_address'], `${field}.validator_address`),
      shares,
    };
  });
  const params = raw['params'];
  const bondDenom = typeof params === 'object' && params !== null ? (params as Raw)['bond_denom'] : undefined;
  return {
    bondDenom: typeof bondDenom === 'string' ? bondDenom : undefined,
    validators: new Map(validators),
    delegations: 'delegations' in raw ? delegations : null,
  };
}

/**
 * The state that a JSON object says, and its version. Absent lists may be `null`, `[]` or left out, integers strings or
 * numbers; a field that no version has is refused, as it would be lost. Values are not judged here, only their form.
 */
export function parseModuleState(raw: Raw): { state: ModuleState; version: ModuleStateVersion } {
  known(raw, 'top', 'pse');
  const params = raw['params'] === undefined ? {} : objectOf(raw['params'], 'params');
  known(params, 'params', 'params');
  const minGap = params['min_distribution_gap_seconds'];
  const state: ModuleState = {
    excluded: texts(params['excluded_addresses'], 'params.excluded_addresses'),
    mappings: objects(params['clearing_account_mappings'], 'params.clearing_account_mappings', 'mapping').map(
      ([item, field]) => ({
        account: textOf(item['clearing_account'] ?? '', `${field}.clearing_account`),
        recipients: texts(item['recipient_addresses'], `${field}.recipient_addresses`),
      }),
    ),
    ...(minGap === undefined ? {} : { minGap: countOf(minGap, 'params.min_distribution_gap_seconds') }),
    schedule: objects(raw['scheduled_distributions'], 'scheduled_distributions', 'distribution').map(
      ([item, field]) => ({
        timestamp: countOf(item['timestamp'] ?? '0', `${field}.timestamp`),
        allocations: objects(item['allocations'], `${field}.allocations`, 'allocation').map(([allocation, path]) => ({
          account: textOf(allocation['clearing_account'] ?? '', `${path}.clearing_account`),
          amount: signedOf(allocation['amount'] ?? '', `${path}.amount`),
        })),
        ...idOf(item['id'], `${field}.id`),
      }),
    ),
    entries: objects(raw['delegation_time_entries'], 'delegation_time_entries', 'entry').map(
      ([item, field]): ModuleEntry => ({
        validator: textOf(item['validator_address'], `${field}.validator_address`),
        delegator: textOf(item['delegator_address'], `${field}.delegator_address`),
        shares: sharesOf(item['shares'], `${field}.shares`),
        since: signedOf(item['last_changed_unix_sec'] ?? '0', `${field}.last_changed_unix_sec`, true),
        ...idOf(item['distribution_id'], `${field}.distribution_id`),
      }),
    ),
    scores: objects(raw['account_scores'], 'account_scores', 'score').map(([item, field]): ModuleScore => ({
      address: textOf(item['address'], `${field}.address`),
      score: signedOf(item['score'], `${field}.score`),
      ...idOf(item['distribution_id'], `${field}.distribution_id`),
    })),
    disabled: booleanOf(raw['distributions_disabled'] ?? false, 'distributions_disabled'),
    job: jobOf(raw['community_distribution_job']),
    copied: objects(raw['community_distribution_entries'], 'community_distribution_entries', 'copied').map(
      ([item, field]): ModuleScore => ({
        address: textOf(item['delegator_address'], `${field}.delegator_address`),
        score: signedOf(item['score'], `${field}.score`),
      }),
    ),
  };
  return { state, version: versionOf(raw, state) };
}

function versionOf(raw: Raw, { schedule, entries, scores, minGap, job, copied }: ModuleState): ModuleStateVersion {
  const hasJob = 'community_distribution_job' in raw || 'community_distribution_entries' in raw;
  const items = [...schedule, ...entries, ...scores];
  const withId = items.filter(({ id }) => id !== undefined).length;
  const unknown = (found: string): InvalidInputError =>
    new InvalidInputError(
      'module-state-version-unknown',
      `Found ${found}; accepted: no ids at all, ids on every distribution, entry and score, or a community distribution job without ids.`,
    );
  if (hasJob && withId > 0) throw unknown('ids beside a community distribution job');
  if (withId > 0 && withId < items.length)
    throw unknown(`ids on ${withId} of ${items.length} distributions, entries and scores`);
  if (copied.length > 0 && job === null) throw unknown('copied scores without the job that copied them');
  return hasJob ? 'copy-job' : withId > 0 || (minGap !== undefined && items.length === 0) ? 'ids' : 'no-ids';
}

function jobOf(value: unknown): ModuleJob | null {
  if (value === undefined || value === null) return null;
  const path = 'community_distribution_job';
  const job = objectOf(value, path);
  known(job, 'job', path);
  const count = (field: string): string => countOf(job[field] ?? '0', `${path}.${field}`);
  const amount = (field: string): string => unsigned(signedOf(job[field], `${path}.${field}`), `${path}.${field}`);
  return {
    scheduledAt: count('scheduled_at'),
    amount: amount('total_amount'),
    total: amount('total_score'),
    leftover: amount('leftover'),
    next: textOf(job['next_address'] ?? '', `${path}.next_address`),
    totalEntries: count('total_entries'),
    processedEntries: count('processed_entries'),
  };
}

// --- values

function known(object: Raw, kind: ModuleObject, path: string): void {
  const fields: readonly string[] = fieldsOf[kind];
  const stray = Object.keys(object).find((field) => !fields.includes(field));
  if (stray !== undefined) throw malformed(path, `the field ${JSON.stringify(stray.slice(0, 60))}`, fields.join(', '));
}

function objectOf(value: unknown, field: string): Raw {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Raw;
  throw malformed(field, shown(value), 'an object');
}

function listOf(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw malformed(field, shown(value), 'a list, or null');
}

function objects(value: unknown, field: string, kind: ModuleObject): (readonly [Raw, string])[] {
  return listOf(value, field).map((item, index) => {
    const path = `${field}[${index}]`;
    const object = objectOf(item, path);
    known(object, kind, path);
    return [object, path] as const;
  });
}

function texts(value: unknown, field: string): string[] {
  return listOf(value, field).map((item, index) => textOf(item, `${field}[${index}]`));
}

function textOf(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw malformed(field, shown(value), 'a text');
}

function booleanOf(value: unknown, field: string): boolean {
  if (typeof value === 'boolean') return value;
  throw malformed(field, shown(value), 'true or false');
}

/** A whole number that a JavaScript number holds exactly, as its digits. */
function countOf(value: unknown, field: string): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && /^(?:0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text))) return text;
  throw malformed(field, shown(value), 'a whole number as a decimal string');
}

/** A whole number of any size, with its sign; '' where an amount is missing. `small`: one that a JavaScript number holds exactly. */
function signedOf(value: unknown, field: string, small = false): string {
  const text = small && typeof value === 'number' ? String(value) : value;
  if (text === '' && field.endsWith('.amount')) return '';
  if (typeof text === 'string' && /^-?\d{1,200}$/.test(text) && (!small || Number.isSafeInteger(Number(text))))
    return String(BigInt(text));
  throw malformed(field, shown(value), 'a whole number as a decimal string');
}

function unsigned(text: string, field: string): string {
  if (!text.startsWith('-')) return text;
  throw malformed(field, text, 'a number that is not negative');
}

/** Shares with their sign, as the chain writes them: with all 18 places. */
function sharesOf(value: unknown, field: string): string {
  const text = textOf(value, field);
  const shares = formatUnits(decimalOf(text.replace(/^-/, ''), field), 18);
  return text.startsWith('-') ? `-${shares}` : shares;
}

function decimalOf(value: unknown, field: string): bigint {
  return guarded(() => parseDecimal18(textOf(value, field), field), field);
}

function guarded(parse: () => bigint, field: string): bigint {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidInputError) || error.code === 'module-state-malformed') throw error;
    throw new InvalidInputError('module-state-malformed', `Module state: ${error.message}`, { field }, error);
  }
}

function idOf(value: unknown, field: string): { id?: string } {
  return value === undefined ? {} : { id: countOf(value, field) };
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60);
}

function malformed(field: string, found: string, accepted: string): InvalidInputError {
  return new InvalidInputError(
    'module-state-malformed',
    `Module state, "${field}": found ${found}; accepted: ${accepted}.`,
    { field, found },
  );
}
