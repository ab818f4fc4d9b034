// What is run on an installed package: from a data set to a model, and what one does with it.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SEARCH = [
  ...['search', 'mnist', '--population', '3', '--generations', '1', '--epochs', '1', '--train-limit', '600'],
  ...['--channels', '4,8', '--max-depth', '2', '--seed', '11', '--workers', '2', '--json'],
];
/** One grey pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';
const LIBRARY = `
import { formatGenome, loadDataset, parseGenome, resumeSearch } from 'auto-cnn';
const { train } = await loadDataset('mnist');
const search = await resumeSearch('runs/a');
const { genome } = await search.run();
console.log(JSON.stringify({ images: train.count, genome: formatGenome(parseGenome(genome)) }));
`;

/**
 * Steps in order, each with what it builds on before it. An action throws if the step fails; it may return a text to show,
 * or what trained the model and its SHA-256.
 */
export function endToEnd({ folder, node, npx, cli }) {
  const path = (...parts) => join(folder, ...parts);
  const read = (...parts) => JSON.parse(readFileSync(path(...parts), 'utf8'));
  const hash = (...parts) =>
    createHash('sha256')
      .update(readFileSync(path(...parts)))
      .digest('hex');
  const json = async (args) => JSON.parse((await cli([...args, '--json'])).stdout);
  return [
    {
      name: 'npx auto-cnn --version',
      async action() {
        const { stdout } = await npx(['auto-cnn', '--version']);
        expect(stdout.trim(), read('node_modules', 'auto-cnn', 'package.json').version);
      },
    },
    {
      name: 'data mnist',
      async action() {
        expect((await cli(['data', 'mnist'])).stdout.includes('60,000'), true);
      },
    },
    {
      name: 'search',
      async action() {
        const { stdout } = await cli([...SEARCH, '--out', 'runs/a']);
        const { failures, testAccuracy, versions } = JSON.parse(stdout);
        expect(failures, 0);
        expect(testAccuracy > 0.2, true);
        return `${versions.runtime}, ${read('runs', 'a', 'config.json').lowering}`;
      },
    },
    {
      name: 'the notice of the slow engine, where it is in use',
      async action() {
        const { versions } = read('runs', 'a', 'summary.json');
        const { stderr } = await cli(['inspect', '4-4', '--input', '28x28x1', '--measure']);
        expect(stderr.includes('WebAssembly'), versions.runtime.startsWith('onnxruntime-web'));
      },
    },
    {
      name: 'resume after SIGKILL',
      async action() {
        await cli([...SEARCH, '--out', 'runs/b'], (child) => killAfter(child, path('runs', 'b', 'journal.jsonl'), 2));
        expect(existsSync(path('runs', 'b', 'summary.json')), false);
        const { genome, testAccuracy } = await json(['resume', 'runs/b']);
        const expected = read('runs', 'a', 'summary.json');
        expect(`${genome} ${testAccuracy}`, `${expected.genome} ${expected.testAccuracy}`);
        expect(hash('runs', 'b', 'model.onnx'), hash('runs', 'a', 'model.onnx'));
        return { runtime: expected.versions.runtime, model: hash('runs', 'a', 'model.onnx') };
      },
    },
    {
      name: 'predict',
      async action() {
        writeFileSync(path('image.png'), Buffer.from(PNG, 'base64'));
        const { images } = await json(['predict', 'runs/a', 'image.png']);
        expect(/^\d$/.test(images[0].class), true);
      },
    },
    {
      name: 'evaluate',
      async action() {
        const { accuracy } = await json(['evaluate', 'runs/a', 'mnist']);
        expect(accuracy, read('runs', 'a', 'summary.json').testAccuracy);
      },
    },
    {
      name: 'export --format onnx',
      async action() {
        await cli(['export', 'runs/a', '--format', 'onnx', '--out', 'exported']);
        expect(hash('exported', 'model.onnx'), hash('runs', 'a', 'model.onnx'));
      },
    },
    {
      name: 'report',
      async action() {
        await cli(['report', 'runs/a']);
        expect(readFileSync(path('runs', 'a', 'report.html'), 'utf8').includes('</html>'), true);
      },
    },
    {
      name: "import { … } from 'auto-cnn'",
      async action() {
        writeFileSync(path('library.js'), LIBRARY);
        const { stdout } = await node(['library.js']);
        const { genome } = read('runs', 'a', 'summary.json');
        expect(stdout.trim(), JSON.stringify({ images: 60_000, genome }));
      },
    },
  ];
}

/** Kills the process once its journal has this many evaluations. */
async function killAfter(child, journal, evaluations) {
  const count = () => (existsSync(journal) ? readFileSync(journal, 'utf8').split('"type":"evaluation"').length - 1 : 0);
  while (child.exitCode === null && child.signalCode === null && count() < evaluations) await sleep(5);
  child.kill('SIGKILL');
}

function expect(received, expected) {
  if (received !== expected)
    throw new Error(`expected ${JSON.stringify(expected)}, received ${JSON.stringify(received)}`);
}
