// A feature extractor: an ONNX file of any origin, checked, and the value in it that is used.

import { DataFormatError, InvalidInputError } from '../../errors.ts';
import { type NetworkStructure, parseJson } from '../onnx/onnx-metadata.ts';
import { type InputFacts, type ModelFacts, makersOf, type NodeFacts, nodesFor, readModelFacts } from './model-facts.ts';

/** How the values of an image lie: [N, C], [N, C, H, W] or [N, H, W, C]. */
export type Arrangement = 'vector' | 'nchw' | 'nhwc';

export interface Backbone {
  /** The file. */
  readonly bytes: Uint8Array;
  readonly operatorSet: number;
  readonly input: {
    readonly name: string;
    readonly arrangement: Exclude<Arrangement, 'vector'>;
    readonly channels: 1 | 3;
    /** Absent if the file leaves it open. */
    readonly size?: { readonly height: number; readonly width: number };
  };
  /** Name of the value that is used. */
  readonly output: string;
  /** How the value lies if it has four axes. */
  readonly mapArrangement: Exclude<Arrangement, 'vector'>;
  /** It takes raw pixels 0..255, as auto-cnn wrote it. */
  readonly takesRawPixels: boolean;
  /** It also looks at the mirror image, as auto-cnn found that this pays. */
  readonly looksTwice: boolean;
}

/**
 * Versions of the standard operators in which those of our own graphs mean the same. ONNX defined most of today's forms in 11;
 * 24 is the last that the runtime knows.
 */
const OPERATOR_SETS = { first: 11, last: 24 } as const;

/**
 * @param path    shown in messages.
 * @param output  the value to use. Default: what goes into the classifier, or the output if there is none.
 * @throws {DataFormatError} if it is not an ONNX file; {InvalidInputError} if it is none that takes single images.
 */
export function readBackbone(bytes: Uint8Array, path: string, output?: string): Backbone {
  const facts = factsOf(bytes, path);
  const { operatorSet, external } = facts;
  if (external !== undefined) {
    throw refusal(path, `keeps its weights ${external} in another file`, 'all in one file (external_data=False)');
  }
  const { first, last } = OPERATOR_SETS;
  if (!(operatorSet >= first && operatorSet <= last)) {
    throw refusal(path, `has the operator set ${operatorSet}; it must be from ${first} to ${last}`, 'opset_version=17');
  }
  const used = output === undefined ? featuresOf(facts) : requireValue(output, facts, path);
  const input = inputOf(used, facts, path);
  const isOutput = facts.outputs.includes(used);
  return {
    bytes,
    operatorSet,
    input,
    output: used,
    mapArrangement: isOutput ? input.arrangement : 'nchw',
    takesRawPixels: facts.metadata.auto_cnn_version !== undefined,
    looksTwice:
      (parseJson(facts.metadata.structure ?? '') as Partial<NetworkStructure> | null | undefined)?.views === 2,
  };
}

function factsOf(bytes: Uint8Array, path: string): ModelFacts {
  try {
    return readModelFacts(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataFormatError(`the backbone ${path} is not an ONNX file, or damaged: ${reason}; export it again`, {
      details: { path },
      cause,
    });
  }
}

/** Between a classifier and the output of its file, and between the features and the classifier. */
const AFTER_CLASSIFIER = [
  'Identity',
  'Softmax',
  'LogSoftmax',
  'Sigmoid',
  'Flatten',
  'Reshape',
  'Squeeze',
  'Add',
  'Mul',
];
const VIEWS = ['Identity', 'Flatten', 'Reshape', 'Squeeze', 'Dropout'];

/** What goes into the last dense layer. Features that were only written as a row are taken as they were before. */
function featuresOf(facts: ModelFacts): string {
  const { nodes, outputs, constants } = facts;
  const makers = makersOf(nodes);
  const [output = ''] = outputs;
  const makerOf = (name: string): NodeFacts | undefined => nodes[makers.get(name) ?? -1];
  const back = (from: string, through: readonly string[]): string => {
    let name = from;
    for (let node = makerOf(name); node !== undefined && through.includes(node.opType); node = makerOf(name)) {
      name = node.inputs.find((input) => makers.has(input)) ?? '';
    }
    return name;
  };
  const classifier = makerOf(back(output, AFTER_CLASSIFIER));
  const [features = '', weights = ''] = classifier?.inputs ?? [];
  const isDense = classifier?.opType === 'Gemm' || (classifier?.opType === 'MatMul' && constants.has(weights));
  return isDense && makers.has(features) ? back(features, VIEWS) : output;
}

function requireValue(name: string, facts: ModelFacts, path: string): string {
  if (nodesFor(name, facts) !== undefined) return name;
  const names = facts.nodes.flatMap(({ outputs }) => outputs);
  const latest = names.slice(-8).join(', ');
  throw new InvalidInputError(
    `--backbone-output: ${path} computes no value ${JSON.stringify(name)}; the last of its ${names.length} values are ${latest}`,
    { details: { path, received: name } },
  );
}

function inputOf(output: string, facts: ModelFacts, path: string): Backbone['input'] {
  const needed = nodesFor(output, facts);
  const names = new Set([...(needed ?? [])].flatMap((i) => facts.nodes[i]?.needs ?? []));
  const inputs = facts.inputs.filter(({ name }) => names.has(name));
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    const found = inputs.length === 0 ? 'none' : inputs.map(({ name }) => name).join(' and ');
    const what = `must have one input, the images, for the value ${output}; it has ${found}`;
    throw refusal(path, what, 'one input, or choose another value with --backbone-output');
  }
  return imageInput(input, path);
}

function imageInput({ name, isFloat, sizes }: InputFacts, path: string): Backbone['input'] {
  const [count, second = 0, third = 0, fourth = 0] = sizes;
  const shown = `the input ${name} of [${sizes.map((size) => size || 'dynamic').join(', ')}]`;
  if (!isFloat) throw refusal(path, `takes ${shown}, but not as float32`, 'float32 images');
  if (sizes.length !== 4) throw refusal(path, `takes ${shown}, not images of four axes`, 'images [N, C, H, W]');
  if (count !== 0) {
    throw refusal(path, `takes ${shown}: exactly ${count} at a time`, `dynamic_axes={'${name}': {0: 'N'}}`);
  }
  const isImage = (channels: number): channels is 1 | 3 => channels === 1 || channels === 3;
  const sized = (height: number, width: number) => (height > 0 && width > 0 ? { size: { height, width } } : {});
  if (isImage(second)) return { name, arrangement: 'nchw', channels: second, ...sized(third, fourth) };
  if (isImage(fourth)) return { name, arrangement: 'nhwc', channels: fourth, ...sized(second, third) };
  throw refusal(path, `takes ${shown}, which must have 1 or 3 channels`, 'a fixed number of channels');
}

/** @param cure  what the file must be exported with. */
function refusal(path: string, what: string, cure: string): InvalidInputError {
  return new InvalidInputError(`the backbone ${path} ${what}; export it again with ${cure}`, { details: { path } });
}
