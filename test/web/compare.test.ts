import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readComparison } from '../../src/app/comparison.ts';
import { dashboardTests, looking, noBrowser, usualLook } from './harness.ts';

const file = join(import.meta.dirname, '../../bench/results/compare-2026-11-26.json');
const comparison = readComparison(readFileSync(file, 'utf8'));

describe('test/web/compare', { skip: noBrowser }, () => {
  const at = dashboardTests({ comparison });

  it('draws what every strategy costs over the number of accounts, and has the figures in tables', async () => {
    await usualLook(at(), '/compare', 'compare', '.curve svg .line');
    await looking(at(), '/', {}, async ({ page }) => {
      await page.getByRole('link', { name: 'Compare' }).press('Enter');
      await page.waitForURL('**/compare');
      const rows = page.getByRole('table', { name: 'What each strategy cost' }).locator('tbody tr');
      await rows.first().waitFor();
      assert.equal(await rows.count(), comparison.measures.length);
      assert.equal(await page.locator('.curve').count(), 6);
      const shapes = await page.locator('.curve').first().locator('.mark').evaluateAll((marks) => new Set(marks.map((mark) => mark.outerHTML.replaceAll(/[\d.\s-]+/g, ''))).size); // prettier-ignore
      assert.equal(shapes, 4, 'each strategy has a mark of its own');
    });
  });

  it('shows the strategies and the size that are chosen, in the address too', async () => {
    const [smallest] = comparison.measures;
    await looking(at(), '/compare', {}, async ({ page }) => {
      await page.getByRole('button', { name: 'copy' }).press('Space');
      await page.waitForURL((url) => url.searchParams.get('strategies') === 'cut,double-buffer,generations');
      await page.getByRole('combobox', { name: 'Accounts' }).selectOption(String(smallest!.accounts));
      await page.waitForURL((url) => url.searchParams.get('accounts') === String(smallest!.accounts));
      const steps = page.getByRole('table', { name: 'Steps by their duration, the opening one included' });
      assert.deepEqual((await steps.locator('thead th').allTextContents()).slice(1).map((name) => name.trim()), ['cut', 'double-buffer', 'generations']); // prettier-ignore
      const counted = await steps.locator('tbody td:nth-child(2)').allTextContents();
      assert.equal(counted.reduce((sum, count) => sum + Number(count.replaceAll(',', '')), 0), smallest!.steps + 1); // prettier-ignore
    });
  });
});

describe('test/web/compare', { skip: noBrowser }, () => {
  const at = dashboardTests();

  it('says which command makes one', async () => {
    await usualLook(at(), '/compare', 'compare-empty', 'pre');
    await looking(at(), '/compare', {}, async ({ page }) => {
      assert.match((await page.locator('pre').textContent())!, /^prorata compare --json > compare\.json\nprorata serve --compare compare\.json$/); // prettier-ignore
    });
  });
});
