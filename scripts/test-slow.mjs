// The slow tier: the test files that have a long count, with that count. What came of it goes to bench/results/.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const only = process.argv.slice(2);
const files = filesWithLongCounts().filter((file) => only.length === 0 || only.some((part) => file.includes(part)));
if (files.length === 0) {
  console.error(
    `no test file of the slow tier matches ${only.join(', ')}; there are ${filesWithLongCounts().join(', ')}`,
  );
  process.exit(2);
}
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
const commit = `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
const date = new Date().toISOString().slice(0, 10);

const out = mkdtempSync(join(tmpdir(), 'auto-cnn-slow-'));
const report = join(out, 'report.json');
const began = performance.now();
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...files,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, AUTO_CNN_TEST_TIER: 'slow' } },
);
const minutes = ((performance.now() - began) / 60_000).toFixed(1);
// Of a part of the tier, it does not replace what came of all.
const path = join(root, 'bench', 'results', `${[date, 'slow-tests', ...only].join('-')}.md`);
writeFileSync(path, describe(JSON.parse(readFileSync(report, 'utf8'))));
rmSync(out, { recursive: true });
console.log(`written: ${relative(process.cwd(), path)}`);
process.exit(status ?? 1);

function filesWithLongCounts() {
  const tests = ['src', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join(folder, name)),
  );
  return tests.filter((file) => /from '[^']*\/tier\.ts'/.test(readFileSync(join(root, file), 'utf8'))).sort();
}

function describe({ testResults, numPassedTests, numFailedTests, numPendingTests }) {
  const outcome = `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`;
  const sections = testResults
    .map(({ name, assertionResults }) => [relative(root, name), assertionResults])
    .sort(([a], [b]) => a.localeCompare(b))
    .map(
      ([file, tests]) => `\n## ${file}\n\n| test | outcome | seconds |\n|---|---|---|\n${tests.map(row).join('\n')}\n`,
    );
  return `# Slow tests, ${date}

\`npm run test:slow${only.length === 0 ? '' : ` -- ${only.join(' ')}`}\` at commit ${commit}, on ${cpus().length} cores of ${cpus()[0]?.model.trim()}, Node ${process.version}: ${outcome}, in
${minutes} minutes.
${sections.join('')}`;
}

function row({ fullName, status, duration = 0 }) {
  return `| ${fullName.replaceAll('|', '\\|')} | ${status} | ${(duration / 1000).toFixed(1)} |`;
}
