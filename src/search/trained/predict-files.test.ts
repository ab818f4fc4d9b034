import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePng, pixelsOf, temporaryFolder, writeIn } from '../../../test/support/data-fixtures.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { noiseImages, smallModel } from '../../../test/support/small-model.ts';
import { loadDataset } from '../../data/load-dataset.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import { DataFormatError, InvalidInputError } from '../../errors.ts';
import { type FilePrediction, predictFiles } from './predict-files.ts';

const CLASSES = ['cat', 'dog', 'owl'];

/** Images of many kinds in class folders, and a model for them. */
async function photos(channels: 1 | 3) {
  const folder = await temporaryFolder();
  const colour = { channels: 3, height: 40, width: 20 };
  const noise = await encodePng(noiseImages(1, colour), colour);
  await writeIn(folder, 'data/cat/tall.png', noise);
  await writeIn(folder, 'data/cat/turned.jpg', await sharp(noise).withMetadata({ orientation: 6 }).jpeg().toBuffer());
  await writeIn(folder, 'data/dog/small.webp', await sharp(noise).resize(5, 4).webp().toBuffer());
  await writeIn(folder, 'data/dog/clear.png', await sharp(noise).ensureAlpha(0.4).png().toBuffer());
  await writeIn(folder, 'data/owl/grey.png', await sharp(noise).greyscale().png().toBuffer());
  await writeIn(folder, 'data/owl/other.png', await sharp(noise).negate().png().toBuffer());
  const input = { channels, height: 12, width: 10 };
  const model = smallModel('4-4-max', input, CLASSES);
  const path = await writeIn(folder, 'model.onnx', model.bytes);
  return { folder, data: join(folder, 'data'), path, input, model };
}

describe.each([1, 3] as const)('predictFiles with %i channels', (channels) => {
  it('prepares images exactly as a data set of them is', async () => {
    const { folder, data, path, input, model } = await photos(channels);
    const { images } = await predictFiles(path, [data]);
    const dataset = await loadDataset(data, {
      size: { height: 12, width: 10 },
      channels: channels === 1 ? 'grey' : 'rgb',
      test: 0.5,
      cacheDir: join(folder, 'cache'),
    });
    const deployed = await DeployedModel.load(runtime, model.bytes, 'm');
    const expected = new Set<string>();
    for (const examples of [dataset.train, dataset.test]) {
      const { probabilities } = await deployed.predict(pixelsOf(examples), input);
      for (let at = 0; at < probabilities.length; at += 3) expected.add(ranked(probabilities.subarray(at, at + 3)));
    }
    await deployed.release();
    expect(images).toHaveLength(6);
    expect(new Set(images.map((image) => shown(image as FilePrediction)))).toEqual(expected);
    expect(expected.size).toBe(6);
  });
});

describe('predictFiles', () => {
  it('keeps the order of what is named, and goes through folders by name', async () => {
    const { data, path } = await photos(3);
    const { model, images } = await predictFiles(path, [join(data, 'owl', 'grey.png'), data]);
    const names = ['owl/grey', 'cat/tall', 'cat/turned', 'dog/clear', 'dog/small', 'owl/grey', 'owl/other'];
    expect(model).toBe(path);
    expect(images.map((image) => image.path.slice(data.length + 1).replace(/\.\w+$/, ''))).toEqual(names);
    for (const image of images) {
      const { className, ranking } = image as FilePrediction;
      const values = ranking.map(({ probability }) => probability);
      expect(values).toEqual(values.toSorted((a, b) => b - a));
      expect(values.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
      expect(className).toBe(ranking[0]?.className);
      expect(ranking.map((entry) => entry.className).sort()).toEqual(CLASSES);
    }
  });

  it('reports what cannot be read in its place, and classifies the others alike', async () => {
    const { data, path } = await photos(3);
    const whole = await predictFiles(path, [data]);
    await writeFile(join(data, 'cat', 'torn.png'), (await encodePng(noiseImages(1, SQUARE), SQUARE)).subarray(0, 90));
    await writeFile(join(data, 'dog', 'text.jpg'), 'hello');
    const { images } = await predictFiles(path, [data]);
    const failures = images.filter((image) => 'error' in image);
    expect(failures.map(({ path: file }) => file)).toEqual([
      join(data, 'cat', 'torn.png'),
      join(data, 'dog', 'text.jpg'),
    ]);
    expect(failures[1]?.error).toBe(
      'its content is not an image that is read (PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP, PPM)',
    );
    expect(images.filter((image) => !('error' in image))).toEqual(whole.images);
  });

  it('goes on if none can be read', async () => {
    const { data, path } = await photos(1);
    await writeFile(join(data, 'none.png'), '');
    const { images } = await predictFiles(path, [join(data, 'none.png')]);
    expect(images).toEqual([{ path: join(data, 'none.png'), error: 'the file is empty' }]);
  });

  it('names a path that does not exist, a folder without images, and a file that is not a model', async () => {
    const { folder, data, path } = await photos(1);
    await mkdir(join(folder, 'empty'));
    await expect(predictFiles(path, [join(data, 'gone.png')])).rejects.toThrow(/gone\.png: it does not exist/);
    await expect(predictFiles(path, [join(folder, 'empty')])).rejects.toThrow(/there are no images \(PNG, .*empty/);
    await expect(predictFiles(join(data, 'gone'), [data])).rejects.toThrow(InvalidInputError);
    await expect(predictFiles(join(data, 'cat', 'tall.png'), [data])).rejects.toThrow(DataFormatError);
    await expect(predictFiles(data, [data])).rejects.toThrow(/is not a run: it has no config\.json/);
  });
});

const SQUARE = { channels: 1, height: 30, width: 30 };

const ranked = (probabilities: Float32Array): string =>
  shown({ ranking: CLASSES.map((className, i) => ({ className, probability: probabilities[i] ?? 0 })) });

/** To five digits: the batches differ. */
const shown = ({ ranking }: Pick<FilePrediction, 'ranking'>): string =>
  CLASSES.map((name) => ranking.find(({ className }) => className === name)?.probability.toFixed(5)).join(' ');
