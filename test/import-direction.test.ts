// The check of import directions must itself be able to fail: violations are planted in a copy of the sources.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'auto-cnn-imports-'));
for (const name of ['src', 'tsconfig.json', 'package.json', '.dependency-cruiser.mjs']) {
  // Test files are outside of the rules.
  cpSync(join(root, name), join(copy, name), { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
}
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Rule → the room that breaks it, and what it imports for that. */
const PLANTED: Readonly<Record<string, readonly [room: string, imported: string, name: string]>> = {
  'arithmetic-imports': ['arithmetic', 'random/rng.ts', 'createRng'],
  'text-imports': ['text', 'files/ensure-folder.ts', 'ensureFolder'],
  'random-imports': ['random', 'genome/text.ts', 'parseGenome'],
  'files-imports': ['files', 'data/set/split.ts', 'stratifiedSplit'],
  'genome-imports': ['genome', 'network/layers.ts', 'planLayers'],
  'evolution-imports': ['evolution', 'evaluation/evaluator.ts', 'cancelledError'],
  'network-imports': ['network/graph', 'engine/training/train.ts', 'train'],
  'data-set-imports': ['data/set', 'data/pixels/planes.ts', 'joinImages'],
  'data-labels-imports': ['data/labels', 'data/pixels/planes.ts', 'joinImages'],
  'data-containers-imports': ['data/containers', 'data/pixels/planes.ts', 'joinImages'],
  'data-pixels-imports': ['data/pixels', 'data/containers/zip.ts', 'openZip'],
  'data-layout-imports': ['data/layout', 'data/build/build-dataset.ts', 'buildDataset'],
  'data-build-imports': ['data/build', 'data/cache/packed-file.ts', 'readPackedDataset'],
  'data-cache-imports': ['data/cache', 'data/build/build-dataset.ts', 'buildDataset'],
  'data-formats-imports': ['data/formats/csv', 'data/build/build-dataset.ts', 'buildDataset'],
  'data-imports': ['data', 'engine/training/train.ts', 'train'],
  'backbone-imports': ['backbone', 'search/search.ts', 'Search'],
  'engine-imports': ['engine/training', 'data/cache/packed-file.ts', 'readPackedDataset'],
  'evaluation-imports': ['evaluation', 'evolution/operators/tournament.ts', 'selectByTournament'],
  'evaluation-node-imports': ['evaluation/node', 'search/search.ts', 'Search'],
  'evaluation-queue-imports': ['evaluation/queue', 'search/search.ts', 'Search'],
  'search-config-imports': ['search/config', 'search/records/front.ts', 'paretoFront'],
  'search-records-imports': ['search/records', 'search/budget/work-account.ts', 'WorkAccount'],
  'search-budget-imports': ['search/budget', 'search/candidates/find-best.ts', 'findBest'],
  'search-candidates-imports': ['search/candidates', 'search/winner/pick.ts', 'pickFrom'],
  'search-callbacks-imports': ['search/callbacks', 'search/candidates/find-best.ts', 'findBest'],
  'search-model-imports': ['search/model', 'search/candidates/find-best.ts', 'findBest'],
  'search-winner-imports': ['search/winner', 'search/final/finish-run.ts', 'finishRun'],
  'search-final-imports': ['search/final', 'search/run/journal.ts', 'Journal'],
  'search-tensorboard-imports': ['search/tensorboard', 'search/run/journal.ts', 'Journal'],
  'search-run-imports': ['search/run', 'search/candidates/find-best.ts', 'findBest'],
  'search-shared-imports': ['search/shared', 'search/final/finish-run.ts', 'finishRun'],
  'search-trained-imports': ['search/trained', 'search/candidates/find-best.ts', 'findBest'],
  'search-auto-cnn-imports': ['search/auto-cnn', 'export/export-model.ts', 'exportModel'],
  'search-suspects-imports': ['search/suspects', 'export/export-model.ts', 'exportModel'],
  'search-imports': ['search', 'export/export-model.ts', 'exportModel'],
  'export-imports': ['export', 'search/candidates/find-best.ts', 'findBest'],
  'report-imports': ['report', 'search/search.ts', 'Search'],
  'cli-imports': ['cli', 'search/search.ts', 'Search'],
  'concurrency-imports': ['concurrency.ts', 'text/escape-xml.ts', 'escapeXml'],
  'errors-import-nothing': ['errors.ts', 'version.ts', 'VERSION'],
  'portable-without-node': ['search/candidates', 'node:fs', 'readFileSync'],
  'portable-imports-portable': ['search/winner', 'search/run/journal.ts', 'Journal'],
};

describe('the import directions', () => {
  it('have a planted violation for each rule', async () => {
    const { default: config } = await import(join(root, '.dependency-cruiser.mjs'));
    const rules: string[] = config.forbidden.map(({ name }: { readonly name: string }) => name);
    expect(Object.keys(PLANTED).sort()).toEqual(rules.filter((name) => name !== 'no-cycles').sort());
  });

  it('are what npm run check:imports checks: a planted violation of each kind is found', { timeout: 240_000 }, () => {
    const planted = Object.entries(PLANTED).map(([rule, [room, imported, name]]) => ({
      rule,
      file: room.endsWith('.ts') ? plantIn(room, imported, name) : plantBeside(room, imported, name),
    }));
    plantCycle();
    const { status, stdout } = cruise();
    expect(status).not.toBe(0);
    for (const { rule, file } of planted) expect(stdout).toMatch(new RegExp(`${rule}: ${file} `));
    expect(stdout).toMatch(/no-cycles: src\/text\/planted-cycle/);
  });
});

/** A new file in a room. */
function plantBeside(room: string, imported: string, name: string): string {
  const file = `src/${room}/planted-${name.toLowerCase()}-${imported.replaceAll(/[^a-z]/g, '-')}.ts`;
  writeFileSync(join(copy, file), `${importOf(`src/${room}`, imported, name)}\nexport const planted = ${name};\n`);
  return file;
}

/** Two files that import each other. */
function plantCycle(): void {
  for (const [own, other] of [
    ['one', 'two'],
    ['two', 'one'],
  ]) {
    const line = `export { ${other} } from './planted-cycle-${other}.ts';\nexport const ${own} = 1;\n`;
    writeFileSync(join(copy, 'src/text', `planted-cycle-${own}.ts`), line);
  }
}

/** One line more in a file. */
function plantIn(room: string, imported: string, name: string): string {
  const file = `src/${room}`;
  const text = readFileSync(join(copy, file), 'utf8');
  writeFileSync(join(copy, file), `${importOf('src', imported, name)}\n${text}\nexport const planted = ${name};\n`);
  return file;
}

function importOf(from: string, imported: string, name: string): string {
  if (imported.startsWith('node:')) return `import { ${name} } from '${imported}';`;
  const path = relative(from, `src/${imported}`);
  return `import { ${name} } from '${path.startsWith('.') ? path : `./${path}`}';`;
}

function cruise(): { readonly status: number | null; readonly stdout: string } {
  const script = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  return spawnSync(process.execPath, [script, '--config', '.dependency-cruiser.mjs', 'src'], {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
}

it('no folder of the sources holds more than 15 files side by side, and none has more than 400 lines', () => {
  const entries = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'));
  const perFolder = new Map<string, number>();
  for (const { parentPath } of files) perFolder.set(parentPath, (perFolder.get(parentPath) ?? 0) + 1);
  expect(files.length).toBeGreaterThan(300);
  expect([...perFolder].filter(([, count]) => count > 15)).toEqual([]);
  const lengthOf = (path: string) => readFileSync(path, 'utf8').split('\n').length - 1;
  expect(files.map(({ parentPath, name }) => join(parentPath, name)).filter((path) => lengthOf(path) > 400)).toEqual(
    [],
  );
});
