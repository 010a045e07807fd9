import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { dashboardTests, looking, noBrowser, usualLook } from './harness.ts';

const addsUp = (page: Page) => page.getByText('The lines below add up to it, to the unit');
const digits = (text: string | null): bigint => BigInt((text ?? '').replaceAll(/\D/g, ''));

/** A table of the page by its caption, as texts. */
async function tableOf(page: Page, caption: string): Promise<string[][]> {
  const rows = page.getByRole('table', { name: caption }).locator('tbody tr');
  const found: string[][] = [];
  for (const row of await rows.all()) found.push(await row.locator('td').allTextContents());
  return found;
}

describe('test/web/account', { skip: noBrowser }, () => {
  const at = dashboardTests({ own: true });

  /** Whoever has the largest stake. */
  async function whale(): Promise<string> {
    const accounts = await at().writer.accounts('demo', { limit: 1000 });
    return accounts.toSorted((a, b) => (a.staked < b.staked ? 1 : -1))[0]!.account;
  }

  it('shows an account of every model', async () => {
    const ready = '.adds-up';
    await usualLook(at(), `/programs/demo/accounts/${await whale()}?period=5`, 'account-demo', ready);
    await usualLook(at(), '/programs/market/accounts/otto', 'account-market', ready);
    await usualLook(at(), '/programs/community/accounts/gina', 'account-community', ready);
  });

  it('counts the score second by second, exactly as the engine would', async () => {
    const name = await whale();
    await looking(at(), `/programs/demo/accounts/${name}`, {}, async ({ page }) => {
      const clock = page.getByRole('timer');
      await clock.waitFor();
      const read = async (): Promise<{ at: number; score: bigint }> => {
        // Both at once: it goes on while it is read.
        const parts = ['.exactly .exact', 'time'].map((part) => `document.querySelector('.ticking ${part}')`);
        const [exact, time] = (await page.evaluate(`[${parts[0]}.textContent, ${parts[1]}.dateTime]`)) as [
          string,
          string,
        ];
        return { at: Date.parse(time), score: digits(exact) };
      };
      const first = await read();
      await page.waitForTimeout(2100);
      const second = await read();
      assert.ok(second.at - first.at >= 2000);
      for (const { at: when, score } of [first, second])
        assert.equal(score, (await at().writer.account('demo', name, when)).score);
      const { staked } = await at().writer.account('demo', name);
      assert.equal(second.score - first.score, staked * BigInt((second.at - first.at) / 1000));
    });
  });

  it('adds up to what was paid in every period, and leads to the events it rests on', async () => {
    const name = await whale();
    const payouts = await at().writer.payouts('demo', { account: name });
    await looking(at(), `/programs/demo/accounts/${name}?period=1`, {}, async ({ page }) => {
      for (const { period, due, liquid, restaked } of payouts) {
        await page.getByRole('heading', { name: `Why? Period ${period}`, exact: true }).waitFor();
        await addsUp(page).waitFor();
        const { intervals, score } = await at().writer.explain('demo', { account: name, period });
        const rows = await tableOf(page, 'Intervals of the score');
        assert.equal(rows.length, intervals.length);
        assert.equal(
          rows.reduce((sum, row) => sum + digits(row[5]!), 0n),
          score,
        );
        assert.equal(due, liquid + restaked);
        if (period < payouts.length) await page.getByRole('button', { name: `Period ${period + 1} →` }).press('Enter');
      }
      const { intervals } = await at().writer.explain('demo', { account: name, period: payouts.at(-1)!.period });
      const seq = intervals[0]!.event!;
      await page.getByRole('table', { name: 'Intervals of the score' }).getByRole('link').first().press('Enter');
      await page.waitForURL(`**/demo/events?at=${seq}`);
      await page.locator('li[aria-current="true"]').getByText(`account ${name}`).waitFor();
    });
  });

  it('shows payouts as columns and as a table, in which a period leads to why', async () => {
    const payouts = await at().writer.payouts('market', { account: 'otto' });
    await looking(at(), '/programs/market/accounts/otto', {}, async ({ page }) => {
      await page.getByRole('table', { name: 'Payouts, the newest first' }).waitFor();
      const rows = await tableOf(page, 'Payouts, the newest first');
      assert.deepEqual(
        rows.map((row) => [Number(row[0]), digits(row[3]!)]),
        payouts.toReversed().map(({ period, due }) => [period, due]),
      );
      assert.equal(await page.locator('.payout-columns .column').count(), payouts.length);
      await page.getByRole('link', { name: 'Why, period 3', exact: true }).press('Enter');
      await page.waitForURL('**/otto?period=3#why');
      await page.getByRole('heading', { name: 'Why? Period 3', exact: true }).waitFor();
      await addsUp(page).waitFor();
      await page.locator('.payout-columns .column').nth(4).click();
      await page.waitForURL('**/otto?period=5*');
    });
  });

  it('says of a market which stretches were held, and why not, each with the fact that began it', async () => {
    const { explained } = await at().writer.explainCrown('market', { account: 'otto', period: 8 });
    await looking(at(), '/programs/market/accounts/otto?period=8', {}, async ({ page }) => {
      await addsUp(page).waitFor();
      for (const { lane, stretches } of explained) {
        const rows = await tableOf(page, `Stretches of ${lane}`);
        assert.deepEqual(
          rows.map((row) => Number(row[1]!.replaceAll(',', ''))),
          stretches.slice(0, 40).map(({ start, end }) => end - start),
        );
      }
      const [first] = explained;
      const held = first!.stretches.findIndex(({ failed }) => failed === null);
      const seq = first!.stretches[held]!.event!;
      await page
        .getByRole('table', { name: `Stretches of ${first!.lane}` })
        .locator('tbody tr')
        .nth(held)
        .getByRole('link', { name: 'event' })
        .press('Enter');
      await page.waitForURL(`**/market/events?at=${seq}`);
    });
  });

  it('says of a community which contributions gave cred, policy by policy', async () => {
    await looking(at(), '/programs/community/accounts/gina?period=8', {}, async ({ page }) => {
      await addsUp(page).waitFor();
      const { person, sharing, events } = await at().writer.explainCred('community', { account: 'gina', period: 8 });
      const lines = await tableOf(page, 'Cred by contribution');
      assert.equal(lines.length, person.contributions.length + (person.remainder === 0n ? 0 : 1));
      assert.equal((await tableOf(page, 'What each policy gave')).length, sharing!.policies.length);
      await page.getByText(/^The same edge by edge/).click();
      await page.getByRole('table', { name: 'Cred by edge' }).waitFor();
      const seq = events.get(person.contributions[0]!.address)!;
      await page.getByRole('table', { name: 'Cred by contribution' }).getByRole('link', { name: 'event' }).first().press('Enter'); // prettier-ignore
      await page.waitForURL(`**/community/events?at=${seq}`);
    });
  });

  it('says why there is nothing', async () => {
    // Who is excluded gets nothing; so does who never held, and who never staked before the period ended.
    const [excluded] = await at().writer.excluded('community');
    assert.ok(excluded !== undefined);
    await looking(at(), `/programs/community/accounts/${excluded}?period=8`, {}, async ({ page }) => {
      await page.getByText('Why nothing:').waitFor();
      await page.getByText('it was excluded when the period was scored').waitFor();
    });
    const scores = await at().writer.crownScores('market', { period: 8 });
    const seen = new Set(scores.scores.map(({ account }) => account));
    const events = await at().writer.events('market', { limit: 1000 });
    const loser = events.flatMap(({ account }) => account ?? []).find(({ name }) => !seen.has(name))!;
    await looking(at(), `/programs/market/accounts/${loser.name}?period=8`, {}, async ({ page }) => {
      await page.getByText('Why nothing:').waitFor();
      assert.match((await page.locator('.why .notice').textContent())!, /for [\d,]+ s over all lanes/);
    });
    // A share that could not be delivered: in one of the periods everybody of some accounts was unstaked.
    const undelivered = (await at().writer.payouts('demo', { limit: 100_000 })).find(
      ({ reason }) => reason === 'no-stake',
    );
    assert.ok(undelivered !== undefined);
    const { account, period } = undelivered;
    await looking(at(), `/programs/demo/accounts/${account.name}?period=${period}`, {}, async ({ page }) => {
      await page.getByText('there was no stake of any worth to deliver it to').waitFor();
      await addsUp(page).waitFor();
    });
  });

  it('copies the exact integer of what it shows', async () => {
    await looking(at(), '/programs/market/accounts/otto?period=8', {}, async ({ page, context }) => {
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      const { payouts } = await at().writer.explainCrown('market', { account: 'otto', period: 8 });
      await page.locator('.outcome .exact').click();
      await page.getByText(`copied ${payouts[0]!.liquid}`).waitFor();
      assert.equal(await page.evaluate('navigator.clipboard.readText()'), String(payouts[0]!.liquid));
    });
  });

  it('says that nobody knows an account, in the words of the server', async () => {
    await looking(at(), '/programs/demo/accounts/nobody', {}, async ({ page, complaints }) => {
      await page.getByRole('alert').getByText('has never heard of account "nobody"').first().waitFor();
      assert.ok(complaints.splice(0).every((line) => line.includes('404')));
    });
  });
});
