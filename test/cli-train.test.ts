// `auto-cnn train` and `--repeats` as their users run them: the built command line on tiny data.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJournal } from '../src/search/run/journal.ts';
import { cliFolder, PROGRAM } from './support/cli.ts';
import { runInFolder } from './support/run-in-folder.ts';
import { runInProcess } from './support/run-program.ts';

const { work, cli, read } = cliFolder();
const REPEATED = 'train 4-8-max digits --epochs 6 --repeats 3';

describe('train', () => {
  it('trains one genome and leaves a run like that of a search', async () => {
    const { code, stdout, stderr } = await cli('train 4-8-0.2 digits --epochs 2 --batch-size 32 --out one');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const summary = JSON.parse(read('one', 'summary.json'));
    expect(summary).toMatchObject({ genome: '4-8-max', evaluations: 0 });
    expect(stdout).toMatch(/^Training of 4-8-max, 2 epochs\nEpoch 1\/2: loss .*\nEpoch 2\/2: loss .*\n/m);
    expect(stdout).toContain(`Test accuracy ${(100 * summary.testAccuracy).toFixed(2)} % of 40 images`);
    expect(stdout).not.toMatch(/Generation|Validation|networks/);
    expect(readdirSync(join(work, 'one')).sort()).toEqual(
      [
        'checkpoints',
        'config.json',
        'journal.jsonl',
        'MODEL.md',
        'model.onnx',
        'report.html',
        'summary.json',
        'tensorboard',
        'test-predictions.json',
      ].sort(),
    );
    const { code: again, stdout: score } = await runInFolder(work, 'evaluate one digits --json');
    expect(again).toBe(0);
    expect(JSON.parse(score)).toMatchObject({ genome: '4-8-max', accuracy: summary.testAccuracy });
  });

  it('reports mean, spread and best of its repeats, and prints one JSON object with --json', async () => {
    const { code, stdout, stderr } = await cli(`${REPEATED} --workers 2 --json --out three`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { folder, ...summary } = JSON.parse(stdout);
    expect(folder).toBe(join(work, 'three'));
    expect(summary).toEqual(JSON.parse(read('three', 'summary.json')));
    expect(summary.repeats.accuracies).toHaveLength(3);
    expect(summary.repeats.accuracies).toContain(summary.testAccuracy);
    expect((await runInFolder(work, 'resume three')).stdout).toMatch(
      /^ {2}Repeats {7}test accuracy \d+\.\d\d % ± \d+\.\d\d, best \d+\.\d\d % of 3$/m,
    );
  });

  it('takes the settings of a run with --config, not the steps that it came to, and flags win over them', async () => {
    const run = JSON.parse(read('one', 'config.json'));
    const budget = { seconds: 60, rate: 1e9 };
    const planned = { ...run, budget, finalEpochs: 135.3, finalSteps: [{ at: 0, total: 947 }] };
    writeFileSync(join(work, 'planned.json'), JSON.stringify(planned));
    const { code } = await cli('train 4-4 digits --config planned.json --epochs 3 --batch-size 50 --out settings');
    expect(code).toBe(0);
    const { dataset: _, ...config } = JSON.parse(read('settings', 'config.json'));
    const { dataset: __, ...settings } = run;
    const training = { ...settings.training, batchSize: 50 };
    expect(config).toEqual({ ...settings, budget, genome: '4-4', finalEpochs: 3, training });
    const [final] = readJournal(join(work, 'settings', 'journal.jsonl'));
    expect(final).toMatchObject({ type: 'final', bestEpoch: 3 });
  });

  it('refuses wrong input in one line and writes nothing', async () => {
    const cases: readonly (readonly [command: string, message: RegExp])[] = [
      ['train 4-x digits', /genome "4-x", token 2 \("x"\): .*; did you mean max\?/],
      ['train max-max-max-max digits', /genome "max-max-max-max": .*pooling/],
      ['train 4-4 nowhere', /No data set "nowhere"/],
      ['train 4-4', /missing.*DATA/i],
      ['train 4-4 digits --epochs 0', /--epochs must be .*0/],
      ['train 4-4 digits --repeats none', /--repeats .*none/],
      ['train 4-4 digits --train-limit 3', /--train-limit .*3/],
      ['train 4-4 digits --validation 0.2', /unknown option '--validation'/],
    ];
    for (const [command, message] of cases) {
      const args = command.replace('digits', join(work, 'digits')).split(' ');
      const { code, stdout, stderr } = await runInProcess(...args, '--out', join(work, 'refused'));
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(message);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
    expect(existsSync(join(work, 'refused'))).toBe(false);
  });

  it.skipIf(process.platform === 'win32')('is interrupted and resumed without a change of the result', async () => {
    let sent = false;
    const { code, stderr } = await cli(`${REPEATED} --workers 1 --out stopped`, {
      onStdout: (child, text) => {
        if (!sent && text.includes('Training 2 of 3 of 4-8-max')) sent = child.kill('SIGINT');
      },
    });
    const said = `interrupted; resume with: ${PROGRAM} resume stopped\nbest so far: 4-8-max  stopped/model.onnx\n`;
    expect({ code, stderr }).toEqual({ code: 130, stderr: said });
    expect(readJournal(join(work, 'stopped', 'journal.jsonl')).length).toBeLessThan(3);
    const { repeats, testLoss } = JSON.parse(read('three', 'summary.json'));
    expect(JSON.parse((await cli('resume stopped --json')).stdout)).toMatchObject({ repeats, testLoss });
  });
});

it('search --repeats trains the winner the given number of times', async () => {
  const search = 'search digits --population 2 --generations 0 --channels 4 --max-depth 2 --epochs 1 --final-epochs 1';
  const { code, stdout } = await cli(`${search} --repeats 2 --out searched`);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Final training 1 of 2 of /m);
  expect(stdout).toMatch(/^\[training 2\/2\] Epoch 1\/1: loss /m);
  expect(stdout).toMatch(/^ {2}Repeats .* of 2$/m);
});
