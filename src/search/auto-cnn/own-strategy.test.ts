// Searches by a strategy that the program brings.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { mnistThumbnailArrays } from '../../../test/support/mnist-thumbnails.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { InterruptedError } from '../../errors.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import type { Individual } from '../../evolution/individual.ts';
import type { SearchStrategy } from '../../evolution/strategy.ts';
import type { Genome } from '../../genome/genome.ts';
import { randomGenome } from '../../genome/random-genome.ts';
import { resumeSearch } from '../create-search.ts';
import type { StrategyContext } from '../records/strategy-context.ts';
import { readJournal } from '../run/journal.ts';
import { AutoCNN } from './auto-cnn.ts';
import type { AutoCnnOptions } from './auto-cnn-options.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-strategy-'));
const runtime = await loadNodeRuntime();
const dataset = await mnistThumbnailArrays(120, 40);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Random genomes, each with one layer more than the best so far: one at a time, four in all. */
class Growing implements SearchStrategy {
  readonly #context: StrategyContext;
  readonly #told: Individual[] = [];
  #asked: Genome | undefined;

  constructor(context: StrategyContext) {
    this.#context = context;
  }

  ask(): readonly Genome[] | undefined {
    if (this.#asked !== undefined) return [];
    if (this.#told.length === 4) return undefined;
    const { rng, space, problem } = this.#context;
    const gene = randomGenome(rng, { ...space, maxDepth: 1 }, problem);
    this.#asked = [...(this.best?.genome ?? []), ...gene].slice(-space.maxDepth);
    return [this.#asked];
  }

  tell(results: readonly Individual[]): void {
    this.#told.push(...results);
    if (results.length > 0) this.#asked = undefined;
  }

  get generation(): number {
    return this.#told.length;
  }

  get population(): readonly Individual[] {
    return this.best === undefined ? [] : [this.best];
  }

  get best(): Individual | undefined {
    return this.#told.toSorted((a, b) => b.fitness - a.fitness)[0];
  }
}

const search = (out: string, options: Partial<AutoCnnOptions> = {}): AutoCNN =>
  new AutoCNN({
    dataset,
    strategy: (context) => new Growing(context),
    populationSize: 3,
    epochNumber: 1,
    searchSpace: { channels: [4, 8], maxDepth: 3 },
    settings: { finalEpochs: 1 },
    evaluator: new InProcessEvaluator(runtime),
    out: join(folder, out),
    ...options,
  });

const genomesOf = (out: string): readonly string[] =>
  readJournal(join(folder, out, 'journal.jsonl')).flatMap((entry) =>
    entry.type === 'evaluation' ? [entry.genome] : [],
  );

it('it decides what is tried, from the space, the stream and the problem that it is given', async () => {
  const contexts: StrategyContext[] = [];
  const strategy = (context: StrategyContext): SearchStrategy => {
    contexts.push(context);
    return new Growing(context);
  };
  const best = await search('whole', { strategy }).run();
  const [first] = contexts;
  expect(first?.problem).toMatchObject({ input: { channels: 1, height: 8, width: 8 }, classes: 10 });
  expect(first?.space).toMatchObject({ channels: [4, 8], maxDepth: 3 });
  expect(first?.config).toMatchObject({ strategy: 'custom', population: 3, seed: 1 });
  const tried = genomesOf('whole');
  expect(tried).toContain(`${best}`);
  expect(best.summary()).toMatchObject({ evaluations: new Set(tried).size });
  expect(tried.every((genome) => /^(4|8|max|mean)(-(4|8|max|mean))*$/.test(genome))).toBe(true);
});

it('it is resumed with the strategy to the same end, and refused without it or with one that was not there', async () => {
  const abort = new AbortController();
  const onEvaluationEnd = () => abort.abort();
  const run = search('stopped', { signal: abort.signal, extraCallbacks: [{ onEvaluationEnd }] }).run();
  await expect(run).rejects.toThrow(InterruptedError);
  const path = join(folder, 'stopped');
  const cure =
    /a strategy that its program brought; resume it from there, with AutoCNN\.resume\(folder, \{ strategy \}\)/;
  await expect(resumeSearch(path, { evaluator: new InProcessEvaluator(runtime) })).rejects.toThrow(cure);
  const strategy = (context: StrategyContext) => new Growing(context);
  const best = await AutoCNN.resume(path, { strategy, evaluator: new InProcessEvaluator(runtime) });
  const whole = await AutoCNN.load(join(folder, 'whole'));
  expect(genomesOf('stopped')).toEqual(genomesOf('whole'));
  expect(best.summary()?.testLoss).toBe(whole.summary()?.testLoss);

  const other = new AbortController();
  const usual = { strategy: 'random', signal: other.signal } as const;
  const stopping = { extraCallbacks: [{ onEvaluationEnd: () => other.abort() }] };
  await expect(search('usual', { ...usual, ...stopping }).run()).rejects.toThrow(InterruptedError);
  await expect(
    AutoCNN.resume(join(folder, 'usual'), { strategy, evaluator: new InProcessEvaluator(runtime) }),
  ).rejects.toThrow(/was searched with the strategy random; resume it without a strategy of your own/);
});

it('what does not go with it is refused before a folder is made', async () => {
  const cases: readonly (readonly [Partial<AutoCnnOptions>, RegExp])[] = [
    [{ settings: { rungs: 2 } }, /rungs needs the strategy generational/],
    [{ settings: { earlyStopCandidates: 'median' } }, /earlyStopCandidates needs/],
    [{ strategy: (() => ({ ask: 1 })) as unknown as () => SearchStrategy }, /an object with ask and tell/],
    [{ strategy: 'custom' as 'random' }, /stands for one that a program brings, and there is none/],
  ];
  for (const [options, message] of cases) await expect(search('refused', options).run()).rejects.toThrow(message);
  expect(() => search('refused', { strategy: 5 as unknown as 'random' })).toThrow(
    'strategy must be text or a function',
  );
  expect(() => search('refused', { settings: { strategy: 'random' } as object })).toThrow(
    'settings.strategy is an option of its own: give it as strategy',
  );
  expect(readdirSync(folder)).not.toContain('refused');
});
