import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { encodePng, temporaryFolder } from '../../../test/support/data-fixtures.ts';
import { START, SUMMARY } from '../../../test/support/made-up-run.ts';
import { noiseImages, smallModel } from '../../../test/support/small-model.ts';
import { parseGenome } from '../../genome/text.ts';
import { planLayers } from '../../network/layers.ts';
import { predictFiles } from '../trained/predict-files.ts';
import { drawing, modelCard } from './model-card.ts';

describe('modelCard', () => {
  it('says what the data was, what the network is, what was measured, how to use it, and its limits', () => {
    const card = modelCard(SUMMARY, START.config);
    const headings = [...card.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['Data', 'Network', 'Figures', 'Use', 'Limits']);
    expect(card).toContain('# Image classifier `16-32-max`');
    expect(card).toContain('- mnist: 60,000 training images, 10,000 test images, 28x28x1\n');
    expect(card).toContain('- Classes: `0`, `1`, `2`, `3`, `4`, `5`, `6`, `7`, `8`, `9`\n');
    expect(card).toContain('- Test accuracy 99.12 % of 10,000 images (90 % interval 98.95 to 99.26 %)');
    expect(card).toContain('- Trained in 51 s, after a search of 20 networks in 170 s, seed 1\n');
    expect(card).toContain('- 61,226 parameters, 12.4 MFLOPs per image\n');
    expect(card).toMatch(/^total +67,690 /m);
    for (const [, language, code = ''] of card.matchAll(/^```(python|js)\n([\s\S]*?)\n```$/gm)) {
      expect({ language, lines: code.split('\n').length }).toEqual({ language, lines: 5 });
    }
  });

  it('says how many images were used if not all were, and nothing of a search if there was none', () => {
    const { fitness: _, ...trained } = SUMMARY;
    const card = modelCard(trained, { ...START.config, trainLimit: 6000 });
    expect(card).toContain('- mnist: 60,000 training images (6,000 of them used), 10,000 test images');
    expect(card).toContain('- Trained in 51 s, seed 1\n');
  });

  it('tells training, validation and test images apart', () => {
    const dataset = { ...SUMMARY.dataset, validationExamples: 4000 };
    const card = (trainLimit?: number) =>
      modelCard({ ...SUMMARY, dataset }, { ...START.config, ...(trainLimit && { trainLimit }) });
    expect(card()).toContain('- mnist: 60,000 training images, 4,000 validation images, 10,000 test images, 28x28x1\n');
    expect(card(5000)).toContain('60,000 training images (5,000 of them used), 4,000 validation images, 10,000');
  });

  it('does not hide what spoils a figure, and says how repeats differ', () => {
    const fitness = { metric: 'accuracy', on: 'test', value: 0.9, images: 50 } as const;
    const repeats = { accuracies: [0.9, 0.8, 0.7], mean: 0.8, std: 0.1, best: 0.9 };
    const card = modelCard({ ...SUMMARY, fitness, repeats, testExamples: 50 }, START.config);
    expect(card).toContain('- Test accuracy of 3 trainings: mean 80.00 %, standard deviation 10.00 %\n');
    expect(card).toContain('The search scored its candidates on the test images');
    expect(card).toContain('The test set is small (50 images)');
    const ofVersionBefore = { metric: 'accuracy', on: 'validation', value: 0.9 } as const;
    expect(modelCard({ ...SUMMARY, fitness: ofVersionBefore }, START.config)).toContain(
      '- In the search: accuracy 90.00 % on validation images\n',
    );
    expect(modelCard(SUMMARY, START.config)).not.toMatch(/scored its candidates on the test|set is small|trainings:/);
  });

  it.each([1, 3])('shows JavaScript that answers as predict does, for %i channels', async (channels) => {
    const shape = { channels, height: 9, width: 7 };
    const classes = SUMMARY.dataset.classes;
    const folder = await temporaryFolder();
    const model = smallModel('4-8-max', shape, classes);
    writeFileSync(join(folder, 'model.onnx'), model.bytes);
    const photo = { channels, height: 20, width: 31 };
    writeFileSync(join(folder, 'photo.jpg'), await encodePng(noiseImages(1, photo), photo));
    symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'), 'dir');
    const card = modelCard({ ...SUMMARY, genome: '4-8-max', dataset: { ...SUMMARY.dataset, shape } }, START.config);
    const [, code = ''] = /```js\n([\s\S]*?)```/.exec(card) ?? [];
    writeFileSync(join(folder, 'card.mjs'), code.replace('.probabilities.data)', '.probabilities.data.join())'));
    const { stdout, stderr } = spawnSync(process.execPath, ['card.mjs'], { cwd: folder, encoding: 'utf8' });
    expect(stderr).toBe('');
    const { images } = await predictFiles(join(folder, 'model.onnx'), [join(folder, 'photo.jpg')]);
    const [image] = images;
    const ranking = image !== undefined && 'ranking' in image ? image.ranking : [];
    const answers = stdout.trim().split(',').map(Number);
    expect(answers).toHaveLength(10);
    for (const { className, probability } of ranking) {
      expect(answers[classes.indexOf(className)]).toBeCloseTo(probability, 5);
    }
  });
});

describe('drawing', () => {
  it('shows layers from the image down, with their shortcuts beside them', () => {
    const network = {
      input: { channels: 8, height: 4, width: 4 },
      classes: 3,
      shortcut: 'where-channels-differ',
    } as const;
    expect(drawing(planLayers(parseGenome('16-8-max-8-16'), network))).toBe(`  image
  │
  ├───────────────────┐
  conv 3×3, 16        │
  batch norm, ReLU    │
  conv 3×3, 8         │
  batch norm          │
  +───────────────────┘
  ReLU
  │
  max pool 2×2
  │
  ├───────────────────┐
  conv 3×3, 8         │
  batch norm, ReLU    conv 1×1, 16
  conv 3×3, 16        │
  batch norm          │
  +───────────────────┘
  ReLU
  │
  flatten
  │
  dense 3
  │
  softmax`);
  });
});

it('draws a stage in one piece', () => {
  const layers = planLayers(parseGenome('4mean8'), { input: { channels: 1, height: 4, width: 4 }, classes: 2 });
  const parts = ['conv 3×3, 4', 'mean pool 2×2', 'batch norm, ReLU', 'conv 3×3, 8', 'batch norm, ReLU'];
  expect(drawing(layers)).toContain(`  image\n  │\n  ${parts.join('\n  ')}\n  │\n`);
});
