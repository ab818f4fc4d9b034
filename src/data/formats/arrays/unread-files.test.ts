import { describe, expect, it } from 'vitest';
import { temporaryFolder, writeIn } from '../../../../test/support/data-fixtures.ts';
import { isUnreadFile, refuseUnreadFile, refuseUnreadFolder } from './unread-files.ts';

describe('files of numbers that are not read', () => {
  it.each([
    ['train_32x32.mat', 'it is a MATLAB file; read it in Python with scipy.io.loadmat and save it with np.savez('],
    ['usps.h5', 'it is an HDF5 file; read it in Python with h5py'],
    [
      'mnist.pkl.gz',
      'it is a pickle, which is never read, because it can run code; if you trust it, load it in Python',
    ],
    ['data-00000-of-00001.ARROW', 'it is an Arrow file; save the data set as Parquet'],
    ['a.tfrecord', "it is a file of another program's records; write the images as files"],
  ])('are named, with the cure: %s', (name, message) => {
    expect(isUnreadFile(name)).toBe(true);
    expect(() => refuseUnreadFile(name)).toThrow(`Cannot use ${name} as a data set: ${message}`);
  });

  it('are refused in a folder that holds nothing else', async () => {
    const folder = await temporaryFolder();
    expect(await refuseUnreadFolder(folder)).toBeUndefined();
    await writeIn(folder, 'README.md', '');
    const path = await writeIn(folder, 'train/data.arrow', '');
    await expect(refuseUnreadFolder(folder)).rejects.toThrow(`Cannot use ${path} as a data set: it is an Arrow file;`);
    await writeIn(folder, 'cat/1.png', '');
    expect(await refuseUnreadFolder(folder)).toBeUndefined();
    expect(isUnreadFile('a.png')).toBe(false);
  });
});
