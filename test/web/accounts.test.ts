import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import type { Staker } from '../../web/src/pages/accounts/scores.ts';
import { dashboardTests, looking, noBrowser, screenshot, usualLook, widths } from './harness.ts';

const rowsOf = (page: Page) => page.locator('.accounts tbody tr');
const current = (page: Page) => page.locator('.accounts tbody tr.current');
const placeOf = async (page: Page): Promise<string> => (await current(page).locator('.place').textContent())!;

/** Names that are seen, in their order; what is drawn above and below is left out. */
async function shownNames(page: Page, count: number): Promise<string[]> {
  return (await rowsOf(page).locator('span.name').allTextContents()).slice(0, count);
}

/** The server's answer about a million accounts that nobody has made: their names are their places. */
async function aMillion(page: Page): Promise<string[]> {
  const asked: string[] = [];
  await page.route('**/v1/programs/demo/scores?*', async (route) => {
    const query = new URL(route.request().url()).searchParams;
    asked.push(query.toString());
    const [offset, limit, total] = [Number(query.get('offset')), Number(query.get('limit')), 1_000_000];
    const items = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, i): Staker => ({
      ...{ account: `account-${offset + i + 1}`, excluded: false, stakes: [], staked: '1000000', score: '5' },
      period: 13,
    }));
    const answer = { model: 'stake-time', items, next: null, total, as_of: { seq: 7, time: '2026-01-15T12:00:00Z' } };
    await route.fulfill({ json: answer });
  });
  return asked;
}

describe('test/web/accounts', { skip: noBrowser }, () => {
  const at = dashboardTests();

  it('shows the accounts of every model, on a phone as at a desk', async () => {
    for (const program of ['demo', 'market', 'community'])
      await usualLook(at(), `/programs/${program}/accounts`, `accounts-${program}`, '.accounts tbody span.name');
  });

  it('sorts by each column at the server, which the address and the heading say', async () => {
    const accounts = await at().writer.accounts('demo', { limit: 1000 });
    const byStake = accounts.toSorted((a, b) => (a.staked === b.staked ? 0 : a.staked < b.staked ? 1 : -1));
    await looking(at(), '/programs/demo/accounts', {}, async ({ page }) => {
      await page.getByText(`${accounts.length} accounts; scores of period 13 so far`).waitFor();
      assert.deepEqual(
        await shownNames(page, 8),
        accounts.slice(0, 8).map(({ account }) => account),
      );
      const heading = page.getByRole('columnheader', { name: /^Stake/ });
      await heading.getByRole('button').press('Enter');
      await page.waitForURL('**/accounts?sort=-stake');
      await page.locator('[aria-sort="descending"]', { hasText: 'Stake' }).waitFor();
      await rowsOf(page).getByText(byStake[0]!.account).waitFor();
      assert.deepEqual(
        await shownNames(page, 8),
        byStake.slice(0, 8).map(({ account }) => account),
      );
      await heading.getByRole('button').click();
      await page.waitForURL('**/accounts?sort=stake');
      await page.goBack();
      await page.locator('[aria-sort="descending"]', { hasText: 'Stake' }).waitFor();
    });
  });

  it('searches at the server while somebody types, and says when nobody is like that', async () => {
    const accounts = await at().writer.accounts('demo', { limit: 1000 });
    const part = accounts[100]!.account.slice(8, 14);
    await looking(at(), '/programs/demo/accounts', {}, async ({ page }) => {
      const field = page.getByRole('searchbox', { name: 'Part of a name' });
      await field.fill(part.toUpperCase());
      await page.waitForURL(`**/accounts?search=${part.toUpperCase()}`);
      await page.getByText(/^1 account with/).waitFor();
      assert.deepEqual(await shownNames(page, 5), [accounts[100]!.account]);
      await field.fill('nobody-at-all');
      await page.getByText('No account has “nobody-at-all” in its name.').waitFor();
      await screenshot(page, 'accounts-nobody');
      await field.fill('');
      await page.getByText(`${accounts.length} accounts`).waitFor();
    });
  });

  it('is walked through with the keyboard alone, and opens an account', async () => {
    const accounts = await at().writer.accounts('demo', { limit: 1000 });
    await looking(at(), '/programs/demo/accounts', {}, async ({ page }) => {
      const grid = page.getByRole('grid', { name: 'Accounts of demo' });
      await rowsOf(page).first().waitFor();
      await grid.focus();
      assert.equal(await grid.getAttribute('aria-rowcount'), String(accounts.length + 1));
      for (const [key, place] of [
        ['ArrowDown', 1],
        ['ArrowDown', 2],
        ['ArrowDown', 3],
        ['ArrowUp', 2],
        ['End', accounts.length],
        ['ArrowDown', accounts.length],
        ['Home', 1],
      ] as const) {
        await page.keyboard.press(key);
        assert.equal(await placeOf(page), String(place), key);
        const id = await current(page).getAttribute('id');
        assert.equal(await grid.getAttribute('aria-activedescendant'), id);
        assert.equal(await current(page).getAttribute('aria-rowindex'), String(place + 1));
      }
      await page.keyboard.press('PageDown');
      const page1 = Number(await placeOf(page));
      assert.ok(page1 > 5, `a page down is ${page1}`);
      await page.keyboard.press('PageUp');
      assert.equal(await placeOf(page), '1');
      await current(page).getByText(accounts[0]!.account).waitFor();
      await page.keyboard.press('Enter');
      await page.waitForURL(`**/accounts/${accounts[0]!.account}`);
    });
  });

  it('goes through a million accounts with a page or two in memory, to the last one, and begins where a link says', async () => {
    await looking(at(), '/programs/demo', {}, async ({ page }) => {
      const asked = await aMillion(page);
      await page.goto('/programs/demo/accounts?offset=654321');
      await rowsOf(page).getByText('account-654322', { exact: true }).waitFor();
      assert.deepEqual(
        asked.map((query) => /offset=(\d+)/.exec(query)![1]),
        ['654300'],
      );
      const grid = page.getByRole('grid');
      await grid.focus();
      await page.keyboard.press('End');
      await rowsOf(page).getByText('account-1000000', { exact: true }).waitFor();
      assert.equal(await placeOf(page), '1,000,000');
      await page.keyboard.press('ArrowUp');
      assert.equal(await placeOf(page), '999,999');
      await page.waitForURL(/offset=9999\d\d/);
      // A wheel moves it by what it says, although the bar stands for more than it can.
      await page.keyboard.press('Home');
      await rowsOf(page).getByText('account-1', { exact: true }).waitFor();
      await page.locator('.accounts').hover();
      for (let turn = 0; turn < 5; turn += 1) {
        await page.mouse.wheel(0, 440);
        await page.waitForTimeout(60);
      }
      await page.waitForURL(/offset=50$/);
      await rowsOf(page).getByText('account-51', { exact: true }).waitFor();
      // Half of the bar is half of the list.
      const bar = "document.querySelector('.accounts')";
      await page.evaluate(`${bar}.scrollTop = ${bar}.scrollHeight / 2`);
      await page.waitForURL(/offset=(499|500)\d\d\d$/);
      assert.ok((await rowsOf(page).count()) < 40);
      const limits = new Set(asked.map((query) => /limit=(\d+)/.exec(query)![1]));
      assert.deepEqual([...limits], ['100']);
      assert.ok(asked.length < 12, `${asked.length} pages were asked for`);
    });
  });

  it('says that it sorts while the server does, and shows the order when it is there', async () => {
    await looking(at(), '/programs/demo', {}, async ({ page, complaints }) => {
      let times = 0;
      await page.route('**/scores?*sort=-score*', async (route) => {
        if ((times += 1) > 2) return route.continue();
        const body = { status: 503, code: 'ranking-in-work', detail: 'The accounts of demo are being sorted.' };
        return route.fulfill({ status: 503, headers: { 'retry-after': '1' }, json: body });
      });
      await page.goto('/programs/demo/accounts?sort=-score');
      await page.getByText('Sorting…').waitFor();
      await screenshot(page, 'accounts-sorting');
      await page.locator('[aria-sort="descending"]', { hasText: 'Score' }).waitFor();
      await rowsOf(page).locator('span.name').first().waitFor();
      assert.equal(times, 3);
      // The console says of each answer that was none that it was none.
      assert.ok(complaints.splice(0).every((line) => line.includes('503')));
    });
  });

  it('gives the whole table as a file', async () => {
    const { accounts } = (await at().writer.status('demo')).counts;
    for (const width of Object.values(widths)) {
      await looking(at(), '/programs/demo/accounts', { width }, async ({ page }) => {
        const file = page.waitForEvent('download');
        await page.getByRole('link', { name: 'CSV' }).click();
        const download = await file;
        assert.match(download.suggestedFilename(), /^demo-accounts-\d+\.csv$/);
        const text: Buffer[] = [];
        for await (const part of await download.createReadStream()) text.push(part as Buffer);
        const lines = Buffer.concat(text).toString().trimEnd().split('\n');
        assert.equal(lines.length, accounts + 1);
        assert.match(lines[0]!, /^account,excluded,staked,score,/);
      });
    }
  });
});
