import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dashboardTests, looking, noBrowser, usualLook } from './harness.ts';

describe('test/web/events', { skip: noBrowser }, () => {
  const at = dashboardTests({ own: true });

  it('shows the log around an event, which is marked and opened', async () => {
    await usualLook(at(), '/programs/community/events?at=40', 'events', 'li[aria-current="true"] pre');
    await looking(at(), '/programs/community/events?at=40', {}, async ({ page }) => {
      const marked = page.locator('li[aria-current="true"]');
      const { seq, hash, key } = (await at().writer.events('community', { after: 39, limit: 1 }))[0]!;
      assert.equal(seq, 40);
      await marked.getByText(hash).waitFor();
      assert.equal(JSON.parse((await marked.locator('pre').textContent())!).key, key);
      const shown = await page.locator('.log .seq').allTextContents();
      assert.deepEqual([shown[0], shown.at(-1)], ['50', '1']);
    });
  });

  it('shows those of one account around one of them, and older and newer ones', async () => {
    const of = (await at().writer.events('market', { account: 'otto', limit: 1000 })).map(({ seq }) => String(seq));
    const nth = 40;
    const plain = (text: string): string => text.replaceAll(',', '');
    await looking(at(), `/programs/market/events?at=${of[nth]}&account=otto`, {}, async ({ page }) => {
      await page.locator('li[aria-current="true"]').waitFor();
      const shown = async (): Promise<string[]> => (await page.locator('.log .seq').allTextContents()).map(plain);
      assert.deepEqual(await shown(), of.slice(0, nth + 11).slice(-50).toReversed()); // prettier-ignore
      await page.getByRole('button', { name: 'Newer' }).click();
      await page.waitForURL(`**/events?account=otto&at=${of[nth]}&after=${of[nth + 10]}`);
      await page
        .locator('.log .seq')
        .getByText(Number(of[nth + 11]).toLocaleString('en'), { exact: true })
        .waitFor();
      assert.deepEqual(await shown(), of.slice(nth + 11, nth + 61).toReversed());
    });
  });

  it('says when the event is not there', async () => {
    await looking(at(), '/programs/market/events?at=99000', {}, async ({ page }) => {
      await page.getByText('Event 99,000 is not among these').waitFor();
    });
  });

  it('shows new events as they come', async () => {
    await looking(at(), '/programs/demo/events', {}, async ({ page }) => {
      await page.getByText('live', { exact: true }).waitFor();
      const first = page.locator('.log > li').first();
      await first.waitFor();
      const { clock, events } = await at().writer.status('demo');
      await at().writer.ingest('demo', [{ kind: 'pause', key: 'seen', time: clock + 1000, reason: 'just a look' }]);
      await first.getByText('reason just a look').waitFor();
      assert.equal(await first.locator('.seq').textContent(), (events + 1).toLocaleString('en'));
      await first.locator('summary').press('Enter');
      await first.locator('pre').getByText('"kind": "pause"').waitFor();
    });
  });
});
