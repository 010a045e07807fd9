import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as prorata from '../src/index.ts';

describe('test/index', () => {
  it('exports these names, and no others: they are a contract', () => {
    assert.deepEqual(Object.keys(prorata).toSorted(), [
      'ConflictError',
      'Engine',
      'InvalidInputError',
      'InvariantError',
      'NotFoundError',
      'ProrataError',
      'UnavailableError',
      'copyStore',
      'credContributions',
      'credDifferences',
      'credKinds',
      'credNeighbourhood',
      'credPersons',
      'credScoringToFile',
      'credTimeline',
      'crownScoringToFile',
      'explainCredContribution',
      'explainCredPerson',
      'formatInstant',
      'formatUnits',
      'invariantNames',
      'makePlan',
      'normalizeEvent',
      'openProrata',
      'parseAmount',
      'parseCredScoring',
      'parseCrownScoring',
      'parseInstant',
      'parseSharing',
      'payoutLeaf',
      'sharingToFile',
      'strategyNames',
      'toFileForm',
    ]);
  });

  it('lets a program open a store, write a program down, ingest, settle and read, without the command line', async () => {
    const engine = prorata.openProrata({ store: 'memory' });
    await engine.createProgram({
      name: 'embedded',
      rules: {
        asset: { symbol: 'T', decimals: 0 },
        pools: [{ name: 'pool', pays: 'score', funding: 100n, recipients: [] }],
        residual: 'rest',
        scoring: { model: 'stake-time', rate: 'floor' },
        window: { settle: 'multi_block', strategy: 'cut', batchSize: 10 },
        onZeroTotal: 'halt',
        requireAllPools: false,
        requireIds: false,
        minGapSeconds: 0,
      },
      schedule: [{ at: 100, allocations: [{ pool: 'pool', amount: 100n }] }],
      excluded: [],
    });
    const read = [
      { kind: 'validator-set', key: 'v', time: 0, validator: 'v', tokens: '0', shares: '0', jailed: false },
      { kind: 'delegate', key: 'a', time: 0, account: 'a', validator: 'v', amount: '2' },
      { kind: 'delegate', key: 'b', time: 50_000, account: 'b', validator: 'v', amount: '2' },
    ].map((raw) => prorata.normalizeEvent(raw));
    const { recorded } = await engine.ingest(
      'embedded',
      read.flatMap((one) => (one.ok ? [one.event] : [])),
    );
    assert.equal(recorded, 3);
    await engine.advance('embedded', { to: 100_000 });
    // a held 2 for 100 s, b held 2 for 50 s: two thirds and one third of 100, the odd unit to the residual.
    const payouts = await engine.payouts('embedded');
    assert.deepEqual(
      payouts.map(({ account, score, due }) => [account.name, score, due]),
      [
        ['a', 200n, 66n],
        ['b', 100n, 33n],
      ],
    );
    assert.equal((await engine.verify('embedded')).holds, true);
    await engine.close();
  });
});
