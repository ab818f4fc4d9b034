// The page of suspects as a person uses it: in Chromium, by keyboard alone, on a phone and on a desk.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDataset } from '../src/data/build/build-dataset.ts';
import { readCorrections } from '../src/data/layout/read-corrections.ts';
import { writeSuspectsPage } from '../src/report/suspects/write-suspects-page.ts';
import type { FoundSuspects } from '../src/search/suspects/find-suspects.ts';
import type { RankedImage } from '../src/search/suspects/suspect-records.ts';
import { randomExamples } from './support/data-fixtures.ts';
import { chromiumPath, launchBrowser } from './support/page/browser.mjs';

const SCREENSHOTS = fileURLToPath(new URL('screenshots', import.meta.url));
const CLASSES = [
  '</script><script>document.title="hacked"</script>',
  '"; drop, me; =1+1',
  '<img src=x onerror=alert(1)>',
  'unbreakablylongclassname'.repeat(6),
  '__proto__',
];
const SHAPE = { channels: 3, height: 12, width: 20 };
const COUNT = 120;

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-suspects-page-'));

/** Noise as a data set with hostile names; a few images are near copies of others. */
function madeUp(): FoundSuspects {
  const dataset = buildDataset({
    name: '<b>pets</b>',
    shape: SHAPE,
    classes: CLASSES,
    train: randomExamples(COUNT, SHAPE, CLASSES.length),
    test: randomExamples(10, SHAPE, CLASSES.length, 2),
    notes: [],
  });
  const ranking = Array.from({ length: COUNT }, (_, index): RankedImage => {
    const label = CLASSES[index % CLASSES.length] ?? '';
    const other = { index: (index + 1) % COUNT, image: digest(index + 1), label: CLASSES[0] ?? '', correlation: 0.97 };
    return {
      index,
      image: digest(index),
      ...(index % 2 === 0 && { file: `${label}/${index}.png` }),
      label,
      suggested: CLASSES[(index + 1) % CLASSES.length] ?? '',
      selfConfidence: 0.01,
      otherConfidence: 1 - index / COUNT,
      isWrong: true,
      ...(index % 7 === 1 && { nearCopy: other }),
    };
  });
  return {
    folder,
    dataset,
    examples: dataset.train,
    corrections: [
      { image: digest(500), label: CLASSES[1], row: 2 },
      { image: `${CLASSES[0]}/0.png`, label: CLASSES[2], row: 3 },
      { image: 'other.png', label: undefined, row: 4 },
    ],
    ranking,
    records: {
      fingerprint: dataset.fingerprint,
      genome: '8-8-max',
      folds: 5,
      epochs: 3,
      classes: CLASSES,
      images: COUNT,
      accuracy: 0.9,
      thresholds: [],
      joint: [],
      wrong: COUNT,
      nearCopies: 17,
      suspects: ranking,
    },
  };
}

const digest = (index: number): string => index.toString(16).padStart(64, '0');

const skipped = chromiumPath === undefined ? ' (skipped: "apt-get install chromium" installs one)' : '';

describe.skipIf(chromiumPath === undefined)(`the page of suspects in Chromium${skipped}`, () => {
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    browser = await launchBrowser();
    url = pathToFileURL(await writeSuspectsPage(madeUp())).href;
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  async function open(context: BrowserContext, width: number) {
    const page = await context.newPage();
    await page.setViewportSize({ width, height: 800 });
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('dialog', (dialog) => {
      problems.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) problems.push(request.url());
    });
    await page.goto(url);
    return { page, problems };
  }

  const press = async (page: Page, ...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const decisions = async (page: Page) => (await page.locator('.decision').allInnerTexts()).slice(0, 8);
  const focused = (page: Page) => page.evaluate('document.activeElement.getAttribute("aria-label")');

  async function saved(page: Page): Promise<string> {
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
    expect(download.suggestedFilename()).toBe('fixed.csv');
    return readFileSync((await download.path()) ?? '', 'utf8');
  }

  it.each([
    [360, 'light'],
    [1280, 'dark'],
  ] as const)('fits %i px in %s, shows a hundred, and hostile names are text', async (width, colorScheme) => {
    const context = await browser.newContext({ colorScheme });
    const { page, problems } = await open(context, width);
    expect(await page.locator('.suspect').count()).toBe(100);
    expect(await page.title()).toBe('<b>pets</b>: doubtful labels');
    expect(await page.locator('h1').innerText()).toBe('<b>pets</b>');
    expect(await page.locator('.suspect b').first().innerText()).toBe(CLASSES[0]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const spilling = `[...document.querySelectorAll('.suspect, .suspect *, header *')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && element.tagName !== 'SELECT')
      .map((element) => element.outerHTML.slice(0, 80))`;
    expect(await page.evaluate(spilling)).toEqual([]);
    const loaded = `[...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth === 20)`;
    expect(await page.evaluate(loaded)).toBe(true);
    await page.screenshot({ path: join(SCREENSHOTS, `suspects, ${width}, ${colorScheme}.png`) });
    expect(problems).toEqual([]);
    await context.close();
  });

  it('is decided by keyboard alone, remembers when it is closed in the middle, and saves what --labels takes', async () => {
    const context = await browser.newContext({ acceptDownloads: true });
    const first = await open(context, 360);
    expect(await focused(first.page)).toMatch(/^1 of 100: /);
    await press(first.page, 'k', 'r', 'd');
    expect(await focused(first.page)).toMatch(/^4 of 100: /);
    // Another class: the fourth in the list, without the image's own.
    await press(first.page, 'c', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
    expect(await decisions(first.page)).toEqual([
      'Kept as it is',
      `Relabelled: ${CLASSES[2]}`,
      'Dropped',
      'Relabelled: __proto__',
      ...['Undecided', 'Undecided', 'Undecided', 'Undecided'],
    ]);
    expect(await first.page.locator('#status').innerText()).toMatch(/^4 of 100 decided, kept in this browser/);
    expect(first.problems).toEqual([]);
    await first.page.close();

    const second = await open(context, 1280);
    expect(await focused(second.page)).toMatch(/^5 of 100: /);
    expect((await decisions(second.page))[3]).toBe('Relabelled: __proto__');
    await press(second.page, 'd', 'u', 'r', 'ArrowUp', 'n', 'p', 'ArrowDown', 'd');
    expect(await decisions(second.page)).toEqual([
      'Kept as it is',
      `Relabelled: ${CLASSES[2]}`,
      'Dropped',
      'Relabelled: __proto__',
      `Relabelled: ${CLASSES[0]}`,
      'Dropped',
      ...['Undecided', 'Undecided'],
    ]);
    const text = await saved(second.page);
    expect(second.problems).toEqual([]);
    await context.close();

    const path = join(folder, 'fixed.csv');
    writeFileSync(path, text);
    const { rows } = await readCorrections(path);
    // The carried row of the first image, which is kept now, is gone.
    expect(rows.map(({ image, label }) => [image, label])).toEqual([
      [digest(500), '"; drop, me; =1+1'],
      ['other.png', undefined],
      [digest(1), CLASSES[2]],
      [digest(2), undefined],
      [digest(3), '__proto__'],
      [digest(4), CLASSES[0]],
      [digest(5), undefined],
    ]);
    expect(text).toContain(`"${digest(0)}"`);
  });

  it('keeps other decisions for other data, and says where a browser keeps nothing', async () => {
    const context = await browser.newContext();
    await context.addInitScript(
      `Object.defineProperty(Storage.prototype, 'setItem', { value: () => { throw new Error('full'); } })`,
    );
    const { page, problems } = await open(context, 1280);
    await press(page, 'd');
    expect(await page.locator('#status').innerText()).toBe(
      '1 of 100 decided, NOT kept when the page is closed: save them',
    );
    expect(problems).toEqual([]);
    await context.close();
    const fresh = await browser.newContext();
    const other = await open(fresh, 1280);
    await other.page.evaluate(
      `localStorage.setItem('auto-cnn suspects other', '{"${digest(0)}":{"decision":"drop"}}')`,
    );
    await other.page.reload();
    expect((await decisions(other.page))[0]).toBe('Undecided');
    await fresh.close();
  });
});
