import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measuredDefinition, measuredPeriod, measuredPopulation, measuredProgram } from '../../src/app/measure.ts';
import { StepWatch } from '../../src/app/scheduler/step-watch.ts';
import { populationEvents } from '../../src/core/population/population.ts';
import { definition, entriesAt } from '../app/small.ts';
import { dashboardTests, looking, noBrowser, screenshot, usualLook, widths } from './harness.ts';

describe('test/web/program', { skip: noBrowser }, () => {
  let clock = 0;
  const watch = new StepWatch(() => clock);
  const at = dashboardTests({ own: true, stepping: { watch, between: (work) => work() } });

  it('shows a program: its periods, one of them in full, and its pools', async () => {
    for (const program of ['demo', 'community'])
      await usualLook(at(), `/programs/${program}`, `program-${program}`, '.sankey svg .place');
  });

  it('says of a period what was paid and where every unit went, adding up to the unit', async () => {
    const { writer } = at();
    const { delivered, residual, root } = (await writer.periods('market'))[2]!;
    await looking(at(), '/programs/market?period=3', {}, async ({ page }) => {
      await page.getByRole('heading', { name: 'Period 3' }).waitFor();
      await page.getByText('The same as a table').click();
      const table = page.getByRole('table', { name: 'Where every unit went, period 3' });
      const rows = await table.locator('tbody tr').all();
      const amounts = new Map<string, bigint>();
      for (const row of rows) {
        const [, to, amount] = await row.locator('td').allTextContents();
        amounts.set(to!, BigInt(amount!.replaceAll(/\D/g, '')));
      }
      assert.equal(amounts.get('Accounts'), delivered);
      assert.equal(amounts.get('Rounding'), residual.rounding);
      assert.equal(amounts.get('Not earned by anybody'), residual.unearned);
      const sum = BigInt((await table.locator('tfoot td').nth(2).textContent())!.replaceAll(/\D/g, ''));
      assert.equal(sum, 1_000_000_000n);
      assert.equal(amounts.values().reduce((all, amount) => all + amount, 0n), sum); // prettier-ignore
      await page.getByRole('button', { name: 'All so far' }).press('Enter');
      await page.waitForURL('**/programs/market?period=3&flows=all');
      const whole = page.getByRole('table', { name: 'Where every unit went, all so far' });
      assert.equal(await whole.locator('tfoot td').nth(2).textContent(), '16,000.000000 SWAP');
      await whole.getByText('Still in the pools').waitFor();
      assert.ok(await page.getByTitle(root!).isVisible());
      await page.getByText('Step by step').click();
      await page.getByRole('table', { name: 'Steps of period 3' }).getByText('opening').waitFor();
    });
  });

  it('goes from period to period by the keyboard, and keeps the one that is chosen in the address', async () => {
    await looking(at(), '/programs/market', {}, async ({ page }) => {
      await page.getByRole('button', { name: /^Period 8, settled/ }).focus();
      await page.keyboard.press('ArrowLeft');
      await page.waitForURL('**/programs/market?period=7');
      await page.getByRole('heading', { name: 'Period 7' }).waitFor();
      await page.keyboard.press('Home');
      await page.waitForURL('**/programs/market?period=1');
      assert.match((await page.locator(':focus .unseen').textContent())!, /^Period 1, settled/);
      await page.keyboard.press('End');
      await page.getByRole('heading', { name: 'Period 16' }).waitFor();
      assert.match((await page.locator(':focus .unseen').textContent())!, /to come, until .*, owes 1,000 SWAP$/);
    });
  });

  it('goes back over more periods than it shows at once', async () => {
    const { writer } = at();
    const { rules, ...small } = definition({ funding: 1_000_000n });
    const seconds = Array.from({ length: 75 }, (_, nth) => 100 * (nth + 1));
    await writer.createProgram({ ...small, name: 'long', rules, schedule: entriesAt(...seconds) });
    await writer.ingest('long', [
      { kind: 'validator-set', key: 'v', time: 1000, validator: 'v', tokens: 0n, shares: 0n, jailed: false },
      { kind: 'delegate', key: 'a', time: 2000, account: 'a', validator: 'v', amount: 5n },
    ]);
    await writer.advance('long', { to: 7_050_000 });
    await looking(at(), '/programs/long?zoom=far', {}, async ({ page }) => {
      const [spans, span] = [page.locator('.timeline .span'), (n: number) => page.locator(`.span[data-period="${n}"]`)];
      await span(75).waitFor();
      assert.equal(await spans.first().getAttribute('data-period'), '11');
      await page.getByRole('button', { name: 'Earlier' }).press('Enter');
      await page.waitForURL('**/programs/long?zoom=far&period=10');
      await span(1).waitFor();
      assert.deepEqual([await spans.count(), await span(60).count()], [60, 1]);
      await span(10).press('End');
      await page.waitForURL('**/programs/long?zoom=far&period=60');
      await span(60).press('ArrowRight');
      await page.waitForURL('**/programs/long?zoom=far&period=61');
      await span(75).waitFor();
      await page.getByRole('heading', { name: 'Period 61' }).waitFor();
    });
    await looking(at(), '/programs/long?period=5', {}, async ({ page }) => {
      await page.getByRole('button', { name: 'Later' }).click();
      await page.waitForURL('**/programs/long?period=61');
      await page.locator('.span[data-period="75"]').waitFor();
    });
  });

  it('leads from a period to its payouts in the ledger, and to the event at which its window opened', async () => {
    await looking(at(), '/programs/market?period=2', {}, async ({ page }) => {
      await page.getByRole('link', { name: 'Payouts in the ledger' }).click();
      await page.waitForURL('**/programs/market/ledger?period=2&reason=payout');
      await page.goBack();
      await page.getByRole('link', { name: '1,034' }).click();
      await page.waitForURL('**/programs/market/events?at=1034');
      await page.locator('li[aria-current="true"] pre').waitFor();
    });
  });

  it('shows an open window as it goes: phase, accounts done, a column for every step', async () => {
    const { writer } = at();
    await writer.createProgram(measuredDefinition({ strategy: 'cut', batchSize: 20 }));
    await writer.ingest(measuredProgram, populationEvents({ seed: 1, accounts: 100, ...measuredPopulation }));
    /** A step as the server's scheduler makes it, which remembers how long it took: here 10 ms, after half a second. */
    const step = async () => {
      const outcome = await writer.step(measuredProgram, (measuredPeriod.boundary + 60) * 1000);
      assert.ok('step' in outcome);
      clock += 500;
      watch.record({ what: 'step', program: measuredProgram, phase: 'paying', ms: 10, ...outcome });
      return outcome;
    };
    await step();
    await step();
    await looking(at(), `/programs/${measuredProgram}`, {}, async ({ page }) => {
      const window = page.locator('.open-window');
      await window.getByText('live').waitFor();
      const columns = window.locator('.step-chart rect');
      await columns.nth(1).waitFor();
      assert.equal(await columns.count(), 2);
      assert.equal(await window.locator('[aria-current="step"]').textContent(), 'Scoring');
      let outcome = await step();
      while (outcome.did !== 'paid') outcome = await step();
      await window.locator('[aria-current="step"]', { hasText: 'Paying' }).waitFor();
      await columns.nth(4).waitFor();
      await window.getByText('Time of each step from 1 to 9: ').waitFor();
      const figure = (name: string) => window.locator('.figure', { has: page.getByText(name, { exact: true }) });
      await figure('A step takes').getByText('10.0 ms', { exact: true }).waitFor();
      assert.match((await figure('Time left').locator('dd').first().textContent())!, /^~\d+ s/);
      assert.equal(await figure('Accounts paid').locator('dd').first().textContent(), '20');
      for (const [size, width] of Object.entries(widths)) {
        await page.setViewportSize({ width, height: 900 });
        await screenshot(page, `program-open-${size}`);
      }
      while (outcome.did !== 'settled') outcome = await step();
      await window.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: /^Period 1, settled/ }).waitFor();
    });
  });

  it('makes a halt impossible to miss, with what to do', async () => {
    const { writer } = at();
    const name = 'halts';
    const { rules, ...definition } = measuredDefinition({ strategy: 'cut', batchSize: 20 });
    const pools = rules.pools.map((pool) => ({ ...pool, funding: 1n }));
    await writer.createProgram({ ...definition, name, rules: { ...rules, pools } });
    await writer.ingest(name, populationEvents({ seed: 1, accounts: 60, ...measuredPopulation }));
    for (let did = ''; did !== 'halted';) ({ did } = await writer.step(name, (measuredPeriod.boundary + 60) * 1000));
    await looking(at(), `/programs/${name}`, {}, async ({ page }) => {
      const alert = page.getByRole('alert');
      await alert.getByText('prorata resume --program halts').waitFor();
      await page.getByRole('button', { name: /^Period 1, halted/ }).waitFor();
      await screenshot(page, 'program-halted');
      await page.getByRole('link', { name: 'Ledger' }).click();
      await page.waitForURL('**/programs/halts/ledger');
      await alert.getByText('prorata resume --program halts').waitFor();
      assert.equal(await page.title(), 'ledger · halts · Prorata');
    });
  });
});
