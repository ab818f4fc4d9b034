// What a finished run prints.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SearchSummary } from '../../index.ts';
import { type FrontMember, formatImageShape } from '../../internal.ts';
import type { Colours } from '../terminal.ts';
import {
  cell,
  counted,
  duration,
  grouped,
  intervalText,
  percent,
  scaled,
  shellWord,
  shownGenome,
  shownPath,
} from './format.ts';

/**
 * @param source   the data as the command line names it.
 * @param command  how the program is called.
 */
export function describeSummary(
  summary: SearchSummary,
  folder: string,
  source: string,
  command: string,
  colours: Colours,
): string[] {
  const { genome, testAccuracy, testExamples, parameters, flops, dataset, repeats, members, fitness, picked, pareto } =
    summary;
  const input = summary.features ?? dataset.shape;
  const { views, evaluations, reused, failures, generations, seconds, searchSeconds, finalTrainingSeconds } = summary;
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
    row(
      'Test accuracy',
      `${colours.bold(colours.green(percent(testAccuracy)))} of ${counted(testExamples, 'image')}, ${intervalText(testAccuracy, testExamples)}`,
    ),
    ...crossRows(summary, row),
    ...classRows(summary, row),
    ...(repeats === undefined ? [] : [row('Repeats', describeRepeats(repeats))]),
    ...(members === undefined ? [] : [row('Ensemble', describeMembers(members))]),
    ...fitnessRows(summary, row),
    row(
      'Size',
      `${grouped(parameters)} parameters, ${scaled(flops, 'FLOPs')} per image${members === undefined ? '' : ', all networks together'}${views === undefined ? '' : ', seen twice: also mirrored'}`,
    ),
    ...(fitness === undefined
      ? []
      : [row('Search', `${counted(evaluations - reused, 'network')} trained${spared}${failed}${rounds}`)]),
    row('Time', `${searching}${duration(finalTrainingSeconds)} ${fitness === undefined ? '' : 'final '}training`),
    ...(picked === undefined ? [] : [row('Picked', picked.why)]),
    row('Model', join(path, 'model.onnx')),
    row('Summary', join(path, 'summary.json')),
    ...(existsSync(join(folder, 'report.html')) ? [row('Report', join(path, 'report.html'))] : []),
    ...describeFront(summary, colours),
    '',
    'Next',
    `  ${command} evaluate ${model} ${shellWord(source)}`,
    `  ${command} inspect ${genome === '' ? "''" : genome} --input ${formatImageShape(input)} --classes ${dataset.classes.length} --measure`,
    ...((pareto?.length ?? 0) > 1
      ? [`  ${command} train GENOME ${shellWord(source)}   (another network of the front)`]
      : []),
  ];
}

/** Most rows of the front that are printed; summary.json has all of them. */
const SHOWN_MEMBERS = 10;
const GENOME_WIDTH = 32;

/** The front as a table of 80 columns at most; the picked network is marked. */
function describeFront({ pareto, picked, fitness }: SearchSummary, colours: Colours): readonly string[] {
  if (pareto === undefined || picked === undefined) return [];
  const hasLatency = pareto.some(({ latencyMs }) => latencyMs !== undefined);
  const lines = shownMembers(pareto, picked.genome).map((member) => {
    const { genome, accuracy, parameters, flops, latencyMs } = member;
    const figures = [percent(member.fitness ?? accuracy), grouped(parameters), scaled(flops, 'FLOPs')];
    const cells = figures.map((text, i) => cell(text, FIGURE_WIDTHS[i] ?? 0, 'right'));
    const latency = hasLatency ? cell(latencyMs === undefined ? '' : `${latencyMs.toFixed(2)} ms`, 11, 'right') : '';
    const line = `${genome === picked.genome ? '>' : ' '} ${cell(shownGenome(genome), GENOME_WIDTH)}${cells.join('')}${latency}`;
    return genome === picked.genome ? colours.bold(line) : line;
  });
  const hidden = pareto.length - lines.length;
  return [
    '',
    `Pareto front, with the ${fitness?.metric ?? 'accuracy'} in the search`,
    ...lines,
    ...(hidden > 0 ? [colours.dim(`  and ${grouped(hidden)} more in summary.json`)] : []),
  ];
}

const FIGURE_WIDTHS = [10, 12, 13];

/** The fittest members, and always the picked one. */
function shownMembers(pareto: readonly FrontMember[], picked: string): readonly FrontMember[] {
  const first = pareto.slice(0, SHOWN_MEMBERS);
  const others = pareto.slice(SHOWN_MEMBERS).filter(({ genome }) => genome === picked);
  return [...first, ...others];
}

function describeRepeats({ accuracies, mean, std, best }: NonNullable<SearchSummary['repeats']>): string {
  return `test accuracy ${percent(mean)} ± ${(100 * std).toFixed(2)}, best ${percent(best)} of ${accuracies.length}`;
}

function describeMembers({ accuracies, mean, std }: NonNullable<SearchSummary['members']>): string {
  return `the mean of ${accuracies.length} networks; test accuracy of one alone ${percent(mean)} ± ${(100 * std).toFixed(2)}`;
}

/** An interval wider than this says little: a network that guesses among ten classes may be as good. */
const WIDE = 0.1;

/** What a test part of few images does not say, or how to learn it. */
function crossRows(
  { crossValidation, testExamples, testInterval: [low, high] = [0, 0], dataset }: SearchSummary,
  row: (name: string, text: string) => string,
): readonly string[] {
  if (crossValidation !== undefined) {
    const { folds, accuracy, images, seconds } = crossValidation;
    return [
      row(
        'Cross-valid.',
        `${percent(accuracy)} of ${counted(images, 'training image')}, ${intervalText(accuracy, images)}`,
      ),
      row('', `each by a network trained without its fold of ${folds}, in ${duration(seconds)}`),
    ];
  }
  if (high - low <= WIDE) return [];
  const images = dataset.trainExamples + (dataset.validationExamples ?? 0);
  if (images <= testExamples) return [];
  const few = `${counted(testExamples, 'test image')} ${testExamples === 1 ? 'says' : 'say'} little`;
  return [row('', `${few}; --cross-validate estimates the accuracy by ${grouped(images)} more`)];
}

function classRows(
  { testBalancedAccuracy: balanced, testRecalls: recalls = [], testCalibrationError: error, dataset }: SearchSummary,
  row: (name: string, text: string) => string,
): readonly string[] {
  if (balanced === undefined || error === undefined) return [];
  const lowest = Math.min(...recalls.filter((recall) => recall !== null));
  const name = cell(dataset.classes[recalls.indexOf(lowest)] ?? '', 24).trimEnd();
  return [
    row('Balanced', `${percent(balanced)} mean test recall of the classes, lowest ${percent(lowest)} (${name})`),
    row('Calibration', `${percent(error)} expected error on the test images`),
  ];
}

function fitnessRows(
  { validationAccuracy, fitness }: SearchSummary,
  row: (name: string, text: string) => string,
): readonly string[] {
  if (fitness === undefined || validationAccuracy === undefined) return [];
  const { metric, on, value, images } = fitness;
  const other = metric === 'accuracy' ? '' : `, ${metric} ${value.toFixed(4)}`;
  const precision =
    images === undefined ? '' : ` of ${counted(images, 'image')}, ${intervalText(validationAccuracy, images)}`;
  if (on === 'validation') return [row('Validation', `accuracy ${percent(validationAccuracy)}${precision}${other}`)];
  return [
    row('In the search', `accuracy ${percent(validationAccuracy)}${other} on the test images`),
    row('Biased', 'the test images chose the network, so its test accuracy flatters it'),
  ];
}
