import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alteredRuntime } from '../../test/support/altered-runtime.ts';
import { runtime } from '../../test/support/run-graph.ts';
import { writeTinyDigits } from '../../test/support/tiny-digits.ts';
import { engineKind } from '../engine/engine-kind.ts';
import type { Runtime } from '../engine/runtime.ts';
import { InterruptedError, InvalidInputError } from '../errors.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../evaluation/node/in-process-evaluator.ts';
import type { EvaluationTask } from '../evaluation/task.ts';
import type { SearchConfigInput } from './config/config.ts';
import { createSearch, resumeSearch } from './create-search.ts';
import { readJournal } from './run/journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-engine-'));
const source = join(folder, 'digits');
const altered = alteredRuntime(runtime);
const OLD_RUN = fileURLToPath(new URL('../../test/fixtures/run-before-engine-kinds', import.meta.url));
const CONFIG: SearchConfigInput = {
  dataset: { source },
  population: 3,
  generations: 0,
  searchSpace: { channels: [4], maxDepth: 2 },
  training: { epochs: 1 },
  finalEpochs: 1,
  lowering: 'plain',
  tensorboard: false,
};

beforeAll(() => writeTinyDigits(source));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trains in this process, and remembers what it was asked. */
function recording(engine: Runtime): { evaluator: Evaluator; tasks: EvaluationTask[] } {
  const tasks: EvaluationTask[] = [];
  const evaluator = new InProcessEvaluator(engine);
  const evaluate = evaluator.evaluate.bind(evaluator);
  evaluator.evaluate = (task, options) => {
    tasks.push(task);
    return evaluate(task, options);
  };
  return { evaluator, tasks };
}

const read = (...path: readonly string[]) => JSON.parse(readFileSync(join(folder, ...path), 'utf8'));
const idsOf = (name: string) => readJournal(join(folder, name, 'journal.jsonl')).map(({ id }) => id);

async function runAll(name: string, engine: Runtime, config: Partial<SearchConfigInput> = {}) {
  const { evaluator, tasks } = recording(engine);
  const search = await createSearch({ ...CONFIG, ...config }, { out: join(folder, name), evaluator });
  const notices: string[] = [];
  search.on('start', (event) => notices.push(...event.notices));
  return { summary: await search.run(), tasks, notices };
}

/** A run that was interrupted after its first candidate. */
async function begin(name: string, engine: Runtime): Promise<string> {
  const search = await createSearch(CONFIG, { out: join(folder, name), evaluator: new InProcessEvaluator(engine) });
  const abort = new AbortController();
  search.on('evaluation', () => abort.abort());
  await expect(search.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
  return join(folder, name);
}

describe('the kind of engine', () => {
  let first: Awaited<ReturnType<typeof runAll>>;
  beforeAll(async () => {
    first = await runAll('first', runtime);
  });

  it('is written into the configuration, and every task and its id have it', async () => {
    const second = await runAll('second', altered);
    const [here, there] = [await engineKind(runtime, 'plain'), await engineKind(altered, 'plain')];
    expect(read('first', 'config.json').engineKind).toBe(here);
    expect(read('second', 'config.json').engineKind).toBe(there);
    expect(new Set(first.tasks.map((task) => task.engineKind))).toEqual(new Set([here]));
    expect(first.tasks.map(({ genome }) => genome)).toEqual(second.tasks.map(({ genome }) => genome));
    expect(idsOf('first').filter((id) => idsOf('second').includes(id))).toEqual([]);
    expect((await runAll('again', runtime)).tasks.map(({ id }) => id)).toEqual(first.tasks.map(({ id }) => id));
  });

  it('keeps a shared cache and shared weights from answering for another', async () => {
    const shared = { fitnessCache: join(folder, 'shared.jsonl'), checkpointDir: join(folder, 'weights') };
    const filled = await runAll('filled', runtime, shared);
    const elsewhere = await runAll('elsewhere', altered, shared);
    expect(elsewhere.summary.reused).toBe(0);
    expect(elsewhere.tasks).toHaveLength(filled.tasks.length);
    const back = await runAll('back', runtime, shared);
    expect(back.summary.reused).toBe(filled.summary.evaluations);
    expect(back.tasks).toEqual([]);
  });

  it('must be the same when a run goes on, and both are named where it is not', async () => {
    const run = await begin('begun', runtime);
    const [here, there] = [await engineKind(runtime, 'plain'), await engineKind(altered, 'plain')];
    const refused = resumeSearch(run, { evaluator: new InProcessEvaluator(altered) });
    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow(
      `the run was begun on another kind of engine (${here}); here it is ${there}, whose results differ by rounding: ` +
        'resume it where it was begun, or start a new search with "auto-cnn search --config" and its config.json',
    );
    const { evaluator, tasks } = recording(runtime);
    const search = await resumeSearch(run, { evaluator });
    const summary = await search.run();
    expect(tasks.map(({ selection }) => selection.purpose)).toEqual(['search', 'search', 'final']);
    expect(summary.evaluations).toBe(3);
  });

  it('does not matter to a run that is done', async () => {
    const { evaluator, tasks } = recording(altered);
    const summary = await (await resumeSearch(join(folder, 'first'), { evaluator })).run();
    expect(summary).toEqual(read('first', 'summary.json'));
    expect(tasks).toEqual([]);
  });

  it('is found out anew for a configuration of another run, with a notice where it differs', async () => {
    const { notices } = await runAll('repeated', altered, read('first', 'config.json'));
    const [here, there] = [await engineKind(altered, 'plain'), await engineKind(runtime, 'plain')];
    expect(read('repeated', 'config.json').engineKind).toBe(here);
    expect(notices).toContain(
      `the configuration is of a run on another kind of engine (${there}); here it is ${here}: results differ by rounding, and so may the search`,
    );
    const repeated = await runAll('repeated here', runtime, read('first', 'config.json'));
    expect(repeated.notices.filter((notice) => notice.includes('engine'))).toEqual([]);
  });

  it('is none of a run of a version before, which goes on with what it has', async () => {
    const run = join(folder, 'old');
    cpSync(OLD_RUN, run, { recursive: true });
    const config = read('old', 'config.json');
    writeFileSync(join(run, 'config.json'), JSON.stringify({ ...config, dataset: { ...config.dataset, source } }));
    const { evaluator, tasks } = recording(runtime);
    const summary = await (await resumeSearch(run, { evaluator })).run();
    expect(summary).toMatchObject({ evaluations: 3, failures: 0 });
    expect(tasks.map(({ genome, selection }) => `${selection.purpose} ${genome}`)).toEqual([
      'search max',
      'final 4-4-4-4',
    ]);
    expect(read('old', 'config.json').engineKind).toBeUndefined();
  });
});
