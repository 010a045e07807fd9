import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { settledCli } from './harness.ts';

const code = (err: string): string => JSON.parse(err).error.code;

describe('test/cli/token', () => {
  it('writes a token to standard output alone, and keeps its hash alone', async () => {
    using cli = await settledCli();
    const { out, err } = await cli.run('token create ci --role ingester');
    assert.match(out, /^prorata_[0-9a-f]{12}_[0-9a-f]{64}\n$/);
    assert.equal(err, 'token ci, role ingester, does not expire; it is shown this once: only its hash is kept\n');
    assert.deepEqual(await cli.run('token create quiet --role reader --quiet').then((ran) => ran.err), '');
    const text = out.trim();
    const db = new DatabaseSync(cli.path('prorata.db'), { readOnly: true });
    const row = db.prepare("SELECT * FROM tokens WHERE name = 'ci'").get() as Record<string, unknown>;
    const everything = db.prepare('SELECT * FROM tokens').all();
    db.close();
    assert.equal(row['hash'], createHash('sha256').update(text).digest('hex'));
    assert.ok(!JSON.stringify(everything).includes(text.slice(-64)));
    assert.ok(!readFileSync(cli.path('prorata.db')).includes(text.slice(-64)), 'nowhere in the file');
    assert.ok(!(await cli.ok('export')).includes(text.split('_')[1]!));
  });

  it('lists what was made, says until when, and ends it', async () => {
    using cli = await settledCli();
    const now = (): number => Date.UTC(2025, 5, 1);
    assert.equal(await cli.ok('token list'), 'no tokens: prorata serve listens on this machine only\n');
    const made = JSON.parse(await cli.ok('token create brief --role reader --expires 2d --json', { now }));
    assert.deepEqual([made.made_at, made.expires_at], ['2025-06-01T00:00:00Z', '2025-06-03T00:00:00Z']);
    await cli.ok('token create other --role operator', { now });
    await cli.ok('token revoke other', { now });
    const later = { now: () => Date.UTC(2025, 5, 3) };
    const { tokens } = JSON.parse(await cli.ok('token list --json', later));
    assert.deepEqual(
      tokens.map(({ name, state, revoked_at: revoked }: any) => [name, state, revoked]),
      [
        ['brief', 'expired', null],
        ['other', 'revoked', '2025-06-01T00:00:00Z'],
      ],
    );
    const { token, dry_run: _, ...listed } = made;
    assert.deepEqual(tokens[0], { ...listed, state: 'expired' });
    assert.ok(!JSON.stringify(tokens).includes(token.slice(-64)));
  });

  it('changes nothing with --dry-run, nor what verify and exports say with any', async () => {
    using cli = await settledCli();
    const before = [await cli.state(), await cli.ok('verify --json')];
    const dry = await cli.json('token create ci --role reader --dry-run');
    assert.deepEqual([dry.token, dry.dry_run], [null, true]);
    assert.deepEqual(await cli.json('token list'), { tokens: [] });
    await cli.ok('token create ci --role reader');
    assert.match(await cli.ok('token revoke ci --dry-run'), /^would revoke token \w+ \(ci, reader\)\n$/);
    assert.equal((await cli.json('token list')).tokens[0].state, 'valid');
    assert.deepEqual([await cli.state(), await cli.ok('verify --json')], before);
  });

  it('refuses what it cannot do, each with its code', async () => {
    using cli = await settledCli();
    await cli.ok('token create ci --role reader');
    for (const [line, exit, wanted] of [
      ['token create x', 2, 'usage'],
      ['token create x --role boss', 3, 'option-invalid'],
      ['token create "" --role reader', 3, 'token-name-invalid'],
      ['token create x --role reader --expires 0d', 3, 'token-expired'],
      ['token create x --role reader --expires soon', 3, 'time-malformed'],
      ['token create x --role reader --expires 2020-01-01T00:00:00Z', 3, 'token-expired'],
      ['token create ci --role reader', 5, 'token-name-taken'],
      ['token revoke nobody', 4, 'token-not-found'],
      ['token list --store none.db', 4, 'store-not-found'],
      ['token create x --role reader --store none.db', 4, 'store-not-found'],
    ] as const) {
      const ran = await cli.run(`${line} --json`);
      assert.deepEqual([ran.code, code(ran.err)], [exit, wanted], line);
    }
  });
});
