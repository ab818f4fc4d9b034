// Hyper-parameters for TensorBoard's HPARAMS tab. Field numbers are those of TensorBoard's
// plugins/hparams/{plugin_data,api}.proto and of google/protobuf/struct.proto.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { SummaryValue } from './event-record.ts';
import { writeMessage } from './write-message.ts';

export type HyperParameter = string | number | boolean;
export type HyperParameters = Readonly<Record<string, HyperParameter>>;

export interface Metric {
  /** Tag of the scalar whose last value counts. */
  readonly tag: string;
  readonly displayName: string;
}

/** plugins/hparams/metadata.py */
const PLUGIN = 'hparams';
const EXPERIMENT_TAG = '_hparams_/experiment';
const SESSION_START_TAG = '_hparams_/session_start_info';
const SESSION_END_TAG = '_hparams_/session_end_info';

const DATA_TYPES = { string: 1, boolean: 2, number: 3 } as const;
const DATASET_VALIDATION = 2;
const STATUS = { success: 1, failure: 2 } as const;

/**
 * Describes the table of sessions: a column per hyper-parameter, with the values that it took, and a column per metric.
 * TensorBoard keeps the first description it sees, so this must be written when all sessions are known.
 */
export function experimentValue(
  sessions: readonly HyperParameters[],
  metrics: readonly Metric[],
  createdAt: number,
): SummaryValue {
  const names = new Set(sessions.flatMap((session) => Object.keys(session)));
  const content = pluginData(2, (experiment) => {
    experiment.tag(3, WireType.Bit64).double(createdAt);
    for (const name of names) {
      const values = sessions.map((session) => session[name]).filter((value) => value !== undefined);
      writeMessage(experiment, 4, (info) => writeParameterInfo(info, name, values));
    }
    for (const metric of metrics) writeMessage(experiment, 5, (info) => writeMetricInfo(info, metric));
  });
  return { kind: 'metadata', tag: EXPERIMENT_TAG, plugin: PLUGIN, content };
}

/** The start of a session: one training with these hyper-parameters. */
export function sessionStartValue(group: string, parameters: HyperParameters, startedAt: number): SummaryValue {
  const content = pluginData(3, (session) => {
    for (const [name, value] of Object.entries(parameters)) {
      writeMessage(session, 1, (entry) => {
        entry.tag(1, WireType.LengthDelimited).string(name);
        writeMessage(entry, 2, (body) => writeParameter(body, value));
      });
    }
    session.tag(4, WireType.LengthDelimited).string(group);
    session.tag(5, WireType.Bit64).double(startedAt);
  });
  return { kind: 'metadata', tag: SESSION_START_TAG, plugin: PLUGIN, content };
}

/** The end of a session. */
export function sessionEndValue(status: keyof typeof STATUS, endedAt: number): SummaryValue {
  const content = pluginData(4, (session) => {
    session.tag(1, WireType.Varint).int32(STATUS[status]);
    session.tag(2, WireType.Bit64).double(endedAt);
  });
  return { kind: 'metadata', tag: SESSION_END_TAG, plugin: PLUGIN, content };
}

/** Settings as hyper-parameters: nested names are joined with dots, lists become text. */
export function flattenSettings(settings: object, prefix = ''): HyperParameters {
  const flat: Record<string, HyperParameter> = {};
  for (const [key, value] of Object.entries(settings) as [string, unknown][]) {
    const name = `${prefix}${key}`;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') flat[name] = value;
    else if (Array.isArray(value)) flat[name] = JSON.stringify(value);
    else if (typeof value === 'object' && value !== null) Object.assign(flat, flattenSettings(value, `${name}.`));
  }
  return flat;
}

/** HParamsPluginData; its version is 0. */
function pluginData(field: number, write: (body: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, field, write);
  return writer.finish();
}

/** HParamInfo: the domain of numbers is an interval, that of strings a list. */
function writeParameterInfo(writer: BinaryWriter, name: string, values: readonly HyperParameter[]): void {
  const types = new Set(values.map((value) => typeof value as keyof typeof DATA_TYPES));
  const [first = 'string', ...others] = types;
  const type = others.length === 0 ? first : 'string';
  writer.tag(1, WireType.LengthDelimited).string(name);
  writer.tag(4, WireType.Varint).int32(DATA_TYPES[type]);
  if (type === 'number') {
    const numbers = values.map(Number);
    writeMessage(writer, 6, (interval) => {
      interval.tag(1, WireType.Bit64).double(numbers.reduce((a, b) => Math.min(a, b)));
      interval.tag(2, WireType.Bit64).double(numbers.reduce((a, b) => Math.max(a, b)));
    });
    return;
  }
  writeMessage(writer, 5, (list) => {
    const domain = type === 'string' ? values.map(String) : values;
    for (const value of new Set(domain)) writeMessage(list, 1, (body) => writeParameter(body, value));
  });
}

function writeMetricInfo(writer: BinaryWriter, { tag, displayName }: Metric): void {
  writeMessage(writer, 1, (name) => name.tag(2, WireType.LengthDelimited).string(tag));
  writer.tag(3, WireType.LengthDelimited).string(displayName);
  writer.tag(5, WireType.Varint).int32(DATASET_VALIDATION);
}

/** google.protobuf.Value. It is a oneof, so it is written even if it is 0, false or empty. */
function writeParameter(writer: BinaryWriter, value: HyperParameter): void {
  if (typeof value === 'number') writer.tag(2, WireType.Bit64).double(value);
  else if (typeof value === 'string') writer.tag(3, WireType.LengthDelimited).string(value);
  else writer.tag(4, WireType.Varint).bool(value);
}
