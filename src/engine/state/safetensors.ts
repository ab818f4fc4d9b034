// The safetensors format: an 8-byte little-endian header length, a JSON header, the tensors' bytes.
// Format: https://github.com/huggingface/safetensors (README, "Format").

import { DataFormatError } from '../../errors.ts';
import { memberPrefix, type TrainedState } from '../../network/deployable-graph.ts';
import type { ParameterLayout, ParameterSpec } from '../../network/parameters.ts';
import type { TrainingState } from './training-state.ts';

export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** No parameter name begins with this prefix. */
const SLOT_PREFIX = 'optimiser.';
/** The format's limit on the header size. */
const MAX_HEADER_BYTES = 100_000_000;

/** @param metadata  strings only; written under `__metadata__`. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Padding the header with spaces to a multiple of 8 keeps the tensors aligned.
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + offset).fill(0x20, 8, 8 + headerBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(text, 8);
  let at = 8 + headerBytes;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads float32 tensors.
 *
 * @param path  shown in messages.
 * @throws {DataFormatError} with path and offset if the bytes are truncated, the header is not JSON or its offsets are
 *   wrong.
 */
export function decodeSafetensors(bytes: Uint8Array, path: string): SafetensorsFile {
  const fail = (what: string, offset: number): never => {
    throw new DataFormatError(`${path} is not a valid safetensors file: ${what} (byte ${offset}); write it again`, {
      details: { path, offset },
    });
  };
  if (bytes.length < 8) fail(`it has ${bytes.length} bytes, but the header length alone takes 8`, bytes.length);
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || headerBytes > bytes.length - 8) {
    fail(`its header claims ${headerBytes} bytes, but only ${bytes.length - 8} follow`, 0);
  }
  const start = 8 + headerBytes;
  const header = parseHeader(bytes.subarray(8, start)) ?? fail('its header is not a JSON object', 8);
  const tensors = new Map<string, NamedTensor>();
  const ranges: (readonly [from: number, to: number])[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
    if (dtype !== 'F32') fail(`tensor ${name} is ${dtype}, but only F32 is supported`, 8);
    if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) fail(`tensor ${name} lacks shape or offsets`, 8);
    const [from = 0, to = 0] = offsets as readonly number[];
    const elements = (shape as readonly number[]).reduce((product, size) => product * size, 1);
    if (to - from !== elements * 4 || start + to > bytes.length) {
      fail(`tensor ${name} of shape [${shape}] lies at ${from}..${to} of ${bytes.length - start} bytes`, start + from);
    }
    const data = new Float32Array(elements);
    new Uint8Array(data.buffer).set(bytes.subarray(start + from, start + to));
    tensors.set(name, { shape: shape as readonly number[], data });
    ranges.push([from, to]);
  }
  const gap = firstGap(ranges, bytes.length - start);
  if (gap !== undefined) fail('its tensors overlap or leave gaps', start + gap);
  return { tensors, metadata: textsOf(header.__metadata__) };
}

/** Encodes a trained state under the names of its layout, with the optimiser's slots, if present, as one vector each. */
export function encodeState(
  layout: ParameterLayout,
  state: TrainedState & Partial<Pick<TrainingState, 'slots'>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const tensors = new Map(namedTensors(layout, state));
  for (const [name, data] of Object.entries(state.slots ?? {})) {
    tensors.set(`${SLOT_PREFIX}${name}`, { shape: [data.length], data });
  }
  return encodeSafetensors(tensors, metadata);
}

/** Encodes the members of a model under the names that they have there. */
export function encodeStates(
  layout: ParameterLayout,
  members: readonly TrainedState[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const named = members.flatMap((state, member) =>
    namedTensors(layout, state).map(([name, tensor]) => [memberPrefix(member, members.length) + name, tensor] as const),
  );
  return encodeSafetensors(new Map(named), metadata);
}

function namedTensors(
  layout: ParameterLayout,
  { parameters, statistics }: TrainedState,
): (readonly [name: string, tensor: NamedTensor])[] {
  const named = (specs: readonly ParameterSpec[], flat: Float32Array) =>
    specs.map(
      ({ name, shape, offset, size }) => [name, { shape, data: flat.subarray(offset, offset + size) }] as const,
    );
  return [...named(layout.parameters, parameters), ...named(layout.statistics, statistics)];
}

/**
 * The state of a network from a file that `encodeState` wrote.
 *
 * @throws {DataFormatError} if a tensor is missing or has another shape.
 */
export function decodeState(layout: ParameterLayout, bytes: Uint8Array, path: string): TrainedState {
  return stateIn(decodeSafetensors(bytes, path), layout, path);
}

/** Like {@link decodeState}, for a file that has been decoded. */
export function stateIn({ tensors }: SafetensorsFile, layout: ParameterLayout, path: string): TrainedState {
  const read = (specs: readonly ParameterSpec[], count: number) => {
    const flat = new Float32Array(count);
    for (const { name, shape, offset } of specs) {
      const tensor = tensors.get(name);
      if (tensor === undefined || String(tensor.shape) !== String(shape)) {
        throw new DataFormatError(
          `${path} does not fit the network: tensor ${name} should be [${shape}], found ${tensor ? `[${tensor.shape}]` : 'none'}`,
          { details: { path, tensor: name } },
        );
      }
      flat.set(tensor.data, offset);
    }
    return flat;
  };
  return {
    parameters: read(layout.parameters, layout.parameterCount),
    statistics: read(layout.statistics, layout.statisticCount),
  };
}

/** The optimiser's slots in a file that `encodeState` wrote. */
export function slotsIn({ tensors }: SafetensorsFile): TrainingState['slots'] {
  const slots = [...tensors].flatMap(([name, { data }]) =>
    name.startsWith(SLOT_PREFIX) ? [[name.slice(SLOT_PREFIX.length), data] as const] : [],
  );
  return Object.fromEntries(slots);
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject(header) || !Object.values(header as object).every(isObject)) return undefined;
    return header as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/**
 * The format requires the tensors to cover the data without gaps. Returns the first gap or overlap; undefined if there is
 * none.
 */
function firstGap(ranges: readonly (readonly [from: number, to: number])[], size: number): number | undefined {
  let end = 0;
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (from !== end) return Math.min(from, end);
    end = to;
  }
  return end === size ? undefined : end;
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function textsOf(metadata: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries((metadata ?? {}) as Record<string, unknown>);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
