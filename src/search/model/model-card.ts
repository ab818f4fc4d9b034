// Writes `MODEL.md`: what someone who has only the run folder needs to know about the model.

import { estimateCost } from '../../genome/cost.ts';
import { formatImageShape } from '../../genome/image-shape.ts';
import { formatLayerTable, layerTableOf } from '../../genome/layer-table.ts';
import { parseGenome, shownGenome } from '../../genome/text.ts';
import { type Layer, planLayers } from '../../network/layers.ts';
import { counted, duration, grouped, intervalText, percent, scaled } from '../../text/figures.ts';
import type { SearchConfig } from '../config/config.ts';
import { networkInputOf } from '../config/network-input.ts';
import type { SearchSummary } from '../records/summary.ts';

const TWO_VIEWS =
  ': it looks at the image and at its mirror image, and averages; `--views 1` trains one that looks once, at half the FLOPs and time';

/** The model card as Markdown, with the figures of the summary. */
export function modelCard(summary: SearchSummary, config: SearchConfig): string {
  const { genome, dataset } = summary;
  const network = networkInputOf(config, dataset);
  const table = layerTableOf(network.input, estimateCost(parseGenome(genome), network));
  const sections = [
    `# Image classifier \`${shownGenome(genome)}\``,
    `Distinguishes ${counted(dataset.classes.length, 'class', 'classes')} of images. Designed and trained by auto-cnn ${summary.versions.autoCnn}.`,
    ['## Data', '', ...dataLines(summary, config)].join('\n'),
    [
      '## Network',
      '',
      ...backboneLines(config),
      fenced(drawing(planLayers(parseGenome(genome), network))),
      '',
      fenced(formatLayerTable(table)),
    ].join('\n'),
    ['## Figures', '', ...figureLines(summary)].join('\n'),
    ['## Use', '', ...useLines(summary)].join('\n'),
    ['## Limits', '', ...limitLines(summary)].join('\n'),
  ];
  return `${sections.join('\n\n')}\n`;
}

function dataLines({ dataset }: SearchSummary, { trainLimit }: SearchConfig): string[] {
  const { name, fingerprint, trainExamples, validationExamples, testExamples, classes, shape } = dataset;
  const limited = (count: number, noun: string): string => {
    const used = trainLimit === undefined || trainLimit >= count ? '' : ` (${grouped(trainLimit)} of them used)`;
    return `${counted(count, noun)}${used}, `;
  };
  const trained = limited(trainExamples, 'training image');
  const held = validationExamples === undefined ? '' : limited(validationExamples, 'validation image');
  const shown = classes.slice(0, 50).map(codeOf);
  return [
    `- ${name}: ${trained}${held}${counted(testExamples, 'test image')}, ${formatImageShape(shape)}`,
    `- Classes: ${shown.join(', ')}${classes.length > shown.length ? `, … (${classes.length})` : ''}`,
    `- Fingerprint (SHA-256): \`${fingerprint}\``,
  ];
}

function backboneLines({ backbone }: SearchConfig): string[] {
  if (backbone?.features === undefined) return [];
  const { sha256, output, features } = backbone;
  const what = `Behind a backbone (SHA-256 \`${sha256}\`) that is part of the file`;
  return [`${what}: its value \`${output}\`, ${formatImageShape(features)}, stands for the image.`, ''];
}

function figureLines(summary: SearchSummary): string[] {
  const { testAccuracy, testLoss, testExamples, parameters, flops, views, fitness, repeats, members, seed } = summary;
  const searched = `after a search of ${counted(summary.evaluations, 'network')} in ${Math.round(summary.searchSeconds)} s`;
  return [
    `- Test accuracy ${percent(testAccuracy)} of ${counted(testExamples, 'image')} (${intervalText(testAccuracy, testExamples)}), cross-entropy ${testLoss.toFixed(4)}`,
    ...crossLines(summary),
    ...classLines(summary),
    ...(repeats === undefined
      ? []
      : [
          `- Test accuracy of ${repeats.accuracies.length} trainings: mean ${percent(repeats.mean)}, standard deviation ${percent(repeats.std)}`,
        ]),
    ...(members === undefined
      ? []
      : [
          `- An ensemble: the mean of ${members.accuracies.length} trainings of the network, at as many times the parameters, FLOPs and time; test accuracy of one alone: mean ${percent(members.mean)}, standard deviation ${percent(members.std)}`,
        ]),
    ...(fitness === undefined
      ? []
      : [
          `- In the search: ${fitness.metric} ${percent(fitness.value)} on ${searchedImages(fitness)}${searchedInterval(fitness)}`,
        ]),
    `- ${grouped(parameters)} parameters, ${scaled(flops, 'FLOPs')} per image${views === undefined ? '' : TWO_VIEWS}`,
    `- Trained in ${Math.round(summary.finalTrainingSeconds)} s${fitness === undefined ? '' : `, ${searched}`}, seed ${seed}`,
  ];
}

function crossLines({ crossValidation, fitness }: SearchSummary): string[] {
  if (crossValidation === undefined) return [];
  const { folds, images, accuracy, balancedAccuracy, seconds } = crossValidation;
  const chosen =
    fitness === undefined ? '' : '; a little high, as the search chose the network by some of these images';
  return [
    `- Cross-validation accuracy ${percent(accuracy)} of ${counted(images, 'training image')} (${intervalText(accuracy, images)}), mean recall of the classes ${percent(balancedAccuracy)}: each image was classified by a network that was trained without its fold, one of ${folds}. It estimates what such a training reaches with ${folds - 1} of ${folds} parts of the images${chosen}. It took ${duration(seconds)}`,
  ];
}

function searchedInterval({ metric, value, images }: NonNullable<SearchSummary['fitness']>): string {
  return images === undefined || metric !== 'accuracy' ? '' : ` (${intervalText(value, images)})`;
}

function searchedImages({ images, on }: NonNullable<SearchSummary['fitness']>): string {
  return images === undefined ? `${on} images` : counted(images, `${on} image`);
}

/** Classes that the card names one by one, those with the lowest recall first. */
const MOST_CLASSES = 20;

function classLines(summary: SearchSummary): string[] {
  const { testBalancedAccuracy: balanced, testRecalls: recalls, testCalibrationError: error, dataset } = summary;
  if (balanced === undefined || recalls === undefined || error === undefined) return [];
  const known = recalls.flatMap((recall, label) =>
    recall === null ? [] : [{ recall, name: codeOf(dataset.classes[label] ?? '') }],
  );
  const lowest = known.toSorted((a, b) => a.recall - b.recall).slice(0, MOST_CLASSES);
  const more = known.length > lowest.length ? `, … (${known.length} classes)` : '';
  return [
    `- Balanced test accuracy ${percent(balanced)}: the mean recall of the classes; expected calibration error ${percent(error)}`,
    `- Test recall, lowest first: ${lowest.map(({ name, recall }) => `${name} ${percent(recall)}`).join(', ')}${more}`,
  ];
}

const codeOf = (name: string): string => `\`${name.replaceAll('`', "'")}\``;

function useLines({ dataset: { shape } }: SearchSummary): string[] {
  const { channels, height, width } = shape;
  const mode = channels === 1 ? 'L' : 'RGB';
  const size = height * width;
  const planar = channels === 1 ? '' : `, (_, i) => raw[(i % ${size}) * ${channels} + Math.floor(i / ${size})]`;
  const grey = channels === 1 ? '[:, :, None]' : '';
  return [
    'The input `image` is float32 `[N, C, H, W]`, raw pixels 0..255; the outputs are `probabilities` `[N, classes]` and `label` `[N]`.',
    'The metadata of the file holds the class names and everything needed to prepare images.',
    '',
    'In a shell (images are prepared exactly as in training):',
    '',
    fenced('npx auto-cnn predict model.onnx photo.jpg'),
    '',
    'Python (`pip install onnxruntime pillow numpy`):',
    '',
    fenced(
      `import numpy as np, onnxruntime as ort
from PIL import Image, ImageOps
pixels = np.asarray(ImageOps.pad(Image.open("photo.jpg").convert("${mode}"), (${width}, ${height}), Image.LANCZOS), np.float32)${grey}
model = ort.InferenceSession("model.onnx")
print(model.run(["probabilities"], {"image": pixels.transpose(2, 0, 1)[None]})[0])`,
      'python',
    ),
    '',
    'JavaScript (`npm install onnxruntime-node sharp`):',
    '',
    fenced(
      `const [{ InferenceSession, Tensor }, { default: sharp }] = await Promise.all([import('onnxruntime-node'), import('sharp')]);
const raw = await sharp('photo.jpg').autoOrient().flatten().resize(${width}, ${height}, { fit: 'contain', background: 'black' })
  .toColourspace('${channels === 1 ? 'b-w' : 'srgb'}').raw().toBuffer();
const planes = Float32Array.from(raw${planar});
console.log((await (await InferenceSession.create('model.onnx')).run({ image: new Tensor(planes, [1, ${channels}, ${height}, ${width}]) })).probabilities.data);`,
      'js',
    ),
    '',
    'PyTorch, Keras, a web page, smaller files: `npx auto-cnn export . --format pytorch` (or `keras`, `javascript`, `onnx --int8`).',
  ];
}

function limitLines({ dataset, fitness, testExamples, crossValidation }: SearchSummary): string[] {
  const { height, width } = dataset.shape;
  return [
    `- It always answers with one of its ${dataset.classes.length} classes, whatever the image shows; there is no "none of these".`,
    `- It sees images at ${width} × ${height} pixels; finer detail is lost.`,
    '- Its accuracy was measured on images from the same source as the training images; on other images it may be much lower.',
    ...(fitness?.on === 'test'
      ? [
          '- The search scored its candidates on the test images, so expect a lower accuracy than the test accuracy elsewhere.',
        ]
      : []),
    ...(testExamples < 1000
      ? [
          `- The test set is small (${counted(testExamples, 'image')}): the interval above shows how uncertain the accuracy is.${crossValidation === undefined ? ' A training with `--cross-validate` estimates it by all training images.' : ''}`,
        ]
      : []),
    '- Probabilities may be overconfident: `npx auto-cnn evaluate` measures by how much, and scores each class separately.',
  ];
}

/** Draws the layers from the image down: a line per layer, or a block with its shortcut beside it. */
export function drawing(layers: readonly Layer[]): string {
  const lines = ['  image'];
  for (const layer of layers) lines.push('  │', ...layerLines(layer));
  return [...lines, '  │', '  softmax'].join('\n');
}

const NORM = 'batch norm, ReLU';

function layerLines(layer: Layer): string[] {
  switch (layer.kind) {
    case 'skip': {
      const { filters1, filters2, convolvesShortcut } = layer;
      const main = [`conv 3×3, ${filters1}`, NORM, `conv 3×3, ${filters2}`, 'batch norm'];
      const side = ['│', convolvesShortcut ? `conv 1×1, ${filters2}` : '│', '│', '│'];
      const rows = main.map((text, i) => `  ${text.padEnd(20)}${side[i]}`);
      return [`  ├───────────────────┐`, ...rows, '  +───────────────────┘', '  ReLU'];
    }
    case 'stage': {
      const { filters1, pooling, filters2 } = layer;
      return [`conv 3×3, ${filters1}`, `${pooling} pool 2×2`, NORM, `conv 3×3, ${filters2}`, NORM].map(
        (text) => `  ${text}`,
      );
    }
    case 'pooling':
      return [`  ${layer.pooling} pool 2×2`];
    case 'flatten':
      return ['  flatten'];
    case 'globalAveragePooling':
      return ['  global average pool'];
    case 'dropout':
      return [`  dropout ${layer.rate} (in training)`];
    case 'dense':
      return [`  dense ${layer.units}${layer.activation === 'relu' ? ', ReLU' : ''}`];
  }
}

const fenced = (text: string, language = ''): string => `\`\`\`${language}\n${text}\n\`\`\``;
