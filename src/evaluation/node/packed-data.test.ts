import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/data-fixtures.ts';
import { toyDataset } from '../../../test/support/toy-data.ts';
import { writePackedDataset } from '../../data/cache/packed-file.ts';
import { type Examples, imageSizeOf, readImages } from '../../data/set/dataset.ts';
import { createDatasetReader } from './packed-data.ts';

const toy = toyDataset(12, 4);
const size = imageSizeOf(toy.shape);
const imagesOf = (part: Examples) => Array.from({ length: part.count }, (_, i) => readImages(part, size, i, i + 1));

describe('createDatasetReader', () => {
  it('holds less where many processes hold the data, and gives the same images', async () => {
    const path = join(await temporaryFolder(), 'toy.pack');
    await writePackedDataset(path, toy);
    const alone = await createDatasetReader()({ path, fingerprint: 'toy' });
    expect(alone.train.pixels).toBeInstanceOf(Uint8Array);
    const shared = await createDatasetReader()({ path, fingerprint: 'toy' }, { holders: 1e12 });
    expect(shared.train.pixels).not.toBeInstanceOf(Uint8Array);
    expect(imagesOf(shared.train)).toEqual(imagesOf(alone.train));
    expect(imagesOf(shared.test)).toEqual(imagesOf(alone.test));
  });
});
