import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';

export const chromiumPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Why the browser tests cannot run here; undefined when they can. `GAMEDAY_REQUIRE_CHROMIUM=1` lets them fail instead of being skipped. */
export function whyNoBrowser(): string | undefined {
  if (existsSync(chromiumPath) || process.env['GAMEDAY_REQUIRE_CHROMIUM'] === '1') return undefined;
  return `there is no Chromium at ${chromiumPath}: apt-get install chromium, or set CHROMIUM_PATH`;
}

export interface OpenedPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the page's console, uncaught errors included. */
  readonly complaints: readonly string[];
  /** Every address that was asked for, but for the file itself. */
  readonly requests: readonly string[];
}

export interface View {
  readonly widthPx: number;
  readonly colours: 'light' | 'dark';
  readonly javaScript?: boolean;
}

/** A browser whose pages know nothing of each other. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Opens HTML from a file, as a person would, with a profile of its own. */
export async function openPage(browser: Browser, source: string, view: View): Promise<OpenedPage> {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-browser-'));
  const file = join(folder, 'page.html');
  await writeFile(file, source);
  const context = await browser.newContext({
    viewport: { width: view.widthPx, height: 900 },
    colorScheme: view.colours,
    javaScriptEnabled: view.javaScript ?? true,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(file).href && !request.url().startsWith('data:')) requests.push(request.url());
  });
  await page.goto(pathToFileURL(file).href);
  return {
    page,
    complaints,
    requests,
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
