import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderHtml } from '../../reports/html.ts';
import { renderJunit } from '../../reports/junit.ts';
import { exampleRun } from '../reports/example-run.ts';
import { hostileText, withObjective } from '../reports/with-record.ts';
import { openBrowser, openPage, whyNoBrowser, type OpenedPage, type View } from './open-page.ts';

const missing = whyNoBrowser();
const title = (name: string): string => (missing === undefined ? name : `${name} (skipped: ${missing})`);
const inBrowser = test.skipIf(missing !== undefined);

const failingPage = renderHtml(exampleRun('failing'));

let browser: Browser | undefined;
/** The page that is only looked at is opened once: a person turns a tablet and switches the mode, too. */
let shared: OpenedPage | undefined;
beforeAll(async () => {
  if (missing !== undefined) return;
  browser = await openBrowser();
  shared = await open(failingPage, { widthPx: 1280, colours: 'light' });
});
afterAll(async () => {
  await shared?.[Symbol.asyncDispose]();
  await browser?.close();
});

/** The page of the failing run, as it is seen. */
async function seen({ widthPx, colours }: View): Promise<OpenedPage> {
  if (!shared) throw new Error('There is no browser.');
  await shared.page.setViewportSize({ width: widthPx, height: 900 });
  await shared.page.emulateMedia({ colorScheme: colours });
  return shared;
}

function open(source: string, view: View): ReturnType<typeof openPage> {
  if (!browser) throw new Error('There is no browser.');
  return openPage(browser, source, view);
}

const views: View[] = [320, 390, 768, 1280].flatMap((widthPx): View[] => [
  { widthPx, colours: 'light' },
  { widthPx, colours: 'dark' },
]);

// What runs inside the page is text, so that the types of a browser do not reach the rest of the project.

/** Elements that stick out of the page and are not in a box that scrolls by itself. */
const elementsBeyondTheEdge = `
  [...document.querySelectorAll('body *')]
    .filter((element) => element.closest('.scroll table, .replay code, svg, .objectives thead') === null)
    .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .map((element) => element.outerHTML.slice(0, 120))`;

/** Of each panel, the sizes of the drawings that are shown. */
const drawingsOfPanels = `
  [...document.querySelectorAll('.panel')].map((panel) => [...panel.querySelectorAll('.drawing svg')]
    .map((drawing) => drawing.getBoundingClientRect().toJSON())
    .filter(({ width, height }) => width > 0 && height > 0))`;

/** Text inside a drawing is scaled with it. */
const smallestTextPx = `
  Math.min(...[...document.querySelectorAll('.drawing svg text')]
    .map((text) => text.getBoundingClientRect().height)
    .filter((height) => height > 0))`;

const failedColour = `getComputedStyle(document.querySelector('#operation-0-outcomes .wide path[fill="var(--failed)"]')).fill`;

for (const view of views) {
  inBrowser(title(`reads well at ${view.widthPx} px in ${view.colours} mode`), async () => {
    const { page, complaints, requests } = await seen(view);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(view.widthPx);
    expect(await page.evaluate<string[]>(elementsBeyondTheEdge)).toEqual([]);
    const charts = await page.evaluate<{ width: number; height: number }[][]>(drawingsOfPanels);
    expect(charts.length).toBeGreaterThanOrEqual(9);
    for (const shown of charts) {
      expect(shown).toHaveLength(1);
      expect(shown[0]?.width).toBeGreaterThan(Math.min(view.widthPx, 1152) * 0.85);
      expect(shown[0]?.height).toBeGreaterThan(90);
    }
    expect(await page.evaluate<number>(smallestTextPx)).toBeGreaterThanOrEqual(9);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
  });
}

inBrowser(title('shows the verdicts and their numbers'), async () => {
  const { page } = await seen({ widthPx: 1280, colours: 'light' });
  expect(await page.title()).toBe('FAIL: source-throttling');
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('source-throttling');
  const rows = await page.getByRole('table', { name: 'Objectives' }).getByRole('row').allInnerTexts();
  expect(rows).toHaveLength(6);
  expect(rows[1]).toMatch(/FAIL[\s\S]*waits-for-retry-after[\s\S]*1105 attempts limit 0[\s\S]*1146/);
  expect(rows[5]).toMatch(/INCONCLUSIVE[\s\S]*nothing-lost/);
});

inBrowser(title('stays a table for a screen reader where its cells stand below each other'), async () => {
  const { page } = await seen({ widthPx: 320, colours: 'light' });
  const table = page.getByRole('table', { name: 'Objectives' });
  expect(await table.getByRole('row').count()).toBe(6);
  expect(await table.getByRole('columnheader').allInnerTexts()).toEqual([
    'Verdict',
    'Objective and finding',
    'Figures',
    'Observations',
  ]);
});

inBrowser(title('colours its charts for the mode of the reader'), async () => {
  const fillOf = async (colours: 'light' | 'dark'): Promise<string> => {
    const { page } = await seen({ widthPx: 1280, colours });
    return page.evaluate<string>(failedColour);
  };
  expect(await fillOf('light')).toBe('rgb(194, 65, 42)');
  expect(await fillOf('dark')).toBe('rgb(226, 96, 74)');
});

inBrowser(title('copies exactly the command that repeats the run'), async () => {
  const { page } = await seen({ widthPx: 1280, colours: 'light' });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(
    'npx gameday run source-throttling --seed 7 --defect A6',
  );
});

inBrowser(title('reads all charts at the moment that is pointed at'), async () => {
  const { page, complaints } = await seen({ widthPx: 1280, colours: 'light' });
  const chart = page.locator('#backlog .drawing:visible');
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  if (box === null) throw new Error('The chart is not there.');
  // The plot lies between its margins of 46 and 18 of 1080; the middle of it is 60 s into the run of 120 s.
  const middle = box.x + (box.width * (46 + (1080 - 46 - 18) / 2)) / 1080;
  await page.mouse.move(middle, box.y + box.height / 2);
  expect(await page.locator('.moment').innerText()).toBe('60.0 s');
  expect(await page.locator('#backlog output').innerText()).toBe('520');
  expect(await page.locator('#operation-0-completion output').allInnerTexts()).toEqual([
    expect.stringMatching(/^2\.\d\d s$/),
    '3.00 s',
    '3.00 s',
  ]);
  await page.mouse.move(2, 2);
  expect(await page.locator('#backlog output').innerText()).toBe('');
  expect(complaints).toEqual([]);
});

inBrowser(title('needs no script: all is there but the button'), async () => {
  await using opened = await open(failingPage, { widthPx: 390, colours: 'light', javaScript: false });
  const { page } = opened;
  expect(await page.getByRole('button').count()).toBe(0);
  expect(await page.locator('.panel .drawing:visible svg').count()).toBeGreaterThanOrEqual(9);
  expect(await page.locator('#replay').innerText()).toContain('npx gameday run source-throttling --seed 7 --defect A6');
});

inBrowser(title('runs nothing that a target says'), async () => {
  const source = renderHtml(withObjective({ outcome: 'fail', finding: hostileText, counterexamples: [hostileText] }));
  await using opened = await open(source, { widthPx: 1280, colours: 'light' });
  expect(await opened.page.title()).toBe('FAIL: source-throttling');
  expect(opened.complaints).toEqual([]);
  expect(opened.requests).toEqual([]);
});

inBrowser(title('forbids itself scripts and requests that got in all the same'), async () => {
  const attack = '<script>document.title="owned"</script><img src="http://127.0.0.1:9/x.png"></main>';
  await using opened = await open(failingPage.replace('</main>', attack), { widthPx: 1280, colours: 'light' });
  expect(await opened.page.title()).toBe('FAIL: source-throttling');
  expect(opened.complaints.join('\n')).toMatch(/Content Security Policy/);
});

inBrowser(title('JUnit of a hostile target is well-formed XML with the same cases'), async () => {
  const { page } = await seen({ widthPx: 390, colours: 'light' });
  const xml = renderJunit(
    withObjective({ outcome: 'fail', finding: hostileText, counterexamples: [hostileText, hostileText] }),
  );
  const found = await page.evaluate<{ errors: number; cases: number; failure: string }>(`(() => {
    const parsed = new DOMParser().parseFromString(${JSON.stringify(xml)}, 'text/xml');
    return {
      errors: parsed.querySelectorAll('parsererror').length,
      cases: parsed.querySelectorAll('testsuites > testsuite > testcase').length,
      failure: parsed.querySelector('testcase[name="nothing-lost"] > failure')?.textContent ?? '',
    };
  })()`);
  expect(found).toMatchObject({ errors: 0, cases: 5 });
  expect(found.failure).toContain('<script>document.title="owned"</script>');
});
