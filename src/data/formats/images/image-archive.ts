// Archives of images, laid out as folders of images are.

import { basename } from 'node:path';
import type { FileTree } from '../../containers/file-tree.ts';
import { tarTree } from '../../containers/tar-tree.ts';
import { zipTree } from '../../containers/zip-tree.ts';
import { isImageName } from '../../layout/image-names.ts';
import type { LocatedSource, ReadOptions } from '../../set/source.ts';
import { locateCifarArchive } from '../arrays/cifar.ts';
import { explainImageTree, readImageTree } from './image-tree.ts';

/** @throws {InvalidInputError} {DataFormatError} when it is read, see `zipTree` and `readImageTree`. */
export function locateImageZip(path: string, name = basename(path).replace(/\.zip$/i, '')): LocatedSource {
  return archiveSource('image-zip', path, name, ({ overflow }) => zipTree(path, overflow?.folder));
}

/** A tar archive, compressed or not, of images or of CIFAR's binary files. */
export function locateTar(path: string, name = basename(path).replace(/\.(tar(\.gz)?|tgz)$/i, '')): LocatedSource {
  const images = archiveSource('tar', path, name, ({ signal }) => tarTree(path, signal));
  return {
    ...images,
    // A tar archive has no directory: listing it takes as long as reading it, so it is listed once.
    read: async (options) => {
      const tree = await tarTree(path, options.signal);
      if (tree.files.some(isImageName)) return readImageTree(name, tree, options);
      return locateCifarArchive(path, name).read(options);
    },
  };
}

function archiveSource(
  format: string,
  path: string,
  name: string,
  open: (options: ReadOptions) => Promise<FileTree>,
): LocatedSource {
  return {
    format,
    takes: ['labelFrom', 'labelColumn', 'imageColumn'],
    files: [path],
    read: async (options) => readImageTree(name, await open(options), options),
    explain: async (options) => explainImageTree(await open(options), options),
  };
}
