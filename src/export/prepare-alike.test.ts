// Files that have to be prepared: what the exported programs answer for them is what `predict` answers, or they refuse them.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder, writeIn } from '../../test/support/data-fixtures.ts';
import { PYTHON_ENV, pythonWith, serveExport } from '../../test/support/exported.ts';
import { chromiumPath, launchBrowser } from '../../test/support/page/browser.mjs';
import { PREPARED_SIZE, preparedImages } from '../../test/support/prepared-images.ts';
import { smallModel } from '../../test/support/small-model.ts';
import { readModelMetadata } from '../network/onnx/onnx-metadata.ts';
import { type ModelParts, partsOf } from '../search/trained/model-parts.ts';
import { predictFiles } from '../search/trained/predict-files.ts';
import { exportJavaScript } from './javascript.ts';
import { exportPyTorch } from './pytorch.ts';

vi.setConfig({ testTimeout: 300_000 });

const CLASSES = ['cat', 'dog', 'owl'];
const LARGEST_DIFFERENCE = 0.02;

/** One that prepares as always, and one whose training images decided otherwise. */
const MODELS = [
  { title: 'black ground, 16 bits', decided: {} },
  { title: 'white ground, 12 bits', decided: { ground: 'white', pixelRange: { low: 0, high: 4095 } } },
] as const;

interface Prepared {
  readonly title: string;
  readonly model: ModelParts;
  /** Probabilities by file, or why it is refused. */
  readonly ours: ReadonlyMap<string, readonly number[] | string>;
}

const files = await preparedImages();
let all: Promise<readonly Prepared[]> | undefined;

/** Made by the first test that asks. */
function preparedModels(): Promise<readonly Prepared[]> {
  all ??= Promise.all(MODELS.map(prepare));
  return all;
}

async function prepare({ title, decided }: (typeof MODELS)[number]): Promise<Prepared> {
  const { bytes } = smallModel('8-4-max', { channels: 3, ...PREPARED_SIZE }, CLASSES, { decided });
  const folder = await temporaryFolder();
  const path = await writeIn(folder, 'model.onnx', bytes);
  for (const [name, content] of files) await writeIn(folder, name, content);
  const { images } = await predictFiles(
    path,
    [...files.keys()].map((name) => join(folder, name)),
  );
  const ours = [...files.keys()].map((name, i): readonly [string, Answer] => {
    const image = images[i];
    if (image === undefined || 'error' in image) return [name, image?.error ?? 'missing'];
    return [name, CLASSES.map((each) => image.ranking.find(({ className }) => className === each)?.probability ?? 2)];
  });
  return { title, model: partsOf({ path, bytes, metadata: readModelMetadata(bytes, path) }), ours: new Map(ours) };
}

type Answer = readonly number[] | string;

/** The names of the files that the program refuses; fails if it answers another thing than `predict`. */
function compare({ title, ours }: Prepared, answers: ReadonlyMap<string, Answer>): Record<string, string> {
  const refused: Record<string, string> = {};
  for (const [name, own] of ours) {
    const answer = answers.get(name);
    if (answer === undefined || typeof answer === 'string') {
      refused[name] = answer ?? 'no answer';
    } else {
      expect(typeof own, `${title}: ${name} is refused by predict: ${own}`).not.toBe('string');
      const difference = Math.max(...answer.map((value, i) => Math.abs(value - Number(own[i]))));
      expect(difference, `${title}: ${name}`).toBeLessThan(LARGEST_DIFFERENCE);
    }
  }
  return refused;
}

const FLOATS = { 'float.tif': expect.stringContaining('not of 8 or 16 bits') };
/** The values of 16 bits go beyond the 12 of the model. */
const BEYOND = expect.stringMatching(
  /its values go up to \d+, but the model takes (?:16-bit images of )?0 to 4095; scale it/,
);
const DEEP = {
  'deep-grey.png': BEYOND,
  'deep-grey.tif': BEYOND,
  'deep-colour.png': BEYOND,
  'deep-transparent.png': BEYOND,
};

it('predict refuses what is not in the range of the model, and floats', async () => {
  const errors = (await preparedModels()).map(({ ours }) =>
    Object.fromEntries([...ours].filter(([, own]) => typeof own === 'string')),
  );
  const floats = { 'float.tif': expect.stringContaining('its numbers are of the type float') };
  expect(errors).toEqual([floats, { ...floats, ...DEEP }]);
});

it('the models tell the preparations apart', async () => {
  const [usual, other] = await preparedModels();
  for (const name of ['transparent.png', '12-bits.png', 'narrow.png']) {
    const [a, b] = [usual?.ours.get(name), other?.ours.get(name)];
    const differences = CLASSES.map((_, i) => Math.abs(Number(a?.[i]) - Number(b?.[i])));
    expect(Math.max(...differences), name).toBeGreaterThan(2 * LARGEST_DIFFERENCE);
  }
});

async function writeExport(exported: ReadonlyMap<string, Uint8Array | string>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of [...exported, ...files]) await writeIn(folder, name, content);
  return folder;
}

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));

async function installed({ model }: Prepared): Promise<string> {
  const folder = await writeExport(exportJavaScript(model));
  await symlink(PACKAGES, join(folder, 'node_modules'), 'dir');
  return folder;
}

interface Ranked {
  readonly name: string;
  readonly probability: number;
}

const inOrder = (ranking: readonly Ranked[]): number[] =>
  CLASSES.map((name) => ranking.find((entry) => entry.name === name)?.probability ?? 2);

describe('the Node.js script', () => {
  it('answers as predict does, or refuses', async () => {
    const refusals: Record<string, string>[] = [];
    for (const each of await preparedModels()) {
      const folder = await installed(each);
      const args = ['predict.mjs', ...files.keys(), '--json'];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
      expect(status).toBe(1);
      const answers = JSON.parse(stdout) as { file: string; classes: Ranked[] }[];
      const errors = stderr.split('\n').flatMap((line) => {
        const [, file = '', message = ''] = /^error: ([^:]+): (.*)$/.exec(line) ?? [];
        return file === '' ? [] : [[file, message] as const];
      });
      const byFile = new Map<string, Answer>([
        ...answers.map(({ file, classes }) => [file, inOrder(classes)] as const),
        ...errors,
      ]);
      refusals.push(compare(each, byFile));
    }
    const unread = { ...FLOATS, 'plain.bmp': expect.stringContaining('unsupported image format') };
    expect(refusals).toEqual([unread, { ...unread, ...DEEP }]);
  });
});

const python = pythonWith('torch', 'numpy', 'PIL');
const noPython = python === undefined ? ' (skipped: "apt-get install python3-torch python3-pil" brings PyTorch)' : '';

/** Asks `predict.py` for each image on its own; prints the answers, or what it says when it ends. */
const ASK_EACH = `
import io, json, runpy, sys, contextlib
answers = {}
for name in sys.argv[1:]:
    sys.argv = ["predict.py", name, "--json"]
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            runpy.run_path("predict.py", run_name="__main__")
        answers[name] = json.loads(out.getvalue())[0]["probabilities"]
    except SystemExit as error:
        answers[name] = str(error.code)
print(json.dumps(answers))
`;

describe.skipIf(python === undefined)(`the Python program${noPython}`, () => {
  it('answers as predict does, or refuses', async () => {
    const refusals: Record<string, string>[] = [];
    for (const each of await preparedModels()) {
      const folder = await writeExport(exportPyTorch(each.model));
      const args = ['-c', ASK_EACH, ...files.keys()];
      const { stdout, stderr, status } = spawnSync(python ?? '', args, {
        cwd: folder,
        encoding: 'utf8',
        env: PYTHON_ENV,
      });
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      refusals.push(compare(each, new Map(Object.entries(JSON.parse(stdout) as Record<string, Answer>))));
    }
    const cmyk = { 'cmyk.jpg': expect.stringContaining('CMYK colours without a profile look different') };
    const cut = expect.stringContaining('Pillow cuts colours of 16 bits to 8');
    const colours = { 'deep-colour.png': cut, 'deep-transparent.png': cut, '12-bits-colour.png': cut };
    expect(refusals).toEqual([
      { ...FLOATS, ...cmyk },
      { ...FLOATS, ...cmyk, ...DEEP, ...colours },
    ]);
  });
});

const noBrowser = chromiumPath === undefined ? ' (skipped: "apt-get install chromium" installs one)' : '';

describe.skipIf(chromiumPath === undefined)(`the page in Chromium${noBrowser}`, () => {
  it('answers as predict does, or refuses', async () => {
    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    const refusals: Record<string, string>[] = [];
    for (const each of await preparedModels()) {
      const page = await browser.newPage();
      const folder = await installed(each);
      await page.goto(await serveExport(folder));
      const contents = [...files.keys()].map((name) => [name, readFileSync(join(folder, name), 'base64')]);
      const answers = (await page.evaluate(`(${ASK})(${JSON.stringify(contents)})`)) as [string, Ranked[] | string][];
      const byFile = answers.map(
        ([name, answer]) => [name, typeof answer === 'string' ? answer : inOrder(answer)] as const,
      );
      refusals.push(compare(each, new Map(byFile)));
    }
    const turned = expect.stringContaining('it must be turned, and not all browsers do so');
    const cmyk = expect.stringContaining('CMYK colours look different in every browser');
    const unread = expect.stringContaining('could not be decoded');
    const usual = {
      'turned.webp': turned,
      'turned.png': turned,
      'cmyk.jpg': cmyk,
      'cmyk-profile.jpg': cmyk,
      ...Object.fromEntries([...files.keys()].filter((name) => name.endsWith('.tif')).map((name) => [name, unread])),
    };
    const cut = expect.stringContaining('browsers cut images of 16 bits to 8');
    const deep = [...files.keys()]
      .filter((name) => /^(?:deep|12).*png$/.test(name))
      .map((name) => [name, cut] as const);
    expect(refusals).toEqual([usual, { ...usual, ...Object.fromEntries(deep) }]);
  });
});

/** Runs in the page. */
const ASK = `async (contents) => {
  const { classify } = await import('./classify.js');
  const answers = [];
  for (const [name, content] of contents) {
    const file = new Blob([Uint8Array.from(atob(content), (byte) => byte.charCodeAt(0))]);
    answers.push([name, await classify(file).catch((error) => error.message)]);
  }
  return answers;
}`;
