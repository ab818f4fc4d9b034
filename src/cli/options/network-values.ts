// Parses the options for the head of a network, for its metrics, and for the augmentation of the winner.

import { type HeadLayer, InvalidInputError } from '../../index.ts';
import { parseDecimals, parseNumber } from './option-values.ts';

/** `accuracy,macro-f1`. */
export function parseNames(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim());
}

/** `16-16-max-32-32,32-64`, or `none`. */
export function parseGenomes(text: string): readonly string[] {
  return text === 'none' ? [] : parseNames(text);
}

/** `balanced`, `none`, or `1,2.5,1`. */
export function parseClassWeights(text: string, flag: string): 'balanced' | 'none' | readonly number[] {
  return text === 'balanced' || text === 'none' ? text : parseDecimals(text, flag);
}

/**
 * `gap,64,dropout=0.3`: flatten or gap (global average pooling), then hidden dense layers and dropout. The softmax layer at
 * the end is implied.
 */
export function parseHead(text: string, flag: string): readonly HeadLayer[] {
  const layers = text.split(',').map((part) => parseLayer(part.trim(), text, flag));
  return [...layers, { type: 'dense', units: 'classes', activation: 'softmax' }];
}

function parseLayer(part: string, text: string, flag: string): HeadLayer {
  if (part === 'flatten') return { type: 'flatten' };
  if (part === 'gap') return { type: 'globalAveragePooling' };
  if (/^\d+$/.test(part)) return { type: 'dense', units: Number(part), activation: 'relu' };
  const [name, rate] = part.split('=');
  if (name === 'dropout' && rate !== undefined) return { type: 'dropout', rate: parseNumber(rate, flag) };
  throw new InvalidInputError(
    `${flag} must be flatten or gap, then units and dropout=rate, such as gap,64,dropout=0.3, received ${JSON.stringify(part)} in ${JSON.stringify(text)}`,
  );
}

/** `auto` or `none`. */
export function parseAugmentation(text: string, name: string): unknown {
  if (text === 'auto') return text;
  if (text === 'none') return {};
  throw new InvalidInputError(
    `${name} must be auto or none, received ${text}; set finalTraining.augmentation in a --config file for anything else`,
  );
}
