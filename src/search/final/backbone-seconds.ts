// How long a backbone takes for an image when the model is scored, which a time budget has to leave for.

import { imageSizeOf, readImages } from '../../data/set/dataset.ts';
import { encodeExtractor, FEATURES } from '../../network/backbone/feature-model.ts';
import type { OpenRun } from '../records/open-run.ts';

/** Few, because a large backbone takes seconds for them. */
const IMAGES = 8;

/**
 * Measured in this process, on a few test images.
 *
 * @returns seconds per image; 0 without a backbone.
 * @throws {EngineError} if the runtime rejects the backbone.
 */
export async function backboneSeconds({
  extractor,
  dataset: { test, shape },
  loadRuntime,
}: Pick<OpenRun, 'extractor' | 'dataset' | 'loadRuntime'>): Promise<number> {
  const count = Math.min(IMAGES, test.count);
  if (extractor === undefined || count === 0) return 0;
  const runtime = await loadRuntime();
  const session = await runtime.createSession(encodeExtractor(extractor));
  try {
    const pixels = Float32Array.from(readImages(test, imageSizeOf(shape), 0, count));
    const image = runtime.createTensor('float32', pixels, [count, shape.channels, shape.height, shape.width]);
    const measure = async (): Promise<number> => {
      const began = performance.now();
      await session.run({ image }, { [FEATURES]: null });
      return (performance.now() - began) / 1000 / count;
    };
    // The first time also touches the memory for the first time.
    return Math.min(await measure(), await measure());
  } finally {
    await session.release();
  }
}
