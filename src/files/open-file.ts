// A file that stays open for as long as something refers to it.

import { closeSync } from 'node:fs';

export interface OpenFile {
  readonly fd: number;
  /** For messages. */
  readonly path: string;
}

const unused = new FinalizationRegistry<number>((fd) => closeSync(fd));

/** A file that is closed once nothing refers to it. */
export function keepOpen(fd: number, path: string): OpenFile {
  const file = { fd, path };
  unused.register(file, fd);
  return file;
}
