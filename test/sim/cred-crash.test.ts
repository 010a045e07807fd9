import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { credProgram, day, edge, idOf, node, person, story, sunday, token, week } from '../app/cred-small.ts';
import { missing, postgresForTests } from '../stores/postgres.ts';
import { type Ask, create, dieInMemory, dieInPostgres, dieInSqlite, ingestInto, stepUntil } from './crash-kit.ts';

const postgres = await postgresForTests();

const PROGRAM = 'grain';
const ingest = ingestInto(PROGRAM);
const advance = (period: number, steps: number): Ask =>
  stepUntil(PROGRAM, { period, steps, now: sunday + period * week });

/** Batches of one; what is logged between the steps of a window; a share that waits; a payment taken back; a late contribution. */
function script(): Ask[] {
  const sharing = { mix: { slow: '0.5' }, minimum: '200', cap: '700' };
  return [
    create(credProgram({ sharing, batchSize: 1 })),
    ingest(
      ...story(),
      ...person('cy', ['forum', 'user', 'cy'], sunday, false),
      node('forum/user/cy', sunday, { timeless: true }),
    ),
    advance(1, 1),
    ingest(edge('forum/likes/1', 'forum/user/cy', 'forum/post/1', sunday + 3 * day)),
    advance(1, 2),
    ingest(token({ type: 'TOGGLE_ACTIVATION', identityId: idOf('cy') }, sunday + week)),
    advance(1, 4),
    ingest({ kind: 'exclusion', key: 'x', time: (sunday + week + 1) * 1000, add: [idOf('bo')], remove: [] }),
    advance(1, Infinity),
    ingest(
      token({ type: 'REVERSE_DISTRIBUTION', distributionId: 'period-1', reason: 'counted wrong' }, sunday + week + 2),
      { kind: 'exclusion', key: 'y', time: (sunday + week + 2) * 1000, add: [], remove: [idOf('bo')] },
      node('forum/post/4', sunday + day),
      edge('forum/wrote/4', 'forum/post/4', 'forum/user/cy', sunday + day),
    ),
    advance(2, Infinity),
  ];
}

/** What matters to a store: every kind of row, in fewer transactions. */
function shortScript(): Ask[] {
  const sharing = { mix: {}, minimum: '450' };
  return [
    create(credProgram({ sharing, batchSize: 2 })),
    ingest(...story()),
    advance(1, Infinity),
    ingest(
      token(
        { type: 'REVERSE_RECEIPT', allocationId: 'period-1', identityId: idOf('ada'), reason: 'wrong' },
        sunday + week,
      ),
    ),
    advance(2, Infinity),
  ];
}

describe('test/sim/cred-crash', () => {
  it('loses nothing and pays nothing twice, whichever call of the memory store dies', async () => {
    const calls = ['write', 'commit (write)', 'commit (read)', 'graphAsOf', 'governingEvents', 'tallies', 'awards'];
    const whole = await dieInMemory(script(), PROGRAM, calls);
    const periods = await whole.periods(PROGRAM);
    assert.deepEqual(
      periods.map(({ status, steps, carried }) => [status, steps, carried!.after > 0n]),
      [
        ['settled', 6, false],
        ['settled', 8, true],
      ],
    );
    await whole.close();
  });

  it('loses nothing and pays nothing twice, whichever call of the SQLite store dies', async () => {
    await dieInSqlite(shortScript(), PROGRAM);
  });

  const part = { seed: Number(process.env['SEED'] ?? 0), every: 6 };
  const which = `whichever of one in six calls of the PostgreSQL store dies (seed ${part.seed})`;
  it(`loses nothing and pays nothing twice, ${which}`, { skip: postgres === null && missing }, async () =>
    dieInPostgres(shortScript(), PROGRAM, { server: postgres!, part }),
  );
});
