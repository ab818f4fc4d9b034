// What is recorded in test/fixtures/golden.json holds here, and the comparison notices what does not.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser } from './support/page/browser.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const recorded: {
  readonly arithmetic: Readonly<Record<string, string>>;
  readonly decisions: Readonly<Record<string, string>>;
  readonly training: Readonly<Record<string, unknown>>;
} = JSON.parse(readFileSync(join(root, 'test/fixtures/golden.json'), 'utf8'));
const work = mkdtempSync(join(tmpdir(), 'auto-cnn-golden-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const skipped = chromiumPath === undefined ? ' (skipped: "apt-get install chromium" installs one)' : '';

describe('the golden run', () => {
  it('gives the recorded bits, and names the one that was changed', async () => {
    const planted = join(work, 'planted.json');
    const decisions = { ...recorded.decisions, fronts: '0123' };
    writeFileSync(planted, JSON.stringify({ ...recorded, decisions }));
    const { code, stdout } = await compareWith(planted);
    const lines = stdout.trim().split('\n');
    expect(lines).toEqual([
      'arithmetic: 8 of 8 agree',
      'decisions: 7 of 8 agree',
      `  fronts: recorded 0123, found ${recorded.decisions.fronts}`,
      'feeds: 15 of 15 agree',
      expect.stringMatching(/^training: (4 of 4 agree|not recorded for this kind of engine, .+)$/),
    ]);
    expect(code).toBe(1);
  });

  it.skipIf(chromiumPath === undefined)(`has the same arithmetic in Chromium${skipped}`, async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.route('**/*', (route) => {
        const { pathname } = new URL(route.request().url());
        if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: '<!doctype html>' });
        return route.fulfill({ contentType: 'text/javascript', path: join(root, pathname) });
      });
      await page.goto('https://golden.test/');
      expect(await page.evaluate(HASHES_IN_PAGE)).toEqual(recorded.arithmetic);
    } finally {
      await browser.close();
    }
  });
});

const HASHES_IN_PAGE = `(async () => {
  const { arithmetic } = await import('/scripts/golden/arithmetic.mjs');
  const hashes = {};
  for (const [name, numbers] of Object.entries(arithmetic())) {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', numbers.buffer));
    hashes[name] = [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  return hashes;
})()`;

function compareWith(file: string): Promise<{ readonly code: unknown; readonly stdout: string }> {
  const script = join(root, 'scripts/golden-run.mjs');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, file], (error, stdout) => resolve({ code: error?.code ?? 0, stdout }));
  });
}
