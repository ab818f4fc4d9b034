// Folders that are there when they are needed.

import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, if they are missing. Not Node's own recursive mkdir: that never returns where the
 * system refuses a folder with ENOENT although its parent exists (under /proc, say).
 *
 * @throws the system's error.
 */
export function ensureFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) ensureFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
