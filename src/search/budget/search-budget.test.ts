// Searches under a budget: what decides where they end, and that they can be repeated.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { plainImage, writeIn } from '../../../test/support/data-fixtures.ts';
import { writeSmallMnist } from '../../../test/support/small-mnist.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { InterruptedError } from '../../errors.ts';
import { cancelledError, type EvaluateOptions, type Evaluator } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import type { EvaluationOutcome, EvaluationTask } from '../../evaluation/task.ts';
import { createRng } from '../../random/rng.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch, resumeSearch } from '../create-search.ts';
import type { WorkersEntry } from '../records/journal-entry.ts';
import { readJournal } from '../run/journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-budget-'));
const source = join(folder, 'data');
const runtime = await loadNodeRuntime();
let runs = 0;
/** Short rounds, so that the clock is looked at often. */
const SMALL = { training: { batchSize: 120 }, roundSteps: 100 };

beforeAll(() => writeSmallMnist(source, 120, 30));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a search under a budget', () => {
  it.each(['6.6e11flops', '4s'])(
    'of %s is repeated by its config.json, without a look at the machine',
    async (budget) => {
      const first = await run({ budget, searchShare: 0.1, roundSteps: 1000 });
      expect(first.config.undecided).toBeUndefined();
      expect(first.measureSpeed).toHaveBeenCalledTimes(budget.endsWith('s') && !budget.endsWith('flops') ? 1 : 0);
      const second = await run(first.config);
      expect(second.measureSpeed).not.toHaveBeenCalled();
      expect(second.evaluated).toEqual(first.evaluated);
      expect(second.summary.genome).toBe(first.summary.genome);
      expect(second.model).toBe(first.model);
      expect(second.config).toEqual(first.config);
    },
  );

  it('that is short trains what the genome auto trains, says so, and is repeated by its config.json', async () => {
    const given = { budget: '2e11flops', finalEpochs: 2 };
    const short = await run(given);
    const auto = await run({ ...given, genome: 'auto' });
    expect(short.evaluated).toEqual([]);
    expect(short.config).toMatchObject({ searchShare: 0, genome: auto.config.genome });
    expect(short.model).toBe(auto.model);
    const [own] = short.notices.filter((notice) => !auto.notices.includes(notice));
    expect(own).toMatch(/^All of the budget goes to one network, .*: the 12 images held out .*--search-share 0.25/);
    expect((await run(short.config)).model).toBe(short.model);
    expect((await run({ ...given, budget: '9e11flops', searchShare: 0.5 })).evaluated.length).toBeGreaterThan(0);
  });

  it('has its candidates limited to a time, which is measured once and then written down as work', async () => {
    const given = { generations: 1, searchSpace: { maxSeconds: 0.2 } };
    const first = await run(given);
    expect(first.measureSpeed).toHaveBeenCalledTimes(1);
    expect(first.config.searchSpace).toMatchObject({ maxWork: expect.any(Number) });
    expect(first.config.searchSpace).not.toHaveProperty('maxSeconds');
    const second = await run(first.config);
    expect(second.measureSpeed).not.toHaveBeenCalled();
    expect(second.evaluated).toEqual(first.evaluated);
    expect(second.model).toBe(first.model);
  });

  it('ends before the work of its candidates exceeds their share, and says what it has spent', async () => {
    const { summary, config, evaluated } = await run({ budget: '8e11flops', generations: 1000, finalEpochs: 2 });
    expect(summary.budget).toMatchObject({ flops: 8e11, finalEpochs: config.finalEpochs });
    expect(summary.budget?.searchWork).toBeLessThanOrEqual(config.searchWork ?? 0);
    expect(summary.budget?.searchWork).toBeGreaterThan(0.5 * (config.searchWork ?? 0));
    expect(summary.evaluations).toBe(evaluated.length);
    expect(evaluated.length).toBeGreaterThan(3);
  });

  it('goes on after an interruption without a look at the machine, on the time that is left', async () => {
    const out = join(folder, `run ${runs++}`);
    const abort = new AbortController();
    const given = { dataset: { source }, budget: '4s', searchShare: 0.25, ...SMALL };
    const search = await createSearch(given, { out, evaluator: madeUp() });
    search.on('evaluation', () => readJournal(join(out, 'journal.jsonl')).length === 3 && abort.abort());
    await expect(search.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    const evaluator = madeUp();
    const summary = await (await resumeSearch(out, { evaluator })).run();
    expect(evaluator.measureSpeed).not.toHaveBeenCalled();
    const { elapsedSeconds = 0 } = readJournal(join(out, 'journal.jsonl'))[2] ?? {};
    expect(summary.seconds).toBeGreaterThan(elapsedSeconds);
    expect(summary.budget).toMatchObject({ seconds: 4, rate: 4e11, byteWork: 25 });
  });

  it('has each change of its workers in the journal, and takes it at the same place when it is replayed', async () => {
    const out = join(folder, `run ${runs++}`);
    const journal = () => readJournal(join(out, 'journal.jsonl'));
    const evaluations = () => journal().filter(({ type }) => type === 'evaluation');
    const changes = () => journal().filter((entry): entry is WorkersEntry => entry.type === 'workers');
    /** Ends before the final training, or after so many evaluations. */
    const session = async (workersAfter: (trained: number) => number, most = Number.POSITIVE_INFINITY) => {
      let trained = 0;
      const trainer = madeUp();
      const evaluator: Evaluator = {
        ...trainer,
        get concurrency() {
          return workersAfter(trained);
        },
        async evaluate(task, options) {
          if (options?.signal?.aborted) throw cancelledError();
          const outcome = await trainer.evaluate(task, options);
          trained++;
          return outcome;
        },
        capacityGrown: () => new Promise(() => {}),
      };
      const isNew = !existsSync(out);
      const config = { dataset: { source }, budget: '1m', searchShare: 0.6, tensorboard: false, ...SMALL };
      const search = await (isNew ? createSearch(config, { out, evaluator }) : resumeSearch(out, { evaluator }));
      const abort = new AbortController();
      search.on('evaluation', () => trained >= most && abort.abort());
      search.on('finalStart', () => abort.abort());
      await expect(search.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    };
    await session((trained) => (trained < 3 ? 2 : 6), 12);
    const first = changes();
    expect(first.map(({ workers }) => workers)).toEqual([2, 6]);
    await session(() => 3);
    const second = changes();
    expect(second.slice(0, first.length)).toEqual(first);
    expect(second.map(({ workers }) => workers)).toEqual([2, 6, 3]);
    const trained = evaluations();
    await session(() => 50);
    expect(changes()).toEqual(second);
    expect(evaluations()).toEqual(trained);
    expect(trained.length).toBeGreaterThan(12);
  });

  it('says how much of it packing the images took, and nothing where they are packed', async () => {
    const pets = join(folder, 'pets');
    for (const [i, colour] of ['black', 'grey', 'white', 'silver', 'navy', 'red'].entries()) {
      const image = await plainImage(colour, { height: 8, width: 8 });
      for (const label of ['cats', 'dogs']) await writeIn(pets, join(label, `${i}.png`), image);
    }
    const noticesOf = async (budget: string) => {
      const search = await createSearch(
        { dataset: { source: pets }, budget },
        { out: join(folder, `run ${runs++}`), evaluator: madeUp(), cacheDir: join(folder, 'cache') },
      );
      const abort = new AbortController();
      let heard: readonly string[] = [];
      search.on('start', ({ notices }) => {
        heard = notices;
        abort.abort();
      });
      await expect(search.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
      return heard.filter((notice) => notice.includes('Packing'));
    };
    expect(await noticesOf('1h')).toEqual([
      expect.stringMatching(/^Packing the images took \d+\.\d s of the budget of 1h; the next run on this data has/),
    ]);
    expect(await noticesOf('1h')).toEqual([]);
  });

  it('is not begun if the budget is too small, and says what would do', async () => {
    await expect(run({ budget: '1e9flops' })).rejects.toThrow(
      /^a budget of 1e9flops is too small for 120 training images of 28x28x1 on this machine; the minimum is about \S+flops; allow/,
    );
  });

  it('ends where the search space has nothing new', async () => {
    const { evaluated } = await run({
      budget: '8e11flops',
      searchSpace: { channels: [8], maxDepth: 1 },
      finalEpochs: 2,
    });
    expect(new Set(evaluated).size).toBe(evaluated.length);
    // 8-8, max, mean, 8max8 and 8mean8.
    expect(evaluated.length).toBeLessThanOrEqual(5);
  });
});

async function run(given: Partial<SearchConfigInput>) {
  const out = join(folder, `run ${runs++}`);
  const evaluator = madeUp();
  const search = await createSearch(
    { dataset: { source }, tensorboard: false, ...SMALL, ...given },
    { out, evaluator },
  );
  const notices: string[] = [];
  search.on('start', (start) => notices.push(...start.notices));
  const summary = await search.run();
  const config: SearchConfigInput = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  const evaluated = readJournal(join(out, 'journal.jsonl')).flatMap((entry) =>
    entry.type === 'evaluation' ? entry.id : [],
  );
  const model = readFileSync(join(out, 'model.onnx')).toString('base64');
  return { summary, config, notices, evaluated: evaluated.toSorted(), model, measureSpeed: evaluator.measureSpeed };
}

/** Answers candidates with a number made from the genome at once; trains the winner. The machine is said to be fast. */
function madeUp() {
  const trainer = new InProcessEvaluator(runtime);
  return {
    concurrency: 1,
    measureSpeed: vi.fn(async () => ({ rate: 4e11, byteWork: 25 })),
    async evaluate(task: EvaluationTask, options?: EvaluateOptions): Promise<EvaluationOutcome> {
      if (task.selection.purpose === 'final') return trainer.evaluate(task, options);
      const fitness = createRng(task.genome).uniform();
      const history = [{ epoch: 1, loss: 1, accuracy: fitness, validationAccuracy: fitness }];
      return { fitness, history, bestEpoch: 1 };
    },
    close: () => trainer.close(),
  } satisfies Evaluator;
}
