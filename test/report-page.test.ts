// The report as its readers see it: in Chromium, on a phone and on a desk, light and dark.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../src/report/write-report.ts';
import { chromiumPath, launchBrowser } from './support/page/browser.mjs';
import { MadeUpRun } from './support/report-runs.ts';

const SCREENSHOTS = fileURLToPath(new URL('screenshots', import.meta.url));
const NAMES = ['a fairly long name of a class', 'dog', '<b>owl</b>', 'unbreakablylongclassname'.repeat(4)];
const MADE = {
  done: () => MadeUpRun.done(),
  'long names, colour': () => MadeUpRun.done({ classes: NAMES, channels: 3 }),
  'many classes': () => MadeUpRun.done({ classes: Array.from({ length: 100 }, (_, i) => `class number ${i}`) }),
  'going on': () => MadeUpRun.goingOn(),
  'just begun': () => MadeUpRun.goingOn({ evaluations: 0, generations: 0 }),
  'without a search': () => MadeUpRun.trained(),
} as const;

const skipped = chromiumPath === undefined ? ' (skipped: "apt-get install chromium" installs one)' : '';

describe.skipIf(chromiumPath === undefined)(`the report in Chromium${skipped}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    browser = await launchBrowser();
    context = await browser.newContext();
  });
  afterAll(() => browser?.close());

  async function open(run: MadeUpRun, width: number) {
    const { files } = await writeReport(run.folder, { cacheDir: run.cacheDir });
    const page = await context.newPage();
    await page.setViewportSize({ width, height: 800 });
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    const url = pathToFileURL(files[0] ?? '').href;
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) problems.push(request.url());
    });
    await page.goto(url);
    return { page, problems };
  }

  it.each(Object.entries(MADE))('fits a phone and a desk, with everything drawn: %s', async (name, make) => {
    const { page, problems } = await open(await make(), 360);
    for (const [width, colorScheme] of [
      [360, 'light'],
      [1280, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await page.evaluate(`document.querySelectorAll('details').forEach((details) => { details.open = true; })`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.evaluate(SPILLING)).toEqual([]);
      expect(await page.evaluate(UNDRAWN)).toEqual([]);
      expect(problems).toEqual([]);
      await page.evaluate(`document.querySelectorAll('details').forEach((details) => { details.open = false; })`);
      const path = join(SCREENSHOTS, `report, ${name}, ${width}, ${colorScheme}.png`);
      await page.screenshot({ path, fullPage: true });
    }
    await page.close();
  });

  it('has a name for every drawing, image, link and region', async () => {
    const { page } = await open(await MadeUpRun.done(), 1280);
    expect(await page.evaluate(NAMELESS)).toEqual([]);
    const titles = await page.locator('h2').allInnerTexts();
    expect(new Set(titles).size).toBe(titles.length);
    const charts = await page.locator('svg').count();
    expect(await page.getByRole('img', { name: /.{20,}/ }).count()).toBeGreaterThanOrEqual(charts - 2);
    await page.close();
  });

  it('leads by keyboard from a dot to its row in the table', async () => {
    const { page } = await open(await MadeUpRun.done(), 360);
    const winner = page.getByRole('link', { name: /winner/ }).first();
    await winner.focus();
    await page.keyboard.press('Enter');
    const row = page.locator('tr:target');
    await row.waitFor();
    expect(await row.innerText()).toContain('winner');
    expect(await row.isVisible()).toBe(true);
    await page.close();
  });

  it('is light or dark as the reader prefers, with enough contrast', async () => {
    const { page } = await open(await MadeUpRun.done(), 360);
    const backgrounds: number[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const { worst, background } = await contrastOf(page);
      expect(worst).toBeGreaterThanOrEqual(4.5);
      backgrounds.push(background);
    }
    await page.close();
    expect(backgrounds[0]).toBeGreaterThan(0.8);
    expect(backgrounds[1]).toBeLessThan(0.1);
  });
});

async function contrastOf(page: Page): Promise<{ readonly worst: number; readonly background: number }> {
  return (await page.evaluate(CONTRAST)) as { worst: number; background: number };
}

/** Run in the page. Elements whose content is wider than they are, but for those that scroll. */
const SPILLING = `[...document.querySelectorAll('section, header *, section > *, figcaption, .facts div')]
  .filter((element) => !element.closest('svg, .scroll') && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
  .map((element) => element.outerHTML.slice(0, 80))`;

/** Drawings without an area, or with a part that lies outside. */
const UNDRAWN = `[...document.querySelectorAll('svg')].filter((svg) => {
  const box = svg.getBoundingClientRect();
  const parts = [...svg.querySelectorAll('rect, circle, path, text')].map((part) => part.getBoundingClientRect());
  const isInside = ({ left, right, top, bottom }) =>
    left >= box.left - 2 && right <= box.right + 2 && top >= box.top - 2 && bottom <= box.bottom + 2;
  return box.width < 250 || box.height < 30 || parts.length < 3 || !parts.every(isInside);
}).map((svg) => svg.getAttribute('aria-label') ?? svg.querySelector('title')?.textContent)`;

const NAMELESS = `[...document.querySelectorAll('svg, img, svg a, [role=region], section')]
  .filter((element) => {
    const labelled = document.getElementById(element.getAttribute('aria-labelledby'));
    const name = element.getAttribute('aria-label') || element.getAttribute('alt') || labelled?.textContent ||
      element.querySelector('title')?.textContent;
    return !name?.trim();
  })
  .map((element) => element.outerHTML.slice(0, 80))`;

/** The lowest ratio of text to the panel behind it (WCAG 2, 1.4.3), and how light the page is, 0 to 1. */
const CONTRAST = `(() => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((value) => value / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const panel = luminance(getComputedStyle(document.querySelector('section')).backgroundColor);
  const texts = [...document.querySelectorAll('h1, h2, p, dt, dd, summary, figcaption b, figcaption span')]
    .map((element) => luminance(getComputedStyle(element).color));
  const worst = Math.min(...texts.map((text) => (Math.max(text, panel) + 0.05) / (Math.min(text, panel) + 0.05)));
  return { worst, background: luminance(getComputedStyle(document.body).backgroundColor) };
})()`;
