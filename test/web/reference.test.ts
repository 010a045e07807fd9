import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dashboardTests, looking, noBrowser, screenshot, widths } from './harness.ts';

describe('test/web/reference', { skip: noBrowser }, () => {
  const at = dashboardTests();

  it('shows every route and for whom it is, lets one be tried, and loads nothing from elsewhere', async () => {
    const { url } = at();
    for (const [size, width] of Object.entries(widths)) {
      await looking(at(), '/healthz', { width }, async ({ page }) => {
        const asked: string[] = [];
        page.on('request', (request) => void asked.push(request.url()));
        await page.goto('/reference');
        await page.locator('.opblock').first().waitFor();
        const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
        const routes = Object.values(paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0);
        assert.equal(await page.locator('.opblock').count(), routes);
        const session = page.locator('.opblock', { has: page.locator('[data-path="/v1/session"]') });
        await session.locator('.opblock-summary-control').click();
        await session.getByText('For anybody.').waitFor();
        await session.getByRole('button', { name: 'Try it out' }).click();
        await session.getByRole('button', { name: 'Execute' }).click();
        await session.locator('.live-responses-table').getByText('"tokens_needed": false').waitFor();
        await screenshot(page, `reference-${size}`);
        assert.ok(asked.length > 5);
        for (const address of asked.filter((one) => !one.startsWith('data:')))
          assert.ok(address.startsWith(url), address);
      });
    }
  });
});
