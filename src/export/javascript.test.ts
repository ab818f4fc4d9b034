// The exported page and script, run as they are, against the model that they were made of.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  EXPORTABLE,
  exportedFolder,
  IMAGE_NAMES,
  IMAGES,
  largestDifference,
  linesOf,
  serveExport,
} from '../../test/support/exported.ts';
import { chromiumPath, launchBrowser } from '../../test/support/page/browser.mjs';
import type { ModelParts } from '../search/trained/model-parts.ts';
import { exportJavaScript } from './javascript.ts';

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** As after `npm install`. */
async function installed(model: ModelParts): Promise<string> {
  const folder = await exportedFolder(exportJavaScript(model), model.metadata.input);
  await symlink(PACKAGES, join(folder, 'node_modules'), 'dir');
  return folder;
}

interface Ranked {
  readonly name: string;
  readonly probability: number;
}

/** In the order of the model's classes. */
const probabilitiesOf = ({ metadata }: ModelParts, answers: readonly (readonly Ranked[])[]): number[] =>
  answers.flatMap((ranking) =>
    metadata.classes.map((name) => ranking.find((entry) => entry.name === name)?.probability ?? Number.NaN),
  );

/** Runs the script of each folder as if it were started there, in one process. */
const PREDICT_IN_EACH = `
for (const folder of process.argv.slice(1)) {
  process.chdir(folder);
  process.argv = ['node', 'predict.mjs', ...${JSON.stringify(IMAGE_NAMES)}, '--json'];
  await import(folder + '/predict.mjs');
}`;

describe('the Node.js script', () => {
  it('gives the same probabilities, from image files', async () => {
    const folders: string[] = [];
    for (const { model } of EXPORTABLE) folders.push(await installed(model));
    const args = ['--input-type=module', '--eval', PREDICT_IN_EACH, ...folders];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const answers = linesOf<{ file: string; classes: Ranked[] }[]>(stdout);
    for (const [i, { name, model }] of EXPORTABLE.entries()) {
      expect(answers[i]?.map(({ file }) => file)).toEqual(IMAGE_NAMES);
      const rankings = answers[i]?.map(({ classes }) => classes) ?? [];
      expect(await largestDifference(model, probabilitiesOf(model, rankings)), name).toBeLessThan(1e-4);
    }
  });

  it('prints the likeliest classes, and goes on after an image that it cannot read', async () => {
    const [{ model }] = EXPORTABLE;
    const folder = await installed(model);
    await writeFile(join(folder, 'broken.png'), 'no image');
    const args = ['predict.mjs', 'broken.png', IMAGE_NAMES[0] ?? ''];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(stdout).toMatch(/^\S+\.png( {2}\S.* \d+\.\d\d %){3}\n$/);
    expect(stderr).toMatch(/^error: broken\.png: [^\n]*\n$/);
    expect(status).toBe(1);
  });
});

it('package.json names the versions that are tried here', () => {
  const [{ model }] = EXPORTABLE;
  const { dependencies } = JSON.parse(String(exportJavaScript(model).get('package.json')));
  const ours = JSON.parse(readFileSync(join(PACKAGES, '..', 'package.json'), 'utf8'));
  const known = { ...ours.dependencies, ...ours.optionalDependencies, ...ours.devDependencies };
  for (const [name, version] of Object.entries(dependencies)) expect(known[name]).toBe(version);
});

const skipped = chromiumPath === undefined ? ' (skipped: "apt-get install chromium" installs one)' : '';

describe.skipIf(chromiumPath === undefined)(`the page in Chromium${skipped}`, () => {
  it('gives the same probabilities, and shows them, without another host', async () => {
    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    const context = await browser.newContext({ viewport: { width: 360, height: 640 } });
    for (const { model } of EXPORTABLE) {
      const folder = await installed(model);
      const images = IMAGE_NAMES.map((name) => join(folder, name));
      const url = await serveExport(folder);
      const page = await context.newPage();
      const problems: string[] = [];
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('request', (request) => {
        if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(url)) problems.push(request.url());
      });
      await page.goto(url);
      const contents = images.map((image) => readFileSync(image, 'base64'));
      const rankings = (await page.evaluate(`(${ASK})(${JSON.stringify(contents)})`)) as Ranked[][];
      expect(rankings).toHaveLength(IMAGES);
      expect(await largestDifference(model, probabilitiesOf(model, rankings))).toBeLessThan(1e-4);

      const files = [...images.slice(0, 2), join(folder, 'package.json')];
      await page.setInputFiles('input', files);
      await page.waitForSelector('[role=alert]');
      const items = await page.locator('li').allInnerTexts();
      const [best] = rankings[1] ?? [];
      expect(items).toHaveLength(3);
      expect(items[1]).toContain(`${best?.name} ${(100 * (best?.probability ?? 0)).toFixed(1)} %`);
      expect(items[2]).toMatch(/^package\.json cannot be classified: /);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      expect(problems).toEqual([]);
    }
  }, 240_000);
});

/** Runs in the page. */
const ASK = `async (contents) => {
  const { classify } = await import('./classify.js');
  const answers = [];
  for (const content of contents) {
    answers.push(await classify(new Blob([Uint8Array.from(atob(content), (byte) => byte.charCodeAt(0))])));
  }
  return answers;
}`;
