// Smaller model files: the same graph, with convolution and dense weights stored in fewer bytes and widened on loading.

import { integerPower } from '../arithmetic/power.ts';
import type { OnnxConstant, OnnxGraph, OnnxNode } from '../network/lowering/onnx-graph.ts';

/** How weights are stored. */
export type WeightPrecision = 'fp16' | 'int8';

/**
 * Compresses weights. Vectors (biases, normalisation) stay float32: they are small, and variances may exceed float16's
 * range.
 *
 * @param weights  names of the constants that may be compressed.
 */
export function compressWeights(graph: OnnxGraph, weights: ReadonlySet<string>, precision: WeightPrecision): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const constants: OnnxConstant[] = [];
  for (const constant of graph.constants) {
    if (!weights.has(constant.name) || constant.shape.length < 2) constants.push(constant);
    else if (precision === 'fp16') halve(constant, nodes, constants);
    else quantise(constant, nodes, constants);
  }
  return { ...graph, constants, nodes: [...nodes, ...graph.nodes] };
}

function halve({ name, shape, data }: OnnxConstant, nodes: OnnxNode[], constants: OnnxConstant[]): void {
  const half = `${name}.float16`;
  constants.push({ name: half, shape, data: Uint16Array.from(data as Float32Array, toFloat16) });
  nodes.push({
    opType: 'Cast',
    domain: '',
    inputs: [half],
    outputs: [name],
    attributes: { to: { kind: 'int', value: 1 } },
  });
}

/** Symmetric quantisation with one step per output channel: the channel's largest weight becomes ±127. */
function quantise({ name, shape, data }: OnnxConstant, nodes: OnnxNode[], constants: OnnxConstant[]): void {
  // Convolutions are [M, C, K, K], dense weights [features, units].
  const axis = shape.length === 2 ? 1 : 0;
  const channels = shape[axis] ?? 1;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const weights = data as Float32Array;
  const channelOf = (i: number): number => Math.floor(i / inner) % channels;
  const steps = new Float32Array(channels);
  for (const [i, weight] of weights.entries()) {
    steps[channelOf(i)] = Math.max(steps[channelOf(i)] ?? 0, Math.abs(weight) / 127);
  }
  // A channel of zeros needs a non-zero step.
  for (let i = 0; i < channels; i++) if (steps[i] === 0) steps[i] = 1;
  const levels = Int8Array.from(weights, (weight, i) => {
    const level = Math.round(weight / (steps[channelOf(i)] ?? 1));
    return Math.max(-127, Math.min(127, level));
  });
  constants.push({ name: `${name}.int8`, shape, data: levels });
  constants.push({ name: `${name}.step`, shape: [channels], data: steps });
  nodes.push({
    opType: 'DequantizeLinear',
    domain: '',
    inputs: [`${name}.int8`, `${name}.step`],
    outputs: [name],
    attributes: { axis: { kind: 'int', value: axis } },
  });
}

const floatBits = new Float32Array(1);
const intBits = new Uint32Array(floatBits.buffer);

/**
 * The bits of the nearest float16 (IEEE 754 binary16), ties to even; values beyond its range become its largest value.
 */
export function toFloat16(value: number): number {
  floatBits[0] = value;
  const bits = intBits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (magnitude >= 65_520) return sign | 0x7bff;
  // Subnormal: an integer multiple of 2⁻²⁴.
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24);
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const mantissa = roundToEven((magnitude / integerPower(2, exponent) - 1) * 1024);
  // A mantissa that rounds up to 1024 carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + mantissa);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
