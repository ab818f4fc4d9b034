// The versions a run records.

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Of this package. */
export const VERSION: string = (require('../package.json') as { version: string }).version;

export interface Versions {
  readonly autoCnn: string;
  readonly runtime: string;
  readonly node: string;
}

export function versionsWith(runtime: string): Versions {
  return { autoCnn: VERSION, runtime, node: process.version };
}
