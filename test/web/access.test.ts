import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import { tokenBytes } from '../../src/app/tokens.ts';
import type { Role } from '../../src/core/role.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { assertAccessible, assertFits, dashboardTests, looking, noBrowser, screenshot, widths } from './harness.ts';

describe('test/web/access', { skip: noBrowser }, () => {
  const engine = new Engine(openMemoryStore());
  const tokens = new Map<Role, string>();
  before(async () => {
    for (const role of ['reader', 'ingester'] as const) {
      const random = randomBytes(tokenBytes);
      const { text } = await engine.createToken({ name: `a ${role}`, role, at: Date.now(), expiresAt: null, random });
      tokens.set(role, text);
    }
  });
  const at = dashboardTests({ engine, slow: engine });

  it('asks for a token, says what is wrong with one, and goes on with a good one', async () => {
    for (const [size, width] of Object.entries(widths)) {
      await looking(at(), '/', { width }, async ({ page, complaints }) => {
        const field = page.getByLabel('API token');
        await field.waitFor();
        await assertFits(page);
        await assertAccessible(page);
        await screenshot(page, `sign-in-${size}`);
        await field.fill('guess');
        await page.keyboard.press('Enter');
        await page.getByRole('alert').getByText('neither revoked nor expired').waitFor();
        await assertAccessible(page);
        // What the browser says of every answer of 401.
        assert.ok(complaints.splice(0).every((text) => text.includes('401')));
        await field.fill(tokens.get('ingester')!);
        await page.keyboard.press('Enter');
        await page.getByRole('alert').getByText('The token a ingester may append facts').waitFor();
        await field.fill(` ${tokens.get('reader')!} `);
        await page.keyboard.press('Enter');
        await page.getByRole('navigation', { name: 'Everything' }).waitFor();
        assert.ok(!(await page.content()).includes(tokens.get('reader')!.slice(-64)));
        assert.ok(!page.url().includes('prorata_'));
      });
    }
  });
});
