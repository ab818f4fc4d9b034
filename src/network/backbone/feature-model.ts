// The graphs around a backbone: from raw pixels to features, and from these to the classifier behind them.

import type { ImageShape } from '../../genome/image-shape.ts';
import { tensor } from '../graph/tensor-type.ts';
import { int, ints, OnnxBuilder, type OnnxGraph } from '../lowering/onnx-graph.ts';
import { encodeOnnx } from '../onnx/onnx-bytes.ts';
import type { Arrangement, Backbone } from './backbone.ts';
import { joinModels, type ModelPart } from './join-models.ts';

/** How raw pixels become what a backbone takes: (x / 255 − mean) / std, per channel in the order of the backbone. */
export interface PixelPreparation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly order: 'rgb' | 'bgr';
  /** The features are the mean of those of the image and of its mirror image. */
  readonly views?: 2;
}

/** What is needed to run a backbone on images. */
export interface FeatureSource {
  readonly backbone: Backbone;
  readonly image: ImageShape;
  readonly preparation: PixelPreparation;
}

/** Features as bytes: the values of each channel that become 0 and 255. */
export interface FeatureLevels {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Everything in a model before the network that was searched for. */
export interface FeatureExtractor extends FeatureSource {
  readonly arrangement: Arrangement;
  /** Of the features. */
  readonly shape: ImageShape;
  readonly levels: FeatureLevels;
}

/** The output of {@link encodeExtractor}. */
export const FEATURES = 'features';

/** Input `image` float32 `[N, C, H, W]`, raw pixels; output `features` float32, as the backbone arranges them. */
export function encodeExtractor(source: FeatureSource): Uint8Array {
  const onnx = new OnnxBuilder();
  onnx.addNamed('Identity', [featuresOf(source, onnx)], [FEATURES]);
  const end = { inputs: [], outputs: [], nodes: onnx.nodes, constants: onnx.constants };
  return joinModels([...partsBefore(source), ours(end, 'features')], {
    operatorSet: source.backbone.operatorSet,
    output: FEATURES,
  });
}

/**
 * The model that users get: input `image` as raw pixels, outputs those of the classifier.
 *
 * @param classifier  takes `image` float32 `[N, C, H, W]`: features on the scale 0..255.
 */
export function joinClassifier(
  extractor: FeatureExtractor,
  classifier: OnnxGraph,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { operatorSet } = extractor.backbone;
  const network: ModelPart = {
    bytes: encodeOnnx(classifier),
    rename: (name) => (name === 'image' ? FEATURES : name),
  };
  return joinModels([...partsBefore(extractor), ours(scaledFeatures(extractor), 'features'), network], {
    operatorSet,
    metadata,
  });
}

const BACKBONE = 'backbone/';
const nameInBackbone = (name: string): string => `${BACKBONE}${name}`;

/** Names of our own nodes must not meet those of the classifier. */
function ours(graph: OnnxGraph, prefix: string): ModelPart {
  const isShared = (name: string): boolean => name === 'image' || name === FEATURES || name.startsWith(BACKBONE);
  return { bytes: encodeOnnx(graph), rename: (name) => (isShared(name) ? name : `${prefix}/${name}`) };
}

function partsBefore({ backbone, image, preparation }: FeatureSource): [ModelPart, ModelPart] {
  const { bytes, input, output } = backbone;
  return [ours(preparedPixels(input, image, preparation), 'pixels'), { bytes, rename: nameInBackbone, upTo: output }];
}

function preparedPixels(
  { name, arrangement }: Backbone['input'],
  { channels, height, width }: ImageShape,
  { mean, std, order, views }: PixelPreparation,
): OnnxGraph {
  const onnx = new OnnxBuilder();
  const perChannel = [1, channels, 1, 1];
  const turned =
    order === 'bgr' && channels === 3
      ? onnx.add('Gather', ['image', onnx.integers(2, 1, 0)], { axis: int(1) })
      : 'image';
  const scale = std.map((deviation) => 1 / (255 * deviation));
  const shift = mean.map((value, i) => -value / (std[i] ?? 1));
  const scaled = onnx.add('Mul', [turned, onnx.floats(scale, perChannel)]);
  const once = onnx.add('Add', [scaled, onnx.floats(shift, perChannel)]);
  const mirrored = (): string =>
    onnx.add('Gather', [once, onnx.integers(...Array.from({ length: width }, (_, i) => width - 1 - i))], {
      axis: int(3),
    });
  const prepared = views === 2 ? onnx.add('Concat', [once, mirrored()], { axis: int(0) }) : once;
  if (arrangement === 'nhwc')
    onnx.addNamed('Transpose', [prepared], [nameInBackbone(name)], { perm: ints(0, 2, 3, 1) });
  else onnx.addNamed('Identity', [prepared], [nameInBackbone(name)]);
  const inputs = [{ name: 'image', type: tensor('float32', 'N', channels, height, width) }];
  return { inputs, outputs: [], nodes: onnx.nodes, constants: onnx.constants };
}

/** Name of the features, as the backbone arranges them. With two views, the mirror images follow the images. */
function featuresOf({ backbone, preparation }: FeatureSource, onnx: OnnxBuilder): string {
  const all = nameInBackbone(backbone.output);
  if (preparation.views !== 2) return all;
  const [zero, one, two] = [onnx.integers(0), onnx.integers(1), onnx.integers(2)];
  const count = onnx.add('Slice', [onnx.add('Shape', [all]), zero, one]);
  const half = onnx.add('Div', [count, two]);
  const sum = onnx.add('Add', [
    onnx.add('Slice', [all, zero, half, zero]),
    onnx.add('Slice', [all, half, count, zero]),
  ]);
  return onnx.add('Mul', [sum, onnx.scalar(0.5)]);
}

/** Not rounded: bytes are only how features are stored. */
function scaledFeatures(extractor: FeatureExtractor): OnnxGraph {
  const { arrangement, shape, levels } = extractor;
  const onnx = new OnnxBuilder();
  const perChannel = [1, shape.channels, 1, 1];
  const features = arrange(featuresOf(extractor, onnx), arrangement, shape, onnx);
  const { scale, shift } = byteScale(levels);
  const scaled = onnx.add('Mul', [features, onnx.floats(scale, perChannel)]);
  const shifted = onnx.add('Add', [scaled, onnx.floats(shift, perChannel)]);
  onnx.addNamed('Clip', [shifted, onnx.scalar(0), onnx.scalar(255)], [FEATURES]);
  return { inputs: [], outputs: [], nodes: onnx.nodes, constants: onnx.constants };
}

function arrange(name: string, arrangement: Arrangement, { channels }: ImageShape, onnx: OnnxBuilder): string {
  if (arrangement === 'vector') return onnx.add('Reshape', [name, onnx.integers(-1, channels, 1, 1)]);
  return arrangement === 'nhwc' ? onnx.add('Transpose', [name], { perm: ints(0, 3, 1, 2) }) : name;
}

/** Factor and summand of each channel for the scale 0..255. A channel that was the same in all images is 0. */
export function byteScale({ low, high }: FeatureLevels): { readonly scale: number[]; readonly shift: number[] } {
  const scale = low.map((value, i) => {
    const range = (high[i] ?? value) - value;
    return range > 0 ? 255 / range : 0;
  });
  return { scale, shift: low.map((value, i) => -value * (scale[i] ?? 0)) };
}
