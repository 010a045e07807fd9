import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { PROGRAM, smallEngine } from './small.ts';

describe('test/app/export', () => {
  const header = '{"format":"prorata-export","version":1}';

  async function exported(): Promise<string[]> {
    const engine = await smallEngine(['a', 'b']);
    await engine.advance(PROGRAM, { to: 100_000 });
    const lines: string[] = [];
    await engine.export((text) => void lines.push(text.trimEnd()));
    return lines;
  }

  /** Imports into an empty store; it must be refused, and leave nothing. */
  async function refused(lines: readonly string[], message: RegExp): Promise<void> {
    const engine = new Engine(openMemoryStore());
    await assert.rejects(engine.import(lines), { name: 'InvalidInputError', code: 'import-malformed', message });
    assert.deepEqual(await engine.programs(), []);
  }

  it('takes an export of before the state counted positions and scores, and counts them', async () => {
    const lines = await exported();
    const { state, ...program } = JSON.parse(lines[1]!) as { state: Record<string, unknown> };
    const { positions: _, scores: __, ...older } = state;
    const engine = new Engine(openMemoryStore());
    await engine.import(lines.with(1, JSON.stringify({ ...program, state: older })));
    const counts = await engine.read((tx) => tx.counts(1));
    assert.ok(counts.positions > 0);
    assert.deepEqual((await engine.status(PROGRAM)).counts, counts);
  });

  it('refuses what is no export, whatever it is', async () => {
    await refused(['5'], /no object/);
    await refused(['null'], /no object/);
    await refused([header, '{"end":1}', '{"end":2}'], /after the last line/);
    await refused(
      [header, '{"validator":{"id":1,"name":"v","jailed":false,"rates":[]}}', '{"end":2}'],
      /program must come first/,
    );
    await refused([header, '{"program":"x"}', '{"end":2}'], /"program\.state"/);
    await refused([header, '{"program":"x","state":{},"rules":{},"schedule":[]}', '{"end":2}'], /"state\.version"/);
    await refused([header, '{"__proto__":1}', '{"end":2}'], /program must come first/);
  });

  it('refuses every line with a field missing or of another type, and every line twice', async () => {
    const lines = await exported();
    let tried = 0;
    for (const [index, text] of lines.slice(2, -1).entries()) {
      const [kind, content] = Object.entries(JSON.parse(text) as Record<string, Record<string, unknown>>)[0]!;
      const at = index + 2;
      const without = (name: string): Promise<void> => {
        const { [name]: _, ...rest } = content;
        return refused(lines.with(at, JSON.stringify({ [kind]: rest })), new RegExp(`"${kind}\\.${name}"`));
      };
      for (const name of ['id', 'name', 'balance', 'payload', 'amount', 'due', 'firstPayout', 'delivered']) {
        if (name in content) await without(name);
        tried += name in content ? 1 : 0;
      }
      if (['event', 'payout', 'posting', 'step'].includes(kind)) {
        const twice = [...lines.slice(0, at), text, ...lines.slice(at, -1), `{"end":${lines.length}}`];
        await refused(twice, /store\.row-exists/);
      }
    }
    assert.ok(tried > 20);
  });
});
