// The layouts of feature maps in the blocked lowering. Blocked data is [N, C/B, H, W, B]: B channels lie side by side and
// fill a vector register. The formal shape stays [N, C, H, W] with C rounded up to whole blocks; the added channels are
// zero.

import { float, int, ints, type OnnxAttribute, type OnnxBuilder } from './onnx-graph.ts';

/** The domain of the CPU provider's blocked operators. It is internal to the runtime, so package.json pins its version. */
export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

/** Operations that a convolution can apply to its result in the same pass. */
export interface Fused {
  /** A blocked tensor that is added to the result. */
  readonly sum?: string;
  /** Applied last. */
  readonly relu?: boolean;
}

/** A convolution that is emitted once it is known what can be fused into it. */
export interface PendingConvolution {
  readonly fused: Fused;
  emit(fused: Fused): string;
  /** The same convolution with each filter's result times `scale` plus `offset`, both `[C]`. */
  scaled?(scale: string, offset: string): PendingConvolution;
}

/** Known facts about a value besides its layout. */
export interface ValueFacts {
  /** The value is the output of a ReLU. */
  readonly isRectified?: boolean;
  /** The value is the gradient of this output of a ReLU, and is already zero wherever the ReLU's gradient is zero. */
  readonly pastReluOf?: string;
}

interface Form {
  readonly channels: number;
  plain?: string;
  blocked?: string;
  readonly pending?: PendingConvolution;
  readonly facts?: ValueFacts;
}

/**
 * Tracks the layouts in which each value exists, and converts on demand, once. Values are identified by a handle, an ONNX
 * name. Unless `Layouts` created the handle, it is the value itself in plain layout.
 */
export class Layouts {
  readonly onnx: OnnxBuilder;
  /** B */
  readonly blockSize: number;
  readonly #forms = new Map<string, Form>();

  constructor(onnx: OnnxBuilder, blockSize: number) {
    this.onnx = onnx;
    this.blockSize = blockSize;
  }

  /** Channels, rounded up to whole blocks. */
  padded(channels: number): number {
    return Math.ceil(channels / this.blockSize) * this.blockSize;
  }

  /** Registers a blocked tensor and returns its handle. */
  define(blocked: string, channels: number, facts: ValueFacts = {}): string {
    this.#forms.set(blocked, { channels, blocked, facts });
    return blocked;
  }

  defer(pending: PendingConvolution, channels: number): string {
    const handle = this.onnx.fresh('pending');
    this.#forms.set(handle, { channels, pending });
    return handle;
  }

  /** The pending convolution of a value that has not been used yet. */
  pending(handle: string): PendingConvolution | undefined {
    const form = this.#forms.get(handle);
    return form?.blocked === undefined ? form?.pending : undefined;
  }

  facts(handle: string): ValueFacts {
    return this.#forms.get(handle)?.facts ?? {};
  }

  isPlain(handle: string): boolean {
    return !this.#forms.has(handle);
  }

  /** Name of the value in plain layout. */
  plain(handle: string): string {
    const form = this.#forms.get(handle);
    if (form === undefined) return handle;
    form.plain ??= this.add('ReorderOutput', [this.#emitted(form)], { channels: int(form.channels) });
    return form.plain;
  }

  /** Name of the value, `[N, channels, H, W]`, in blocked layout. */
  blocked(handle: string, channels: number): string {
    const form = this.#forms.get(handle);
    if (form !== undefined) return this.#emitted(form);
    return this.onnx.once(`blocked ${handle}`, () => this.toBlocks(handle, channels));
  }

  /** Moves blocks of axis 1, `[a, channels, b, c]`, to the end of the data. */
  toBlocks(x: string, channels: number): string {
    // The operator accepts only whole groups of four, and pads the block itself.
    return this.add('ReorderInput', [this.padAxis(x, 1, 4, channels, (4 - (channels % 4)) % 4)]);
  }

  /** Pads a vector over channels with zeros to whole blocks. */
  padVector(x: string, channels: number): string {
    return this.padAxis(x, 0, 1, channels, this.padded(channels) - channels);
  }

  /** Appends `count` zeros along an axis of length `size`. */
  padAxis(x: string, axis: number, rank: number, size: number, count: number): string {
    if (count === 0) return x;
    const ends = Array.from({ length: rank }, (_, i) => (i === axis ? count : 0));
    const pads = this.onnx.integers(...new Array<number>(rank).fill(0), ...ends);
    return this.onnx.once(`pad ${x} ${axis} ${size} ${count}`, () => this.onnx.add('Pad', [x, pads]));
  }

  /** Removes the padding from a vector over channels. */
  cutVector(x: string, channels: number): string {
    if (channels === this.padded(channels)) return x;
    return this.onnx.add('Slice', [x, this.onnx.integers(0), this.onnx.integers(channels)]);
  }

  /** Adds a node of the blocked domain. */
  add(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    return this.onnx.add(opType, inputs, attributes, BLOCKED_DOMAIN);
  }

  /**
   * y = x·weight + bias over blocked x, with the fused operations.
   *
   * @param inputs  `weight` in the layout that the kernel reads.
   */
  convolve(
    inputs: readonly [x: string, weight: string, bias?: string | undefined],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    { sum, relu = false }: Fused,
  ): string {
    const [x, weight, bias = ''] = inputs;
    const all = [x, weight, bias, sum ?? ''];
    while (all.at(-1) === '') all.pop();
    return this.add('Conv', all, { ...attributes, ...(relu && { activation: { kind: 'string', value: 'Relu' } }) });
  }

  /** a·x + b with one coefficient per channel: a depthwise 1×1 convolution. */
  affine(x: string, a: string, b: string | undefined, channels: number, fused: Fused = {}): string {
    const size = this.padded(channels);
    const weight = this.onnx.add('Reshape', [this.padVector(a, channels), this.onnx.integers(size, 1, 1, 1)]);
    const bias = b === undefined ? undefined : this.padVector(b, channels);
    return this.convolve([x, weight, bias], { kernel_shape: ints(1, 1), group: int(size) }, fused);
  }

  /** Blocked x with rows and columns of zeros around each map. As a convolution it has all threads, unlike a padding. */
  surrounded(x: string, channels: number, rows: number, columns: number): string {
    if (rows === 0 && columns === 0) return x;
    const size = this.padded(channels);
    const ones = this.onnx.add('Reshape', [
      this.onnx.floats(new Float32Array(size).fill(1)),
      this.onnx.integers(size, 1, 1, 1),
    ]);
    const pads = ints(rows, columns, rows, columns);
    return this.convolve([x, ones], { kernel_shape: ints(1, 1), group: int(size), pads }, {});
  }

  /** x where y > 0, else zero. A HardSigmoid this steep is the step function, and the fastest way to compute it. */
  wherePositive(x: string, y: string): string {
    return this.onnx.add('Mul', [x, this.onnx.add('HardSigmoid', [y], { alpha: float(1e30), beta: float(0) })]);
  }

  /** Mean of each channel over images and pixels of a blocked tensor, `[channels]`. */
  channelMeans(x: string, channels: number): string {
    return this.onnx.once(`channel means ${x}`, () => {
      const perImage = this.add('GlobalAveragePool', [x]);
      const means = this.onnx.add('ReduceMean', [perImage], { axes: ints(0, 2, 3), keepdims: int(0) });
      return this.cutVector(means, channels);
    });
  }

  #emitted(form: Form): string {
    form.blocked ??= form.pending?.emit(form.pending.fused) ?? '';
    return form.blocked;
  }
}
