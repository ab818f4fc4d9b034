// Bad input at the command line: one line that says what, where and how to mend it; exit code 2; nothing written.

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { acquireLock } from '../src/files/lock.ts';
import { runCli } from './support/cli.ts';
import { encodeIdx, plainImage, writeIn } from './support/data-fixtures.ts';
import { runInProcess } from './support/run-program.ts';
import { writeTinyDigits } from './support/tiny-digits.ts';

const root = mkdtempSync(join(tmpdir(), 'auto-cnn-errors-'));
const cacheDir = join(root, 'cache');
const work = join(root, 'work');
const startedFrom = process.cwd();
const SMALL = ['--population', '4', '--generations', '1', '--final-epochs', '2'];
/** Weights of some of its networks take more than 4 kB. */
const FAST = [...SMALL, '--channels', '4,16', '--max-depth', '2', '--epochs', '1'];

const cli = (args: readonly string[], shell?: string) =>
  runCli(args, { cwd: work, cacheDir, ...(shell !== undefined && { shell }) });

beforeAll(async () => {
  mkdirSync(work);
  await writeTinyDigits(join(work, 'digits'));
  const { code, stderr } = await cli(['search', 'digits', '--out', 'done', ...FAST]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await writeBadData();
  process.chdir(work);
  vi.stubEnv('AUTO_CNN_CACHE', cacheDir);
});
afterAll(() => {
  process.chdir(startedFrom);
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

describe('bad input', () => {
  const cases: readonly (readonly [command: string, message: RegExp])[] = [
    // Data
    ['search', /the data is missing: give a name or a folder, such as "auto-cnn search mnist"/],
    [
      'search nowhere',
      /No data set "nowhere": .*\(mnist, fashion-mnist, cifar10, cifar100\).* nor an existing path \(looked for .*nowhere\); check the path/,
    ],
    ['search minst', /No data set "minst": .*; did you mean mnist\?/],
    ['search text.txt', /Cannot use .*text\.txt as a data set: a file must end in .*; .*give the folder/],
    [
      'search cut',
      /train-images-idx3-ubyte, byte 300: cut off: .* 336 bytes in all, but the data ends after 300; copy it/,
    ],
    ['search long', /train-images-idx3-ubyte, byte 336: unexpected bytes: .* but more follow; copy it again/],
    [
      'search magic',
      /train-images-idx3-ubyte, byte 0: not an IDX file: it starts with 50 4b 03 04, expected 00 00 08 03/,
    ],
    ['search count', /train-labels-idx1-ubyte, byte 4: 19 labels, but .*train-images-idx3-ubyte has 20 images/],
    [
      'search one-class',
      /one-class as a data set: all its images lie in one class folder.*add images of another class/,
    ],
    [
      'search no-images',
      /no-images as a data set: it holds no images \(PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP, PPM\).*put the images/,
    ],
    [
      'search broken',
      /broken[/\\]dogs[/\\]2\.png: the image cannot be decoded .*mend or remove it, or .* --skip-broken/,
    ],
    ['search digits --train-limit 3', /--train-limit 3 is too small: .* 10 classes .*; use --train-limit 10 or more/],
    ['search digits --search-limit 2', /--search-limit 2 is too small: .*; use --search-limit 10 or more/],
    // Names and flags
    ['serch digits', /unknown command 'serch'; did you mean search\?/],
    ['search digits --populaton 4', /unknown option '--populaton'; did you mean --population\?/],
    // Numbers
    ['search digits --population 1', /--population must be at least 2, received 1/],
    ['search digits --channels 8,12', /channels, entry 2: a filter count is a power of two: use 8 or 16; received 12/],
    ['search digits --max-parameters 3', /no network fits maxParameters 3: the smallest.*raise maxParameters to/],
    // Configuration files
    ['search digits --config missing.json', /Cannot read missing\.json: it does not exist; check the path/],
    ['search digits --config text.txt', /text\.txt is not valid JSON: .*; fix it/],
    ['search digits --config type.json', /type\.json: training\.epochs must be a number, received "two"/],
    ['search digits --config key.json', /key\.json: searchSpace\.maxDeph is not a known key; did you mean maxDepth\?/],
    [
      'search digits --config weights.json',
      /weights\.json: mutationWeights must add up to 1, received .*, which is 0\.8/,
    ],
    ['search digits --config low.json', /low\.json: population must be at least 2, received 1/],
    // Folders
    [
      'search digits --out done',
      /done is already a run; continue it with "auto-cnn resume done", or give another folder/,
    ],
    ['search digits --out broken', /broken is neither empty nor a run; give an empty or a new folder with --out/],
    ['search digits --out text.txt', /Cannot create the folder .*text\.txt: a file is in its place; check the path/],
    ['search digits --out text.txt/run', /Cannot create the folder .*: a part of the path is a file/],
    ['resume nowhere', /the folder .*nowhere does not exist; give the folder of a run/],
    ['resume broken', /broken is not a run: it has no config\.json; give a folder that "auto-cnn search" created/],
    // Models
    [
      'evaluate missing.onnx digits',
      /the model missing\.onnx cannot be read: it does not exist; give the model\.onnx of a run/,
    ],
    ['evaluate text.txt digits', /text\.txt is not an ONNX file \(.*\); give the model\.onnx of a run/],
    [
      'evaluate foreign.onnx digits',
      /foreign\.onnx is an ONNX file, but auto-cnn did not write it: .*; give the model\.onnx/,
    ],
    ['evaluate cut.onnx digits', /cut\.onnx is not an ONNX file \(.*\); give the model\.onnx of a run/],
    [
      'evaluate done pets',
      /pets has images of classes that .*model\.onnx does not know: cats \(4 images\), dogs \(4 images\); it tells 0, 1, 2, /,
    ],
    ['evaluate done digits --size 9x9', /model\.onnx takes images of 8x8x1, not 9x9x1; leave --size/],
    // Genomes
    ['inspect 128 --input 28x28x1', /genome "128", token 1 \("128"\): .* the second is missing/],
  ];

  let before: readonly string[];
  beforeAll(() => {
    before = listing();
  });

  it.each(cases)('auto-cnn %s', async (command, message) => {
    const { code, stdout, stderr } = await runInProcess(...command.split(' '));
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it.each(['search broken', 'search digits --max-parameters 3', 'evaluate foreign.onnx digits'])(
    'auto-cnn %s says the same in a process of its own, and ends',
    async (command) => {
      const { stderr } = await runInProcess(...command.split(' '));
      expect(await cli(command.split(' '))).toEqual({ code: 2, stdout: '', stderr });
    },
  );

  it('leaves nothing behind', () => {
    expect(listing()).toEqual(before);
  });
});

describe('bad options', () => {
  const cases: readonly (readonly [command: string, message: RegExp])[] = [
    ['search digits --size 32', /--size must be HEIGHTxWIDTH, such as 32x32, received "32"/],
    [
      'search digits --channels-in gray',
      /--channels-in must be one of grey, rgb, received "gray"; did you mean grey\?/,
    ],
    ['search digits --test 1', /--test must be less than 1, received 1/],
    ['search digits --validation 0', /--validation must be greater than 0, received 0/],
    [
      'search digits --validation test',
      /--validation must be a share greater than 0 and less than 1, or part: the validation part of the data, received "test"/,
    ],
    ['search digits --validation part', /validation is "part", but digits has no validation part; add one,/],
    [
      'search digits --optimizer adma',
      /--optimizer must be one of adam, adamw, muon, sgd, rmsprop, received "adma"; did you mean adam\?/,
    ],
    [
      'search digits --strategy genetic',
      /--strategy must be one of generational, steady-state, random, received "genetic"; did you mean generational\?/,
    ],
    ['search digits --schedule one-cycel', /--schedule must be one of .*; did you mean one-cycle\?/],
    ['search digits --population many', /--population must be a number, such as 8, 0\.5 or 2e6, received "many"/],
    ['search digits --crossover-probability 1.5', /--crossover-probability must be at most 1, received 1\.5/],
    ['search digits --mutation-probability -0.1', /--mutation-probability must be at least 0, received -0\.1/],
    ['search digits --learning-rate 0', /--learning-rate must be greater than 0, received 0/],
    ['search digits --workers 0', /--workers must be at least 1, received 0/],
    ['search digits --timeout 3d', /--timeout must be a time, such as 30s, 5m or 1h, received "3d"/],
    ['resume done --workers none', /--workers must be a number/],
    ['inspect 128-64-mux --input 28x28x1', /genome "128-64-mux", token 3 \("mux"\): .*; did you mean max\?/],
    [
      'inspect 128-63 --input 28x28x1',
      /genome "128-63", token 2 \("63"\): a filter count is a power of two: use 32 or 64/,
    ],
    [
      'inspect 128-64 --input 28x28x1 --channels 8,16',
      /outside the search space: .* has 128 filters, allowed are 8, 16/,
    ],
    ['inspect max-max --input 2x2', /genome "max-max": layer 2 \(max pool\) would leave no pixel of 1x1/],
    ['inspect 128-64', /required option '--input <HxWxC>' not specified/],
  ];

  it.each(cases)('auto-cnn %s', async (command, message) => {
    const { code, stdout, stderr } = await runInProcess(...command.split(' '));
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('a run', () => {
  it('on which a living process works is refused', async () => {
    const lock = await acquireLock(join(copyOfRun('locked'), 'lock'));
    const { code, stderr } = await runInProcess('resume', 'locked');
    lock.release();
    expect(code).toBe(2);
    expect(stderr).toMatch(
      new RegExp(`^error: the run is being worked on by process ${process.pid} .*wait for it.*\n$`),
    );
  });

  it('whose journal has a torn last line goes on, and says so', async () => {
    const journal = join(copyOfRun('torn'), 'journal.jsonl');
    truncateSync(journal, readFileSync(journal).length - 25);
    const { code, stdout, stderr } = await cli(['resume', 'torn']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /note: The last line of .*journal\.jsonl was torn and is dropped; its candidate is evaluated/,
    );
    expect(resultOf('torn')).toEqual(resultOf('done'));
  });

  it('whose journal is damaged in the middle is refused with file and line, and left as it is', async () => {
    const journal = join(copyOfRun('damaged'), 'journal.jsonl');
    const lines = readFileSync(journal, 'utf8').split('\n');
    const damaged = lines.map((line, i) => (i === 2 ? line.replace('fitness', 'fatness') : line)).join('\n');
    writeFileSync(journal, damaged);
    const { code, stderr } = await runInProcess('resume', 'damaged');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: .*journal\.jsonl, line 3 is damaged: .*restore the file from a copy[^\n]*\n$/);
    expect(readFileSync(journal, 'utf8')).toBe(damaged);
  });

  // A limit on the size of files is a full disk that needs no rights. The shell counts in 512 bytes.
  it.skipIf(process.platform === 'win32').each([
    [
      'journal',
      [
        ...SMALL,
        '--channels',
        '2',
        '--max-parameters',
        '250',
        '--max-depth',
        '3',
        '--epochs',
        '10',
        '--population',
        '3',
      ],
      'roomy',
    ],
    ['weights', FAST, 'done'],
  ])('that finds no room for its %s says so and loses nothing', async (what, settings, roomy) => {
    const args = ['search', 'digits', ...settings, '--out'];
    const full = await cli([...args, `full-${what}`], `ulimit -f 8; trap '' XFSZ; exec "$@"`);
    expect(full.code).toBe(2);
    expect(full.stderr).toMatch(
      what === 'journal'
        ? /^error: .*journal\.jsonl cannot be written: .*; what it held is intact: make room, then resume the run\n$/
        : /^error: Cannot write .*\.safetensors: .*\n$/,
    );
    expect(readFileSync(join(work, `full-${what}`, 'journal.jsonl'), 'utf8')).toMatch(/\n$/);
    const resumed = await cli(['resume', `full-${what}`]);
    expect({ code: resumed.code, stderr: resumed.stderr }).toEqual({ code: 0, stderr: '' });
    expect(resumed.stdout).not.toContain('torn');
    if (roomy !== 'done') await cli([...args, roomy]);
    expect(resultOf(`full-${what}`)).toEqual(resultOf(roomy));
  });
});

/** A copy of the run that is done, as if it had been stopped before the end. */
function copyOfRun(name: string): string {
  const folder = join(work, name);
  cpSync(join(work, 'done'), folder, { recursive: true });
  for (const file of ['summary.json', 'model.onnx']) rmSync(join(folder, file));
  return folder;
}

/** What must not depend on what befell a run. */
function resultOf(name: string) {
  const read = (file: string) => readFileSync(join(work, name, file));
  const { genome, testAccuracy, testLoss } = JSON.parse(read('summary.json').toString());
  return { genome, testAccuracy, testLoss, model: read('model.onnx').toString('base64') };
}

function listing(): readonly string[] {
  return readdirSync(work, { recursive: true }).map(String).toSorted();
}

async function writeBadData(): Promise<void> {
  const labels = encodeIdx(
    [20],
    Uint8Array.from({ length: 20 }, (_, i) => i % 2),
  );
  const images = encodeIdx([20, 4, 4], new Uint8Array(320));
  const idx = async (name: string, imageBytes: Uint8Array, labelBytes: Uint8Array = labels) => {
    await writeIn(work, join(name, 'train-images-idx3-ubyte'), imageBytes);
    await writeIn(work, join(name, 'train-labels-idx1-ubyte'), labelBytes);
  };
  await idx('cut', images.subarray(0, 300));
  await idx('long', Buffer.concat([images, Buffer.alloc(64)]));
  await idx('magic', Buffer.concat([Buffer.from('PK\x03\x04'), images.subarray(4)]));
  await idx('count', images, encodeIdx([19], new Uint8Array(19)));
  for (const [i, colour] of ['red', 'lime', 'blue', 'white'].entries()) {
    const image = await plainImage(colour, { height: 8, width: 8 });
    for (const folder of ['one-class/cats', 'broken/cats', 'broken/dogs', 'pets/cats', 'pets/dogs']) {
      await writeIn(work, join(folder, `${i}.png`), image);
    }
  }
  await writeIn(work, join('broken', 'dogs', '2.png'), 'no image');
  await writeIn(work, join('no-images', 'notes.txt'), 'nothing to see');
  await writeIn(work, 'text.txt', 'hello');
  const model = readFileSync(join(work, 'done', 'model.onnx'));
  await writeIn(work, 'cut.onnx', model.subarray(0, model.length - 100));
  await writeIn(work, 'foreign.onnx', Buffer.from(model.toString('latin1').replace('classes', 'klasses'), 'latin1'));
  const config = { dataset: { source: 'digits' } };
  const configs = {
    type: { ...config, training: { epochs: 'two' } },
    key: { ...config, searchSpace: { maxDeph: 3 } },
    weights: { ...config, mutationWeights: [0.5, 0.1, 0.1, 0.1] },
    low: { ...config, population: 1 },
  };
  for (const [name, content] of Object.entries(configs)) await writeIn(work, `${name}.json`, JSON.stringify(content));
}
