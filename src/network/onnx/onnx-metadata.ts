// The metadata of our models: written beside the graph, read without the weights.

import { DataFormatError, InvalidInputError } from '../../errors.ts';
import { checkHead, DEFAULT_HEAD, type HeadLayer } from '../../genome/head.ts';
import { formatImageShape, type ImageShape } from '../../genome/image-shape.ts';
import type { Views } from '../deployable-graph.ts';
import type { Network } from '../training-graph.ts';
import { type Message, readMessage } from './protobuf-message.ts';

/** The metadata of every auto-cnn model. */
export interface ModelMetadata {
  readonly classes: readonly string[];
  /** Canonical text. */
  readonly genome: string;
  readonly version: string;
  /** Shape of the graph's input. */
  readonly input: ImageShape;
  /** How an image file becomes the graph's input. */
  readonly preparation: {
    readonly height: number;
    readonly width: number;
    /** `grey` uses the luma weights of ITU-R BT.601. */
    readonly colour: 'grey' | 'rgb';
    /** Scaled to fit with its aspect ratio kept (Lanczos, a = 3), on the ground, which also replaces transparency. */
    readonly resize: 'contain-lanczos3-on-black' | 'contain-lanczos3-on-white';
    /** As `resize` says. Absent: black. */
    readonly ground?: 'white';
    /** The values of 16-bit images, and of the numbers in arrays, that become 0 and 255. Absent: images lose their lower 8 bits. */
    readonly pixelRange?: { readonly low: number; readonly high: number };
  };
  /** The properties of a network that its genome does not determine. Absent in models of early versions. */
  readonly structure?: {
    /** The model looks at each image and at its mirror image. Absent if it looks once. */
    readonly views?: 2;
    /** It is the mean of so many trainings of the network. Absent if it is one. */
    readonly members?: number;
    /** What the network takes, behind a backbone in the same graph. Absent if it takes the images. */
    readonly features?: ImageShape;
    readonly head: readonly HeadLayer[];
    readonly shortcut: 'always' | 'where-channels-differ';
    /** Statistics of each channel over the training images, on raw pixels 0..255. */
    readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] };
  };
}

export type ImagePreparation = ModelMetadata['preparation'];
export type NetworkStructure = NonNullable<ModelMetadata['structure']>;

/** What is decided by the training images. */
type DecidedPreparation = Pick<ImagePreparation, 'ground' | 'pixelRange'>;
type Members = Pick<NetworkStructure, 'members'>;

/**
 * @param about     `members` is the number of trainings in the model, if there are several.
 * @param network   adds the preparation of images and the properties that the genome does not determine.
 * @param decided   the preparation that the training images decided.
 * @param image     shape of the images, if a backbone stands between them and the network.
 */
export function toMetadataProps(
  { classes, genome, version, members = 1 }: Pick<ModelMetadata, 'classes' | 'genome' | 'version'> & Members,
  network?: Network,
  views: Views = 1,
  decided: DecidedPreparation = {},
  image?: ImageShape,
): Record<string, string> {
  const props = { classes: JSON.stringify(classes), genome, auto_cnn_version: version };
  if (network === undefined) return props;
  const { problem, normalisation } = network;
  const { head = DEFAULT_HEAD, shortcut = 'always' } = problem;
  const structure: NetworkStructure = {
    head,
    shortcut,
    normalisation,
    ...(views === 2 && { views }),
    ...(members > 1 && { members }),
    ...(image && { features: problem.input }),
  };
  return {
    ...props,
    preparation: JSON.stringify(preparationFor(image ?? problem.input, decided)),
    structure: JSON.stringify(structure),
  };
}

/**
 * @param path  shown in messages.
 * @throws {DataFormatError} if the bytes are not an ONNX file, if auto-cnn did not write it, or if its version prepares
 *   images in an unknown way.
 */
export function readModelMetadata(bytes: Uint8Array, path: string): ModelMetadata {
  const { props, inputs } = readModel(bytes, path);
  const classes = props.classes === undefined ? undefined : parseClasses(props.classes);
  const { genome, auto_cnn_version: version } = props;
  const input = shapeOf(inputs.get('image'));
  if (classes === undefined || genome === undefined || version === undefined || input === undefined) {
    throw new DataFormatError(
      `${path} is an ONNX file, but auto-cnn did not write it: it lacks the metadata classes, genome and auto_cnn_version or the input "image"; give the model.onnx of a run`,
      { details: { path, metadata: Object.keys(props), inputs: [...inputs.keys()] } },
    );
  }
  const preparation =
    props.preparation === undefined ? preparationFor(input) : parsePreparation(props.preparation, input);
  if (preparation === undefined) {
    throw new DataFormatError(
      `${path} (auto-cnn ${version}, images of ${formatImageShape(input)}) prepares images in a way that this version does not know: ${props.preparation}; use the version that wrote it`,
      { details: { path, version, preparation: props.preparation } },
    );
  }
  const metadata = { classes, genome, version, input, preparation };
  if (props.structure === undefined) return metadata;
  return { ...metadata, structure: parseStructure(props.structure, input, path) };
}

function preparationFor(
  { channels, height, width }: ImageShape,
  { ground, pixelRange }: DecidedPreparation = {},
): ImagePreparation {
  return {
    height,
    width,
    colour: channels === 1 ? 'grey' : 'rgb',
    resize: `contain-lanczos3-on-${ground ?? 'black'}`,
    ...(ground && { ground }),
    ...(pixelRange && { pixelRange: { low: pixelRange.low, high: pixelRange.high } }),
  };
}

/** Undefined if it is not a preparation of such images that this version knows. */
function parsePreparation(text: string, input: ImageShape): ImagePreparation | undefined {
  const received = parseJson(text) as Partial<ImagePreparation> | null | undefined;
  const { ground, pixelRange } = received ?? {};
  if (ground !== undefined && ground !== 'white') return undefined;
  if (pixelRange !== undefined && !isRange(pixelRange)) return undefined;
  const known = preparationFor(input, { ...(ground && { ground }), ...(pixelRange && { pixelRange }) });
  return isSame(received, known) ? known : undefined;
}

function isRange(value: unknown): boolean {
  const { low, high, ...others } = (value ?? {}) as Record<string, unknown>;
  return typeof low === 'number' && typeof high === 'number' && high > low && Object.keys(others).length === 0;
}

interface Model {
  readonly props: Partial<Record<string, string>>;
  /** Sizes by input name; 0 stands for a dynamic size. */
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
    throw new DataFormatError(`${path} is not an ONNX file (${reason}); give the model.onnx of a run`, {
      details: { path },
      cause,
    });
  }
  return { props, inputs };
}

/** @throws {RangeError} if the model has no graph. */
export function readGraph(model: Message): Message {
  const [graph] = model.messages(MODEL.graph);
  if (graph === undefined) throw new RangeError('it contains no graph');
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

/** @throws {DataFormatError} if the text is not a structure that fits the input. */
function parseStructure(text: string, input: ImageShape, path: string): NetworkStructure {
  const fail = (): never => {
    throw new DataFormatError(
      `${path} has damaged metadata: structure is ${text.slice(0, 100)}; restore it, or train again`,
      {
        details: { path, structure: text },
      },
    );
  };
  const value = parseJson(text) as Partial<NetworkStructure> | null | undefined;
  const { head, shortcut, normalisation, views, members, features } = value ?? {};
  if (features !== undefined && !isShape(features)) return fail();
  const { channels } = features ?? input;
  const isVector = (numbers: unknown) =>
    Array.isArray(numbers) && numbers.length === channels && numbers.every(Number.isFinite);
  if (!Array.isArray(head) || !isVector(normalisation?.mean) || !isVector(normalisation?.std)) return fail();
  if (views !== undefined && views !== 2) return fail();
  if (members !== undefined && !(Number.isInteger(members) && members > 1)) return fail();
  if (shortcut !== 'always' && shortcut !== 'where-channels-differ') return fail();
  try {
    checkHead(head);
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof TypeError) fail();
    throw error;
  }
  const further = { ...(views && { views }), ...(members && { members }), ...(features && { features }) };
  return { head, shortcut, normalisation, ...further } as NetworkStructure;
}

function isShape(shape: ImageShape): boolean {
  return [shape.channels, shape.height, shape.width].every((size) => Number.isInteger(size) && size > 0);
}

/** Undefined if it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Compares all but the range, which is checked on its own. */
function isSame(received: unknown, expected: ImagePreparation): boolean {
  const entries = Object.entries(received ?? {});
  return (
    entries.length === Object.keys(expected).length &&
    entries.every(([key, value]) => key === 'pixelRange' || expected[key as keyof ImagePreparation] === value)
  );
}
