import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VERSION, versionsWith } from './version.ts';

it('is the version in package.json', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(VERSION).toBe(version);
  expect(versionsWith('a runtime')).toEqual({ autoCnn: version, runtime: 'a runtime', node: process.version });
});
