// Run folders with made-up figures, for the tests of reports: real files, no training.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePacked } from '../../src/data/cache/cache-folder.ts';
import { type Dataset, type ImageShape, imageSizeOf } from '../../src/data/set/dataset.ts';
import { decodeLine, encodeLine } from '../../src/files/checked-line.ts';
import { acquireLock } from '../../src/files/lock.ts';
import { estimateCost } from '../../src/genome/cost.ts';
import { parseGenome } from '../../src/genome/text.ts';
import type { SearchConfigInput } from '../../src/search/config/config.ts';
import type { EvaluationEntry } from '../../src/search/records/journal-entry.ts';
import type { SearchSummary } from '../../src/search/records/summary.ts';
import { Journal } from '../../src/search/run/journal.ts';
import { resolveConfig } from '../../src/search/run/resolve-config.ts';
import { pixelsOf, randomExamples, temporaryFolder } from './data-fixtures.ts';

export interface RunOptions {
  readonly classes?: readonly string[];
  readonly channels?: number;
  readonly evaluations?: number;
  /** Completed, the initial population not counted. */
  readonly generations?: number;
  readonly allFail?: boolean;
  readonly settings?: Omit<SearchConfigInput, 'dataset'>;
}

const GENOMES = ['8-8', '8-16', '16-8', '8-8-max', '16-16', '8-8-max-8-8', '16-16-max', '8-16-max-8-8', '', '8-8-mean'];
const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

export class MadeUpRun {
  readonly folder: string;
  readonly cacheDir: string;
  readonly dataset: Dataset;
  /** In the test part: the image with the lowest probability of the truth. */
  readonly worst = 7;

  /** A search whose winner has had its final training. */
  static async done(options: RunOptions = {}): Promise<MadeUpRun> {
    const run = await MadeUpRun.#start(options);
    const winner = run.#evaluate(options);
    run.#finish(winner);
    return run;
  }

  /** A search that a living process works on: this one. */
  static async goingOn(options: RunOptions = {}): Promise<MadeUpRun> {
    const run = await MadeUpRun.#start(options);
    run.#evaluate(options);
    await acquireLock(join(run.folder, 'lock'));
    return run;
  }

  /** One genome, without a search. */
  static async trained(options: RunOptions = {}): Promise<MadeUpRun> {
    const run = await MadeUpRun.#start({ ...options, settings: { genome: '8-8-max', ...options.settings } });
    run.#finish(undefined);
    return run;
  }

  static async #start({ classes = DIGITS, channels = 1, settings = {} }: RunOptions): Promise<MadeUpRun> {
    const folder = await temporaryFolder();
    const shape: ImageShape = { channels, height: 10, width: 12 };
    const dataset: Dataset = {
      name: 'made-up',
      shape,
      classes,
      train: randomExamples(classes.length * 2, shape, classes.length, 1),
      test: randomExamples(Math.max(60, classes.length * 2), shape, classes.length, 2),
      fingerprint: 'f'.repeat(64),
      notes: [],
    };
    const run = new MadeUpRun(folder, await temporaryFolder(), dataset);
    await ensurePacked(dataset, run.cacheDir);
    const input = { dataset: { source: 'made-up', fingerprint: dataset.fingerprint }, population: 4, ...settings };
    run.write('config.json', resolveConfig(input, 'the test'));
    return run;
  }

  private constructor(folder: string, cacheDir: string, dataset: Dataset) {
    this.folder = folder;
    this.cacheDir = cacheDir;
    this.dataset = dataset;
  }

  write(name: string, content: unknown): void {
    writeFileSync(join(this.folder, name), JSON.stringify(content));
  }

  /** `[C, H, W]`, of the test part. */
  imageOf(index: number): Uint8Array {
    const size = imageSizeOf(this.dataset.shape);
    return pixelsOf(this.dataset.test).subarray(index * size, (index + 1) * size);
  }

  /** The journal is then as older versions wrote it. */
  forgetParents(): void {
    const path = join(this.folder, 'journal.jsonl');
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    const without = lines.map((line) => {
      const { parents: _, ...entry } = (decodeLine(line) ?? {}) as Record<string, unknown>;
      return encodeLine(entry);
    });
    writeFileSync(path, `${without.join('\n')}\n`);
  }

  /** @returns the fittest. */
  #evaluate({
    evaluations = GENOMES.length,
    generations = 2,
    allFail = false,
  }: RunOptions): EvaluationEntry | undefined {
    const { journal } = Journal.open(join(this.folder, 'journal.jsonl'));
    const entries = GENOMES.slice(0, evaluations).map((genome, i): EvaluationEntry => {
      const isFailed = allFail || i === 1;
      const fitness = isFailed ? 0 : 0.7 + 0.02 * i + 0.03 * Math.sin(3 * i);
      const history = isFailed ? [] : historyUpTo(fitness);
      return {
        type: 'evaluation',
        id: `task ${i}`,
        genome,
        fitness,
        history,
        bestEpoch: history.length,
        ...(isFailed && { failure: { reason: 'diverged', message: 'the loss overflowed' } }),
        ...(i >= 4 && { parents: [GENOMES[i - 4] ?? '', GENOMES[i - 2] ?? ''] }),
        ...(i === 2 && { pruned: true }),
        ...(i === 3 && { cached: true }),
        ...this.#costOf(genome),
        seconds: 3 + (i % 3),
        elapsedSeconds: 5 + 2 * i,
      };
    });
    for (const entry of entries) journal.append(entry);
    journal.close();
    const fit = entries.filter(({ failure }) => failure === undefined).toSorted((a, b) => b.fitness - a.fitness);
    const [best] = fit;
    if (generations > 0 && best !== undefined) {
      const records = Array.from({ length: generations + 1 }, (_, generation) => ({
        generation,
        population: fit
          .slice(0, 4)
          .map(({ genome, fitness }) => ({ genome, fitness: fitness - 0.1 / (generation + 1) })),
        best: { genome: best.genome, fitness: best.fitness - 0.05 / (generation + 1) },
      }));
      this.write('generations.json', records);
    }
    return best;
  }

  #finish(winner: EvaluationEntry | undefined): void {
    const { dataset } = this;
    const genome = winner?.genome ?? '8-8-max';
    const history = historyUpTo(0.95, 5).map(({ epoch, loss, accuracy }) => ({ epoch, loss, accuracy }));
    const { journal } = Journal.open(join(this.folder, 'journal.jsonl'));
    const times = { seconds: 10, elapsedSeconds: 40 };
    journal.append({ type: 'final', id: 'final', genome, history, bestEpoch: 5, ...this.#costOf(genome), ...times });
    journal.close();
    const labels = [...dataset.test.labels];
    const isWrong = (i: number): boolean => i % 2 === 1;
    const wrong = (label: number): number => (label + 1) % dataset.classes.length;
    this.write('test-predictions.json', {
      fingerprint: dataset.fingerprint,
      labels,
      predicted: labels.map((label, i) => (isWrong(i) ? wrong(label) : label)),
      probabilities: labels.map((_, i) => (isWrong(i) ? 0.8 : 0.9)),
      trueProbabilities: labels.map((_, i) => (i === this.worst ? 0.001 : isWrong(i) ? 0.1 : 0.9)),
    });
    const { name, fingerprint, classes, shape, train, test } = dataset;
    const summary: SearchSummary = {
      genome,
      ...(winner && { validationAccuracy: winner.fitness }),
      ...(winner && { fitness: { metric: 'accuracy', on: 'validation', value: winner.fitness, images: 10 } }),
      testAccuracy: 0.5,
      testLoss: 0.6,
      testExamples: test.count,
      testInterval: [0.3, 0.7],
      ...this.#costOf(genome),
      evaluations: 10,
      failures: 1,
      cacheHits: 0,
      reused: 1,
      generations: 2,
      seconds: 42,
      searchSeconds: winner === undefined ? 0 : 25,
      finalTrainingSeconds: 10,
      seed: 1,
      lowering: 'plain',
      dataset: { name, fingerprint, trainExamples: train.count, testExamples: test.count, classes, shape },
      versions: { autoCnn: '0.1.0', runtime: 'onnxruntime-node', node: 'v20' },
    };
    this.write('summary.json', summary);
  }

  #costOf(genome: string): { readonly parameters: number; readonly flops: number } {
    const { shape, classes } = this.dataset;
    const { parameters, flops } = estimateCost(parseGenome(genome), { input: shape, classes: classes.length });
    return { parameters, flops };
  }
}

function historyUpTo(accuracy: number, epochs = 3) {
  return Array.from({ length: epochs }, (_, i) => {
    const left = 0.3 / (i + 1) - 0.3 / epochs;
    const reached = accuracy - left;
    return {
      epoch: i + 1,
      loss: 1 - reached,
      accuracy: reached,
      validationLoss: 1.1 - reached,
      validationAccuracy: reached,
    };
  });
}
