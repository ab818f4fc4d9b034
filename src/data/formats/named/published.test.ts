import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CIFAR_SHAPE, encodeCifar, encodeTarGz } from '../../../../test/support/cifar-fixtures.ts';
import { encodeIdx, randomExamples, temporaryFolder, writeIn } from '../../../../test/support/data-fixtures.ts';
import { type Misbehave, serveFiles } from '../../../../test/support/file-server.ts';
import { loadDataset } from '../../load-dataset.ts';
import { locatePublished, type PublishedDataset, type PublishedOptions } from './published.ts';

const shape = { channels: 1, height: 28, width: 28 };
const train = randomExamples(10, shape, 2);
const classes = ['trouser', 'bag', 'hat'];
const FILES: Readonly<Record<string, Buffer>> = {
  'train-images-idx3-ubyte.gz': gzipSync(encodeIdx([10, 28, 28], train.pixels)),
  'train-labels-idx1-ubyte.gz': gzipSync(encodeIdx([10], Uint8Array.from(train.labels))),
  't10k-images-idx3-ubyte.gz': gzipSync(encodeIdx([10, 28, 28], train.pixels)),
  't10k-labels-idx1-ubyte.gz': gzipSync(encodeIdx([10], Uint8Array.from(train.labels))),
};
const LARGEST = 'train-images-idx3-ubyte.gz';
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

const datasetAt = (base: string): PublishedDataset => ({
  name: 'clothes',
  base,
  files: Object.entries(FILES).map(([name, bytes]) => ({ name, md5: md5(bytes) })),
  classes,
});

const fetchFrom = async (
  misbehave?: Misbehave,
  options: Partial<PublishedOptions> & { readonly ranges?: boolean; readonly files?: typeof FILES } = {},
) => {
  const cacheDir = options.cacheDir ?? (await temporaryFolder());
  const { ranges = true, files = FILES, ...others } = options;
  const server = await serveFiles(files, misbehave, { ranges });
  const locating = locatePublished(datasetAt(server.base), { pauseMs: 1, ...others, cacheDir });
  return { server, cacheDir, folder: join(cacheDir, 'downloads', 'clothes'), locating };
};

const onFirst = (name: string, trouble: ReturnType<Misbehave>): Misbehave => {
  let done = false;
  return ({ path }) => {
    if (done || path !== name) return undefined;
    done = true;
    return trouble;
  };
};

describe('a published data set', () => {
  it('is fetched once, with progress, and has the names of its classes', async () => {
    const progress: number[] = [];
    const { server, cacheDir, locating } = await fetchFrom(undefined, {
      onProgress: (done, total) => progress.push(done / total),
    });
    const parts = await (await locating).read({});
    expect(parts).toMatchObject({ name: 'clothes', shape, classes: ['bag', 'trouser'] });
    expect([...parts.train.labels]).toEqual([...train.labels].map((label) => 1 - label));
    expect(parts.notes).toEqual(['Classes without a training image were left out: hat.']);
    expect(progress.filter((share) => share === 1)).toHaveLength(4);
    expect(server.requests).toHaveLength(4);
    await server.close();
    expect((await (await locatePublished(datasetAt(server.base), { cacheDir })).read({})).train).toEqual(parts.train);
  });

  it('goes on where a transfer broke', async () => {
    const { server, folder, locating } = await fetchFrom(onFirst(LARGEST, { breakAfter: 5000 }));
    await locating;
    expect(server.requests.slice(0, 2)).toEqual([
      { path: LARGEST, range: undefined },
      { path: LARGEST, range: 'bytes=5000-' },
    ]);
    expect(server.requests).toHaveLength(5);
    expect(await readFile(join(folder, LARGEST))).toEqual(FILES[LARGEST]);
    expect((await readdir(folder)).sort()).toEqual(Object.keys(FILES).sort());
  });

  it('starts again where the server cannot go on', async () => {
    const { folder, locating } = await fetchFrom(onFirst(LARGEST, { breakAfter: 5000 }), { ranges: false });
    await locating;
    expect(await readFile(join(folder, LARGEST))).toEqual(FILES[LARGEST]);
  });

  it('goes on in another call with what an earlier one left', async () => {
    const cacheDir = await temporaryFolder();
    await writeIn(cacheDir, `downloads/clothes/${LARGEST}.part`, FILES[LARGEST]?.subarray(0, 100) ?? '');
    const { server, locating } = await fetchFrom(undefined, { cacheDir });
    await locating;
    expect(server.requests[0]).toEqual({ path: LARGEST, range: 'bytes=100-' });
    expect(server.requests).toHaveLength(4);
  });

  it('fetches once more from the start what does not have the right sum', async () => {
    const cacheDir = await temporaryFolder();
    for (const left of [Buffer.alloc(100), Buffer.alloc(1e6)]) {
      await rm(join(cacheDir, 'downloads'), { recursive: true, force: true });
      await writeIn(cacheDir, `downloads/clothes/${LARGEST}.part`, left);
      const { folder, locating } = await fetchFrom(undefined, { cacheDir });
      await locating;
      expect(await readFile(join(folder, LARGEST))).toEqual(FILES[LARGEST]);
    }
  });

  it('refuses what has a wrong sum twice, and keeps nothing of it', async () => {
    const { server, folder, locating } = await fetchFrom(undefined, {
      files: { ...FILES, [LARGEST]: Buffer.from('other') },
    });
    await expect(locating).rejects.toMatchObject({
      code: 'DATA_FORMAT',
      message: `${server.base}${LARGEST}: the check sum of what was received is ${md5(Buffer.from('other'))}, expected ${md5(FILES[LARGEST] ?? Buffer.alloc(0))}; the file was removed; try again later, or get it elsewhere.`,
    });
    expect(await readdir(folder)).toEqual([]);
    expect(server.requests).toHaveLength(2);
  });

  it.each<[string, Misbehave, RegExp, number]>([
    [
      'breaks off without a byte',
      () => ({ breakAfter: 0 }),
      /^Cannot fetch .*train-images.*: .+; check the network and try again: what has arrived is kept\. Or put /,
      3,
    ],
    ['stalls', () => 'stall', /: nothing arrived for 0\.05 s; check the network/, 3],
    ['is out of order', () => ({ status: 503 }), /: the server answers 503; check the network/, 3],
    ['does not have it', () => ({ status: 404 }), /: the server answers 404; get the file elsewhere\. Or put /, 1],
  ])('gives up on a server that %s', async (_, misbehave, message, requests) => {
    const { server, locating } = await fetchFrom(misbehave, { stallMs: 50 });
    await expect(locating).rejects.toMatchObject({ code: 'INVALID_INPUT', message: expect.stringMatching(message) });
    expect(server.requests).toHaveLength(requests);
  });

  it('says without a network what to put where', async () => {
    const { server, cacheDir, folder, locating } = await fetchFrom();
    await locating;
    await server.close();
    await rm(join(cacheDir, 'downloads'), { recursive: true });
    await expect(locatePublished(datasetAt(server.base), { cacheDir, pauseMs: 1 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(
        new RegExp(
          `^Cannot fetch .*: .*ECONNREFUSED.*; check the network and try again: what has arrived is kept\\. Or put ${Object.keys(FILES).join(', ')} from ${server.base} into ${folder}, or name a folder that has it with --data-dir\\.$`,
        ),
      ),
    });
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    const { locating } = await fetchFrom(() => 'stall', { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(locating).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('says that the disk cannot be written', async () => {
    const cacheDir = await temporaryFolder();
    await mkdir(join(cacheDir, 'downloads', 'clothes', `${LARGEST}.part`), { recursive: true });
    const { locating } = await fetchFrom(undefined, { cacheDir });
    await expect(locating).rejects.toThrow(/Cannot write .*\.part: it is a folder/);
  });
});

describe('--data-dir', () => {
  it('is looked into, and nothing is fetched', async () => {
    const dataDir = await temporaryFolder();
    for (const inner of ['', 'clothes']) {
      for (const [name, bytes] of Object.entries(FILES)) await writeIn(dataDir, join(inner, name), bytes);
      const { server, locating, folder } = await fetchFrom(undefined, { dataDir });
      expect((await (await locating).read({})).classes).toEqual(['bag', 'trouser']);
      expect(server.requests).toEqual([]);
      expect(existsSync(folder)).toBe(false);
      for (const name of Object.keys(FILES)) await rm(join(dataDir, inner, name));
    }
    await expect(loadDataset('fashion-mnist', { dataDir })).rejects.toThrow(
      `fashion-mnist is not in ${dataDir}: put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz from http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/ into ${dataDir}.`,
    );
  });

  it('may hold the archive of CIFAR, or what it unpacks to', async () => {
    const examples = randomExamples(6, CIFAR_SHAPE, 2);
    const dataDir = await temporaryFolder();
    const batch = encodeCifar(examples);
    await writeFile(
      join(dataDir, 'cifar-10-binary.tar.gz'),
      encodeTarGz([{ name: 'x/data_batch_1.bin', content: batch }]),
    );
    const cacheDir = await temporaryFolder();
    const packed = await loadDataset('cifar10', { dataDir, cacheDir });
    await rm(join(dataDir, 'cifar-10-binary.tar.gz'));
    await writeIn(dataDir, 'cifar-10-batches-bin/data_batch_1.bin', batch);
    const unpacked = await loadDataset('cifar10', { dataDir, cacheDir });
    expect(unpacked).toEqual(packed);
    expect(unpacked).toMatchObject({ name: 'cifar10', shape: CIFAR_SHAPE });
    await expect(loadDataset('cifar100', { dataDir, cacheDir })).rejects.toThrow(
      `cifar100 is not in ${dataDir}: put cifar-100-binary.tar.gz from https://www.cs.toronto.edu/~kriz/ into ${dataDir}.`,
    );
  });
});
