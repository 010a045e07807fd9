import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Engine } from '../app/engine.ts';
import { InvalidInputError } from '../core/errors.ts';
import type { ProrataEvent } from '../core/events/event.ts';
import type { ProgramDefinition } from '../core/program.ts';
import { openMemoryStore } from '../stores/memory/store.ts';
import { readSnapshot, type SnapshotOptions } from './snapshot.ts';

const T = 1_700_000_000;
const ONE = 10n ** 18n;
const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

const files = {
  'validators.csv':
    'id,tokens,delegator_shares,jailed,commission,status\nv2,95,100.000000000000000000,true,0.1,bonded\nv1,0,0,false,0,unbonded\nv3,0,7,false,0,bonded\n',
  'delegations.csv': 'delegator,validator,shares\nbob,v2,99.5\nann,v3,7\nann,v2,0.500000000000000000\n',
  'unbonding.csv':
    'delegator,validator,creation_height,completion_time,initial_balance,balance\n' +
    'zoe,v9,0,2023-11-14T22:13:30.999999999Z,40,40\n' + // T + 10
    'ann,v1,0,2023-11-14T22:13:25Z,30,30\n' + // T + 5
    'ann,v1,0,2023-11-14T22:13:25Z,30,30\n' +
    'ann,v1,0,2023-11-14T22:11:40Z,30,30\n', // T - 100: began before all this
  'meta.json': '{"export_time": "2023-11-14T22:13:20Z", "unbonding_time_seconds": 60, "chain_id": "x"}',
};

function folder(changed: Partial<Record<keyof typeof files, string | null>> = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'prorata-snapshot-'));
  folders.push(dir);
  for (const [name, text] of Object.entries({ ...files, ...changed }))
    if (text !== null) writeFileSync(join(dir, name), text);
  return dir;
}

async function read(dir: string, options: SnapshotOptions = {}): Promise<ProrataEvent[]> {
  const events: ProrataEvent[] = [];
  for await (const chunk of readSnapshot(dir, options)) events.push(...chunk);
  return events;
}

/** The error of reading a folder in which one file says something else: its code, with line and column. */
async function refusal(
  changed: Parameters<typeof folder>[0],
  options: SnapshotOptions = { heldSince: T - 100 },
): Promise<string> {
  try {
    await read(folder(changed), options);
  } catch (error) {
    assert.ok(error instanceof InvalidInputError, String(error));
    return [error.code, error.facts['line'], error.facts['column']].filter((fact) => fact !== undefined).join(' ');
  }
  return 'read';
}

const definition: ProgramDefinition = {
  name: 'p',
  rules: {
    asset: { symbol: 'T', decimals: 0 },
    pools: [{ name: 'community', pays: 'score', funding: 1000n, recipients: [] }],
    residual: 'rest',
    scoring: { model: 'stake-time', rate: 'floor' },
    window: { settle: 'multi_block', strategy: 'cut', batchSize: 10 },
    onZeroTotal: 'halt',
    requireAllPools: false,
    requireIds: false,
    minGapSeconds: 0,
  },
  schedule: [{ at: T, allocations: [{ pool: 'community', amount: 1000n }] }],
  excluded: [],
};

describe('src/sources/snapshot', () => {
  it('gives validators first, then the stakes account by account in the order of names, at the exported instant', async () => {
    const common = { time: T * 1000 };
    const at = 'snapshot:2023-11-14T22:13:20Z';
    assert.deepEqual(await read(folder()), [
      {
        kind: 'validator-set',
        key: `${at}:validator:v2`,
        ...common,
        validator: 'v2',
        tokens: 95n,
        shares: 100n * ONE,
        jailed: true,
      },
      {
        kind: 'validator-set',
        key: `${at}:validator:v1`,
        ...common,
        validator: 'v1',
        tokens: 0n,
        shares: 0n,
        jailed: false,
      },
      {
        kind: 'validator-set',
        key: `${at}:validator:v3`,
        ...common,
        validator: 'v3',
        tokens: 0n,
        shares: 7n * ONE,
        jailed: false,
      },
      {
        kind: 'delegate',
        key: `${at}:stake:ann:v2`,
        ...common,
        account: 'ann',
        validator: 'v2',
        shares: ONE / 2n,
        since: T,
      },
      {
        kind: 'delegate',
        key: `${at}:stake:ann:v3`,
        ...common,
        account: 'ann',
        validator: 'v3',
        shares: 7n * ONE,
        since: T,
      },
      {
        kind: 'delegate',
        key: `${at}:stake:bob:v2`,
        ...common,
        account: 'bob',
        validator: 'v2',
        shares: (ONE * 199n) / 2n,
        since: T,
      },
    ]);
  });

  it('counts what was unbonding from the stipulated beginning until it began to unbond, and no longer than to the snapshot', async () => {
    const held = (await read(folder(), { heldSince: T - 100 })).filter((event) => event.kind === 'held');
    assert.deepEqual(
      held.map(({ account, validator, amount, from, until }) => [account, validator, amount, from - T, until - T]),
      [
        ['ann', 'v1', 30n, -100, -55],
        ['ann', 'v1', 30n, -100, -55],
        ['zoe', 'v9', 40n, -100, -50], // 10.99 s after the snapshot, less 60: instants are truncated, not durations
      ],
    );
    assert.equal(new Set(held.map(({ key }) => key)).size, 3);
    const late = await read(folder(), { heldSince: T - 100, unbondingSeconds: 1 });
    assert.deepEqual(
      late.flatMap((event) => (event.kind === 'held' ? [event.until - T] : [])),
      [0, 0, 0],
    );
  });

  it('scores and pays to the unit, dust and validators without stake included', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(definition);
    const first = await engine.ingest('p', readSnapshot(folder(), { heldSince: T - 100 }));
    assert.equal(first.refused, 0);
    await engine.advance('p', { to: T * 1000 });
    const payouts = await engine.payouts('p');
    // ann: 0.5 shares are worth 0.475, so 0; 60 tokens unbonding for 45 s. bob: floor(94.525) for 100 s. zoe: 40 for 50 s.
    assert.deepEqual(
      payouts.map(({ account, score, due, restaked }) => [account.name, score, due, restaked]),
      [
        ['ann', 2700n, 191n, 0n],
        ['bob', 9400n, 666n, 666n],
        ['zoe', 2000n, 141n, 0n],
      ],
    );
    assert.ok((await engine.verify('p')).holds);
  });

  it('is a duplicate when read again in another order, and refused at another instant instead of doubling the stakes', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram({ ...definition, schedule: [] });
    const { recorded } = await engine.ingest('p', readSnapshot(folder(), { heldSince: T - 100 }));
    const shuffled = (text: string): string => {
      const [header, ...rows] = text.trimEnd().split('\n');
      return [header, ...rows.toReversed()].join('\n');
    };
    const dir = folder({
      'delegations.csv': shuffled(files['delegations.csv']),
      'unbonding.csv': shuffled(files['unbonding.csv']),
      'validators.csv': shuffled(files['validators.csv']),
    });
    const again = await engine.ingest('p', readSnapshot(dir, { heldSince: T - 100, chunkEvents: 2 }));
    assert.deepEqual([again.recorded, again.duplicate, again.refused], [0, recorded, 0]);
    const refusals = new Set<string>();
    await engine.ingest('p', readSnapshot(dir, { at: T * 1000 + 5000 }), {
      onRefused: (_, { code }) => refusals.add(code),
    });
    assert.deepEqual([...refusals], ['since-with-stake']);
  });

  it('names file, line and column of what is wrong', async () => {
    const validators = 'id,tokens,delegator_shares,jailed\n';
    const delegations = 'delegator,validator,shares\n';
    const cases: readonly (readonly [Parameters<typeof folder>[0], string])[] = [
      [{ 'validators.csv': null }, 'snapshot-file-missing'],
      [{ 'delegations.csv': null }, 'snapshot-file-missing'],
      [{ 'validators.csv': '' }, 'snapshot-column-missing 1 id'],
      [{ 'validators.csv': 'id,tokens,delegator_shares\n' }, 'snapshot-column-missing 1 jailed'],
      [{ 'delegations.csv': 'delegator,validator,share\n' }, 'snapshot-column-unknown 1 share'],
      [{ 'delegations.csv': 'delegator,validator,shares,shares\n' }, 'snapshot-column-repeated 1 shares'],
      [{ 'validators.csv': `${validators}v1,1.5,1,false\n` }, 'snapshot-value-invalid 2 tokens'],
      [{ 'validators.csv': `${validators}v1,-1,1,false\n` }, 'snapshot-value-invalid 2 tokens'],
      [{ 'validators.csv': `${validators}v1,1,0,false\n` }, 'snapshot-value-invalid 2 delegator_shares'],
      [{ 'validators.csv': `${validators}v1,1,1,no\n` }, 'snapshot-value-invalid 2 jailed'],
      [{ 'validators.csv': `${validators},1,1,false\n` }, 'snapshot-value-invalid 2 id'],
      [{ 'validators.csv': `${validators}v1,1,1,false\n\nv1,1,1,false\n` }, 'snapshot-row-repeated 4 id'],
      [{ 'delegations.csv': `${delegations}a,v1,1.0000000000000000001\n` }, 'snapshot-value-invalid 2 shares'],
      [{ 'delegations.csv': `${delegations}a,v1,0\n` }, 'snapshot-value-invalid 2 shares'],
      [{ 'delegations.csv': `${delegations}a,v7,1\n` }, 'snapshot-validator-unknown 2 validator'],
      [{ 'delegations.csv': `${delegations}a,v1,1\nb,v1,1\na,v1,2\n` }, 'snapshot-row-repeated 4 validator'],
      [{ 'delegations.csv': `${delegations}a,v1\n` }, 'snapshot-file-malformed 2'],
      [{ 'delegations.csv': `${delegations}"a,v1,1\n` }, 'snapshot-file-malformed'],
      [
        { 'unbonding.csv': 'delegator,validator,completion_time,initial_balance\na,v1,soon,1\n' },
        'snapshot-value-invalid 2 completion_time',
      ],
      [{ 'meta.json': '[]' }, 'snapshot-file-malformed'],
      [{ 'meta.json': '{' }, 'snapshot-file-malformed'],
      [{ 'meta.json': '{"export_time": "soon"}' }, 'snapshot-value-invalid export_time'],
      [{ 'meta.json': '{"export_time": "2023-11-14T22:13:20Z"}' }, 'snapshot-unbonding-time-missing'],
      [{ 'meta.json': null }, 'snapshot-instant-missing'],
    ];
    for (const [changed, expected] of cases) assert.equal(await refusal(changed), expected, JSON.stringify(changed));
    assert.equal(await refusal({}, { heldSince: T + 1 }), 'snapshot-held-since-late');
    assert.equal(await refusal({}), 'read');
  });
});
