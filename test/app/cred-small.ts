import { createHash } from 'node:crypto';
import type { ProgramDefinition } from '../../src/core/program.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { parseCredScoring } from '../../src/core/scoring/cred/scoring.ts';
import { parseSharing } from '../../src/core/payout/policies/sharing.ts';
import { identityAddress, isTokenId } from '../../src/core/token/names.ts';
import type { Action } from '../../src/core/token/event.ts';
import { toNulAddress } from '../../src/core/token/nul-address.ts';
import { addressOf } from '../../src/core/scoring/cred/address.ts';

/** An id of the token ledger for a text, always the same. */
export function idOf(text: string): string {
  for (let n = 0; ; n += 1) {
    const id = createHash('sha256').update(`${text} ${n}`).digest().subarray(0, 16).toString('base64url').slice(0, 22);
    if (isTokenId(id)) return id;
  }
}

export const day = 86_400;
export const week = 7 * day;
/** 2025-01-05 is a Sunday. */
export const sunday = Date.parse('2025-01-05T00:00:00Z') / 1000;

export function credProgram({
  amount = 1000n,
  sharing,
  scoring = {},
  rounds = 10,
  batchSize = 1000,
  onZeroTotal = 'residual',
  authority,
}: {
  readonly amount?: bigint;
  readonly sharing?: Record<string, unknown>;
  readonly scoring?: Record<string, unknown>;
  readonly rounds?: number;
  readonly batchSize?: number;
  readonly onZeroTotal?: 'residual' | 'halt';
  readonly authority?: string;
} = {}): ProgramDefinition {
  return {
    name: 'grain',
    rules: {
      asset: { symbol: 'GRAIN', decimals: 6 },
      pools: [
        {
          name: 'community',
          pays: 'score',
          funding: amount * BigInt(rounds),
          recipients: [],
          ...(sharing === undefined ? {} : { sharing: parseSharing(sharing, 'sharing') }),
        },
      ],
      residual: 'commons',
      ...(authority === undefined ? {} : { authority }),
      scoring: parseCredScoring({ model: 'cred', ...scoring }, 'scoring'),
      window: { settle: 'multi_block', strategy: 'cut', batchSize },
      onZeroTotal,
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: [
      { at: sunday + week, allocations: [{ pool: 'community', amount }], repeat: { every: week, left: rounds - 1 } },
    ],
    start: sunday,
    excluded: [],
  };
}

export const node = (name: string, second: number, more: object = {}): ProrataEvent =>
  ({
    kind: 'node',
    key: `node ${name} ${JSON.stringify(more)} ${second}`,
    time: second * 1000,
    node: name,
    ...more,
  }) as ProrataEvent;

export const edge = (name: string, from: string, to: string, second: number, more: object = {}): ProrataEvent =>
  ({
    kind: 'edge',
    key: `edge ${name} ${JSON.stringify(more)} ${second}`,
    time: second * 1000,
    edge: name,
    from,
    to,
    ...more,
  }) as ProrataEvent;

export const token = (action: Action, second: number, nonce = ''): ProrataEvent => ({
  kind: 'token',
  key: idOf(`${JSON.stringify(action)} ${second} ${nonce}`),
  time: second * 1000,
  action,
});

/** Somebody new with a node as an alias, active unless told otherwise. */
export function person(name: string, alias: readonly string[], second: number, active = true): ProrataEvent[] {
  const id = idOf(name);
  return [
    token(
      { type: 'CREATE_IDENTITY', identity: { id, name, subtype: 'USER', address: identityAddress(id), aliases: [] } },
      second,
    ),
    token(
      { type: 'ADD_ALIAS', identityId: id, alias: { address: toNulAddress(addressOf(alias), 'N'), description: name } },
      second,
    ),
    ...(active ? [token({ type: 'TOGGLE_ACTIVATION', identityId: id }, second)] : []),
  ];
}

/** Two people who write and review posts in the first two weeks. */
export const story = (): ProrataEvent[] => [
  node('forum/user/ada', sunday, { timeless: true }),
  node('forum/user/bo', sunday, { timeless: true }),
  ...person('ada', ['forum', 'user', 'ada'], sunday),
  ...person('bo', ['forum', 'user', 'bo'], sunday),
  node('forum/post/1', sunday + day),
  edge('forum/wrote/1', 'forum/post/1', 'forum/user/ada', sunday + day),
  node('forum/post/2', sunday + 2 * day),
  edge('forum/wrote/2', 'forum/post/2', 'forum/user/bo', sunday + 2 * day),
  edge('forum/replies/2', 'forum/post/2', 'forum/post/1', sunday + 2 * day, { backward: '0.5' }),
  node('forum/post/3', sunday + week + day),
  edge('forum/wrote/3', 'forum/post/3', 'forum/user/bo', sunday + week + day),
];
