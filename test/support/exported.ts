// Models that show everything an export has to get right, image files for them, and what they answer.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type ImageShape, imageSizeOf } from '../../src/data/set/dataset.ts';
import { DeployedModel } from '../../src/engine/scoring/deployed-model.ts';
import { readModelMetadata } from '../../src/network/onnx/onnx-metadata.ts';
import { type ModelParts, partsOf } from '../../src/search/trained/model-parts.ts';
import { encodePng, temporaryFolder, writeIn } from './data-fixtures.ts';
import { runtime } from './run-graph.ts';
import { noiseImages, smallModel } from './small-model.ts';

export const IMAGES = 100;

function exportable(name: string, ...model: Parameters<typeof smallModel>): { name: string; model: ModelParts } {
  const { bytes } = smallModel(...model);
  const path = `${name}.onnx`;
  return { name, model: partsOf({ path, bytes, metadata: readModelMetadata(bytes, path) }) };
}

export const EXPORTABLE = [
  exportable('skip layers and both kinds of pooling, odd sizes, grey', '8-4-max-2-8-mean', shapeOf(1, 13, 11), [
    'cat',
    'a "quoted" \\ dog',
    "o'owl, ünï¢ode 🦉",
    '4',
  ]),
  exportable(
    'identity shortcuts, global average pooling, dropout and a hidden layer, colour',
    '8-4-2-4-max',
    shapeOf(3, 12, 10),
    ['cat', 'dog', 'owl'],
    {
      shortcut: 'where-channels-differ',
      head: [
        { type: 'globalAveragePooling' },
        { type: 'dense', units: 9 },
        { type: 'dropout', rate: 0.4 },
        { type: 'dense', units: 'classes' },
      ],
    },
  ),
  exportable(
    'a hidden layer and a dropout on flattened maps',
    '4-8',
    shapeOf(3, 5, 6),
    Array.from({ length: 30 }, (_, i) => `class ${i}`),
    {
      head: [
        { type: 'flatten' },
        { type: 'dropout', rate: 0.2 },
        { type: 'dense', units: 8 },
        { type: 'dense', units: 'classes', activation: 'softmax' },
      ],
    },
  ),
  exportable('no skip layer, colour', 'max', shapeOf(3, 6, 4), ['cat', 'dog']),
  exportable('stages, the image and its mirror image', '4max8-8mean4', shapeOf(3, 9, 7), ['cat', 'dog'], {
    views: 2,
  }),
  exportable('an ensemble of three networks with skip layers', '4-8-max', shapeOf(3, 7, 6), ['cat', 'dog', 'owl'], {
    members: 3,
  }),
  exportable('an ensemble, each member of which looks twice', '4max4', shapeOf(1, 6, 9), ['cat', 'dog'], {
    members: 2,
    views: 2,
  }),
  exportable('no layers', '', shapeOf(3, 6, 4), ['cat', 'dog']),
] as const;

function shapeOf(channels: number, height: number, width: number): ImageShape {
  return { channels, height, width };
}

/** The images of a shape that exports are tried on. */
const pixelsOf = (shape: ImageShape): Uint8Array => noiseImages(IMAGES, shape);

/** The names of the image files in a folder with an export. */
export const IMAGE_NAMES = Array.from({ length: IMAGES }, (_, i) =>
  join('images', `${String(i).padStart(3, '0')}.png`),
);

/** A temporary folder with the files of an export, and image files. */
export async function exportedFolder(
  files: ReadonlyMap<string, Uint8Array | string>,
  shape: ImageShape,
): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of files) await writeIn(folder, name, content);
  for (const [i, png] of (await pngsOf(shape)).entries()) await writeIn(folder, IMAGE_NAMES[i] ?? '', png);
  return folder;
}

const encoded = new Map<string, Promise<Buffer[]>>();

function pngsOf(shape: ImageShape): Promise<Buffer[]> {
  const key = JSON.stringify(shape);
  const [pixels, size] = [pixelsOf(shape), imageSizeOf(shape)];
  const pngs =
    encoded.get(key) ??
    Promise.all(IMAGE_NAMES.map((_, i) => encodePng(pixels.subarray(i * size, (i + 1) * size), shape)));
  encoded.set(key, pngs);
  return pngs;
}

/** Between what an export answers for the images and what the model itself does. Infinite if answers are missing. */
export async function largestDifference({ bytes, path, metadata }: ModelParts, answers: ArrayLike<number>) {
  const model = await DeployedModel.load(runtime, bytes, path);
  const { probabilities } = await model.predict(pixelsOf(metadata.input), metadata.input);
  await model.release();
  if (answers.length !== probabilities.length) return Number.POSITIVE_INFINITY;
  return probabilities.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (answers[i] ?? 2))), 0);
}

/** Keras takes TensorFlow unless told otherwise. */
export const PYTHON_ENV = { KERAS_BACKEND: 'jax', ...process.env };

/** Runs `predict.py` in each folder as if it were started there, in one process: loading a framework takes seconds. */
export function predictInEach(python: string, folders: readonly string[], modulePath = '') {
  const args = ['-c', PREDICT_IN_EACH, folders.join(delimiter), ...IMAGE_NAMES, '--json'];
  return spawnSync(python, args, { encoding: 'utf8', env: { ...PYTHON_ENV, PYTHONPATH: modulePath } });
}

const PREDICT_IN_EACH = `
import os, runpy, sys
folders, words = sys.argv[1].split(os.pathsep), sys.argv[2:]
for folder in folders:
    os.chdir(folder)
    sys.modules.pop("model", None)
    sys.argv = ["predict.py", *words]
    runpy.run_path("predict.py", run_name="__main__")
`;

/** What a line for each of `EXPORTABLE` says. */
export function linesOf<T>(stdout: string): T[] {
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(EXPORTABLE.length);
  return lines.map((line) => JSON.parse(line));
}

/** A Python that has all of these modules; undefined if there is none. Debian's packages are for its own. */
export function pythonWith(...modules: readonly string[]): string | undefined {
  const program = `import importlib.util, sys; sys.exit(not all(map(importlib.util.find_spec, sys.argv[1:])))`;
  return ['python3', '/usr/bin/python3'].find((python) => spawnSync(python, ['-c', program, ...modules]).status === 0);
}

/** `npm start` in the folder of an exported page. @returns its address with a slash. */
export async function serveExport(folder: string): Promise<string> {
  const server = spawn(process.execPath, ['serve.mjs'], { cwd: folder, env: { ...process.env, PORT: '0' } });
  onTestFinished(() => {
    server.kill();
  });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  return `${line.toString().trim()}/`;
}
