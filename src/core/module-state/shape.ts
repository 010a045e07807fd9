import { InvalidInputError } from '../errors.ts';
import { entryKey, isOrdered, type ListOrder, scoreKey } from './key-order.ts';
import { type ModuleState, type ModuleStateVersion, moduleStateVersions } from './model.ts';

/** The objects of the module's JSON and their fields in the order in which the chain declares them. */
export const fieldsOf = {
  top: [
    'params',
    'scheduled_distributions',
    'delegation_time_entries',
    'account_scores',
    'distributions_disabled',
    'community_distribution_job',
    'community_distribution_entries',
  ],
  params: ['excluded_addresses', 'clearing_account_mappings', 'min_distribution_gap_seconds'],
  mapping: ['clearing_account', 'recipient_addresses'],
  distribution: ['timestamp', 'allocations', 'id'],
  allocation: ['clearing_account', 'amount'],
  entry: ['validator_address', 'delegator_address', 'shares', 'last_changed_unix_sec', 'distribution_id'],
  score: ['address', 'score', 'distribution_id'],
  job: [
    'scheduled_at',
    'total_amount',
    'total_score',
    'leftover',
    'next_address',
    'total_entries',
    'processed_entries',
  ],
  copied: ['delegator_address', 'score'],
} as const;
export type ModuleObject = keyof typeof fieldsOf;
const objects = Object.keys(fieldsOf) as ModuleObject[];

/** Fields that hold lists, which may be written `null` or `[]` when they are empty. */
const lists = [
  'excluded_addresses',
  'clearing_account_mappings',
  'scheduled_distributions',
  'delegation_time_entries',
  'account_scores',
  'community_distribution_entries',
];

/** How a state was written, apart from what it says: all that it takes to write it in the same way. */
export interface ModuleShape {
  readonly version: ModuleStateVersion;
  /** One level of indentation; '' = on one line. */
  readonly indent: string;
  /** On one line: a blank after commas and colons. */
  readonly spaced: boolean;
  /** Line feeds after it. */
  readonly lineFeeds: number;
  /** Fields of each kind of object, in their order. */
  readonly fields: Readonly<Record<ModuleObject, readonly string[]>>;
  /** Lists that are `null` when they are empty. */
  readonly nulls: readonly string[];
  readonly entryOrder: ListOrder;
  /** `d`: by key. */
  readonly scoreOrder: ListOrder;
  readonly copiedOrder: ListOrder;
}

/** As the chain's own export writes it: on one line, every field in its declared order, lists `[]`. */
export function chainShape(version: ModuleStateVersion): ModuleShape {
  const without = (object: ModuleObject, ...left: string[]): string[] =>
    fieldsOf[object].filter((field) => !left.includes(field));
  const ids = version === 'ids';
  const job = ['community_distribution_job', 'community_distribution_entries'];
  const fields = {
    ...fieldsOf,
    top: without('top', ...(version === 'copy-job' ? [] : job)),
    params: without('params', ...(ids ? [] : ['min_distribution_gap_seconds'])),
    distribution: without('distribution', ...(ids ? [] : ['id'])),
    entry: without('entry', ...(ids ? [] : ['distribution_id'])),
    score: without('score', ...(ids ? [] : ['distribution_id'])),
  };
  return {
    version,
    indent: '',
    spaced: false,
    lineFeeds: 0,
    fields,
    nulls: [],
    entryOrder: 'd',
    scoreOrder: 'd',
    copiedOrder: 'd',
  };
}

/** An object of the JSON, or what stands in its place. */
export type Raw = Readonly<Record<string, unknown>>;

/**
 * The shape of a state: `text` is its JSON alone, `raw` what it parses to, `state` what it says. Where objects of one kind
 * differ in their fields the first stands for all.
 */
export function shapeOf(text: string, raw: Raw, state: ModuleState, version: ModuleStateVersion): ModuleShape {
  const standard = chainShape(version);
  const body = text.trimEnd();
  const indent = /^\{\r?\n([ \t]+)"/.exec(body)?.[1] ?? '';
  const params = rawOf(raw['params']);
  const first = (list: unknown): Raw | undefined => (Array.isArray(list) ? rawOf(list[0]) : undefined);
  const found: Record<ModuleObject, Raw | undefined> = {
    top: raw,
    params,
    mapping: first(params?.['clearing_account_mappings']),
    distribution: first(raw['scheduled_distributions']),
    allocation: first(first(raw['scheduled_distributions'])?.['allocations']),
    entry: first(raw['delegation_time_entries']),
    score: first(raw['account_scores']),
    job: rawOf(raw['community_distribution_job']),
    copied: first(raw['community_distribution_entries']),
  };
  const fields = objects.map(
    (object) => [object, found[object] ? Object.keys(found[object]) : standard.fields[object]] as const,
  );
  return {
    version,
    indent,
    spaced: indent === '' && /^\{"[a-z_]+": /.test(body),
    lineFeeds: text.length - text.replace(/\n+$/, '').length,
    fields: Object.fromEntries(fields) as Record<ModuleObject, readonly string[]>,
    nulls: lists.filter((list) => raw[list] === null || params?.[list] === null),
    entryOrder: isOrdered(state.entries, entryKey('d')) ? 'd' : isOrdered(state.entries, entryKey('v')) ? 'v' : 'l',
    scoreOrder: isOrdered(state.scores, scoreKey) ? 'd' : 'l',
    copiedOrder: isOrdered(state.copied, scoreKey) ? 'd' : 'l',
  };
}

function rawOf(value: unknown): Raw | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : undefined;
}

/** A state as text, in a shape. Fields that the shape does not have are added where they say something. */
export function renderModuleState(state: ModuleState, shape: ModuleShape): string {
  const make = (
    object: ModuleObject,
    values: Record<string, unknown>,
    needed: readonly string[] = [],
  ): Record<string, unknown> => {
    const fields = shape.fields[object];
    const added = needed.filter((field) => !fields.includes(field));
    return Object.fromEntries([...fields, ...added].map((field) => [field, values[field]]));
  };
  const list = (field: string, items: readonly unknown[]): unknown =>
    items.length === 0 && shape.nulls.includes(field) ? null : items;
  const says = (condition: boolean, field: string): string[] => (condition ? [field] : []);
  const ids = says(shape.version === 'ids', 'distribution_id');
  const { job } = state;
  const params = {
    excluded_addresses: list('excluded_addresses', state.excluded),
    clearing_account_mappings: list(
      'clearing_account_mappings',
      state.mappings.map((mapping) =>
        make('mapping', { clearing_account: mapping.account, recipient_addresses: mapping.recipients }),
      ),
    ),
    min_distribution_gap_seconds: state.minGap ?? '0',
  };
  const value = make(
    'top',
    {
      params: make('params', params, [
        ...says(state.excluded.length > 0, 'excluded_addresses'),
        ...says(state.mappings.length > 0, 'clearing_account_mappings'),
        ...says(state.minGap !== undefined && state.minGap !== '0', 'min_distribution_gap_seconds'),
      ]),
      scheduled_distributions: list(
        'scheduled_distributions',
        state.schedule.map(({ timestamp, allocations, id }) =>
          make(
            'distribution',
            {
              timestamp,
              allocations: allocations.map(({ account, amount }) =>
                make('allocation', { clearing_account: account, amount }),
              ),
              id,
            },
            says(id !== undefined, 'id'),
          ),
        ),
      ),
      delegation_time_entries: list(
        'delegation_time_entries',
        state.entries.map(({ validator, delegator, shares, since, id }) =>
          make(
            'entry',
            {
              validator_address: validator,
              delegator_address: delegator,
              shares,
              last_changed_unix_sec: since,
              distribution_id: id,
            },
            ids,
          ),
        ),
      ),
      account_scores: list(
        'account_scores',
        state.scores.map(({ address, score, id }) => make('score', { address, score, distribution_id: id }, ids)),
      ),
      distributions_disabled: state.disabled,
      community_distribution_job:
        job &&
        make(
          'job',
          {
            scheduled_at: job.scheduledAt,
            total_amount: job.amount,
            total_score: job.total,
            leftover: job.leftover,
            next_address: job.next,
            total_entries: job.totalEntries,
            processed_entries: job.processedEntries,
          },
          says(job.next !== '', 'next_address'),
        ),
      community_distribution_entries: list(
        'community_distribution_entries',
        state.copied.map(({ address, score }) => make('copied', { delegator_address: address, score })),
      ),
    },
    [
      'params',
      ...says(state.schedule.length > 0, 'scheduled_distributions'),
      ...says(state.entries.length > 0, 'delegation_time_entries'),
      ...says(state.scores.length > 0, 'account_scores'),
      ...says(state.disabled, 'distributions_disabled'),
      ...says(job !== null, 'community_distribution_job'),
      ...says(state.copied.length > 0, 'community_distribution_entries'),
    ],
  );
  const text = shape.spaced ? spaced(value) : JSON.stringify(value, null, shape.indent);
  return `${text}${'\n'.repeat(shape.lineFeeds)}`;
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).flatMap(([key, field]) =>
    field === undefined ? [] : [`${JSON.stringify(key)}: ${spaced(field)}`],
  );
  return `{${fields.join(', ')}}`;
}

// --- the shape as one short word, which the natural key of an import's first event carries

const indents: readonly (readonly [name: string, indent: string])[] = [
  ['t', '\t'],
  ...[0, 1, 2, 3, 4, 6, 8].map((n) => [String(n), ' '.repeat(n)] as const),
];

/** The shape in letters, digits and `.`, or `null` when it is too unusual to be said so. */
export function shapeToWord(shape: ModuleShape): string | null {
  const indent = shape.spaced ? 's' : indents.find(([, text]) => text === shape.indent)?.[0];
  if (indent === undefined || shape.lineFeeds > 9) return null;
  const fields = objects.map((object) =>
    shape.fields[object].map((field) => fieldsOf[object].indexOf(field as never)).join(''),
  );
  const nulls = lists.map((list) => (shape.nulls.includes(list) ? '1' : '0')).join('');
  const orders = `${shape.entryOrder}${shape.scoreOrder}${shape.copiedOrder}`;
  return [moduleStateVersions.indexOf(shape.version), `${indent}${shape.lineFeeds}`, nulls, orders, ...fields].join(
    '.',
  );
}

/** Exact inverse of shapeToWord. Throws InvalidInputError `module-state-shape-malformed`. */
export function shapeFromWord(word: string): ModuleShape {
  const [version, layout, nulls, orders, ...fields] = word.split('.');
  const indent = layout === undefined ? undefined : indents.find(([name]) => name === layout[0]);
  const spaced = layout?.[0] === 's';
  const name = moduleStateVersions[Number(version)];
  if (!name || !layout || !nulls || !orders || fields.length !== objects.length || (!indent && !spaced)) {
    throw new InvalidInputError(
      'module-state-shape-malformed',
      `Found "${word}" as the shape of a module state; accepted: what an import wrote.`,
    );
  }
  const named = objects.map(
    (object, index) => [object, fields[index]!.split('').map((digit) => fieldsOf[object][Number(digit)]!)] as const,
  );
  return {
    version: name,
    indent: indent?.[1] ?? '',
    spaced,
    lineFeeds: Number(layout[1]),
    fields: Object.fromEntries(named) as unknown as Record<ModuleObject, readonly string[]>,
    nulls: lists.filter((_, index) => nulls[index] === '1'),
    entryOrder: orders[0] as ListOrder,
    scoreOrder: orders[1] as ListOrder,
    copiedOrder: orders[2] as ListOrder,
  };
}
