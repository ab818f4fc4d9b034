// The run that another starts from: its networks, and the weights of its model.

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Dataset } from '../data/set/dataset.ts';
import { InvalidInputError } from '../errors.ts';
import { encodeCheckpoint } from '../evaluation/checkpoint.ts';
import { violation } from '../genome/search-space.ts';
import { parseGenome } from '../genome/text.ts';
import { startId } from './candidates/identified-task.ts';
import type { SearchConfig } from './config/config.ts';
import { networkInputOf, searchSpaceOf } from './config/network-input.ts';
import type { EvaluationEntry } from './records/journal-entry.ts';
import { readJournal } from './run/journal.ts';
import { openRunFolder, readSummary } from './run/run-folder.ts';
import { readModelFile } from './trained/model-file.ts';
import { partsOf } from './trained/model-parts.ts';

/** More are not of use in a population. */
const MOST_GENOMES = 16;

export interface SettledStart {
  readonly config: SearchConfig;
  /** For the new run's folder: the weights as a checkpoint, so that the run needs the other one no more. */
  readonly weights?: Uint8Array;
}

/**
 * Takes what a run starts from out of the other run.
 *
 * @throws {InvalidInputError} if that is not a finished run, its model is not the one that the configuration names, or
 *   its networks take something else; {DataFormatError} if its model is damaged.
 */
export async function settleStart(
  config: SearchConfig,
  dataset: Pick<Dataset, 'shape' | 'classes'>,
): Promise<SettledStart> {
  const { startFrom, backbone } = config;
  if (startFrom === undefined) return { config };
  const { folder, config: other } = openRunFolder(startFrom.run);
  const refuse = (problem: string): never => {
    throw new InvalidInputError(`cannot start from the run ${startFrom.run}: ${problem}`, {
      details: { path: folder.path },
    });
  };
  const summary = readSummary(folder);
  if (summary === undefined) return refuse(`it is not finished; finish it with "auto-cnn resume ${startFrom.run}"`);
  const model = await readModelFile(folder.path);
  const sha256 = createHash('sha256').update(model.bytes).digest('hex');
  if (startFrom.model !== undefined && startFrom.model.sha256 !== sha256) {
    return refuse(`the SHA-256 of its model is ${sha256}, expected ${startFrom.model.sha256}; give the run as it was`);
  }
  if (other.backbone?.sha256 !== backbone?.sha256) {
    return refuse('its networks are not behind the same backbone; start from one whose networks are');
  }
  const { network, members } = partsOf(model);
  // Those of an ensemble differ by chance alone.
  const [state] = members;
  if (state === undefined) return refuse('its model has no weights');
  const { problem, normalisation } = network;
  const own = networkInputOf(config, dataset);
  if (problem.input.channels !== own.input.channels) {
    return refuse(
      `its networks take ${problem.input.channels} channels, those of this run ${own.input.channels}; bring the images to the same with --channels-in`,
    );
  }
  const { genome, classes: known } = model.metadata;
  const { classes } = dataset;
  const isNew = known.length !== classes.length || known.some((name, index) => name !== classes[index]);
  const { head = config.outputLayer, shortcut = config.shortcut } = problem;
  const settled = {
    sha256,
    genome,
    problem: { input: problem.input, classes: problem.classes, head: [...head], shortcut },
    ...(isNew && { newClassifier: true as const }),
  };
  const id = startId(settled);
  const outcome = { fitness: summary.fitness?.value ?? summary.testAccuracy, history: [], bestEpoch: 0 };
  const metadata = { id, genome, normalisation: JSON.stringify(normalisation) };
  const genomes = startFrom.genomes ?? genomesOf(genome, readJournal(folder.journal));
  const isOpen = config.initialGenomes.length === 0 && config.budget === undefined;
  const space = searchSpaceOf(config);
  const fitting = genomes.filter((text) => violation(parseGenome(text), space, own) === undefined);
  return {
    config: {
      ...config,
      ...(isOpen && { initialGenomes: fitting.slice(0, config.population) }),
      startFrom: { run: resolve(startFrom.run), genomes, model: settled },
    },
    weights: await encodeCheckpoint(network.layout, state, outcome, metadata),
  };
}

/** The network of the model, then the fittest of the search. */
function genomesOf(first: string, entries: ReturnType<typeof readJournal>): string[] {
  const trained = entries.filter(
    (entry): entry is EvaluationEntry => entry.type === 'evaluation' && entry.failure === undefined,
  );
  const byFitness = trained.toSorted((a, b) => b.fitness - a.fitness);
  return [...new Set([first, ...byFitness.map(({ genome }) => genome)])].slice(0, MOST_GENOMES);
}
