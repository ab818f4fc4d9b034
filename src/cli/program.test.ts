import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../index.ts';
import { runProgram } from './program.ts';

const COMMANDS = ['search', 'resume', 'evaluate', 'predict', 'export', 'data', 'inspect', 'draw'];

describe('help', () => {
  it('is asked for on stdout, with code 0', async () => {
    const { code, stdout, stderr } = await run('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of COMMANDS) expect(stdout).toMatch(`\n  ${command} `);
  });

  it.each(COMMANDS)('of %s fits 80 columns', async (command) => {
    const { code, stdout } = await run(command, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: auto-cnn ${command}`);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('answers a call without a command on stderr, with code 2', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: auto-cnn');
  });

  it('the version goes to stdout', async () => {
    expect(await run('--version')).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });
});

describe('inspect', () => {
  it('prints the layers and their sum', async () => {
    const { code, stdout } = await run('inspect', '128-64-0.2', '--input', '28x28x1');
    expect(code).toBe(0);
    expect(stdout).toBe(`Genome  128-64-max

Layer         Output     Parameters   FLOPs   Activations
input         28x28x1
skip 128-64   28x28x64       75,584   118 M       2.01 MB
max pool      14x14x64            0      0        50.2 kB
dense         10            125,450   251 k          40 B
total                       201,034   118 M       2.06 MB

FLOPs are of the forward pass; FLOPs and activations are for one image.
`);
  });

  it('prints one JSON object with --json', async () => {
    const { stdout, stderr } = await run('inspect', '', '--input', '4x5x3', '--classes', '2', '--json');
    expect(stderr).toBe('');
    const cost = {
      parameters: 122,
      flops: 240,
      activationBytes: 8,
      trainingFlops: 720,
      trainingBytes: 0,
      orthogonalFlops: 0,
    };
    expect(JSON.parse(stdout)).toEqual({
      genome: '',
      input: { height: 4, width: 5, channels: 3 },
      layers: [{ name: 'dense', kind: 'head', outputShape: [2], ...cost }],
      ...cost,
    });
  });

  it('measures with --measure', async () => {
    const { stdout } = await run('inspect', '4-4', '--input', '6x6x1', '--measure', '--batch', '3', '--json');
    const { trainingStep, inference, ...rest } = JSON.parse(stdout);
    expect(trainingStep).toEqual({ batch: 3, threads: 1, ms: expect.any(Number) });
    expect(inference).toEqual({ batch: 1, ms: expect.any(Number) });
    expect(Object.keys(rest)).toEqual([
      'genome',
      'input',
      'layers',
      'parameters',
      'flops',
      'activationBytes',
      'trainingFlops',
      'trainingBytes',
      'orthogonalFlops',
    ]);
  });
});

describe('search --print-config', () => {
  it('prints each value with its origin, without data, within 80 columns', async () => {
    const args = ['--preset', 'cnn-ga', '--epochs', '20', '--max-flops', '1e9', '--mutation-probability', '0.5'];
    const { code, stdout, stderr } = await run('search', ...args, '--print-config');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^seed +1 +default$/m);
    expect(stdout).toMatch(/^population +20 +preset cnn-ga$/m);
    expect(stdout).toMatch(/^training\.epochs +20 +--epochs$/m);
    expect(stdout).toMatch(/^searchSpace\.maxFlops +1000000000 +--max-flops$/m);
    expect(stdout).not.toContain('dataset.source');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('prints one JSON object with --json', async () => {
    const { code, stdout, stderr } = await run('search', 'mnist', '--preset', 'autocnn', '--print-config', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      'dataset.source': { value: 'mnist', from: 'DATA' },
      'searchSpace.channels': { value: [32, 64, 128, 256, 512], from: 'preset autocnn' },
      searchLimit: { value: null, from: 'preset autocnn' },
      seed: { value: 1, from: 'default' },
    });
  });

  it('leaves to the budget what it decides, also what there is only with several objectives', async () => {
    const printed = async (...args: string[]) => {
      const { stdout } = await run('search', 'mnist', '--budget', '5m', ...args, '--print-config', '--json');
      return JSON.parse(stdout);
    };
    const fromBudget = { from: 'budget' };
    const objectives = ['--objectives', 'accuracy,parameters'];
    expect(await printed(...objectives)).toMatchObject({ frontWork: fromBudget, finalEpochs: fromBudget });
    expect(await printed()).not.toHaveProperty('frontWork');
  });

  it('checks the settings', async () => {
    const { code, stdout, stderr } = await run('search', '--preset', 'cnnga', '--print-config');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      'error: --preset must be one of fast, autocnn, cnn-ga, received "cnnga"; did you mean cnn-ga?\n',
    );
  });
});

describe('an error', () => {
  it('is one line without --debug, and has a stack trace with it', async () => {
    const wrong = ['inspect', '128', '--input', '28x28x1'];
    const short = await run(...wrong);
    expect(short.code).toBe(2);
    expect(short.stderr).toMatch(/^error: genome "128", token 1 .*\n$/);
    const long = await run(...wrong, '--debug');
    expect(long.stderr).toMatch(/^error: genome "128", .*\nInvalidInputError: [\s\S]*\n {4}at /);
  });

  it.each([
    [['serch'], "error: unknown command 'serch'; did you mean search?\n"],
    [['frobnicate'], "error: unknown command 'frobnicate'; --help lists what there is\n"],
    [['search', '--populaton', '3'], "error: unknown option '--populaton'; did you mean --population?\n"],
    [['resume'], "error: missing required argument 'RUN'; --help lists what there is\n"],
    [['search', '--seed'], "error: option '--seed <n>' argument missing; --help lists what there is\n"],
  ])('of usage is one line, suggests the nearest and has code 2: %j', async (args, message) => {
    expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr: message });
  });
});

async function run(...args: readonly string[]) {
  const [stdout, stderr] = [memory(), memory()];
  const signal = new AbortController().signal;
  const code = await runProgram(args, {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: {},
    command: 'auto-cnn',
    signal,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function memory() {
  let text = '';
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { stream, text: () => text };
}
