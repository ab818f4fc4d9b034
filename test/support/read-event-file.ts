// Reads TensorBoard event files without a line of what writes them: check sums bit by bit, protobuf fields by number.
// Field numbers: TensorBoard's compat/proto/*.proto and plugins/hparams/*.proto.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion: string | undefined;
  readonly values: readonly ReadValue[];
}

export interface ReadValue {
  readonly tag: string;
  readonly scalar?: number;
  readonly histogram?: ReadHistogram;
  readonly tensor?: Uint8Array;
  readonly plugin?: { readonly name: string; readonly content: Uint8Array };
}

export interface ReadHistogram {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  readonly limits: readonly number[];
  readonly buckets: readonly number[];
}

/** The only event file of a folder. */
export function readEventFolder(folder: string): ReadEvent[] {
  const names = readdirSync(folder);
  const [name] = names;
  if (name === undefined || names.length > 1) throw new Error(`${folder} holds ${names.join(', ')}, expected one file`);
  if (!/^events\.out\.tfevents\.\d{10}\.[\w.-]+$/.test(name))
    throw new Error(`${name} is not the name of an event file`);
  return readEventFile(readFileSync(join(folder, name)));
}

export function readEventFile(bytes: Uint8Array): ReadEvent[] {
  return readRecords(bytes).map(readEvent);
}

/** @throws if a record is torn or a check sum is wrong. */
function readRecords(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    check(view.getUint32(at + 8, true), bytes.subarray(at, at + 8));
    const data = bytes.subarray(at + 12, at + 12 + length);
    check(view.getUint32(at + 12 + length, true), data);
    records.push(data);
    at += 12 + length + 4;
  }
  return records;
}

/** The scalars of a tag as [step, value]. */
export function scalarsOf(events: readonly ReadEvent[], tag: string): [number, number][] {
  return events.flatMap(({ step, values }) =>
    values.flatMap((value) =>
      value.tag === tag && value.scalar !== undefined ? [[step, value.scalar] as [number, number]] : [],
    ),
  );
}

/** HParamsPluginData of the only value with this tag. */
function pluginDataOf(events: readonly ReadEvent[], tag: string): Fields {
  const values = events.flatMap((event) => event.values).filter((value) => value.tag === tag);
  const plugin = values[0]?.plugin;
  if (values.length !== 1 || plugin === undefined) throw new Error(`${values.length} values of ${tag}, expected one`);
  if (plugin.name !== 'hparams') throw new Error(`${tag} is of plugin ${plugin.name}`);
  return readFields(plugin.content);
}

export function readExperiment(events: readonly ReadEvent[]) {
  const experiment = only(pluginDataOf(events, '_hparams_/experiment'), 2);
  const infos = all(experiment, 4).map((info) => ({
    name: text(info, 1),
    type: integer(info, 4),
    discrete: info.has(5) ? all(only(info, 5), 1).map(readParameter) : undefined,
    interval: info.has(6) ? [double(only(info, 6), 1), double(only(info, 6), 2)] : undefined,
  }));
  return { infos, metrics: all(experiment, 5).map((metric) => text(only(metric, 1), 2)) };
}

export function readSession(events: readonly ReadEvent[]) {
  const start = only(pluginDataOf(events, '_hparams_/session_start_info'), 3);
  const end = only(pluginDataOf(events, '_hparams_/session_end_info'), 4);
  const entries = all(start, 1).map((entry) => [text(entry, 1), readParameter(only(entry, 2))] as const);
  return {
    parameters: Object.fromEntries(entries),
    group: text(start, 4),
    startedAt: double(start, 5),
    status: integer(end, 1),
    endedAt: double(end, 2),
  };
}

/** By field number, the values as the wire has them. */
type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

function readEvent(bytes: Uint8Array): ReadEvent {
  const event = readFields(bytes);
  return {
    wallTime: double(event, 1),
    step: integer(event, 2),
    fileVersion: event.has(3) ? text(event, 3) : undefined,
    values: event.has(5) ? all(only(event, 5), 1).map(readValue) : [],
  };
}

function readValue(value: Fields): ReadValue {
  const plugin = value.has(9) ? only(only(value, 9), 1) : undefined;
  return {
    tag: text(value, 1),
    ...(value.has(2) && { scalar: float(value, 2) }),
    ...(value.has(5) && { histogram: readHistogram(only(value, 5)) }),
    ...(value.has(8) && { tensor: bytesOf(value, 8) }),
    ...(plugin && { plugin: { name: text(plugin, 1), content: bytesOf(plugin, 2) } }),
  };
}

function readHistogram(histogram: Fields): ReadHistogram {
  const [min, max, num, sum, sumSquares] = [1, 2, 3, 4, 5].map((field) => double(histogram, field));
  const doubles = (field: number) => {
    const packed = bytesOf(histogram, field);
    const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    return Array.from({ length: packed.length / 8 }, (_, i) => view.getFloat64(i * 8, true));
  };
  return { min, max, num, sum, sumSquares, limits: doubles(6), buckets: doubles(7) } as ReadHistogram;
}

/** google.protobuf.Value */
function readParameter(value: Fields): string | number | boolean {
  if (value.has(2)) return double(value, 2);
  return value.has(3) ? text(value, 3) : integer(value, 4) === 1;
}

function readFields(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (number | Uint8Array)[]>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const values = fields.get(field) ?? [];
    fields.set(field, values);
    if (type === WireType.Varint) values.push(Number(reader.int64()));
    else if (type === WireType.Bit64) values.push(reader.double());
    else if (type === WireType.Bit32) values.push(reader.float());
    else values.push(reader.bytes());
  }
  return fields;
}

function all(fields: Fields, field: number): Fields[] {
  return (fields.get(field) ?? []).map((value) => readFields(value as Uint8Array));
}

function only(fields: Fields, field: number): Fields {
  return readFields(bytesOf(fields, field));
}

function bytesOf(fields: Fields, field: number): Uint8Array {
  const [value, ...others] = fields.get(field) ?? [];
  if (!(value instanceof Uint8Array) || others.length > 0) throw new Error(`field ${field} is not there once`);
  return value;
}

function text(fields: Fields, field: number): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(fields, field));
}

function double(fields: Fields, field: number): number {
  return Number(fields.get(field)?.[0] ?? 0);
}

const float = double;
const integer = double;

function check(masked: number, data: Uint8Array): void {
  const unrotated = (masked - 0xa282ead8) >>> 0;
  const expected = ((unrotated >>> 17) | (unrotated << 15)) >>> 0;
  if (expected !== crcBitByBit(data)) throw new Error('a check sum is wrong');
}

function crcBitByBit(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    for (let bit = 0; bit < 8; bit++) {
      const carry = (crc ^ (byte >>> bit)) & 1;
      crc = (crc >>> 1) ^ (carry === 1 ? 0x82f63b78 : 0);
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}
