// What a flag is, and the flags that say how data is read and what finds features in it.

import { type ParseValue, parseDecimals, parseNumber, parseSize, parseText } from './option-values.ts';

export interface ConfigFlag {
  /** As commander writes it. */
  readonly flags: string;
  /** Path of the key in the configuration. */
  readonly key: string;
  readonly description: string;
  readonly parse: ParseValue;
  /** The value of a flag without an argument. Default: true, or false with `--no-`. */
  readonly implied?: string | number;
  /** A folder in place of the value sets this key. */
  readonly folderKey?: string;
}

/** Shared by every command that loads data. */
export const DATA_FLAGS: readonly ConfigFlag[] = [
  flag('--size <HxW>', 'dataset.size', 'bring all images to this size', parseSize),
  flag('--channels-in <mode>', 'dataset.channels', 'grey or rgb (default: as the images are)', parseText),
  flag('--layout <order>', 'dataset.layout', 'nhwc or nchw: channels of arrays last or first', parseText),
  flag('--label-from <where>', 'dataset.labelFrom', "folders, table, or name: the images' names", parseText),
  flag('--label-column <name>', 'dataset.labelColumn', 'column of a table with the labels', parseText),
  flag('--image-column <name>', 'dataset.imageColumn', 'column of a table with the images or their names', parseText),
  flag('--transpose', 'dataset.transpose', 'swap rows and columns of images in arrays: EMNIST needs it', parseText),
  flag('--data-dir <folder>', 'dataset.dataDir', 'where the files of a named data set lie', parseText),
  flag(
    '--test <share>',
    'dataset.test',
    'share split off for testing if the data has none (default: 0.1)',
    parseNumber,
  ),
];

/** For commands that train networks. */
export const BACKBONE_FLAGS: readonly ConfigFlag[] = [
  flag('--backbone <file>', 'backbone.file', 'ONNX file whose features of the images stand for the images', parseText),
  flag(
    '--backbone-output <name>',
    'backbone.output',
    'the value in it that is used (default: what goes into its classifier)',
    parseText,
  ),
  flag(
    '--backbone-mean <list>',
    'backbone.mean',
    "mean of its channels, 0 to 1 (default: ImageNet's; 0 for a model of auto-cnn)",
    parseDecimals,
  ),
  flag('--backbone-std <list>', 'backbone.std', 'their deviation; 0.003922 if it takes pixels 0 to 255', parseDecimals),
  flag('--backbone-order <order>', 'backbone.order', 'rgb or bgr (default: rgb)', parseText),
  flag(
    '--backbone-views <n>',
    'backbone.views',
    '2: the mean of the features of an image and its mirror image (default: 1; what a model of auto-cnn does itself)',
    parseNumber,
  ),
];

/** For commands that make a data set to train on. */
export const LABELS_FLAG: ConfigFlag = flag(
  '--labels <file>',
  'dataset.labels',
  'CSV of corrections, as "auto-cnn suspects" saves it: image,decision,label',
  parseText,
);

export function flag(flags: string, key: string, description: string, parse: ParseValue): ConfigFlag {
  return { flags, key, description, parse };
}
