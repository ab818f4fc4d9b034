// `--start-from RUN` as its users run it: the built command line on tiny data.

import { cpSync, existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../src/engine/state/safetensors.ts';
import { createRng } from '../src/random/rng.ts';
import { FAULTS } from './faults/faults.ts';
import { readFinished } from './faults/finished-run.ts';
import { survive } from './faults/survive.ts';
import { cliFolder } from './support/cli.ts';
import { writeTinyDigits } from './support/tiny-digits.ts';

const { work, cli, read } = cliFolder();
const SEARCH = '--population 3 --generations 1 --epochs 2 --final-epochs 10 --channels 4,8 --max-depth 2 --workers 2';
/** Too short and too slow to learn anything. */
const UNTRAINED = '--epochs 1 --learning-rate 1e-9';
const PROBLEM = {
  input: { channels: 1, height: 8, width: 8 },
  classes: 10,
  head: [{ type: 'flatten' }],
  shortcut: 'always',
};
const LONG = { timeout: 300_000 };

const summaryOf = (run: string) => JSON.parse(read(run, 'summary.json'));
const configOf = (run: string) => JSON.parse(read(run, 'config.json'));

async function succeeds(command: string): Promise<void> {
  const { code, stderr } = await cli(command);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

beforeAll(async () => {
  await succeeds(`search digits ${SEARCH} --final-epochs 60 --out former`);
}, LONG.timeout);

describe('a search that starts from a run', () => {
  beforeAll(() => succeeds(`search digits ${SEARCH} --start-from former --seed 2 --out run`), LONG.timeout);

  it('begins with its networks, the one of its model first, and says in its configuration what it took', () => {
    const { genome } = summaryOf('former');
    const { startFrom, initialGenomes } = configOf('run');
    expect(initialGenomes[0]).toBe(genome);
    expect(initialGenomes).toEqual(startFrom.genomes.slice(0, 3));
    expect(startFrom).toMatchObject({
      run: join(work, 'former'),
      model: { genome, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), problem: { classes: 10 } },
    });
    expect(startFrom.model).not.toHaveProperty('newClassifier');
  });

  it('gives the same model again, from the configuration', LONG, async () => {
    await succeeds('search --config run/config.json --out again');
    expect(readFileSync(join(work, 'again', 'model.onnx'))).toEqual(readFileSync(join(work, 'run', 'model.onnx')));
  });

  it.runIf(process.platform === 'linux')('is the same when it is killed and resumed', LONG, async () => {
    const reference = readFinished(join(work, 'run'));
    const search = [join(work, 'digits'), ...`${SEARCH} --seed 2 --start-from`.split(' '), join(work, 'former')];
    const place = { folder: join(work, 'killed'), search, cacheDir: join(work, 'other-cache') };
    const faults = Array.from({ length: 4 }, () => 'the run is killed' as const);
    const rng = createRng('kills of a run that starts from another');
    expect(await survive(place, { faults, table: FAULTS, rng, longestWaitMs: 3000, reference })).toEqual(reference);
  });

  it('needs that run no more once it has begun', LONG, async () => {
    rmSync(join(work, 'run', 'summary.json'));
    const [first] = read('run', 'journal.jsonl').split('\n');
    writeFileSync(join(work, 'run', 'journal.jsonl'), `${first}\n`);
    const model = readFileSync(join(work, 'run', 'model.onnx'));
    renameSync(join(work, 'former'), join(work, 'elsewhere'));
    rmSync(join(work, 'run', 'checkpoints'), { recursive: true });
    await succeeds('resume run');
    renameSync(join(work, 'elsewhere'), join(work, 'former'));
    expect(readFileSync(join(work, 'run', 'model.onnx'))).toEqual(model);
  });
});

describe('a training that starts from a run', () => {
  it('has its weights from the first step, also where it is trained in rounds', LONG, async () => {
    const { genome, testAccuracy } = summaryOf('former');
    const train = `train ${genome} digits ${UNTRAINED}`;
    await succeeds(`${train} --out without`);
    await succeeds(`${train} --start-from former --out with`);
    expect(testAccuracy).toBeGreaterThan(0.8);
    expect(summaryOf('without').testAccuracy).toBeLessThan(0.4);
    expect(summaryOf('with').testAccuracy).toBeGreaterThan(testAccuracy - 0.15);
    writeFileSync(join(work, 'rounds.json'), JSON.stringify({ replicas: 1, roundSteps: 2 }));
    await succeeds(`${train} --start-from former --config rounds.json --out rounds`);
    const modelOf = (run: string) => readFileSync(join(work, run, 'model.onnx'));
    expect(modelOf('rounds')).toEqual(modelOf('with'));
  });

  it('takes its network under a budget, and has a new classifier for other classes', LONG, async () => {
    await writeTinyDigits(join(work, 'three'), 3);
    await succeeds('train auto three --budget 2e10flops --learning-rate 1e-9 --start-from former --out three-run');
    const { genome } = summaryOf('former');
    expect(summaryOf('three-run').genome).toBe(genome);
    expect(configOf('three-run').startFrom.model).toMatchObject({ problem: { classes: 10 }, newClassifier: true });
    const start = decodeSafetensors(readFileSync(join(work, 'three-run', 'start.safetensors')), 'start');
    await succeeds('export three-run --format safetensors --out three-weights');
    const own = decodeSafetensors(readFileSync(join(work, 'three-weights', 'model.safetensors')), 'own');
    const kernels = [...start.tensors].filter(([name]) => /conv.*weight/.test(name));
    expect(kernels.length).toBeGreaterThan(0);
    for (const [name, { data }] of kernels) {
      const moved = own.tensors.get(name)?.data.map((value, i) => Math.abs(value - (data[i] ?? Number.NaN)));
      expect(Math.max(...(moved ?? [Number.NaN]))).toBeLessThan(1e-5);
    }
  });
});

describe('a run that cannot be started from', () => {
  beforeAll(() => {
    for (const copy of ['unfinished', 'damaged', 'changed']) {
      cpSync(join(work, 'former'), join(work, copy), { recursive: true });
    }
    rmSync(join(work, 'unfinished', 'summary.json'));
    truncateSync(join(work, 'damaged', 'model.onnx'), 500);
    const model = { sha256: '0'.repeat(64), genome: '4-4', problem: PROBLEM };
    writeFileSync(join(work, 'other.json'), JSON.stringify({ startFrom: { run: join(work, 'changed'), model } }));
  });

  it.each([
    ['--start-from ./missing', /the folder .*missing does not exist; give the folder of a run/],
    ['--start-from digits', /digits is not a run/],
    [
      '--start-from unfinished',
      /cannot start from the run unfinished: it is not finished; finish it with ".* resume unfinished"/,
    ],
    ['--start-from damaged', /model.onnx/],
    ['--start-from former --channels-in rgb', /its networks take 1 channels, those of this run 3; .* --channels-in/],
    ['--config other.json', /the SHA-256 of its model is [0-9a-f]{64}, expected 0{64}; give the run as it was/],
  ])('is refused with what is wrong and the cure, and nothing is begun: %s', LONG, async (given, message) => {
    const { code, stderr } = await cli(`search digits ${SEARCH} ${given} --out refused`);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
    expect(existsSync(join(work, 'refused'))).toBe(false);
  });
});
