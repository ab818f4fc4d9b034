// Folders of classes with some of the images of another.

import { cpSync, existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Copies so many images of each class, drawn by `rng`. A folder that is there is left as it is.
 *
 * @param from  a folder of classes.
 * @param counts  images by class; more than there are means all.
 * @returns `to`.
 */
export function drawImages(from, to, counts, rng) {
  if (existsSync(to)) return to;
  const unfinished = `${to}.unfinished`;
  for (const [label, count] of Object.entries(counts)) {
    const names = readdirSync(join(from, label)).sort();
    for (const name of rng.fork(label).shuffle(names).slice(0, count)) {
      cpSync(join(from, label, name), join(unfinished, label, name));
    }
  }
  // A whole folder has its name at once, so that an interrupted one is not taken for it.
  renameSync(unfinished, to);
  return to;
}
