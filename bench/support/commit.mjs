// The commit that a result belongs to.

import { execFileSync } from 'node:child_process';

/** Its short name, and whether files below `path` differ from it. */
export function commitOf(path) {
  return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', path) === '' ? '' : ' with changes');
}

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8' }).trim();
}
