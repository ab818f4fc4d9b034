// Where a result comes from: the commit and the machine.

import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/** The short name of the commit of a checkout, and whether files below its `path` differ from it. */
export function commitOf(path, checkout = '.') {
  const git = (...args) => execFileSync('git', args, { cwd: checkout, encoding: 'utf8' }).trim();
  return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', path) === '' ? '' : ' with changes');
}

export function describeMachine() {
  return { processor: cpus()[0]?.model, cores: cpus().length, node: process.version };
}
