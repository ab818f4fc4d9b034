// Decides whether the images of a new run are larger than usual, where nobody has said how large, and they are in the source.

import type { Dataset, ImageShape } from '../data/set/dataset.ts';
import { usedImages } from './budget/candidate-work.ts';
import type { SearchConfig } from './config/config.ts';
import { dataSizeOf } from './config/network-input.ts';
import { AUTO_GENOME } from './config/undecided-keys.ts';

/** Larger than images are by themselves. Beyond that, the fewer passes cost more than the detail gives. */
const LARGER_SIDES = [96, 128, 192];
/** A larger size is worth it from so much work for each pixel of the training images. See docs/decisions/0025-image-size.md. */
const PIXEL_WORK = 1.2e6;
/** Fewer images are shown more often: they count as so many. */
const LEAST_IMAGES = 4000;

export interface SettledSize {
  readonly size: Size;
  /** What the user should know about it. */
  readonly notice: string;
}

/**
 * The smallest size that shows all that can be seen in the images, as far as the budget has the work for it; or that of the
 * run which this one starts from.
 *
 * @param workOf  work of the whole run, in FLOPs.
 * @returns undefined if they stay as they are.
 */
export async function settleSize(
  config: SearchConfig,
  dataset: Dataset,
  workOf: () => Promise<number>,
): Promise<SettledSize | undefined> {
  const { budget, undecided, genome, backbone, startFrom, dataset: asked } = config;
  const { sourceSize, shape } = dataset;
  const isOpen = asked.size === undefined && backbone === undefined && (genome ?? AUTO_GENOME) === AUTO_GENOME;
  if (sourceSize === undefined || !isOpen || budget === undefined || undecided === undefined) return undefined;
  const longest = Math.max(sourceSize.height, sourceSize.width);
  const useful = Math.min(longest, sourceSize.detail ?? longest);
  const former = startFrom?.model?.problem.input;
  const side = useful <= shape.width ? shape.width : await affordable();
  const { height, width } = former ?? { height: side, width: side };
  if (height === shape.height && width === shape.width) return undefined;
  const reason =
    former === undefined
      ? 'they have the detail, and the budget the work; fewer pixels are more passes over them.'
      : 'those of the run that this one starts from are.';
  const notice = `Images of ${sizeText(sourceSize)} are brought to ${sizeText({ height, width })}, not ${sizeText(shape)}: ${reason} --size ${shape.height}x${shape.width} (dataset.size) overrules that.`;
  return { size: { height, width }, notice };

  async function affordable(): Promise<number> {
    const images = Math.max(LEAST_IMAGES, usedImages(config, dataSizeOf(config, dataset)));
    const most = Math.sqrt((await workOf()) / images / PIXEL_WORK);
    return LARGER_SIDES.map((each) => Math.min(each, useful)).findLast((each) => each <= most) ?? shape.width;
  }
}

type Size = Pick<ImageShape, 'height' | 'width'>;

const sizeText = ({ height, width }: Size): string => `${height} × ${width}`;
