// Where each value of a resolved configuration comes from.

import { presetSettings } from '../../internal.ts';
import { type ConfigFile, configFrom, type GivenFlags, storedUnder, valueAt } from './config-flags.ts';

export interface Setting {
  /** Path of the key. */
  readonly key: string;
  readonly value: unknown;
  /** `default`, `preset autocnn`, the configuration file, `DATA`, a flag, the key that it follows, or `budget`, which decides later. */
  readonly from: string;
}

interface Layer {
  readonly from: string;
  readonly settings: unknown;
}

/**
 * What {@link configFrom} resolves, value by value. The data may be missing.
 *
 * @throws {InvalidInputError} naming the file and the key, or the flag.
 */
export function settingsFrom(
  file: ConfigFile | undefined,
  data: string | undefined,
  given: GivenFlags,
): readonly Setting[] {
  const hasData = data !== undefined || valueAt(file?.content, 'dataset.source') !== undefined;
  const config = configFrom(file, hasData ? data : 'none', given);
  const preset = given.get('preset')?.value ?? valueAt(file?.content, 'preset');
  const layers: readonly Layer[] = [
    ...(file === undefined ? [] : [{ from: file.path, settings: storedUnder(file, data, given).content }]),
    { from: `preset ${preset}`, settings: presetSettings(preset) },
  ];
  const originOf = (key: string): string => {
    const [, setBy] = [...given].find(([path]) => key === path || key.startsWith(`${path}.`)) ?? [];
    if (setBy !== undefined) return setBy.flag;
    if (key === 'dataset.source' && data !== undefined) return 'DATA';
    const name = valueAt(config, nameKeyBeside(key));
    const layer = layers.find((_, index) => decides(layers.slice(index), key, name));
    const follows = key === 'finalEpochs' && config.finalEpochs === config.training.epochs;
    return layer?.from ?? (follows ? 'training.epochs' : 'default');
  };
  const { undecided = [], ...others } = config;
  const isDecided = ({ key }: { readonly key: string }) => !undecided.some((open) => open === key);
  return [
    ...leavesOf(others)
      .filter(({ key }) => hasData || key !== 'dataset.source')
      .filter(isDecided)
      .map((leaf) => ({ ...leaf, from: originOf(leaf.key) })),
    ...undecided.map((key) => ({ key, value: 'auto', from: 'budget' })),
  ];
}

/** Whether the first layer has the key, and under the name that won: settings of SGD do not apply to Adam. */
function decides(layers: readonly Layer[], key: string, name: unknown): boolean {
  if (valueAt(layers[0]?.settings, key) === undefined) return false;
  const names = layers.map(({ settings }) => valueAt(settings, nameKeyBeside(key)));
  return names.find((named) => named !== undefined) === name;
}

function nameKeyBeside(key: string): string {
  return `${key.slice(0, key.lastIndexOf('.') + 1)}name`;
}

/** Lists and empty objects count as values. */
function leavesOf(value: unknown, path = ''): readonly { readonly key: string; readonly value: unknown }[] {
  if (value === undefined) return [];
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  if (entries.length === 0) return [{ key: path, value }];
  return entries.flatMap(([key, part]) => leavesOf(part, path === '' ? key : `${path}.${key}`));
}
