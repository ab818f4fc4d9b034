// Storage in the files of this machine.

import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Storage } from '../storage.ts';
import { fileFailure } from './file-failure.ts';
import { writeFileAtomically } from './write-file.ts';

export const fileStorage: Storage = {
  has: async (path) => existsSync(path),
  read: (path) => readFile(path),
  write: (path, content) => writeFileAtomically(path, [typeof content === 'string' ? Buffer.from(content) : content]),
  list: async (folder) => (existsSync(folder) ? (await readdir(folder)).map((name) => join(folder, name)) : []),
  async remove(path) {
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      throw fileFailure('remove', path, error);
    }
  },
};
