// `--backbone` as its users run it: the built command line on tiny data.

import { existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '../src/random/rng.ts';
import { FAULTS } from './faults/faults.ts';
import { readFinished } from './faults/finished-run.ts';
import { survive } from './faults/survive.ts';
import { cliFolder } from './support/cli.ts';
import { smallModel } from './support/small-model.ts';

const { work, cli, read } = cliFolder();
const SEARCH = 'search digits --population 3 --generations 1 --epochs 3 --final-epochs 40 --channels 4,8 --max-depth 2';
const LONG = { timeout: 300_000 };

beforeAll(async () => {
  const model = smallModel('8-8-max-8-8', { channels: 1, height: 8, width: 8 }, ['a', 'b', 'c']);
  writeFileSync(join(work, 'extractor.onnx'), model.bytes);
  const { code, stderr } = await cli(`${SEARCH} --backbone extractor.onnx --workers 2 --out run`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}, LONG.timeout);

describe('a search behind a backbone', () => {
  it('leaves a run that stands alone: configuration, backbone, and one model of both', async () => {
    const { backbone, dataset, training } = JSON.parse(read('run', 'config.json'));
    const { dataset: described, testAccuracy } = JSON.parse(read('run', 'summary.json'));
    expect(training.optimizer.weightDecay).toBeCloseTo((60 * Math.sqrt(8)) / described.trainExamples, 2);
    expect(backbone).toEqual({
      file: join(work, 'run', 'backbone.onnx'),
      output: expect.any(String),
      mean: [0],
      std: [1 / 255],
      order: 'rgb',
      views: 1,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      features: { fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/), channels: 8, height: 4, width: 4 },
    });
    expect(dataset).toMatchObject({ size: { height: 8, width: 8 }, channels: 'grey' });
    expect(readFileSync(backbone.file)).toEqual(readFileSync(join(work, 'extractor.onnx')));
    expect(testAccuracy).toBeGreaterThan(0.5);
    const { stdout } = await cli('evaluate run/model.onnx digits --json');
    expect(JSON.parse(stdout)).toMatchObject({ accuracy: testAccuracy });
  });

  it('gives the same model again, from the configuration, wherever the run lies', LONG, async () => {
    const model = readFileSync(join(work, 'run', 'model.onnx'));
    renameSync(join(work, 'run'), join(work, 'moved'));
    const { code, stderr } = await cli('search --config moved/config.json --out again');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(join(work, 'again', 'model.onnx'))).toEqual(model);
    const { stdout } = await cli('resume moved --json');
    expect(JSON.parse(stdout)).toEqual({ ...JSON.parse(read('moved', 'summary.json')), folder: join(work, 'moved') });
    renameSync(join(work, 'moved'), join(work, 'run'));
  });

  it.runIf(process.platform === 'linux')('is the same when it is killed and resumed', LONG, async () => {
    const reference = readFinished(join(work, 'run'));
    const search = `${SEARCH} --backbone ${join(work, 'extractor.onnx')} --workers 2`.split(' ').slice(1);
    search[0] = join(work, 'digits');
    const place = { folder: join(work, 'killed'), search, cacheDir: join(work, 'other-cache') };
    const faults = Array.from({ length: 5 }, () => 'the run is killed' as const);
    const rng = createRng('kills behind a backbone');
    expect(await survive(place, { faults, table: FAULTS, rng, longestWaitMs: 3000, reference })).toEqual(reference);
  });

  it('is exported as what keeps the file, and as nothing else', async () => {
    for (const format of ['onnx', 'javascript']) {
      const { code } = await cli(`export run --format ${format} --out ${format}`);
      expect(code).toBe(0);
      expect(readFileSync(join(work, format, 'model.onnx'))).toEqual(readFileSync(join(work, 'run', 'model.onnx')));
    }
    for (const asked of ['--format pytorch', '--format keras', '--format safetensors', '--format onnx --int8']) {
      const { code, stderr } = await cli(`export run ${asked} --out refused`);
      expect({ asked, code }).toEqual({ asked, code: 2 });
      expect(stderr).toMatch(/holds a backbone, which --\S+( \S+)? cannot write; use --format onnx/);
      expect(existsSync(join(work, 'refused'))).toBe(false);
    }
  });
});

describe('a backbone that cannot be used', () => {
  beforeAll(() => {
    const bytes = readFileSync(join(work, 'extractor.onnx'));
    writeFileSync(join(work, 'truncated.onnx'), bytes.subarray(0, bytes.length / 2));
    writeFileSync(join(work, 'large.onnx'), bytes);
    truncateSync(join(work, 'large.onnx'), 2 ** 31);
    const unknown = Buffer.from(bytes);
    unknown.set(Buffer.from('Rexu'), unknown.indexOf('Relu', unknown.indexOf('"\x04Relu')));
    writeFileSync(join(work, 'unknown.onnx'), unknown);
  });

  it.each([
    ['truncated.onnx', /truncated.onnx is not an ONNX file, or damaged: .*; export it again/],
    ['large.onnx', /large.onnx has 2,048 MiB; at most 512 MiB are read/],
    ['unknown.onnx', /unknown.onnx cannot be run: .*Rexu.*; export it again/],
    ['none.onnx', /none.onnx.*does not exist; check the path/],
    ['extractor.onnx --backbone-output relu', /computes no value "relu"; the last of its \d+ values are .*, label\n/],
    ['extractor.onnx --size 16x16', /--size \(dataset.size\) is 16x16, but .* takes images of 8x8 only/],
    [
      'extractor.onnx --backbone-mean 120',
      /--backbone-mean is on the scale 0 to 1, received 120; divide values on the scale 0 to 255 by 255/,
    ],
    [
      'extractor.onnx --flip',
      /--flip changes images, but features are computed once, of images as they are; leave it out/,
    ],
  ])('is refused with what is wrong and the cure, and nothing is begun: %s', LONG, async (backbone, message) => {
    const { code, stderr } = await cli(`${SEARCH} --out refused --backbone ${backbone}`);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
    expect(existsSync(join(work, 'refused'))).toBe(false);
  });
});
