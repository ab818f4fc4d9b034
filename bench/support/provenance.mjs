// Where a result comes from: the commit and the machine.

import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/** The short name of the commit, and whether files below `path` differ from it. */
export function commitOf(path) {
  return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', path) === '' ? '' : ' with changes');
}

export function describeMachine() {
  return { processor: cpus()[0]?.model, cores: cpus().length, node: process.version };
}

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8' }).trim();
}
