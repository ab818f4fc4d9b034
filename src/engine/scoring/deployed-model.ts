// Runs a model file such as `model.onnx`, for scoring and prediction.

import { naturalLogarithm } from '../../arithmetic/logarithm.ts';
import { type Examples, type ImageShape, imageSizeOf, readImages } from '../../data/set/dataset.ts';
import { EngineError } from '../../errors.ts';
import { type ModelMetadata, readModelMetadata } from '../../network/onnx/onnx-metadata.ts';
import type { Runtime, RuntimeSession } from '../runtime.ts';
import { type ClassificationReport, ReportCounter } from './classification-report.ts';
import type { Score } from './scorer.ts';

export interface Prediction {
  /** `[count]`, indices into the classes. */
  readonly labels: Int32Array;
  /** `[count, classes]`. */
  readonly probabilities: Float32Array;
}

export class DeployedModel {
  readonly metadata: ModelMetadata;
  readonly #runtime: Runtime;
  readonly #session: RuntimeSession;

  /**
   * @param path  shown in messages.
   * @throws {DataFormatError} if auto-cnn did not write the model, {EngineError} if the runtime rejects it.
   */
  static async load(runtime: Runtime, bytes: Uint8Array, path: string): Promise<DeployedModel> {
    const metadata = readModelMetadata(bytes, path);
    return new DeployedModel(metadata, runtime, await runtime.createSession(bytes));
  }

  private constructor(metadata: ModelMetadata, runtime: Runtime, session: RuntimeSession) {
    this.metadata = metadata;
    this.#runtime = runtime;
    this.#session = session;
  }

  /**
   * @param pixels  `[count, C, H, W]`, raw values 0..255.
   * @throws {EngineError} if the model takes images of another shape.
   */
  async predict(pixels: Uint8Array, shape: ImageShape): Promise<Prediction> {
    const count = pixels.length / imageSizeOf(shape);
    const dims = [count, shape.channels, shape.height, shape.width];
    const image = this.#runtime.createTensor('float32', Float32Array.from(pixels), dims);
    try {
      const { label, probabilities } = await this.#session.run({ image }, { label: null, probabilities: null });
      return {
        labels: Int32Array.from((label?.data ?? []) as BigInt64Array, Number),
        probabilities: probabilities?.data as Float32Array,
      };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new EngineError(`the model rejected images of shape [${dims.join(', ')}]: ${reason}`, { cause });
    }
  }

  /** Mean cross-entropy and accuracy over all examples, in batches. */
  async score(examples: Examples, shape: ImageShape, batchSize = 250): Promise<Score> {
    const { loss, accuracy } = await this.evaluate(examples, shape, batchSize);
    return { loss, accuracy };
  }

  /**
   * The score with details: scores by class, confusions, calibration.
   *
   * @param onBatch  called with the predictions for each batch, whose first example is number `from`.
   */
  async evaluate(
    examples: Examples,
    shape: ImageShape,
    batchSize = 250,
    onBatch?: (prediction: Prediction, from: number) => void,
  ): Promise<Score & ClassificationReport> {
    const imageSize = imageSizeOf(shape);
    const classes = this.metadata.classes.length;
    const counter = new ReportCounter(classes);
    let lossSum = 0;
    let correct = 0;
    for (let from = 0; from < examples.count; from += batchSize) {
      const to = Math.min(from + batchSize, examples.count);
      const prediction = await this.predict(readImages(examples, imageSize, from, to), shape);
      onBatch?.(prediction, from);
      const { labels, probabilities } = prediction;
      counter.add(labels, probabilities, examples.labels.subarray(from, to));
      for (let i = 0; i < to - from; i++) {
        const truth = examples.labels[from + i] ?? 0;
        if (labels[i] === truth) correct++;
        lossSum -= naturalLogarithm(Math.max(probabilities[i * classes + truth] ?? 0, Number.MIN_VALUE));
      }
    }
    return { loss: lossSum / examples.count, accuracy: correct / examples.count, ...counter.report() };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
