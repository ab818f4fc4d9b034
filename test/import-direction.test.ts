// The check of import directions must itself be able to fail: violations are planted in a copy of the sources.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'auto-cnn-imports-'));
for (const name of ['src', 'tsconfig.json', 'package.json', '.dependency-cruiser.mjs']) {
  cpSync(join(root, name), join(copy, name), { recursive: true });
}
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('the import directions', () => {
  it('hold in the sources, and a planted violation of each kind is found', { timeout: 120_000 }, () => {
    expect(cruise().status).toBe(0);
    const planted: Readonly<Record<string, string>> = {
      'evolution-imports': plant('evolution', '../evaluation/evaluator.ts', 'cancelledError'),
      'evaluation-imports': plant('evaluation', '../evolution/operators/tournament.ts', 'selectByTournament'),
      'genome-imports': plant('genome', '../network/layers.ts', 'planLayers'),
      'cli-imports-only-the-library': plant('cli', '../search/search.ts', 'Search'),
      'engine-core-is-portable': plant('engine', './node/onnxruntime-node.ts', 'loadNodeRuntime'),
      'core-without-node': plant('network', 'node:fs', 'readFileSync'),
    };
    const { status, stdout } = cruise();
    expect(status).not.toBe(0);
    for (const [rule, file] of Object.entries(planted)) expect(stdout).toMatch(new RegExp(`${rule}: ${file}`));
  });
});

function plant(folder: string, imported: string, name: string): string {
  const file = `src/${folder}/planted-${name.toLowerCase()}.ts`;
  writeFileSync(join(copy, file), `import { ${name} } from '${imported}';\n\nexport const planted = ${name};\n`);
  return file;
}

function cruise(): { readonly status: number | null; readonly stdout: string } {
  const script = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  return spawnSync(process.execPath, [script, '--config', '.dependency-cruiser.mjs', 'src'], {
    cwd: copy,
    encoding: 'utf8',
  });
}
