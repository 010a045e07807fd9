import { dirname, isAbsolute, join } from 'node:path';
import { isMap, LineCounter, parseDocument, visit } from 'yaml';
import type { Document } from 'yaml';
import { InvalidInputError } from '../core/errors.ts';
import { amountError, isDigits } from '../core/money/amount.ts';
import { parseShare } from '../core/money/fraction.ts';
import { isServerUrl } from '../core/place.ts';
import type { Allocation, Pool, ProgramDefinition, Rules, ScheduleEntry, Scoring } from '../core/program.ts';
import { accountMatcher } from '../core/schedule/account-matcher.ts';
import { checkExcludedList } from '../core/schedule/check-exclusions.ts';
import { checkMappings } from '../core/schedule/check-mappings.ts';
import { checkSchedule } from '../core/schedule/check-schedule.ts';
import { makePlan } from '../core/schedule/plan.ts';
import type { Plan } from '../core/schedule/plan.ts';
import { owedFrom } from '../core/schedule/repeat.ts';
import { parseSharing } from '../core/payout/policies/sharing.ts';
import { parseScoring } from '../core/scoring/parse.ts';
import { nearest } from '../core/text.ts';
import { parseInstant, secondOf } from '../core/time/instant.ts';
import { amountAccepted, credKeys, crown as crownKeys, programSchema } from './schema.ts';
import type { ProgramFile } from './schema.ts';

export interface LoadedProgram {
  readonly definition: ProgramDefinition;
  /** Location of the store, beside the file unless absolute; `undefined` when the file names none. */
  readonly store: string | undefined;
  /** What is allowed but will likely be regretted, for people. */
  readonly warnings: readonly string[];
}

/** Longest program file, in characters. */
const textMax = 4 * 1024 * 1024;

/**
 * Reads prorata.yaml. Nothing in it becomes a float: whole numbers are read as big integers, decimals as the text they were
 * written as. Throws InvalidInputError `config-invalid`, whose message lists every problem found, one per line, as
 * `key: found X; accepted: Y (line N)`, with the code of the broken rule in brackets where it has one of its own. In its
 * facts: `problems` (the same lines), `codes` (those codes, separated by blanks) and `path`.
 */
export function loadProgram(text: string, { path }: { readonly path: string }): LoadedProgram {
  const problems = new Problems(path);
  const { raw, lineOf } = parseYaml(text, problems);
  problems.lineOf = lineOf;
  problems.throwIfAny();

  const parsed = programSchema.safeParse(raw, { reportInput: true });
  if (!parsed.success) {
    for (const issue of parsed.error.issues) addIssue(issue as Issue, raw, problems);
    problems.throwIfAny();
  }
  const file = parsed.data!;
  const definition = definitionOf(file, problems);
  problems.throwIfAny();
  const asIs = file.store === undefined || isAbsolute(file.store) || isServerUrl(file.store);
  const store = asIs ? file.store : join(dirname(path), file.store!);
  return { definition, store, warnings: warningsOf(definition) };
}

class Problems {
  readonly #path: string;
  readonly #lines: string[] = [];
  readonly #codes: string[] = [];
  lineOf: (key: readonly PropertyKey[]) => number | undefined = () => undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** A problem that has a code of its own. */
  refuse(code: string, key: readonly PropertyKey[], found: string, accepted: string): void {
    this.add(key, found, accepted, code);
  }

  add(key: readonly PropertyKey[], found: string, accepted: string, code?: string): void {
    this.addText(key, `found ${found}; accepted: ${accepted}`, code);
  }

  addText(key: readonly PropertyKey[], text: string, code?: string): void {
    const line = this.lineOf(key);
    const name = key.reduce<string>(
      (path, part) =>
        typeof part === 'number' ? `${path}[${part}]` : path === '' ? String(part) : `${path}.${String(part)}`,
      '',
    );
    this.#lines.push(
      `${name === '' ? 'file' : name}: ${text}${line === undefined ? '' : ` (line ${line})`}${code === undefined ? '' : ` [${code}]`}`,
    );
    if (code !== undefined) this.#codes.push(code);
  }

  /** Runs a check of the core; what it throws is a problem of `key`, or of the place within it that `inner` makes of its field. */
  attempt<T>(
    key: readonly PropertyKey[],
    check: () => T,
    inner?: (field: string) => readonly PropertyKey[],
  ): T | undefined {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      // Messages of the core read: where: found X; accepted: Y.
      const text = error.message.slice(error.message.indexOf('found ')).replace(/\.$/, '');
      this.addText(inner === undefined ? key : [...key, ...inner(error.facts['field'] ?? '')], text, error.code);
      return undefined;
    }
  }

  throwIfAny(): void {
    if (this.#lines.length === 0) return;
    const count = this.#lines.length === 1 ? 'one problem' : `${this.#lines.length} problems`;
    const problems = this.#lines.join('\n');
    const codes = this.#codes.length === 0 ? {} : { codes: this.#codes.join(' ') };
    throw new InvalidInputError('config-invalid', `${this.#path} has ${count}:\n${problems}`, {
      path: this.#path,
      problems,
      ...codes,
    });
  }
}

/** The parts of a field's path: `entries[0].at` is entries, 0, at. */
function partsOf(field: string): PropertyKey[] {
  return field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (isDigits(part) ? Number(part) : part));
}

// Text to plain values.

function parseYaml(text: string, problems: Problems): { raw: unknown; lineOf: Problems['lineOf'] } {
  const lines = new LineCounter();
  const nothing = { raw: undefined, lineOf: () => undefined };
  if (text.length > textMax) {
    problems.add([], `${text.length} characters`, `a file of at most ${textMax}`);
    return nothing;
  }
  try {
    const doc = parseDocument(text, {
      intAsBigInt: true,
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      version: '1.2',
    });
    for (const problem of [...doc.errors, ...doc.warnings]) {
      const { line, col } = lines.linePos(problem.pos[0]);
      problems.addText(
        [],
        `found YAML that cannot be read at line ${line}, column ${col}: ${problem.message}; accepted: YAML 1.2 in one document`,
      );
    }
    if (doc.errors.length > 0) return nothing;
    return { raw: plainOf(doc), lineOf: (key) => lineAt(doc, key, lines) };
  } catch (error) {
    // Too many aliases, or nesting beyond the stack.
    problems.addText(
      [],
      `found YAML that cannot be read: ${(error as Error).message}; accepted: YAML 1.2 in one document`,
    );
    return nothing;
  }
}

/** Whole numbers become numbers where they are exact and digits where they are not; other numbers the text they were. */
function plainOf(doc: Document.Parsed): unknown {
  visit(doc, {
    Scalar(_, node) {
      const { value } = node;
      if (typeof value === 'bigint') {
        const small = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);
        node.value = small ? Number(value) : `${value}`;
      } else if (typeof value === 'number') {
        node.value = node.source ?? String(value);
      }
    },
  });
  return doc.toJS({ maxAliasCount: 100 });
}

/** Where a key is, or the nearest one above it. */
function lineAt(doc: Document.Parsed, key: readonly PropertyKey[], lines: LineCounter): number | undefined {
  for (let depth = key.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? doc.contents : doc.getIn(key.slice(0, depth - 1), true);
    const name = key[depth - 1]!;
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === String(name)) : undefined;
    const node = (pair?.key ?? doc.getIn(key.slice(0, depth), true)) as
      | { range?: readonly number[] | null }
      | undefined;
    if (node?.range?.[0] !== undefined) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

// What zod found, in our words.

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly input?: unknown;
}

function addIssue(issue: Issue, raw: unknown, problems: Problems): void {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(issue.path);
    for (const key of issue.keys ?? []) {
      const guess = nearest(key, known);
      const hint = guess === undefined ? '' : `; did you mean "${guess}"?`;
      problems.add([...issue.path, key], 'an unknown key', `${known.join(', ')}${hint}`);
    }
    return;
  }
  if (issue.code === 'invalid_key') {
    problems.add(issue.path, `the key ${show(issue.path.at(-1))}`, poolNamesAccepted);
    return;
  }
  const found = issue.path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    raw,
  );
  const isAmount = issue.message === amountAccepted && (typeof found === 'string' || typeof found === 'number');
  problems.add(issue.path, show(found), issue.message, isAmount ? amountError(String(found), '').code : undefined);
}

const poolNamesAccepted = 'a name of letters, digits, "_", "-" and ".", beginning with a letter';

/** The keys that the schema has at a path. */
function keysAt(path: readonly PropertyKey[]): string[] {
  // oxlint-disable-next-line typescript/no-explicit-any -- a walk over zod's own definitions
  let at: any = programSchema;
  for (const part of path) {
    at = unwrap(at);
    at = at.def.type === 'array' ? at.def.element : at.def.type === 'record' ? at.def.valueType : at.def.shape[part];
  }
  return Object.keys(unwrap(at).def.shape);
}

// oxlint-disable-next-line typescript/no-explicit-any -- as above
function unwrap(schema: any): any {
  let inner = schema;
  while (inner.def.type === 'optional' || inner.def.type === 'default') inner = inner.def.innerType;
  return inner;
}

function show(value: unknown): string {
  const text = value === undefined ? 'none' : JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

// Plain values to the definition.

function definitionOf(file: ProgramFile, problems: Problems): ProgramDefinition {
  const rest = rulesWithoutPools(file, problems);
  const { plan, schedule, start } = scheduleOf(file, problems);
  const pools: Pool[] = Object.entries(file.pools).map(([name, pool]) => ({
    name,
    pays: pool.pays,
    funding: pool.funding === undefined ? (plan?.funded.get(name) ?? 0n) : BigInt(pool.funding),
    recipients: pool.recipients ?? [],
    ...sharingOf(name, pool, problems),
  }));
  const rules: Rules = { ...rest, pools };
  checkPools(rules, problems);
  const isAddress = problems.attempt(['accounts', 'pattern'], () => accountMatcher(rules));
  if (isAddress !== undefined) {
    for (const pool of pools.filter((one) => one.pays === 'recipients')) {
      const inner = (field: string): PropertyKey[] => partsOf(field).slice(2);
      problems.attempt(
        ['pools', pool.name],
        () => checkMappings([{ pool: pool.name, recipients: pool.recipients }], rules, isAddress),
        inner,
      );
    }
    problems.attempt([], () => checkExcludedList(file.excluded ?? [], isAddress), partsOf);
  }
  // An entry's allocations are a mapping in the file, so that the path of one ends at its name.
  const inEntry = (field: string): PropertyKey[] => partsOf(field).slice(0, 2);
  problems.attempt(['schedule'], () => checkSchedule(schedule, rules), plan === undefined ? inEntry : () => ['plan']);
  const definition = { name: file.program, rules, schedule, excluded: file.excluded ?? [] };
  return start === undefined ? definition : { ...definition, start };
}

function rulesWithoutPools(file: ProgramFile, problems: Problems): Omit<Rules, 'pools'> {
  const { pattern, bech32 } = file.accounts ?? {};
  if (pattern !== undefined && bech32 !== undefined)
    problems.add(['accounts'], 'both pattern and bech32', 'one of them');
  const scoring = scoringOf(file, problems);
  const accountPattern = bech32 === undefined ? pattern : bech32Pattern(bech32);
  return {
    asset: file.asset,
    residual: file.residual,
    scoring,
    window: {
      settle: file.window?.settle ?? 'multi_block',
      strategy: file.window?.strategy ?? 'cut',
      batchSize: file.window?.batch_size ?? 1000,
    },
    onZeroTotal: file.on_zero_total ?? (scoring.model === 'stake-time' ? 'halt' : 'residual'),
    ...(accountPattern === undefined ? {} : { accountPattern }),
    ...(file.authority === undefined ? {} : { authority: file.authority }),
    requireAllPools: file.require_all_pools ?? false,
    requireIds: file.require_ids ?? false,
    minGapSeconds: file.min_gap ?? 0,
  };
}

function scoringOf({ scoring = { model: 'stake-time' } }: ProgramFile, problems: Problems): Scoring {
  const stake = { model: 'stake-time', rate: scoring.rate ?? 'floor' } as const;
  const { model, ...rest } = scoring;
  const known = keysOfModel[model];
  const others = Object.keys(scoring).filter((key) => key !== 'model' && !known.has(key));
  for (const key of others)
    problems.refuse('scoring-key-of-other-model', ['scoring', key], 'it', `no such key with model ${model}`);
  if (model === 'stake-time' || others.length > 0) return stake;
  return (
    problems.attempt(
      ['scoring'],
      () => parseScoring({ model, ...rest }, 'scoring'),
      (field) => partsOf(field).slice(1),
    ) ?? stake
  );
}

const keysOfModel: Readonly<Record<Scoring['model'], ReadonlySet<string>>> = {
  'stake-time': new Set(['rate']),
  crown: new Set(Object.keys(crownKeys)),
  cred: new Set(['alpha', ...Object.keys(credKeys)]),
};

function sharingOf(name: string, pool: ProgramFile['pools'][string], problems: Problems): Pick<Pool, 'sharing'> {
  if (pool.sharing === undefined) return {};
  const key = ['pools', name, 'sharing'];
  if (pool.pays !== 'score') {
    problems.refuse('sharing-not-by-score', key, 'it', 'no such key of a pool that pays recipients');
    return {};
  }
  const sharing = problems.attempt(
    key,
    () => parseSharing(pool.sharing, 'sharing'),
    (field) => partsOf(field).slice(1),
  );
  return sharing === undefined ? {} : { sharing };
}

/** Addresses of 20 or 32 bytes, of accounts and of validators: their look, not their checksum. */
function bech32Pattern(prefix: string): string {
  const letter = '[02-9ac-hj-np-z]';
  return `^${prefix}(?:valoper)?1(?:${letter}{38}|${letter}{58})$`;
}

function checkPools(rules: Rules, problems: Problems): void {
  const byScore = rules.pools.filter((pool) => pool.pays === 'score');
  if (byScore.length !== 1) {
    const found =
      byScore.length === 0
        ? 'no pool that pays by score'
        : `${byScore.map((pool) => pool.name).join(' and ')} paying by score`;
    problems.refuse('pools-one-by-score', ['pools'], found, 'exactly one pool with pays: score');
  }
  for (const { name, recipients } of byScore) {
    if (recipients.length === 0) continue;
    const found = `${recipients.length} of a pool that pays by score`;
    problems.refuse('mapping-for-community', ['pools', name, 'recipients'], found, 'none');
  }
  if (rules.pools.some((pool) => pool.name === rules.residual))
    problems.refuse('residual-is-a-pool', ['residual'], show(rules.residual), 'a name that no pool has');
}

function scheduleOf(
  file: ProgramFile,
  problems: Problems,
): { plan?: Plan; schedule: readonly ScheduleEntry[]; start?: number } {
  const { entries, plan, rounds } = file.schedule ?? {};
  const given = Object.keys(file.schedule ?? {});
  if (given.length > 1) {
    problems.add(['schedule'], given.length === 2 ? `both ${given.join(' and ')}` : given.join(', '), 'one of them');
    return { schedule: [] };
  }
  if (rounds !== undefined) return roundsOf(rounds, file, problems);
  if (plan === undefined) return { schedule: (entries ?? []).map((entry, index) => entryOf(entry, index, problems)) };
  const made = planOf(plan, problems);
  if (made === undefined) return { schedule: [] };
  checkResidue(plan, made, problems);
  const schedule =
    file.require_ids === true ? made.entries.map((entry, index) => ({ ...entry, id: index + 1 })) : made.entries;
  return { plan: made, schedule };
}

/** Rounds of one length, the first of which ends one length after the start: one entry that comes again. */
function roundsOf(
  { start, every, count, amounts }: NonNullable<NonNullable<ProgramFile['schedule']>['rounds']>,
  file: ProgramFile,
  problems: Problems,
): { schedule: readonly ScheduleEntry[]; start?: number } {
  const from = secondIn(start, ['schedule', 'rounds', 'start'], problems);
  if (from === undefined) return { schedule: [] };
  const allocations = Object.entries(amounts).map(([pool, amount]) => ({ pool, amount: BigInt(amount) }));
  const repeat = { every, left: count === undefined ? null : count - 1 };
  const entry = { at: from + every, allocations, ...(file.require_ids === true ? { id: 1 } : {}), repeat };
  return { schedule: [entry], start: from };
}

type Entry = NonNullable<NonNullable<ProgramFile['schedule']>['entries']>[number];
type PlanFile = NonNullable<NonNullable<ProgramFile['schedule']>['plan']>;

function entryOf(entry: Entry, index: number, problems: Problems): ScheduleEntry {
  const key = ['schedule', 'entries', index, 'at'];
  const at = secondIn(entry.at, key, problems) ?? 0;
  const allocations: Allocation[] = Object.entries(entry.amounts).map(([pool, amount]) => ({
    pool,
    amount: BigInt(amount),
  }));
  return entry.id === undefined ? { at, allocations } : { at, allocations, id: entry.id };
}

function secondIn(value: string | number, key: readonly PropertyKey[], problems: Problems): number | undefined {
  return problems.attempt(key, () => secondOf(parseInstant(typeof value === 'number' ? value * 1000 : value, 'at')));
}

function planOf(plan: PlanFile, problems: Problems): Plan | undefined {
  const key = ['schedule', 'plan'];
  const start = secondIn(plan.start, [...key, 'start'], problems);
  const shares = Object.entries(plan.shares).map(([pool, share]) => ({
    pool,
    share: problems.attempt([...key, 'shares', pool], () => parseShare(String(share))),
  }));
  const known = shares.flatMap(({ pool, share }) => (share === undefined ? [] : [{ pool, share }]));
  if (start === undefined || known.length < shares.length) return undefined;
  const input = { start, months: plan.months, dayCap: plan.day_cap, total: BigInt(plan.total), shares: known };
  return problems.attempt(key, () => makePlan(input), partsOf);
}

function checkResidue(plan: PlanFile, made: Plan, problems: Problems): void {
  if (plan.residue === undefined) return;
  for (const pool of new Set([...Object.keys(plan.residue), ...made.residue.keys()])) {
    const stated = Object.hasOwn(plan.residue, pool) ? plan.residue[pool] : undefined;
    const residue = made.residue.get(pool);
    if (residue !== undefined && BigInt(stated ?? 0) === residue) continue;
    const accepted =
      residue === undefined ? 'pools that have a share' : `"${residue}", which the plan leaves unscheduled`;
    problems.refuse('plan-residue-differs', ['schedule', 'plan', 'residue', pool], show(stated), accepted);
  }
}

function warningsOf({ rules: { pools }, schedule }: ProgramDefinition): string[] {
  // Of rounds without end one is enough to ask for: they need funding as they come.
  const owed = pools.map(({ name, funding }) => ({ name, funding, amount: owedFrom(schedule, name) }));
  const short = owed
    .filter(({ funding, amount }) => funding < amount)
    .map(
      ({ name, funding, amount }) =>
        `pools.${name}.funding: ${funding} is less than the ${amount} that the schedule takes from it; it needs funding events in time.`,
    );
  const idle = owed
    .filter(({ amount }) => schedule.length > 0 && amount === 0n)
    .map(({ name }) => `pools.${name}: no schedule entry takes from it.`);
  return [...short, ...idle];
}
