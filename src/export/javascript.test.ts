// The exported page and script, run as they are, against the model that they were made of.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chromiumPath, launchBrowser } from '../../test/support/browser.ts';
import { EXPORTABLE, exportedFolder, IMAGES, largestDifference } from '../../test/support/exported.ts';
import type { ModelParts } from '../search/trained/model-parts.ts';
import { exportJavaScript } from './javascript.ts';

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** As after `npm install`. */
async function installed(model: ModelParts) {
  const exported = await exportedFolder(exportJavaScript(model), model.metadata.input);
  await symlink(PACKAGES, join(exported.folder, 'node_modules'), 'dir');
  return exported;
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

describe('the Node.js script', () => {
  it.each(EXPORTABLE)('gives the same probabilities, from image files: $name', async ({ model }) => {
    const { folder, images } = await installed(model);
    const { stdout, stderr, status } = spawnSync(process.execPath, ['predict.mjs', ...images, '--json'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const answers: { file: string; classes: Ranked[] }[] = JSON.parse(stdout);
    expect(answers.map(({ file }) => file)).toEqual(images);
    const rankings = answers.map(({ classes }) => classes);
    expect(await largestDifference(model, probabilitiesOf(model, rankings))).toBeLessThan(1e-4);
  });

  it('prints the likeliest classes, and goes on after an image that it cannot read', async () => {
    const [{ model }] = EXPORTABLE;
    const { folder, images } = await installed(model);
    await writeFile(join(folder, 'broken.png'), 'no image');
    const args = ['predict.mjs', 'broken.png', images[0] ?? ''];
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
    for (const { model } of EXPORTABLE) {
      const { folder, images } = await installed(model);
      const url = await serve(folder);
      const page = await browser.newPage({ viewport: { width: 360, height: 640 } });
      const problems: string[] = [];
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('request', (request) => {
        if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(url)) problems.push(request.url());
      });
      await page.goto(url);
      const rankings = (await page.evaluate(`(${ASK})(${JSON.stringify(images)})`)) as Ranked[][];
      expect(rankings).toHaveLength(IMAGES);
      expect(await largestDifference(model, probabilitiesOf(model, rankings))).toBeLessThan(1e-4);

      const files = [...images.slice(0, 2).map((image) => join(folder, image)), join(folder, 'package.json')];
      await page.setInputFiles('input', files);
      await page.waitForSelector('[role=alert]');
      const items = await page.locator('li').allInnerTexts();
      const [best] = rankings[1] ?? [];
      expect(items).toHaveLength(3);
      expect(items[1]).toContain(`${best?.name} ${(100 * (best?.probability ?? 0)).toFixed(1)} %`);
      expect(items[2]).toMatch(/^package\.json cannot be classified: /);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      expect(problems).toEqual([]);
      await page.close();
    }
  }, 240_000);
});

/** Runs in the page. */
const ASK = `async (paths) => {
  const { classify } = await import('./classify.js');
  const answers = [];
  for (const path of paths) answers.push(await classify(await (await fetch(path)).blob()));
  return answers;
}`;

/** `npm start`; its address. */
async function serve(folder: string): Promise<string> {
  const server = spawn(process.execPath, ['serve.mjs'], { cwd: folder, env: { ...process.env, PORT: '0' } });
  onTestFinished(() => {
    server.kill();
  });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  return `${line.toString().trim()}/`;
}
