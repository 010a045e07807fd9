import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible, dashboardTests, looking, noBrowser, usualLook } from './harness.ts';

const contributions = '/programs/community/contributions';
const api = '/v1/programs/community/cred';

/** The units behind figures that are shown, in which every place counts. */
const units = async (page: Page, selector: string): Promise<bigint[]> =>
  (await page.locator(selector).allTextContents()).map((text) => BigInt(text.replaceAll(/\D/g, '')));
const sum = (values: readonly bigint[]): bigint => values.reduce((all, value) => all + value, 0n);

/** Waits for an address with exactly these questions, in any order. */
const addressed = (page: Page, questions: string): Promise<void> =>
  page.waitForURL(({ searchParams }) => {
    const sorted = (all: URLSearchParams): string => [...all].map(String).toSorted().join();
    return sorted(searchParams) === sorted(new URLSearchParams(questions));
  });

describe('test/web/contributions', { skip: noBrowser }, () => {
  const at = dashboardTests();
  const ask = async (path: string): Promise<any> => (await fetch(`${at().url}${api}${path}`)).json();

  it('shows cred by source, over time, by person and by contribution', async () => {
    await usualLook(at(), contributions, 'contributions', '.over-time svg rect');
  });

  it('shows what is around a contribution and around a person', async () => {
    await usualLook(at(), `${contributions}/around?address=code/pull/29`, 'contribution', '.streams svg path');
    await usualLook(at(), `${contributions}/around?person=dan`, 'contributor', '.over-time svg rect');
  });

  it('says figures that add up, as the API has them', async () => {
    const { score, sources, lifetime } = await ask('/sources?period=8');
    await looking(at(), `${contributions}?period=8`, {}, async ({ page }) => {
      const table = page.getByRole('table', { name: 'Cred by source and kind' });
      await table.waitFor();
      const shown = await table.locator('tbody td:nth-child(2) .exact').allTextContents();
      const wanted = sources.flatMap((source: any) => [source, ...source.kinds]).map((one: any) => one.score);
      assert.deepEqual(
        shown.map((text) => String(BigInt(text.replaceAll(/\D/g, '')))),
        wanted,
      );
      assert.deepEqual(await units(page, 'tfoot td:nth-child(2) .exact'), [BigInt(score)]);
      await page.getByText('The same as a table').click();
      const over = page.getByRole('table', { name: 'Cred over time' });
      await over.waitFor();
      assert.equal(sum(await units(page, '.over-time tbody td:nth-child(3) .exact')), BigInt(lifetime));
    });
  });

  it('keeps what is chosen in the address: period, source, person', async () => {
    await looking(at(), contributions, {}, async ({ page, complaints }) => {
      await page.getByRole('combobox', { name: 'Source' }).selectOption('code');
      await addressed(page, 'source=code');
      await page.getByRole('heading', { name: 'Cred over time from code' }).waitFor();
      assert.deepEqual(
        await page
          .locator('.cred-legend li')
          .allTextContents()
          .then((all) => all.length),
        3,
      );
      const first = page.locator('.by-contribution tbody tr').first();
      await first.getByText('pull request').waitFor();
      await page.getByRole('button', { name: 'The period before' }).click();
      await addressed(page, 'period=7&source=code');
      await page.getByRole('textbox', { name: 'Person' }).fill('@dan');
      await page.keyboard.press('Enter');
      await addressed(page, 'period=7&source=code&person=%40dan');
      await page.getByRole('heading', { name: 'Cred over time of @dan from code' }).waitFor();
      await page.locator('.cred-grid:not(.stale)').waitFor();
      const { sources } = await ask('/sources?period=7&person=dan');
      const [code] = sources.filter(({ source }: any) => source === 'code');
      const row = page.getByRole('table', { name: 'Cred by source and kind' }).getByRole('row', { name: /^code/ });
      assert.equal((await row.locator('.exact').first().textContent())!.replaceAll(/\D/g, ''), code.score);
      await assertAccessible(page);
      await page.reload();
      await page.getByRole('heading', { name: 'Cred over time of @dan from code' }).waitFor();
      await page.getByRole('button', { name: 'Show all' }).click();
      await addressed(page, 'period=7');
      await page.getByRole('textbox', { name: 'Person' }).fill('nobody-at-all');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').first().getByText('There is nobody').waitFor();
      // What the browser says of every answer of 404.
      assert.ok(complaints.splice(0).every((text) => text.includes('404')));
    });
  });

  it('reads the chart by the arrow keys, and chooses the period of a column', async () => {
    const { items } = await ask('/timeline?period=8');
    await looking(at(), `${contributions}?period=8`, {}, async ({ page }) => {
      const slider = page.getByRole('slider', { name: 'Cred over time' });
      await slider.focus();
      await page.keyboard.press('Home');
      const said = await slider.getAttribute('aria-valuetext');
      assert.match(said!, /^2025-11-16 to 2025-11-23: /);
      const [shown] = await units(page, '.cred-legend .total .exact');
      assert.equal(`${shown}`, items[0].score);
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await page.locator('.readout').getByText('2025-11-30 to 2025-12-07').waitFor();
      await page.keyboard.press('Enter');
      await addressed(page, 'period=3');
      await page.getByRole('button', { name: 'Period', exact: true }).click();
      await addressed(page, 'period=3&by=period');
    });
  });

  it('finds people and contributions at the server', async () => {
    await looking(at(), contributions, {}, async ({ page }) => {
      await page.getByLabel('Name').fill('DAN');
      await page.keyboard.press('Enter');
      await addressed(page, 'who=DAN');
      await page.locator('.people tbody tr').getByRole('link', { name: '@dan' }).waitFor();
      await page.getByLabel('Title or address').fill('Pull Request 29');
      await page.keyboard.press('Enter');
      await addressed(page, 'who=DAN&find=Pull+Request+29');
      const row = page.locator('.by-contribution tbody tr');
      await row.getByRole('link', { name: 'pull request 29' }).waitFor();
      assert.equal(await row.count(), 1);
      await page.getByLabel('Title or address').fill('no such thing');
      await page.keyboard.press('Enter');
      await page.getByText('There is no contribution like this.').waitFor();
    });
    await looking(at(), `${contributions}?period=8`, {}, async ({ page }) => {
      const first = await page.locator('.people tbody tr').first().textContent();
      await page.getByRole('navigation', { name: 'Pages of people' }).getByRole('button', { name: 'Lower' }).click();
      await addressed(page, 'period=8&people=15');
      await page.locator('.people tbody tr td', { hasText: /^16$/ }).waitFor();
      assert.notEqual(await page.locator('.people tbody tr').first().textContent(), first);
      await page.getByLabel('Made').selectOption('period');
      await addressed(page, 'period=8&people=15&made=period');
      await page.locator('.by-contribution tbody tr', { hasText: '2026-01-0' }).first().waitFor();
    });
  });

  it('walks from neighbour to neighbour by the keyboard, and back', async () => {
    await looking(at(), `${contributions}?period=8`, {}, async ({ page }) => {
      await page.locator('.by-contribution tbody').getByRole('link').first().focus();
      await page.keyboard.press('Enter');
      await page.waitForURL('**/around?address=code%2Fpull%2F29&period=8');
      await page.getByRole('heading', { name: 'pull request 29' }).waitFor();
      const left = page.getByRole('list', { name: 'What gave it cred' });
      const right = page.getByRole('list', { name: 'Where its cred went' });
      await left.getByText('the mint').waitFor();
      await right.getByRole('link', { name: '@dan' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: '@dan', exact: true }).waitFor();
      assert.match(page.url(), /around\?person=\w+&period=8$/);
      await left.getByRole('button', { name: /more$/ }).click();
      await page.waitForURL('**&show=25');
      await left.locator('li').nth(24).waitFor();
      await page.getByRole('link', { name: /^Its account/ }).waitFor();
      await page.goBack();
      await page.goBack();
      await page.getByRole('heading', { name: 'pull request 29' }).waitFor();
    });
  });

  it('balances to the unit in the tables of a neighbourhood', async () => {
    await looking(at(), `${contributions}/around?person=dan&period=8`, {}, async ({ page }) => {
      await page.getByText('The same as tables').click();
      for (const name of ['What gave it cred', 'Where its cred went']) {
        const table = page.getByRole('table', { name });
        await table.waitFor();
        const column = async (part: string): Promise<bigint[]> =>
          (await table.locator(`${part} td:nth-child(2) .exact`).allTextContents()).map((text) =>
            BigInt(text.replaceAll(/\D/g, '')),
          );
        const [all] = await column('tfoot');
        assert.equal(sum(await column('tbody')), all);
      }
      const why = page.getByRole('table', { name: 'What gave cred in period 8' });
      const figures = async (part: string): Promise<bigint[]> =>
        (await why.locator(`${part} td:nth-child(2) .exact`).allTextContents()).map((text) =>
          BigInt(text.replaceAll(/\D/g, '')),
        );
      assert.deepEqual([sum(await figures('tbody'))], await figures('tfoot'));
      await assertAccessible(page);
    });
  });

  it('says where there is nothing, and that other programs have no contributions', async () => {
    await looking(at(), '/programs/market/contributions', {}, async ({ page }) => {
      await page.getByText('market scores by crown: it has no contributions.').waitFor();
    });
    await looking(at(), `${contributions}/around`, {}, async ({ page }) => {
      await page.getByText('choose one under Contributions').waitFor();
    });
  });
});
