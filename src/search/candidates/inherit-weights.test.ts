import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeMnistThumbnails } from '../../../test/support/mnist-thumbnails.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { DataFormatError, EvaluationError } from '../../errors.ts';
import { cancelledError, type Evaluator, failedOutcome } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import { ProcessPoolEvaluator } from '../../evaluation/node/process-pool-evaluator.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import { createRng } from '../../random/rng.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch, resumeSearch } from '../create-search.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import { readJournal } from '../run/journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-inherit-'));
const source = join(folder, 'data');
const BUILT = new URL('../../../dist/evaluation/node/worker.js', import.meta.url);
beforeAll(() => writeMnistThumbnails(source, 120, 30));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const common: SearchConfigInput = {
  dataset: { source },
  tensorboard: false,
  lowering: 'plain',
  finalEpochs: 1,
  searchSpace: { channels: [8, 16], maxDepth: 3 },
};

describe('a search whose candidates inherit weights', () => {
  const large = { ...common, population: 6, generations: 5, training: { epochs: 9, batchSize: 120 } };

  describe.each([
    ['generational', 1, 'none', ['first', 'second', 'none']],
    ['generational', 3, 'none', ['first', 'second', 'none']],
    ['generational', 2, 'median', ['first', 'second', 'none']],
    ['steady-state', 1, 'median', ['first', 'none']],
    ['steady-state', 3, 'none', ['first', 'none', 'lower rung']],
  ] as const)('(%s, %i rungs, early stopping: %s)', (strategy, rungs, earlyStopCandidates, kinds) => {
    const given = { ...large, strategy, rungs, reduction: 2, earlyStopCandidates, inheritWeights: true };

    it('is the same whatever the number of workers, and after an interruption', async () => {
      const one = await runMadeUp(given, 1);
      expect(one.results.length).toBeGreaterThan(15);
      expect((await runMadeUp(given, 4)).results).toEqual(one.results);
      for (const after of [8, 13]) expect((await runMadeUp(given, 2, after)).results).toEqual(one.results);
    });

    it('has each start from the first parent that did not fail, on its rung or the last below', async () => {
      const { tasks, entries } = await runMadeUp(given, 3);
      const imagesOf = ({ training, selection }: EvaluationTask) => (selection.searchLimit ?? 120) * training.epochs;
      const placeOf = (id: string | undefined) => entries.findIndex((entry) => entry.id === id);
      const seen = new Set<string>();
      for (const task of tasks) {
        const { parents = [] } = entries[placeOf(task.id)] ?? {};
        const sound = parents.filter((each) => !entries.some(({ genome, failure }) => genome === each && failure));
        expect(task.parent?.genome).toBe(sound[0]);
        if (parents.length > 0) seen.add(['first', 'second'][parents.indexOf(sound[0] ?? '')] ?? 'none');
        if (task.parent === undefined) continue;
        const { id, path } = task.parent;
        const parent = tasks.find((each) => each.id === id);
        if (parent === undefined) throw new Error('the parent was trained');
        expect(parent).toMatchObject({ genome: sound[0], checkpointPath: path });
        expect(placeOf(id)).toBeLessThan(placeOf(task.id));
        expect(imagesOf(parent)).toBeLessThanOrEqual(imagesOf(task));
        if (imagesOf(parent) < imagesOf(task)) seen.add('lower rung');
      }
      expect([...seen]).toEqual(expect.arrayContaining([...kinds]));
    });
  });

  it('gives tasks of its own to those who inherit, and the usual ones to the others', async () => {
    const without = await runMadeUp({ ...large, inheritWeights: false }, 1);
    const { tasks } = await runMadeUp({ ...large, inheritWeights: true }, 1);
    const usual = new Set(without.tasks.map(({ id }) => id));
    expect(without.tasks.filter(({ parent }) => parent)).toEqual([]);
    // The results are the same here, so that the genomes are.
    expect(tasks.map(({ genome }) => genome)).toEqual(without.tasks.map(({ genome }) => genome));
    for (const { id, parent } of tasks) expect(usual.has(id)).toBe(parent === undefined);
  });
});

describe('inherited weights', () => {
  const small = { ...common, population: 4, generations: 2, seed: 3, training: { epochs: 1, batchSize: 30 } };
  const given = { ...small, inheritWeights: true };

  it('are the same in child processes, and lead to other results than none', async () => {
    const here = await runReal(given, 'here', await inProcess());
    const there = await runReal(
      given,
      'there',
      new ProcessPoolEvaluator({ workers: 2, timeoutMs: 60_000, script: BUILT }),
    );
    expect(there).toEqual(here);
    const fresh = await runReal(small, 'fresh', await inProcess());
    const historyOf = (genome: string) => fresh.find((each) => each.genome === genome)?.history;
    const [random, bred] = [here.filter(({ parents }) => !parents), here.filter(({ parents }) => parents)];
    for (const { genome, history } of random) expect(historyOf(genome)).toEqual(history);
    // One that has no layer in common with its parent is trained as it is without.
    const others = bred.filter(({ genome, history }) => !isDeepStrictEqual(historyOf(genome) ?? history, history));
    expect(others.length).toBeGreaterThan(1);
  });

  it('are reported if missing, and trained again without their line in the journal', async () => {
    const out = join(folder, 'gone');
    const trainer = new InProcessEvaluator(await loadNodeRuntime());
    const abort = new AbortController();
    let parent: EvaluationTask['parent'];
    const untilChild: Evaluator = {
      concurrency: 1,
      async evaluate(task, options) {
        parent ??= task.parent;
        if (parent === undefined) return trainer.evaluate(task, options);
        abort.abort();
        throw cancelledError();
      },
      close: async () => {},
    };
    const search = await createSearch(given, { out, evaluator: untilChild });
    await expect(search.run({ signal: abort.signal })).rejects.toThrow(/interrupted/);
    if (parent === undefined) throw new Error('there is a child');
    rmSync(parent.path);
    const resumed = async () => (await resumeSearch(out, { evaluator: await inProcess() })).run();
    await expect(resumed()).rejects.toBeInstanceOf(DataFormatError);
    const journal = join(out, 'journal.jsonl');
    const lines = readFileSync(journal, 'utf8').split('\n');
    const { id } = parent;
    writeFileSync(journal, lines.filter((line) => !line.includes(`"id":"${id}"`)).join('\n'));
    await resumed();
    expect(resultsIn(out)).toEqual(resultsIn(join(folder, 'here')));
  });

  it('do not affect the final training', async () => {
    const { id } = finalIn(join(folder, 'here'));
    const { genome } = finalIn(join(folder, 'here'));
    const alone = await createSearch(
      { ...small, genome },
      { out: join(folder, 'alone'), evaluator: await inProcess() },
    );
    await alone.run();
    expect(finalIn(join(folder, 'alone')).id).toBe(id);
  });

  it('need more than a cache of fitness', async () => {
    await expect(createSearch({ ...given, fitnessCache: join(folder, 'cache.jsonl') })).rejects.toThrow(
      /inheritWeights needs the weights of parents, but the fitnessCache .*cache\.jsonl has none; share a checkpointDir/,
    );
  });

  it('lie in a checkpoint folder that runs share, for both', async () => {
    const shared = { ...given, checkpointDir: join(folder, 'weights') };
    const first = await runReal(shared, 'first', await inProcess());
    const second = await runReal(shared, 'second', await inProcess());
    expect(second).toEqual(first);
    expect(first).toEqual(resultsIn(join(folder, 'here')));
  });
});

async function inProcess(): Promise<Evaluator> {
  return new InProcessEvaluator(await loadNodeRuntime());
}

async function runReal(config: SearchConfigInput, name: string, evaluator: Evaluator) {
  const out = join(folder, name);
  await (await createSearch(config, { out, evaluator })).run();
  return resultsIn(out);
}

/** In the order of their ids. */
function resultsIn(out: string) {
  return evaluationsIn(out)
    .map(({ id, genome, parents, history }) => ({ id, genome, parents, history }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function evaluationsIn(out: string): readonly EvaluationEntry[] {
  const entries = readJournal(join(out, 'journal.jsonl'));
  return entries.filter((entry): entry is EvaluationEntry => entry.type === 'evaluation');
}

function finalIn(out: string) {
  const final = readJournal(join(out, 'journal.jsonl')).find(({ type }) => type === 'final');
  if (final === undefined || !('genome' in final)) throw new Error('there was a final training');
  return final;
}

let runs = 0;
/** @param interruptAfter  number of evaluations after which the run is interrupted, and resumed with other delays. */
async function runMadeUp(config: SearchConfigInput, workers: number, interruptAfter?: number) {
  const out = join(folder, `run ${runs++}`);
  const tasks: EvaluationTask[] = [];
  const evaluator = (name: string) => madeUp(workers, name, tasks);
  let search = await createSearch(config, { out, evaluator: await evaluator(`${out} first`) });
  if (interruptAfter !== undefined) {
    const abort = new AbortController();
    let done = 0;
    search.on('evaluation', () => ++done === interruptAfter && abort.abort());
    await expect(search.run({ signal: abort.signal })).rejects.toThrow(/interrupted/);
    search = await resumeSearch(out, { evaluator: await evaluator(`${out} second`) });
  }
  await search.run();
  const entries = evaluationsIn(out);
  const results = entries
    .map(({ seconds: _, elapsedSeconds: __, ...result }) => result)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return { entries, results, tasks };
}

/** Rising curves whose end is made from the genome, half of them failures; done at times that are made from a name. */
async function madeUp(concurrency: number, name: string, tasks: EvaluationTask[]): Promise<Evaluator> {
  const trainer = new InProcessEvaluator(await loadNodeRuntime());
  const delays = createRng(name);
  return {
    concurrency,
    async evaluate(task, options) {
      if (task.selection.purpose === 'final') return trainer.evaluate(task, options);
      tasks.push(task);
      for (let turns = delays.integer(0, 30); turns > 0; turns--) await new Promise(setImmediate);
      if (options?.signal?.aborted) throw cancelledError();
      const { epochs, stopBelow = [] } = task.training;
      const end = createRng(task.genome).uniform();
      if (end < 0.5) return failedOutcome(new EvaluationError('diverged', 'made up'));
      const history = [];
      let pruned = false;
      for (let epoch = 1; epoch < epochs + 1 && !pruned; epoch++) {
        const validationAccuracy = end * Math.sqrt(Math.min(1, epoch / epochs));
        history.push({ epoch, loss: 1, accuracy: 0.5, validationAccuracy });
        pruned = epoch < epochs && validationAccuracy < (stopBelow[epoch - 1] ?? 0);
      }
      const fitness = history.at(-1)?.validationAccuracy ?? 0;
      return { fitness, history, bestEpoch: history.length, ...(pruned && { pruned }) };
    },
    close: () => trainer.close(),
  };
}
