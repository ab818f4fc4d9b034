// How long the finished model takes for an image, which a time budget has to leave for the test images.

import { imageSizeOf, readImages } from '../../data/set/dataset.ts';
import { initialiseState } from '../../engine/state/initialise.ts';
import type { Genome } from '../../genome/genome.ts';
import type { ImageShape } from '../../genome/image-shape.ts';
import { encodeExtractor, FEATURES } from '../../network/backbone/feature-model.ts';
import { compileEnsemble, type Views } from '../../network/deployable-graph.ts';
import { madeUpNormalisation } from '../../network/normalisation.ts';
import { encodeOnnx } from '../../network/onnx/onnx-bytes.ts';
import { createNetwork } from '../../network/training-graph.ts';
import { createRng } from '../../random/rng.ts';
import type { ScoringSeconds } from '../budget/apply-budget.ts';
import type { OpenRun } from '../records/open-run.ts';

/** A batch that is large enough to take as long per image as the batches of all test images. */
const IMAGES = 32;
/** Fewer, because a large backbone takes seconds for them. */
const BACKBONE_IMAGES = 8;

/**
 * Measured in this process, which will score the model: of a backbone, and of the network behind it, before it is trained.
 *
 * @throws {EngineError} if the runtime rejects the backbone.
 */
export async function scoringSeconds(
  { extractor, problem, dataset: { test, shape }, loadRuntime }: Scored,
  genome: Genome,
  views: Views,
): Promise<ScoringSeconds> {
  const runtime = await loadRuntime();
  const network = createNetwork(genome, problem, madeUpNormalisation(problem));
  const untrained = initialiseState(network.layout, createRng(0));
  const classifier = encodeOnnx(compileEnsemble(network, [untrained], views));
  const features = new Float32Array(IMAGES * imageSizeOf(problem.input));
  return {
    network: await secondsPerImage(classifier, features, problem.input, 'probabilities'),
    backbone:
      extractor === undefined ? 0 : await secondsPerImage(encodeExtractor(extractor), photos(), shape, FEATURES),
  };

  function photos(): Float32Array {
    return Float32Array.from(readImages(test, imageSizeOf(shape), 0, Math.min(BACKBONE_IMAGES, test.count)));
  }

  async function secondsPerImage(
    model: Uint8Array,
    pixels: Float32Array,
    image: ImageShape,
    output: string,
  ): Promise<number> {
    const count = pixels.length / imageSizeOf(image);
    const session = await runtime.createSession(model);
    try {
      const feeds = {
        image: runtime.createTensor('float32', pixels, [count, image.channels, image.height, image.width]),
      };
      const measure = async (): Promise<number> => {
        const began = performance.now();
        await session.run(feeds, { [output]: null });
        return (performance.now() - began) / 1000 / count;
      };
      // The first time also touches the memory for the first time.
      return Math.min(await measure(), await measure());
    } finally {
      await session.release();
    }
  }
}

type Scored = Pick<OpenRun, 'extractor' | 'problem' | 'dataset' | 'loadRuntime'>;
