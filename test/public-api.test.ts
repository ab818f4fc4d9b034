// The check of the public library must itself be able to fail: what it is to find is planted in an index of its own.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'auto-cnn-api-'));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

it('npm run check:docs finds an undocumented export, and a type that a signature names but the index does not', () => {
  const files = ['tsconfig.json', 'tsconfig.build.json', 'tsconfig.docs.json', 'typedoc.json', 'package.json'];
  for (const name of files) cpSync(join(root, name), join(copy, name));
  mkdirSync(join(copy, 'src'));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  writeFileSync(
    join(copy, 'src', 'planted.ts'),
    'interface Hidden { readonly length: number }\n\nexport function undocumented(): Hidden {\n  return [];\n}\n',
  );
  writeFileSync(join(copy, 'src', 'index.ts'), "export { undocumented } from './planted.ts';\n");
  const typedoc = join(root, 'node_modules', 'typedoc', 'bin', 'typedoc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [typedoc, '--emit', 'none'], {
    cwd: copy,
    encoding: 'utf8',
  });
  expect(status).not.toBe(0);
  expect(stdout + stderr).toMatch(/undocumented.*does not have any documentation/);
  expect(stdout + stderr).toMatch(/Hidden.*is referenced by undocumented but not included/);
});

it('the public library stays small enough to be read', () => {
  const index = readFileSync(join(root, 'src', 'index.ts'), 'utf8');
  const names = [...index.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list = '']) => list.split(','));
  const named = names.map((name) => name.trim()).filter((name) => name !== '');
  expect(index).not.toMatch(/export (?:type )?\*/);
  expect(named.length).toBeGreaterThan(80);
  expect(named.length).toBeLessThanOrEqual(115);
});
