import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Engine } from '../app/engine.ts';
import { InvalidInputError } from '../core/errors.ts';
import { openMemoryStore } from '../stores/memory/store.ts';
import { type ModuleStateOptions, readModuleState } from './module-state.ts';

const folder = new URL('../../test/vectors/module-state/', import.meta.url);
const vector = (name: string): string => readFileSync(new URL(`${name}.json`, folder), 'utf8');
const T = 1_700_000_000;
const names: Record<string, string> = {
  core190vq: 'alice',
  core1sxmr: 'bob',
  core1fsnd: 'carol',
  core1v84q: 'dave',
  '(paid bef': 'others',
};
const nameOf = (account: string): string => names[account.slice(0, 9)] ?? 'excluded';

async function takenOver(text: string, options: ModuleStateOptions = {}): Promise<Engine> {
  const { definition, events } = readModuleState(text, { name: 'p', ...options });
  const engine = new Engine(openMemoryStore());
  await engine.createProgram(definition);
  const { refused } = await engine.ingest('p', events);
  assert.equal(refused, 0);
  return engine;
}

/** Community payouts: who, score, due, restaked, liquid. */
async function paid(engine: Engine, period: number): Promise<unknown[]> {
  const rows = await engine.payouts('p', { period });
  return rows
    .filter(({ pool }) => pool === 'community')
    .map(({ account, score, due, restaked, liquid }) => [nameOf(account.name), score, due, restaked, liquid]);
}

type Json = any; // oxlint-disable-line typescript/no-explicit-any

/** The code and field of what is wrong with a state after `change`. */
function refusal(change: (state: Json) => void, name = 'ids', options: ModuleStateOptions = {}): string {
  const state = JSON.parse(vector(name));
  change(state);
  try {
    readModuleState(JSON.stringify(state), options);
  } catch (error) {
    assert.ok(error instanceof InvalidInputError, String(error));
    return `${error.code} ${error.facts['field'] ?? ''}`.trim();
  }
  return 'read';
}

describe('src/sources/module-state', () => {
  it('pays the period that was due by the ids it had, and the next one with what was restaked from the boundary on', async () => {
    const engine = await takenOver(vector('ids'));
    await engine.advance('p', { to: (T + 1000) * 1000 });
    // alice 500 booked + 10 tokens for 100 s; bob 2500 booked. 1000 shared over 4000.
    assert.deepEqual(await paid(engine, 7), [
      ['alice', 1500n, 375n, 375n, 0n],
      ['bob', 2500n, 625n, 624n, 1n],
    ]);
    // alice 10 and 375 for 1000 s; bob 40 booked, 20 and 624 for 1000 s; carol 5 for 980 s. As much is paid as was scored.
    assert.deepEqual(
      (await paid(engine, 8)).map((row) => (row as bigint[]).slice(0, 3)),
      [
        ['alice', 385_000n, 385_000n],
        ['carol', 4900n, 4900n],
        ['bob', 644_040n, 644_040n],
      ],
    );
    const { holds } = await engine.verify('p');
    assert.ok(holds);
  });

  it('pays without ids in one step, at the rate that halves and dust have', async () => {
    const engine = await takenOver(vector('no-ids'));
    await engine.advance('p', { to: (T + 10) * 1000 });
    // alice 390 + 10 x 110 + 4 x 60; bob 20 x 50; dave 1000 + 7 x 20; together 3870.
    assert.deepEqual(
      (await paid(engine, 1)).map((row) => (row as bigint[]).slice(0, 3)),
      [
        ['alice', 1730n, 447n],
        ['bob', 1000n, 258n],
        ['dave', 1140n, 294n],
      ],
    );
    assert.equal((await engine.periods('p'))[0]!.residual.rounding, 1n);
  });

  it('goes on with an open job: shares by the original amount and total, the rest to the residual, then the next period', async () => {
    const engine = await takenOver(vector('copy-job'));
    assert.equal((await engine.status('p')).window?.phase, 'paying');
    assert.ok((await engine.verify('p')).holds);
    await engine.advance('p', { to: (T + 1000) * 1000 });
    assert.deepEqual(await paid(engine, 1), [
      ['others', 0n, 200n, 0n, 200n],
      ['alice', 1200n, 300n, 300n, 0n],
      ['carol', 1n, 0n, 0n, 0n],
      ['bob', 1799n, 449n, 449n, 0n],
    ]);
    const [first] = await engine.periods('p');
    assert.deepEqual(first!.residual, { rounding: 51n, undelivered: 0n, directRemainder: 0n, zeroTotal: 0n });
    assert.equal(first!.delivered, 949n);
    // alice 10 from T+3, 300 from T; bob 77 booked, 20 from T+3, 449 from T; carol 5.5 is worth 5, from T+60.
    const scores = [309_970n, 4700n, 469_017n];
    const total = 783_687n;
    assert.deepEqual(
      (await paid(engine, 2)).map((row) => (row as bigint[]).slice(1, 3)),
      scores.map((score) => [score, (300_000n * score) / total]),
    );
    assert.ok((await engine.verify('p')).holds);
  });

  it('explains what was taken over', async () => {
    const engine = await takenOver(vector('copy-job'));
    await engine.advance('p', { to: (T + 1000) * 1000 });
    const accounts = await engine.accounts('p', { limit: 10 });
    for (const { account } of accounts) {
      for (const period of [1, 2]) {
        const { score, payouts } = await engine.explain('p', { account, period });
        const payout = payouts.find(({ reason }) => reason !== 'direct');
        if (payout) assert.equal(score, payout.score, `${account} in period ${period}`);
      }
    }
  });

  it('takes rates and present stakes from a whole-chain export, stakes of the excluded too', async () => {
    const engine = await takenOver(vector('whole-chain'));
    const accounts = await engine.accounts('p', { limit: 10 });
    const staked = Object.fromEntries(accounts.map(({ account, staked }) => [nameOf(account), staked]));
    assert.deepEqual(staked, { alice: 9n, bob: 18n, carol: 5n, excluded: 32n }); // 0.9 of 10; of 15, and 5; 5; of 25, and 10
    const { definition } = readModuleState(vector('whole-chain'));
    assert.equal(definition.rules.asset.symbol, 'ucore');
    await engine.advance('p', { to: (T + 20) * 1000 });
    assert.deepEqual(
      (await paid(engine, 7)).map((row) => (row as bigint[]).slice(0, 3)),
      [
        ['alice', 1400n, 358n],
        ['bob', 2500n, 641n],
      ],
    );
  });

  it('is paused where distributions are disabled', async () => {
    const engine = await takenOver(vector('copy-job-at-rest'));
    assert.equal((await engine.status('p')).paused, 'distributions_disabled');
  });

  it('takes the state over at the latest time in it, or later when told; the same state twice changes nothing', async () => {
    assert.equal(readModuleState(vector('ids')).at, (T + 20) * 1000);
    assert.equal(readModuleState(vector('empty')).at, 0);
    assert.equal(
      refusal(() => {}, 'ids', { at: (T + 19) * 1000 }),
      'module-state-malformed at',
    );
    const engine = await takenOver(vector('ids'), { at: (T + 25) * 1000 });
    const again = await engine.ingest('p', readModuleState(vector('ids'), { at: (T + 25) * 1000 }).events);
    assert.deepEqual([again.recorded, again.refused], [0, 0]);
    const later = await engine.ingest('p', readModuleState(vector('ids'), { at: (T + 26) * 1000 }).events);
    assert.ok(later.refused > 0 && !later.committed);
  });

  it('funds the pools with what is owed, or not at all', () => {
    const funding = (options: ModuleStateOptions): bigint[] =>
      readModuleState(vector('copy-job'), options).definition.rules.pools.map((pool) => pool.funding);
    assert.deepEqual(funding({}), [300_800n, 101n, 102n, 103n, 104n, 105n]); // 800 of the job's 1000 are left
    assert.deepEqual(funding({ funding: 'none' }), [0n, 0n, 0n, 0n, 0n, 0n]);
  });

  it('says whether it can be written back to the byte', () => {
    const exact = (text: string): boolean => readModuleState(text).exact;
    assert.ok(exact(vector('ids')));
    assert.ok(
      !exact(vector('ids').replace('"last_changed_unix_sec": "1700000020"', '"last_changed_unix_sec": 1700000020')),
    );
    assert.ok(!exact(vector('ids').replace('"10.000000000000000000"', '"10.0"')));
    assert.ok(!exact(vector('ids').replace('{', '{ ')));
  });

  it('names the first rule that a state breaks, as the chain checks it, and the field', () => {
    const cases: readonly (readonly [string, (state: Json) => void])[] = [
      ['invalid-address params.excluded_addresses[0]', (s) => (s.params.excluded_addresses = ['core1nobody'])],
      [
        'duplicate-address params.excluded_addresses[1]',
        (s) => s.params.excluded_addresses.push(s.params.excluded_addresses[0]),
      ],
      [
        'mapping-account-empty recipients[0].pool',
        (s) => (s.params.clearing_account_mappings[0].clearing_account = ''),
      ],
      [
        'mapping-for-community recipients[0].pool',
        (s) => (s.params.clearing_account_mappings[0].clearing_account = 'pse_community'),
      ],
      [
        'mapping-no-recipients recipients[0].recipients',
        (s) => (s.params.clearing_account_mappings[0].recipient_addresses = null),
      ],
      [
        'duplicate-mapping recipients[1]',
        (s) => (s.params.clearing_account_mappings[1].clearing_account = 'pse_foundation'),
      ],
      ['schedule-id-zero entries[0].id', (s) => (s.scheduled_distributions[0].id = '0')],
      ['schedule-id-not-sequential entries[1].id', (s) => (s.scheduled_distributions[1].id = '9')],
      ['schedule-timestamp-zero entries[0].at', (s) => (s.scheduled_distributions[0].timestamp = '0')],
      ['schedule-not-sorted entries[1].at', (s) => (s.scheduled_distributions[1].timestamp = '5')],
      ['schedule-no-allocations entries[0].allocations', (s) => (s.scheduled_distributions[0].allocations = [])],
      [
        'allocation-account-unknown entries[0].allocations[1].pool',
        (s) => (s.scheduled_distributions[0].allocations[1].clearing_account = 'foundation'),
      ],
      [
        'allocation-amount-negative entries[0].allocations[1].amount',
        (s) => (s.scheduled_distributions[0].allocations[1].amount = '-1'),
      ],
      ['allocation-account-missing entries[0].allocations', (s) => s.scheduled_distributions[0].allocations.pop()],
      ['schedule-gap-too-small entries[1].at', (s) => (s.params.min_distribution_gap_seconds = '1001')],
      [
        'state-entry-tokens-negative delegation_time_entries[0].shares',
        (s) => (s.delegation_time_entries[0].shares = '-1.000000000000000000'),
      ],
      [
        'state-entry-since-not-positive delegation_time_entries[0].last_changed_unix_sec',
        (s) => (s.delegation_time_entries[0].last_changed_unix_sec = '0'),
      ],
      ['state-score-negative account_scores[2].score', (s) => (s.account_scores[2].score = '-40')],
      [
        'invalid-address account_scores[0].address',
        (s) => (s.account_scores[0].address = s.account_scores[0].address.replace('core', 'cosmos')),
      ],
      [
        'invalid-address delegation_time_entries[3].validator_address',
        (s) => (s.delegation_time_entries[3].validator_address = 'corevaloper1x'),
      ],
      [
        'module-state-malformed delegation_time_entries[1]',
        (s) => (s.delegation_time_entries[1] = s.delegation_time_entries[0]),
      ],
      ['module-state-malformed account_scores[1]', (s) => (s.account_scores[1] = s.account_scores[0])],
      [
        'module-state-malformed delegation_time_entries[1].last_changed_unix_sec',
        (s) => (s.delegation_time_entries[1].last_changed_unix_sec = String(T - 1)),
      ],
      ['module-state-malformed distribution_id', (s) => (s.delegation_time_entries[1].distribution_id = '9')],
      [
        'module-state-malformed delegation_time_entries[0].shares',
        (s) => (s.delegation_time_entries[0].shares = '1e3'),
      ],
      ['module-state-malformed account_scores[0].score', (s) => (s.account_scores[0].score = 500)],
      ['module-state-malformed account_scores', (s) => (s.account_scores = {})],
      ['module-state-malformed pse', (s) => (s.community_jobs = [])],
      ['module-state-malformed distributions_disabled', (s) => (s.distributions_disabled = 'no')],
      ['module-state-version-unknown', (s) => delete s.account_scores[0].distribution_id],
      ['module-state-version-unknown', (s) => (s.community_distribution_job = null)],
      ['module-state-window-unknown', (s) => s.scheduled_distributions.shift()],
    ];
    for (const [expected, change] of cases) {
      const found = refusal(change);
      assert.ok(found.startsWith(expected), `expected ${expected}, found ${found}`);
    }
    const jobs: readonly (readonly [string, (state: Json) => void])[] = [
      [
        'module-state-malformed community_distribution_job.leftover',
        (s) => (s.community_distribution_job.leftover = '1001'),
      ],
      [
        'module-state-malformed community_distribution_job.processed_entries',
        (s) => (s.community_distribution_job.processed_entries = '5'),
      ],
      [
        'module-state-malformed community_distribution_job.scheduled_at',
        (s) => (s.community_distribution_job.scheduled_at = String(T + 1000)),
      ],
      [
        'state-score-negative community_distribution_entries[0].score',
        (s) => (s.community_distribution_entries[0].score = '-1'),
      ],
      [
        'module-state-malformed delegation_time_entries[0].last_changed_unix_sec',
        (s) => (s.delegation_time_entries[0].last_changed_unix_sec = String(T - 1)),
      ],
      ['module-state-version-unknown', (s) => (s.community_distribution_job = null)],
    ];
    for (const [expected, change] of jobs)
      assert.ok(
        refusal(change, 'copy-job').startsWith(expected),
        `expected ${expected}, found ${refusal(change, 'copy-job')}`,
      );
    const staking: readonly (readonly [string, (state: Json) => void])[] = [
      [
        'module-state-stake-differs app_state.staking.delegations',
        (s) => (s.app_state.staking.delegations[0].shares = '9.0'),
      ],
      ['module-state-stake-differs app_state.staking.delegations', (s) => s.app_state.staking.delegations.shift()],
      [
        'module-state-stake-differs app_state.staking.delegations',
        (s) => (s.app_state.pse.params.excluded_addresses = []),
      ],
      ['module-state-stake-differs app_state.staking.validators', (s) => s.app_state.staking.validators.shift()],
      [
        'module-state-malformed app_state.staking.validators[0].tokens',
        (s) => (s.app_state.staking.validators[0].tokens = '1.5'),
      ],
      ['module-state-malformed app_state.pse', (s) => delete s.app_state.pse],
    ];
    for (const [expected, change] of staking) assert.equal(refusal(change, 'whole-chain'), expected);
    assert.throws(() => readModuleState('{'), { code: 'module-state-malformed' });
    assert.throws(() => readModuleState('[]'), { code: 'module-state-malformed' });
  });

  it('takes any text for an address where none is bech32', () => {
    const text = vector('ids')
      .replaceAll(/"core[a-z0-9]+1([a-z0-9]+)"/g, '"x$1"')
      .replaceAll(/"core1([a-z0-9]+)"/g, '"y$1"');
    assert.ok(readModuleState(text).exact);
    assert.throws(() => readModuleState(text, { prefix: 'core' }), { code: 'invalid-address' });
  });

  it('does not start a job whose scores do not add up', async () => {
    const attempt = async (change: (state: Json) => void): Promise<string[]> => {
      const state = JSON.parse(vector('copy-job'));
      change(state);
      const { definition, events } = readModuleState(JSON.stringify(state), { name: 'p' });
      const engine = new Engine(openMemoryStore());
      await engine.createProgram(definition);
      const codes: string[] = [];
      await engine.ingest('p', events, { onRefused: (_, { code }) => codes.push(code) });
      return codes.slice(0, 1);
    };
    const untouched = (s: Json): void =>
      void Object.assign(s.community_distribution_job, { processed_entries: '0', leftover: '1000' });
    assert.deepEqual(await attempt(untouched), ['score-sum-differs']);
    assert.deepEqual(await attempt((s) => (untouched(s), (s.community_distribution_job.total_score = '3000'))), []);
    assert.deepEqual(await attempt((s) => (s.community_distribution_job.total_score = '2999')), ['score-sum-differs']);
    assert.deepEqual(await attempt((s) => (s.community_distribution_job.total_score = '0')), [
      'total-score-not-positive',
    ]);
    assert.deepEqual(await attempt((s) => (s.community_distribution_job.leftover = '749')), ['takeover-leftover']);
    assert.deepEqual(await attempt((s) => (s.community_distribution_job.leftover = '750')), []);
    assert.deepEqual(await attempt((s) => (s.community_distribution_job.processed_entries = '0')), [
      'takeover-entries',
    ]);
  });
});
