import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { fillDemo } from '../../src/app/demo/fill.ts';
import { Engine } from '../../src/app/engine.ts';
import { KeptRankings } from '../../src/app/ranking/rankings.ts';
import type { ServerOptions } from '../../src/http/context.ts';
import { type RunningServer, startServer } from '../../src/http/server.ts';
import { eventBodies } from '../../src/sources/event-bodies.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';

/*
 * A real browser on the real server, over a store with the programs of the demo. Where there is no Chromium the tests are skipped,
 * and say so: Debian's package `chromium`, or another by CHROMIUM_PATH.
 */

const root = join(import.meta.dirname, '../..');
const browserPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
/** Why browser tests are left out; `false`: they run. */
export const noBrowser: string | false = existsSync(browserPath)
  ? false
  : `there is no Chromium at ${browserPath}; install it, or name another by CHROMIUM_PATH`;

/** Where screenshots go, which .gitignore knows. */
const shots = join(root, 'tmp/screenshots');

/** What is the same for every file: made once, removed when the process ends. */
interface Ground {
  readonly folder: string;
  readonly store: string;
  readonly dashboard: string;
}

let ground: Promise<Ground> | null = null;

async function makeGround(): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'prorata-web-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const dashboard = join(folder, 'web');
  const bundler = [join(root, 'node_modules/vite/bin/vite.js'), 'build', join(root, 'web')];
  execFileSync(process.execPath, [...bundler, '--outDir', dashboard, '--logLevel', 'error'], { stdio: 'inherit' });
  const store = join(folder, 'demo.db');
  const engine = new Engine(openSqliteStore({ path: store }));
  await fillDemo(engine, { seed: 1, accounts: 300 });
  await engine.close();
  return { folder, store, dashboard };
}

/** The dashboard in a browser. */
export interface Dashboard {
  readonly url: string;
  readonly dashboard: string;
  readonly browser: Browser;
  /** An engine that writes to the same store, for what happens while somebody looks. */
  readonly writer: Engine;
}

/** A page that somebody looks at, and what it complained about. */
export interface Looked {
  readonly page: Page;
  readonly complaints: string[];
  readonly context: BrowserContext;
}

/** Widths at which every page is looked at: a phone, and a desk. */
export const widths = { phone: 390, desk: 1440 } as const;

/** How a file's dashboard differs from the usual one. */
interface Given extends Partial<ServerOptions> {
  /** On a copy of the store, for tests that change what others look at. */
  readonly own?: boolean;
}

/** For the outer `describe` of a file: opens the dashboard before its tests, and ends it after them. */
export function dashboardTests(given: Given = {}): () => Dashboard {
  let running: (Dashboard & { close: () => Promise<void> }) | null = null;
  before(async () => {
    running = await openDashboard(given);
  });
  after(async () => running?.close());
  return () => running!;
}

/** One browser for all files: every look has a context of its own. */
let shared: Promise<Browser> | null = null;
after(async () => (await shared)?.close());

const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: browserPath,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
    ],
  });

async function openDashboard({ own = false, ...given }: Given): Promise<Dashboard & { close: () => Promise<void> }> {
  const { store, folder, dashboard } = await (ground ??= makeGround());
  const path = own ? join(mkdtempSync(join(folder, 'own-')), 'store.db') : store;
  if (own) copyFileSync(store, path);
  const open = (readOnly: boolean): Engine => new Engine(openSqliteStore({ path, create: false, readOnly }));
  const [engine, slow, writer] = [open(true), open(true), open(false)];
  const server: RunningServer = await startServer(
    {
      version: '0.0.0',
      engine,
      slow,
      writer: async () => writer,
      reader: async () => {
        const reader = open(true);
        return { engine: reader, close: () => reader.close() };
      },
      rankings: new KeptRankings({ engine, maker: slow }, { clock: () => performance.now() }),
      ...eventBodies,
      now: () => Date.now(),
      log: null,
      dashboard,
      pollMs: 50,
      ...given,
    },
    { host: '127.0.0.1', port: 0 },
  );
  const browser = await (shared ??= launch());
  return {
    url: server.url,
    dashboard,
    browser,
    writer,
    close: async () => {
      await server.close();
      for (const one of [engine, slow, writer]) await one.close();
    },
  };
}

/** Opens a page, runs `look`, and holds that the console said nothing. */
export async function looking(
  { browser, url }: Dashboard,
  address: string,
  { width = widths.desk, dark = false }: { readonly width?: number; readonly dark?: boolean },
  look: (looked: Looked) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height: width < 600 ? 844 : 900 },
    colorScheme: dark ? 'dark' : 'light',
    timezoneId: 'Europe/Berlin',
    locale: 'en-US',
  });
  const complaints: string[] = [];
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  try {
    await page.goto(address);
    await look({ page, complaints, context });
    assert.deepEqual(complaints, [], `what the console said at ${address}`);
  } finally {
    await context.close();
  }
}

/** Holds that axe finds nothing serious on the page as it is. */
export async function assertAccessible(page: Page): Promise<void> {
  // Within the page itself, which has no frames of others, and without a word on what is good: a third of the time.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
  const { violations } = await axe.analyze();
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }) => `${String(target)} ${failureSummary ?? ''}`).join('; ')}`,
    );
  assert.deepEqual(serious, []);
}

/** Holds that the page as a whole does not scroll sideways, whatever its tables do within themselves. */
export async function assertFits(page: Page): Promise<void> {
  const [wide, seen] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [number, number];
  assert.ok(wide <= seen, `the page is ${wide} wide, where ${seen} can be seen`);
}

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

/**
 * The usual look at a page: at both widths and in both themes it has `ready` and fits; screenshots are kept. Opened once at each width and
 * once in each theme, where axe looks; then it changes its theme.
 */
export async function usualLook(at: Dashboard, address: string, name: string, ready: string): Promise<void> {
  for (const [size, width] of Object.entries(widths)) {
    const first = size === 'desk';
    await looking(at, address, { width, dark: first }, async ({ page }) => {
      for (const dark of [first, !first]) {
        await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
        await page.locator(ready).first().waitFor();
        await assertFits(page);
        if (dark === first) await assertAccessible(page);
        await screenshot(page, `${name}-${size}${dark ? '-dark' : ''}`);
      }
    });
  }
}
