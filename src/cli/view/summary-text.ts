// The result of a run, as its last words.

import { join } from 'node:path';
import { formatImageShape, type SearchSummary } from '../../index.ts';
import type { Colours } from '../terminal.ts';
import { counted, duration, grouped, percent, scaled, shellWord, shownGenome, shownPath } from './format.ts';

/** @param source  the data as the command line names it. */
export function describeSummary(summary: SearchSummary, folder: string, source: string, colours: Colours): string[] {
  const { genome, testAccuracy, testExamples, parameters, flops, dataset, repeats, fitness } = summary;
  const { evaluations, reused, failures, generations, seconds, searchSeconds, finalTrainingSeconds } = summary;
  const row = (name: string, text: string): string => `  ${colours.dim(name.padEnd(14))}${text}`;
  const path = shownPath(folder);
  const model = shellWord(join(path, 'model.onnx'));
  const failed = failures === 0 ? '' : `, ${grouped(failures)} failed`;
  const searching = fitness === undefined ? '' : `${duration(searchSeconds)} search, `;
  const spared = reused === 0 ? '' : `, ${grouped(reused)} known before`;
  const rounds = generations === 0 ? '' : `, ${counted(generations, 'generation')}`;
  return [
    '',
    colours.bold(`Done in ${duration(seconds)}`),
    '',
    row('Genome', colours.bold(shownGenome(genome))),
    row('Test accuracy', `${colours.bold(colours.green(percent(testAccuracy)))} of ${grouped(testExamples)} images`),
    ...(repeats === undefined ? [] : [row('Repeats', describeRepeats(repeats))]),
    ...fitnessRows(summary, row),
    row('Size', `${grouped(parameters)} parameters, ${scaled(flops, 'FLOPs')} an image`),
    ...(fitness === undefined
      ? []
      : [row('Search', `${counted(evaluations - reused, 'network')} trained${spared}${failed}${rounds}`)]),
    row('Time', `${searching}${duration(finalTrainingSeconds)} ${fitness === undefined ? '' : 'final '}training`),
    row('Model', join(path, 'model.onnx')),
    row('Summary', join(path, 'summary.json')),
    '',
    'Next',
    `  auto-cnn evaluate ${model} ${shellWord(source)}`,
    `  auto-cnn inspect ${genome === '' ? "''" : genome} --input ${formatImageShape(dataset.shape)} --classes ${dataset.classes.length} --measure`,
  ];
}

function describeRepeats({ accuracies, mean, std, best }: NonNullable<SearchSummary['repeats']>): string {
  return `${percent(mean)} ± ${(100 * std).toFixed(2)}, best ${percent(best)} of ${accuracies.length}`;
}

function fitnessRows(
  { validationAccuracy, fitness }: SearchSummary,
  row: (name: string, text: string) => string,
): readonly string[] {
  if (fitness === undefined || validationAccuracy === undefined) return [];
  const { metric, on, value } = fitness;
  const other = metric === 'accuracy' ? '' : `, ${metric} ${value.toFixed(4)}`;
  if (on === 'validation') return [row('Validation', `${percent(validationAccuracy)}${other} in the search`)];
  return [
    row('In the search', `${percent(validationAccuracy)}${other} on the test images`),
    row('Biased', 'the test images chose the network, so its test accuracy flatters it'),
  ];
}
