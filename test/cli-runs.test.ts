// The built command line from a data set to a model, in a pipe: what it prints, where, and with which exit code.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJournal } from '../src/search/run/journal.ts';
import { cliFolder, PROGRAM } from './support/cli.ts';
import { plainImage, writeIn } from './support/data-fixtures.ts';
import { runInFolder } from './support/run-in-folder.ts';

const { work, cli, read } = cliFolder();
const SEARCH = 'search digits --population 4 --generations 1 --channels 4,8 --max-depth 2 --epochs 2 --final-epochs 2';
const SHARED = `${SEARCH} --fitness-cache shared/fitness.jsonl --checkpoint-dir shared/weights --json`;
const SMALLEST = '--population 2 --generations 0';
const TO_INTERRUPT = `${SEARCH} --workers 2`;

describe('search', () => {
  it('prints a line for each step, then the result, without control characters', async () => {
    const { code, stdout, stderr } = await cli(`${SEARCH} --out plain`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const entries = readJournal(join(work, 'plain', 'journal.jsonl'));
    const evaluations = entries.filter(({ type }) => type === 'evaluation');
    expect(stdout).toMatch(
      /^Data {2}digits: 200 training and 40 test images, 8x8x1, 10 classes\nRun {3}plain \(seed 1, /,
    );
    expect(stdout.match(/^\[\d+\/\d+\] /gm)).toHaveLength(evaluations.length);
    expect(stdout).toMatch(/^Generation 0\/1 {2}best .*\n(.*\n)*Generation 1\/1 {2}best /m);
    expect(stdout).toMatch(/^Epoch 2\/2: loss /m);
    const { genome, testAccuracy } = JSON.parse(read('plain', 'summary.json'));
    expect(stdout).toContain(`Test accuracy ${(100 * testAccuracy).toFixed(2)} % of 40 images`);
    expect(stdout).toContain(`${PROGRAM} inspect ${genome} --input 8x8x1`);
    expect(stdout).toContain(`Report        ${join('plain', 'report.html')}`);
    const report = read('plain', 'report.html');
    expect(report).toContain('aria-label="Best and mean accuracy by generation: best ');
    expect(report).toContain('aria-label="Confusion matrix of 10 classes: ');
    const generations = JSON.parse(read('plain', 'generations.json'));
    expect(generations.map(({ generation }: { generation: number }) => generation)).toEqual([0, 1]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });

  it('prints one JSON object with --json: the summary and the folder', async () => {
    const { code, stdout, stderr } = await cli(`${SHARED} --out json`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ ...JSON.parse(read('json', 'summary.json')), folder: join(work, 'json') });
  });

  it('trains nothing twice that another run left, be it in a cache or as weights, and imports fitness', async () => {
    const first = JSON.parse(read('json', 'summary.json'));
    const second = await cli(`${SEARCH} --fitness-cache shared/fitness.jsonl --out second`);
    expect(second.stdout).toMatch(
      new RegExp(`Search +0 networks trained, ${first.evaluations} known before, 1 generation`),
    );
    const third = JSON.parse((await cli(`${SHARED} --out third`)).stdout);
    expect(third).toMatchObject({ genome: first.genome, reused: first.evaluations, testAccuracy: first.testAccuracy });
    const weights = readdirSync(join(work, 'shared', 'weights'));
    expect(weights).toHaveLength(first.evaluations + 1);

    const [{ best }] = JSON.parse(read('json', 'generations.json'));
    writeFileSync(join(work, 'fitness.json'), JSON.stringify({ [best.genome]: 0.5, '4-': 1 }));
    const refused = await runInFolder(work, `${SEARCH} --import-fitness fitness.json --out imported`);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('fitness.json: the entry "4-" is not a genome'),
    });
    writeFileSync(join(work, 'fitness.json'), JSON.stringify({ [best.genome]: 1 }));
    const imported = await cli(`${SEARCH} --generations 0 --import-fitness fitness.json --out imported --json`);
    expect(JSON.parse(imported.stdout)).toMatchObject({ genome: best.genome, reused: 1, fitness: { value: 1 } });
  });

  it('takes the configuration of a run, and flags win over it', async () => {
    const { stdout } = await cli('search --config json/config.json --generations 0 --json --out again');
    const { genome, generations } = JSON.parse(stdout);
    expect(generations).toBe(0);
    expect(genome).toMatch(/^\d/);
    expect(JSON.parse(read('again', 'config.json'))).toEqual({
      ...JSON.parse(read('json', 'config.json')),
      generations: 0,
    });
  });

  it('leaves broken images out with --skip-broken, and counts them', async () => {
    for (const [i, colour] of ['black', 'grey', 'white', 'silver'].entries()) {
      const image = await plainImage(colour, { height: 8, width: 8 });
      for (const label of ['cats', 'dogs']) await writeIn(work, join('pets', label, `${i}.png`), image);
    }
    await writeIn(work, join('pets', 'dogs', '9.png'), 'no image');
    const search = `${SEARCH.replace('digits', 'pets')} ${SMALLEST}`;
    const { code, stdout } = await cli(`${search} --skip-broken --test 0.3 --out pets-run`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/note: Broken images were left out: 1 \(dogs[/\\]9\.png\)\./);
    expect(stdout).toMatch(/note: No test part in the data: 2 of 8 images were split off as one/);
  });
});

describe('resume', () => {
  it('prints the summary of a run that is done, and touches nothing', async () => {
    const before = statSync(join(work, 'json', 'summary.json')).mtimeMs;
    const { code, stdout } = await cli('resume json --json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ ...JSON.parse(read('json', 'summary.json')), folder: join(work, 'json') });
    expect(statSync(join(work, 'json', 'summary.json')).mtimeMs).toBe(before);
    expect((await runInFolder(work, 'resume plain')).stdout).toContain('Test accuracy');
  });
});

describe('evaluate', () => {
  it('gives the accuracy that the summary states, for the model and for the run folder', async () => {
    const { testAccuracy, testLoss, genome } = JSON.parse(read('json', 'summary.json'));
    const results = [
      await cli('evaluate json digits --json'),
      await runInFolder(work, `evaluate ${join('json', 'model.onnx')} digits --json`),
    ];
    for (const { code, stdout } of results) {
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ genome, examples: 40, accuracy: testAccuracy, loss: testLoss });
    }
  });

  it('splits off the test part that the run did not train on', async () => {
    const { testAccuracy, testExamples } = JSON.parse(read('pets-run', 'summary.json'));
    const { stdout } = await runInFolder(work, 'evaluate pets-run pets --skip-broken --json');
    expect(JSON.parse(stdout)).toMatchObject({ examples: testExamples, accuracy: testAccuracy });
  });
});

describe.skipIf(process.platform === 'win32')('an interruption', () => {
  /** Sends a signal once two evaluations are done. */
  const interruptedBy = (signal: NodeJS.Signals, command: string) => {
    // Once: a second signal would end the process on the spot.
    let sent = false;
    return cli(command, {
      onStdout: (child, text) => {
        if (sent || !text.includes('\n[2/')) return;
        sent = child.kill(signal);
      },
    });
  };

  it.each(['SIGINT', 'SIGTERM'] as const)('by %s says how to go on and leaves the best so far', async (signal) => {
    const out = `stopped-${signal}`;
    const { code, stderr } = await interruptedBy(signal, `${TO_INTERRUPT} --out ${out}`);
    expect(code).toBe(130);
    expect(stderr).toMatch(
      new RegExp(`^interrupted; resume with: ${PROGRAM} resume ${out}\nbest so far: .* %  .*  ${out}/model.onnx\n$`),
    );
    expect(existsSync(join(work, out, 'lock'))).toBe(false);
    expect((await runInFolder(work, `evaluate ${out} digits`)).code).toBe(0);
  });

  it('changes nothing of the result', async () => {
    const resumed = await cli('resume stopped-SIGINT --json');
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    const { genome, testAccuracy, testLoss } = JSON.parse(read('plain', 'summary.json'));
    expect(JSON.parse(resumed.stdout)).toMatchObject({ genome, testAccuracy, testLoss });
    const model = (run: string) => readFileSync(join(work, run, 'model.onnx')).toString('base64');
    expect(model('stopped-SIGINT')).toBe(model('plain'));
  });

  it('by a closed pipe is quiet and can be resumed', async () => {
    const { stdout, stderr } = await cli(`${TO_INTERRUPT} --out piped`, {
      shell: '{ "$@"; echo "code $?" >&2; } | head -n 1',
    });
    expect(stdout).toMatch(/^Data {2}digits: .*\n$/);
    expect(stderr).toMatch(
      new RegExp(`^interrupted; resume with: ${PROGRAM} resume piped\n(best so far: .*\n)?code 130\n$`),
    );
  });
});
