// What a model of ours says about itself: written next to its graph, read without its weights.

import { DataFormatError, InvalidInputError } from '../../errors.ts';
import { checkHead, DEFAULT_HEAD, type HeadLayer } from '../../genome/head.ts';
import { formatImageShape, type ImageShape } from '../../genome/image-shape.ts';
import type { Network } from '../training-graph.ts';
import { type Message, readMessage } from './protobuf-message.ts';

/** What every model of ours says about itself. */
export interface ModelMetadata {
  readonly classes: readonly string[];
  /** Canonical text. */
  readonly genome: string;
  readonly version: string;
  /** What the graph takes. */
  readonly input: ImageShape;
  /** How an image file becomes what the graph takes. */
  readonly preparation: {
    readonly height: number;
    readonly width: number;
    /** Grey by the luma weights of ITU-R BT.601. */
    readonly colour: 'grey' | 'rgb';
    /** Scaled with the aspect kept until it fits (Lanczos, a = 3), black around it and under what is transparent. */
    readonly resize: 'contain-lanczos3-on-black';
  };
  /** What a genome leaves open about a network. Models of early versions do not say. */
  readonly structure?: {
    readonly head: readonly HeadLayer[];
    readonly shortcut: 'always' | 'where-channels-differ';
    /** Of each channel over the training images, on raw pixels 0..255. */
    readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] };
  };
}

export type ImagePreparation = ModelMetadata['preparation'];
export type NetworkStructure = NonNullable<ModelMetadata['structure']>;

/** @param network  adds how images are prepared and what the genome leaves open. */
export function toMetadataProps(
  { classes, genome, version }: Pick<ModelMetadata, 'classes' | 'genome' | 'version'>,
  network?: Network,
): Record<string, string> {
  const props = { classes: JSON.stringify(classes), genome, auto_cnn_version: version };
  if (network === undefined) return props;
  const { problem, normalisation } = network;
  const { head = DEFAULT_HEAD, shortcut = 'always' } = problem;
  const structure: NetworkStructure = { head, shortcut, normalisation };
  return {
    ...props,
    preparation: JSON.stringify(preparationFor(problem.input)),
    structure: JSON.stringify(structure),
  };
}

/**
 * @param path  for messages.
 * @throws {DataFormatError} if the bytes are no ONNX file, one that auto-cnn did not write, or one of a version that
 *   prepares images in a way unknown here.
 */
export function readModelMetadata(bytes: Uint8Array, path: string): ModelMetadata {
  const { props, inputs } = readModel(bytes, path);
  const classes = props.classes === undefined ? undefined : parseClasses(props.classes);
  const { genome, auto_cnn_version: version } = props;
  const input = shapeOf(inputs.get('image'));
  if (classes === undefined || genome === undefined || version === undefined || input === undefined) {
    throw new DataFormatError(
      `${path} is an ONNX file, but not one of auto-cnn's: it lacks the metadata classes, genome and auto_cnn_version or the input "image"; give the model.onnx of a run`,
      { details: { path, metadata: Object.keys(props), inputs: [...inputs.keys()] } },
    );
  }
  const preparation = preparationFor(input);
  if (props.preparation !== undefined && !isSame(parseJson(props.preparation), preparation)) {
    throw new DataFormatError(
      `${path} (auto-cnn ${version}, images of ${formatImageShape(input)}) prepares images in a way that this version does not know: ${props.preparation}; use the version that wrote it`,
      { details: { path, version, preparation: props.preparation } },
    );
  }
  const metadata = { classes, genome, version, input, preparation };
  if (props.structure === undefined) return metadata;
  return { ...metadata, structure: parseStructure(props.structure, input, path) };
}

function preparationFor({ channels, height, width }: ImageShape): ImagePreparation {
  return { height, width, colour: channels === 1 ? 'grey' : 'rgb', resize: 'contain-lanczos3-on-black' };
}

interface Model {
  readonly props: Partial<Record<string, string>>;
  /** Name → sizes; a size that is not fixed is 0. */
  readonly inputs: ReadonlyMap<string, readonly number[]>;
}

/** Field numbers of onnx.proto3. */
const MODEL = { graph: 7, metadata: 14 } as const;
const GRAPH = { input: 11 } as const;
const VALUE_INFO = { name: 1, type: 2 } as const;
const TYPE = { tensor: 1 } as const;
const TENSOR_TYPE = { shape: 2 } as const;
const SHAPE = { dimension: 1 } as const;
const DIMENSION = { size: 1 } as const;
const ENTRY = { key: 1, value: 2 } as const;

function readModel(bytes: Uint8Array, path: string): Model {
  const props: Partial<Record<string, string>> = {};
  const inputs = new Map<string, readonly number[]>();
  try {
    const model = readMessage(bytes);
    for (const input of readGraph(model).messages(GRAPH.input)) {
      const [shape] = input
        .messages(VALUE_INFO.type)
        .flatMap((type) => type.messages(TYPE.tensor))
        .flatMap((type) => type.messages(TENSOR_TYPE.shape));
      const sizes = shape?.messages(SHAPE.dimension).map((dimension) => dimension.number(DIMENSION.size));
      inputs.set(input.text(VALUE_INFO.name), sizes ?? []);
    }
    for (const entry of model.messages(MODEL.metadata)) props[entry.text(ENTRY.key)] = entry.text(ENTRY.value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataFormatError(`${path} is no ONNX file (${reason}); give the model.onnx of a run`, {
      details: { path },
      cause,
    });
  }
  return { props, inputs };
}

/** @throws {RangeError} if the model has no graph. */
export function readGraph(model: Message): Message {
  const [graph] = model.messages(MODEL.graph);
  if (graph === undefined) throw new RangeError('it holds no graph');
  return graph;
}

function shapeOf(sizes: readonly number[] | undefined): ImageShape | undefined {
  const [, channels = 0, height = 0, width = 0] = sizes ?? [];
  return channels > 0 && height > 0 && width > 0 ? { channels, height, width } : undefined;
}

function parseClasses(text: string): readonly string[] | undefined {
  const classes = parseJson(text);
  return Array.isArray(classes) && classes.every((name) => typeof name === 'string') ? classes : undefined;
}

/** @throws {DataFormatError} if it is none that goes with the input. */
function parseStructure(text: string, { channels }: ImageShape, path: string): NetworkStructure {
  const fail = (): never => {
    throw new DataFormatError(
      `${path} has damaged metadata: structure is ${text.slice(0, 100)}; restore it, or train anew`,
      {
        details: { path, structure: text },
      },
    );
  };
  const value = parseJson(text) as Partial<NetworkStructure> | null | undefined;
  const { head, shortcut, normalisation } = value ?? {};
  const isVector = (numbers: unknown) =>
    Array.isArray(numbers) && numbers.length === channels && numbers.every(Number.isFinite);
  if (!Array.isArray(head) || !isVector(normalisation?.mean) || !isVector(normalisation?.std)) return fail();
  if (shortcut !== 'always' && shortcut !== 'where-channels-differ') return fail();
  try {
    checkHead(head);
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof TypeError) fail();
    throw error;
  }
  return { head, shortcut, normalisation } as NetworkStructure;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Compares flat objects. */
function isSame(received: unknown, expected: ImagePreparation): boolean {
  const entries = Object.entries(received ?? {});
  return (
    entries.length === Object.keys(expected).length &&
    entries.every(([key, value]) => expected[key as keyof ImagePreparation] === value)
  );
}
