import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Engine } from '../../src/app/engine.ts';
import { type NewToken, tokenBytes, withoutTokens } from '../../src/app/tokens.ts';
import { isFact } from '../../src/core/events/event.ts';
import { mayDo, roles } from '../../src/core/role.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';

const wanted = (more: Partial<NewToken> = {}): NewToken => ({
  ...{ name: 'ci', role: 'ingester', at: 1000, expiresAt: null, random: randomBytes(tokenBytes) },
  ...more,
});
const engineOf = (): { engine: Engine; store: ReturnType<typeof openMemoryStore> } => {
  const store = openMemoryStore();
  return { engine: new Engine(store), store };
};

describe('test/app/tokens', () => {
  it('gives a text once, that is known again by its hash alone', async () => {
    const { engine, store } = engineOf();
    const { text, ...token } = await engine.createToken(wanted({ random: new Uint8Array(tokenBytes).fill(0xa1) }));
    assert.equal(text, `prorata_${'a1'.repeat(6)}_${'a1'.repeat(32)}`);
    assert.deepEqual(await engine.authenticate(text, 1000), token);
    assert.deepEqual(await engine.tokens(), [token]);
    const [stored] = await store.transact('read', (tx) => tx.tokens());
    // printf prorata_a1..._a1... | sha256sum
    assert.equal(stored!.hash, 'a14457906f6186c87db225a89238f29d76af71da2f43a94ca39d8d37b05e535b');
    assert.ok(!JSON.stringify([stored, await engine.tokens()]).includes('a1'.repeat(8)));
  });

  it('knows no text but exactly that one', async () => {
    const { engine } = engineOf();
    const { text } = await engine.createToken(wanted());
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom('0', '7', 'a', 'f', 'A', '_', ' ', '\n'),
        async (at, sign) => {
          const other = text.slice(0, at) + sign + text.slice(at + 1);
          assert.equal((await engine.authenticate(other, 1000)) !== null, other === text);
        },
      ),
    );
    for (const other of ['', text.slice(0, -1), `${text}0`, ` ${text}`, text.toUpperCase(), '\u0000', "' OR 1=1 --"])
      assert.equal(await engine.authenticate(other, 1000), null, other);
  });

  it('is none once it has expired or was revoked, by its id, its name or its text', async () => {
    const { engine } = engineOf();
    const { text: brief } = await engine.createToken(wanted({ name: 'brief', expiresAt: 2000 }));
    assert.notEqual(await engine.authenticate(brief, 1999), null);
    assert.equal(await engine.authenticate(brief, 2000), null);
    for (const by of ['id', 'name', 'text'] as const) {
      const token = await engine.createToken(wanted());
      const { revokedAt } = await engine.revokeToken(token[by], 3000);
      assert.equal(revokedAt, 3000);
      assert.equal(await engine.authenticate(token.text, 1000), null);
      await assert.rejects(engine.revokeToken(token[by], 4000), { code: 'token-revoked' });
    }
    assert.equal(await engine.hasTokens(), true);
    await assert.rejects(engine.revokeToken('nobody', 1), { code: 'token-not-found', kind: 'not-found' });
  });

  it('has a name that no other has, and that can be printed', async () => {
    const { engine } = engineOf();
    await engine.createToken(wanted());
    await assert.rejects(engine.createToken(wanted()), { code: 'token-name-taken', kind: 'conflict' });
    await engine.revokeToken('ci', 1);
    await engine.createToken(wanted());
    for (const name of ['', ' ci', 'a\u0000', 'a\nb', '\u202eab', 'x'.repeat(101), '\u2028'])
      await assert.rejects(engine.createToken(wanted({ name })), { code: 'token-name-invalid' }, name);
    await engine.createToken(wanted({ name: 'Überwachung 2 \u{1f4a1}' }));
    await assert.rejects(engine.createToken(wanted({ name: 'late', expiresAt: 1000 })), { code: 'token-expired' });
  });

  it('is taken out of any text', async () => {
    const { engine } = engineOf();
    const { text, id } = await engine.createToken(wanted());
    assert.equal(withoutTokens(`/v1/${text}?a=${text}"`), `/v1/prorata_${id}_...?a=prorata_${id}_..."`);
    assert.equal(withoutTokens('prorata_12'), 'prorata_12');
  });

  it('goes into no export', async () => {
    const { engine } = engineOf();
    const exported = async (): Promise<string> => {
      let all = '';
      await engine.export((part) => void (all += part));
      return all;
    };
    const before = await exported();
    await engine.createToken(wanted());
    assert.equal(await exported(), before);
  });

  it('has a role: an operator may do everything, the others what is theirs', () => {
    const allowed = roles.flatMap((has) => roles.filter((needed) => mayDo(has, needed)).map((needed) => [has, needed]));
    assert.deepEqual(allowed, [
      ['reader', 'reader'],
      ['ingester', 'ingester'],
      ['operator', 'reader'],
      ['operator', 'ingester'],
      ['operator', 'operator'],
    ]);
  });

  it('tells facts from what decides', () => {
    const facts = ['delegate', 'booked', 'validator-slashed', 'rate', 'retracted', 'outcome', 'node', 'edge-removed'];
    const others = [
      ...['exclusion', 'fund', 'rules', 'schedule', 'pause', 'resume', 'program', 'window-taken-over'],
      ...['token', 'attribution', 'unheard-of'],
    ];
    for (const kind of facts) assert.equal(isFact({ kind }), true, kind);
    for (const kind of others) assert.equal(isFact({ kind }), false, kind);
  });
});
