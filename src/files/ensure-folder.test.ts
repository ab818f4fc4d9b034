import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/data-fixtures.ts';
import { ensureFolder } from './ensure-folder.ts';

describe('ensureFolder', () => {
  it('makes what is missing and leaves what is there', async () => {
    const path = join(await temporaryFolder(), 'a', 'b', 'c');
    ensureFolder(path);
    ensureFolder(path);
    expect(existsSync(path)).toBe(true);
  });

  it('throws where a file is in the way', async () => {
    const file = join(await temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(() => ensureFolder(join(file, 'a'))).toThrow(/ENOTDIR/);
    expect(() => ensureFolder(file)).toThrow(/EEXIST/);
  });

  it.runIf(process.platform === 'linux')('throws, and does not hang, where the system refuses', () => {
    expect(() => ensureFolder('/proc/auto-cnn/a')).toThrow(/ENOENT/);
  });
});
