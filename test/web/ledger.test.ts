import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { dashboardTests, looking, noBrowser, screenshot, usualLook } from './harness.ts';

const columnOf = (page: Page, nth: number): Promise<string[]> =>
  page.locator(`table:has(caption:text("Postings")) tbody td:nth-child(${nth})`).allTextContents();

describe('test/web/ledger', { skip: noBrowser }, () => {
  const at = dashboardTests({ own: true });

  it('shows balances that add up to nothing, and every posting, the newest first', async () => {
    await usualLook(at(), '/programs/market/ledger', 'ledger', 'table:has(caption:text("Postings")) tbody tr');
    await looking(at(), '/programs/market/ledger', {}, async ({ page }) => {
      const together = page.getByRole('table', { name: 'Balances' }).locator('tfoot td').nth(1);
      assert.equal(await together.textContent(), '0.000000 SWAP');
      const { postings } = (await at().writer.status('market')).counts;
      await page.getByRole('button', { name: 'Older' }).waitFor();
      assert.deepEqual(
        await columnOf(page, 1),
        Array.from({ length: 50 }, (_, nth) => String(postings - nth)),
      );
    });
  });

  it('goes to older and newer pages and back, with the page in the address', async () => {
    await looking(at(), '/programs/market/ledger', {}, async ({ page }) => {
      const first = page.locator('table:has(caption:text("Postings")) tbody td').first();
      await first.waitFor();
      const top = Number(await first.textContent());
      await page.getByRole('button', { name: 'Older' }).press('Enter');
      await page.waitForURL(`**/ledger?before=${top - 49}`);
      await page.getByText('funding', { exact: true }).last().waitFor();
      assert.ok(await page.getByRole('button', { name: 'Older' }).isDisabled());
      await page.getByRole('button', { name: 'Newer' }).press('Enter');
      await page.waitForURL(`**/ledger?after=${top - 50}`);
      await page.getByRole('button', { name: 'Newer' }).and(page.locator(':disabled')).waitFor();
      assert.equal(Number(await first.textContent()), top);
    });
  });

  it('is narrowed by account, period and reason, in the address too', async () => {
    await looking(at(), '/programs/market/ledger?period=3', {}, async ({ page }) => {
      const why = page.getByRole('combobox', { name: 'Why' });
      await why.selectOption('not earned by anybody');
      await page.waitForURL('**/ledger?period=3&reason=unearned');
      await page.locator('table:has(caption:text("Postings")) tbody tr:only-child').waitFor();
      assert.deepEqual([await columnOf(page, 2), await columnOf(page, 4)], [['3'], ['residual ']]);
      await page.getByRole('button', { name: 'Show all' }).click();
      await page.waitForURL('**/market/ledger');
      await page.getByRole('textbox', { name: 'Account' }).fill('ursula');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/ledger?account=ursula');
      await page.getByText('funding', { exact: true }).last().waitFor({ state: 'hidden' });
      assert.deepEqual(new Set(await columnOf(page, 4)), new Set(['liquid ursula']));
    });
  });

  it('runs the invariants, and says when they last held and that the books have changed since', async () => {
    await looking(at(), '/programs/market/ledger', {}, async ({ page }) => {
      const panel = page.getByRole('region', { name: 'Invariants' }).first();
      await panel.getByText('They were not run since this server began.').waitFor();
      await panel.getByRole('button', { name: 'Run now' }).press('Enter');
      await panel.getByText(/✓ all \d+ hold/).waitFor();
      assert.ok(!(await panel.getByText('the books have changed since').isVisible()));
      await panel.getByText('What each of them says').click();
      await panel.getByText('all balances, outside and earners included, add up to zero').waitFor();
      await screenshot(page, 'ledger-invariants');
      const time = (await at().writer.status('market')).clock + 1000;
      await at().writer.ingest('market', [{ kind: 'pause', key: 'held', time, reason: 'a look at the books' }]);
      await panel.getByText('the books have changed since').waitFor();
    });
  });
});
