import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { dashboardTests, looking, noBrowser, usualLook } from './harness.ts';

describe('test/web/programs', { skip: noBrowser }, () => {
  const at = dashboardTests();

  it('shows every program of the store', async () => {
    await usualLook(at(), '/', 'programs', 'article.card dl');
    await looking(at(), '/', {}, async ({ page }) => {
      await page.locator('article.card h2').nth(2).waitFor();
      const names = await page.locator('article.card h2').allTextContents();
      assert.deepEqual(names, ['demo', 'market', 'community']);
    });
  });

  it('says of each what it paid lately, what it pays next and from what, and whether it is well', async () => {
    await looking(at(), '/', {}, async ({ page }) => {
      const card = page.getByRole('article').filter({ hasText: 'market' });
      await card.getByText('Paid in period 8: 955.297116 SWAP').waitFor();
      assert.equal(await card.getByRole('list', { name: 'Newest periods of market' }).getByRole('link').count(), 8);
      await card.getByText('the pools hold what is owed by its schedule').waitFor();
      await card.getByText('not checked since the server began').waitFor();
      await card.getByRole('link', { name: /^Period 2, settled/ }).press('Enter');
      await page.waitForURL('**/programs/market?period=2');
    });
  });

  it('is reached and left by the keyboard alone', async () => {
    await looking(at(), '/', {}, async ({ page }) => {
      await page.locator('article.card dl').first().waitFor();
      await page.keyboard.press('Tab');
      assert.equal(await page.locator(':focus').textContent(), 'Skip to the page');
      await page.getByRole('link', { name: 'market', exact: true }).focus();
      await page.keyboard.press('Enter');
      await page.waitForURL('**/programs/market');
      await page.goBack();
      await page.locator('article.card').first().waitFor();
    });
  });

  it('loads less than 250 kB of compressed JavaScript and styles before it shows something', () => {
    const { dashboard } = at();
    const assets = join(dashboard, 'assets');
    const first = readdirSync(assets).filter((name) => /^index-.*\.(js|css)\.gz$/.test(name));
    const bytes = first.reduce((sum, name) => sum + statSync(join(assets, name)).size, 0);
    assert.equal(first.length, 2);
    assert.ok(bytes < 250_000, `${bytes} bytes`);
  });
});
