import type { ProrataEvent } from '../core/events/event.ts';
import { asRefusal, type Refusal } from '../core/events/refusal.ts';
import { formatRational, rational, type Rational } from '../core/money/rational.ts';
import type { Policy } from '../core/payout/policies/policy.ts';
import type { Sharing, SharingPolicy } from '../core/payout/policies/sharing.ts';
import type { ProgramDefinition } from '../core/program.ts';
import { coveringIntervals } from '../core/scoring/cred/intervals.ts';
import type { GraphRecord } from '../core/scoring/cred/record.ts';
import { type CredScoring, parseCredScoring } from '../core/scoring/cred/scoring.ts';
import { weightText } from '../core/scoring/cred/weight-text.ts';
import { graphRecords } from './graph/graph-records.ts';
import { readGit } from './git.ts';
import { readGithub } from './github.ts';
import type { Input } from './lines.ts';
import { readInstance, type SourceCredInstance } from './sourcecred.ts';

/*
 * Sources of contributions in the one form in which they are logged: records, events that they have whole, and what could not
 * be read, each with its place.
 */

export interface ContributionItem {
  readonly item: GraphRecord | ProrataEvent | Refusal;
  readonly line: number;
  readonly raw: string;
}

type Note = (text: string) => void;

/** Throws as `graphRecords`. */
export async function* graphItems(input: Input, format: 'jsonl' | 'csv' | undefined): AsyncGenerator<ContributionItem> {
  for await (const lines of graphRecords(input, format === undefined ? {} : { format })) {
    for (const { line, raw, parsed } of lines) {
      yield { line, raw, item: parsed.ok ? parsed.record : asRefusal(parsed) };
    }
  }
}

/** Throws as `readGithub`. */
export async function* githubItems(
  paths: readonly string[],
  { commits, note }: { readonly commits: boolean; readonly note: Note },
): AsyncGenerator<ContributionItem> {
  const { records, refused, leftOut } = await readGithub(paths, commits ? { commits: 'all' } : {});
  for (const { file, item, ...refusal } of refused) yield { line: item, raw: file, item: asRefusal(refusal) };
  yield* recordItems(records);
  for (const [reason, count] of leftOut) note(`left out: ${count} ${reason}`);
}

/**
 * Who is who and was paid what, as its ledger says, then the graph, then who leaves cred to whom. Events that this token
 * ledger does not take (a merge twice, a payment twice) are left out and noted. Throws as `readInstance`.
 */
export async function* sourcecredItems(folder: string, note: Note): AsyncGenerator<ContributionItem> {
  const instance = await readInstance(folder);
  const refused = new Set(instance.refused.map(({ event }) => event));
  for (const [index, { uuid, ledgerTimestamp, action }] of instance.ledger.entries()) {
    if (refused.has(index + 1)) continue;
    yield { line: index + 1, raw: uuid, item: { kind: 'token', key: uuid, time: ledgerTimestamp, action } };
  }
  yield* recordItems(instance.records);
  for (const { from, recipients } of instance.settings.attributions) {
    for (const { to, proportions } of recipients) {
      for (const { timestampMs: time, value } of proportions) {
        const key = `attribution ${from} ${to} ${time}`;
        yield {
          line: 0,
          raw: key,
          item: { kind: 'attribution', key, time, from, to, part: weightText(value, 'proportion') },
        };
      }
    }
  }
  for (const file of instance.found) note(`read ${file}`);
  for (const file of instance.absent) note(`not there: ${file}`);
  for (const { event, code, message } of instance.refused)
    note(`event ${event} of its ledger is left out: ${message} [${code}]`);
  const { count, edges } = instance.dangling;
  if (count > 0) note(`${count} edges lead nowhere and are left out, such as ${edges[0]}`);
}

async function* recordItems(
  records: Iterable<GraphRecord> | AsyncIterable<GraphRecord>,
): AsyncGenerator<ContributionItem> {
  let line = 0;
  for await (const record of records) {
    line += 1;
    yield { line, raw: record.what === 'edge' ? record.edge : record.node, item: record };
  }
}

/**
 * The program that goes on where an instance of SourceCred stopped: its weights, budgets, dependencies and policies, weekly rounds
 * from the Sunday after the newest time in its graph or ledger. Amounts are in 10^-18 of a Grain. The pool holds nothing yet.
 * Throws as `readInstance`, and as `parseCredScoring`.
 */
export async function sourcecredProgram(folder: string, name: string): Promise<ProgramDefinition> {
  const { records, ledger, settings } = await readInstance(folder);
  let last = 0;
  for (const record of records) if (record.what !== 'person' && (record.at ?? 0) > last) last = record.at!;
  for (const { ledgerTimestamp } of ledger) last = Math.max(last, ledgerTimestamp);
  const start = coveringIntervals('weeks', last, last)[0]!.end / 1000;
  const policies = settings.grain?.policies.filter(({ budget }) => budget > 0n) ?? [];
  const amount = policies.reduce((sum, { budget }) => sum + budget, 0n);
  const pool = { name: 'community', pays: 'score', funding: 0n, recipients: [] } as const;
  return {
    name,
    rules: {
      asset: { symbol: 'GRAIN', decimals: 18 },
      pools: [policies.length === 0 ? pool : { ...pool, sharing: sharingOf(policies, amount) }],
      residual: 'commons',
      scoring: scoringOf(settings),
      window: { settle: 'multi_block', strategy: 'cut', batchSize: 1000 },
      onZeroTotal: 'residual',
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: [
      {
        at: start + 604_800,
        allocations: [{ pool: 'community', amount: amount === 0n ? 1n : amount }],
        repeat: { every: 604_800, left: null },
      },
    ],
    excluded: [],
    start,
  };
}

function sharingOf(policies: readonly Policy[], amount: bigint): Sharing {
  return {
    policies: policies.map((policy): SharingPolicy => {
      const part = formatRational(rational(policy.budget, amount));
      switch (policy.kind) {
        case 'immediate':
        case 'balanced':
          return { kind: policy.kind, part, lookback: policy.lookback };
        case 'recent':
          return {
            kind: policy.kind,
            part,
            discount: formatRational(policy.discount as Rational),
            excluded: policy.excluded,
          };
        case 'special':
          return { kind: policy.kind, part, recipient: policy.recipient, memo: policy.memo };
      }
    }),
  };
}

function scoringOf({
  nodeRules,
  edgeRules,
  budgets,
  dependencies,
  parameters,
}: SourceCredInstance['settings']): CredScoring {
  const from = (name: 'budget' | 'weight', periods: readonly { readonly startMs: number; readonly value: number }[]) =>
    periods.map(({ startMs, value }) => ({ from: Math.ceil(startMs / 1000), [name]: value }));
  return parseCredScoring(
    {
      model: 'cred',
      alpha: parameters.alpha,
      beta: parameters.beta,
      gamma_forward: parameters.gammaForward,
      gamma_backward: parameters.gammaBackward,
      weights: {
        nodes: Object.fromEntries(nodeRules.map(({ address, weight }) => [address, weight])),
        edges: Object.fromEntries(edgeRules.map(({ address, forward, backward }) => [address, { forward, backward }])),
      },
      budgets: Object.fromEntries(budgets.map(({ prefix, periods }) => [prefix, from('budget', periods)])),
      dependencies: Object.fromEntries(
        dependencies.flatMap(({ identity, periods }) =>
          identity === null ? [] : [[identity, from('weight', periods)]],
        ),
      ),
    },
    'scoring',
  );
}

export interface GitSourceOptions {
  readonly since?: string;
  readonly name?: string;
  readonly revisions?: readonly string[];
  readonly paths?: readonly string[];
  /** Decimals by path. */
  readonly weights?: Readonly<Record<string, string>>;
  readonly keepReverts: boolean;
  readonly shallow: boolean;
  readonly note: Note;
}

const of = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** A repository, from where `since` says it was read to. Throws as `readGit`. */
export async function gitSource(
  repository: string,
  { note, keepReverts, ...options }: GitSourceOptions,
): Promise<{
  readonly items: AsyncIterable<ContributionItem>;
  readonly complete: readonly string[];
  readonly tips: () => string;
}> {
  const reading = await readGit(repository, { ...options, reverts: keepReverts ? 'keep' : 'undo' });
  const { name, whole, prefixes, counts } = reading;
  async function* items(): AsyncGenerator<ContributionItem> {
    yield* recordItems(reading.records());
    const { commits, merges, changed, outside } = counts;
    note(
      `${name}: ${of(commits, 'commit')}, ${of(merges, 'merge')}${changed === 0 ? '' : `, ${changed} changed by later reverts`}${outside === 0 ? '' : `, ${outside} left out by --path`}`,
    );
    note(whole === null ? 'only what is new since it was read last' : `all of it was read (${whole})`);
  }
  return {
    items: items(),
    complete: whole === null ? [] : [...prefixes.nodes, ...prefixes.edges],
    tips: () => reading.bookmark,
  };
}
