// What a search hands back: the best network, trained, ready to be scored, used and saved.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { examplesFromArrays, type ImageArray, type LabelArray, pixelsFromArray } from '../../data/build/from-arrays.ts';
import { type Dataset, type Examples, imageSizeOf } from '../../data/set/dataset.ts';
import { loadScoringRuntime } from '../../engine/node/load-runtime.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import { explainImage } from '../../engine/scoring/explain-image.ts';
import type { Score } from '../../engine/scoring/scorer.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { writeFileAtomically } from '../../files/write-file.ts';
import { estimateCost } from '../../genome/cost.ts';
import { formatImageShape, type ImageShape } from '../../genome/image-shape.ts';
import { formatLayerTable, layerTableOf } from '../../genome/layer-table.ts';
import { parseGenome } from '../../genome/text.ts';
import { type ModelMetadata, readModelMetadata } from '../../network/onnx/onnx-metadata.ts';
import type { SearchConfig, SearchConfigInput } from '../config/config.ts';
import { networkInputOf } from '../config/network-input.ts';
import { withoutStale } from '../config/stale-keys.ts';
import { createSearch } from '../create-search.ts';
import type { SearchSummary } from '../records/summary.ts';
import { dataOfRun } from '../run/run-data.ts';
import { openRunFolder, readSummary } from '../run/run-folder.ts';

/** How to train a network again; whatever is left out is as in its run. */
export interface TrainOptions {
  readonly epochs?: number;
  /** Images in a training step. */
  readonly batchSize?: number;
  /** How many trainings, each with its own seed; the one with the lowest training loss is returned. */
  readonly repeats?: number;
  readonly seed?: number;
  readonly workers?: number;
  /** Settings of the training that differ from the run's. */
  readonly training?: Omit<NonNullable<SearchConfigInput['training']>, 'epochs'>;
  /** The new run folder; without it the next free one in `runs/`. */
  readonly out?: string;
  /** Interrupts the training, which can then be resumed. */
  readonly signal?: AbortSignal;
  /** Trains in place of the child processes; the run closes it. */
  readonly evaluator?: Evaluator;
}

/** What a network says about images. */
export interface NamedPrediction {
  /** `[n]`, indices into `classes`. */
  readonly labels: Int32Array;
  /** `[n]`, names of the classes. */
  readonly classNames: readonly string[];
  /** `[n, classes]`. */
  readonly probabilities: Float32Array;
}

const BATCH = 250;

type LabelledImages = { readonly x: ImageArray; readonly y: LabelArray };

/** A trained network, ready to be scored, used and saved. */
export class TrainedCnn {
  /** Absolute path of the run folder. */
  readonly folder: string;
  /** Canonical text. */
  readonly genome: string;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** What you should know about the data and the run, failed callbacks included. */
  readonly notices: readonly string[];
  readonly #input: ImageShape;
  readonly #config: SearchConfig;
  readonly #summary: SearchSummary | undefined;
  readonly #bytes: Uint8Array;
  readonly #model: DeployedModel;
  readonly #dataset: () => Promise<Dataset>;

  /**
   * Reads the network of a run folder.
   *
   * @param dataset  the data of the run; without it, it is looked up when it is needed.
   * @throws {InvalidInputError} if the folder is not a run or has no model yet; {DataFormatError} if the model is damaged.
   */
  static async open(run: string, dataset?: Dataset, notices: readonly string[] = []): Promise<TrainedCnn> {
    const { folder, config } = openRunFolder(run);
    if (!existsSync(folder.model)) {
      throw new InvalidInputError(
        `the run ${folder.path} has no model.onnx yet; finish it with "auto-cnn resume ${run}"`,
        { details: { path: folder.path } },
      );
    }
    const bytes = await readFile(folder.model);
    const model = await DeployedModel.load(await loadScoringRuntime(), bytes, folder.model);
    const metadata = readModelMetadata(bytes, folder.model);
    const find = dataset === undefined ? () => dataOfRun(config) : async () => dataset;
    const summary = readSummary(folder);
    return new TrainedCnn({ folder: folder.path, config, summary, bytes, model, metadata, find, notices });
  }

  private constructor({ folder, config, summary, bytes, model, metadata, find, notices }: Parts) {
    this.folder = folder;
    this.genome = metadata.genome;
    this.classes = metadata.classes;
    this.notices = notices;
    this.#input = metadata.input;
    this.#config = config;
    this.#summary = summary;
    this.#bytes = bytes;
    this.#model = model;
    this.#dataset = find;
  }

  /** The genome as text; empty for the network without layers. */
  toString(): string {
    return this.genome;
  }

  /**
   * Mean cross-entropy and accuracy on the test part of the run's data, or on the images and labels given: arrays, or a part
   * of a data set from `loadDataset`.
   *
   * @throws {InvalidInputError} if the images or labels do not fit the network, or the run's data is gone.
   */
  async evaluate(data?: { readonly x: ImageArray; readonly y: LabelArray } | Examples): Promise<Score> {
    const { shape, examples } = await this.#examplesOf(data);
    this.#requireShape(shape);
    return this.#model.score(examples, shape, BATCH);
  }

  /**
   * Classifies images. Floats become bytes as in `datasetFromArrays`.
   *
   * @throws {InvalidInputError} if the images do not fit the network.
   */
  async predict(images: ImageArray): Promise<NamedPrediction> {
    const { shape, pixels } = pixelsFromArray('images', images);
    this.#requireShape(shape);
    const [count = 0] = images.shape;
    const imageSize = pixels.length / count;
    const labels = new Int32Array(count);
    const probabilities = new Float32Array(count * this.classes.length);
    for (let from = 0; from < count; from += BATCH) {
      const batch = pixels.subarray(from * imageSize, (from + BATCH) * imageSize);
      const prediction = await this.#model.predict(batch, shape);
      labels.set(prediction.labels, from);
      probabilities.set(prediction.probabilities, from * this.classes.length);
    }
    return { labels, classNames: Array.from(labels, (label) => this.classes[label] ?? ''), probabilities };
  }

  /**
   * Classifies images, and tells how much each pixel speaks for the class (RISE; see `docs/models.md`). For each image, the
   * network answers 400 times.
   *
   * @returns also `effects`, `[n, height, width]`: by how much the probability of the predicted class is higher, on average,
   *   where a pixel is visible than where it is hidden.
   * @throws {InvalidInputError} if the images do not fit the network.
   */
  async explain(
    images: ImageArray,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<NamedPrediction & { readonly effects: Float32Array }> {
    const prediction = await this.predict(images);
    const { shape, pixels } = pixelsFromArray('images', images);
    const imageSize = imageSizeOf(shape);
    const area = shape.height * shape.width;
    const effects = new Float32Array(prediction.labels.length * area);
    for (const [i, label] of prediction.labels.entries()) {
      const image = pixels.subarray(i * imageSize, (i + 1) * imageSize);
      effects.set(await explainImage(this.#model, image, shape, label, signal), i * area);
    }
    return { ...prediction, effects };
  }

  /**
   * Trains the same genome from scratch on all training and validation images of the run, in a new run folder. This network
   * does not change.
   *
   * @throws {InvalidInputError} for a wrong option, or if the run's data is gone; {InterruptedError} if the signal is
   *   aborted; {EvaluationError} if the training fails.
   */
  async train(options: TrainOptions = {}): Promise<TrainedCnn> {
    const { epochs, batchSize, training, out, signal, evaluator, ...changes } = options;
    const trainingChanges = { ...training, ...(batchSize !== undefined && { batchSize }) };
    const dataset = await this.#dataset();
    const config = {
      ...withoutStale(
        this.#config,
        new Map<string, unknown>([
          ...Object.entries(trainingChanges).map(([key, value]) => [`training.${key}`, value] as const),
          ...(epochs === undefined ? [] : [['finalEpochs', epochs] as const]),
        ]),
      ),
      ...changes,
      genome: this.genome,
      ...(epochs !== undefined && { finalEpochs: epochs }),
      training: { ...this.#config.training, ...trainingChanges },
    };
    const opened = { dataset, ...(out !== undefined && { out }), ...(evaluator && { evaluator }) };
    const search = await createSearch(config, { ...opened, configSource: 'the options of train' });
    const notices: string[] = [];
    search.on('start', (start) => notices.push(...start.notices));
    search.on('notice', (notice) => notices.push(notice));
    await search.run(signal === undefined ? {} : { signal });
    return TrainedCnn.open(search.folder, dataset, notices);
  }

  /** Writes the network as an ONNX file, atomically. */
  async save(path: string): Promise<void> {
    await writeFileAtomically(resolve(path), [this.#bytes]);
  }

  /**
   * The figures of its run: accuracy, parameters, time, what was tried. Undefined if the run did not finish, because a callback
   * stopped it or it was interrupted.
   */
  summary(): SearchSummary | undefined {
    return this.#summary;
  }

  /** A table of its layers, as text: output shape, parameters, and forward FLOPs and activation memory for one image. */
  layers(): string {
    const network = networkInputOf(this.#config, { shape: this.#input, classes: this.classes });
    return formatLayerTable(layerTableOf(network.input, estimateCost(parseGenome(this.genome), network)));
  }

  /** Frees the runtime's memory, which is otherwise held until the process ends. */
  release(): Promise<void> {
    return this.#model.release();
  }

  async #examplesOf(data: LabelledImages | Examples | undefined): Promise<{ shape: ImageShape; examples: Examples }> {
    if (data === undefined) {
      const { shape, test } = await this.#dataset();
      return { shape, examples: test };
    }
    // Examples do not carry their shape; it is the shape of the run's data.
    return 'x' in data
      ? examplesFromArrays(data.x, data.y, this.classes.length)
      : { shape: this.#input, examples: data };
  }

  #requireShape(shape: ImageShape): void {
    if (formatImageShape(shape) === formatImageShape(this.#input)) return;
    throw new InvalidInputError(
      `the network takes images of ${formatImageShape(this.#input)}, not ${formatImageShape(shape)}`,
      { details: { expected: this.#input, received: shape } },
    );
  }
}

interface Parts {
  readonly folder: string;
  readonly config: SearchConfig;
  readonly summary: SearchSummary | undefined;
  readonly bytes: Uint8Array;
  readonly model: DeployedModel;
  readonly metadata: ModelMetadata;
  readonly find: () => Promise<Dataset>;
  readonly notices: readonly string[];
}
