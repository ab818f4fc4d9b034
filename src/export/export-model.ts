// Exports the model of a finished run to other formats.

import { join } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { firstFreeFolder } from '../files/new-folder.ts';
import { dataOfRun } from '../search/run/run-data.ts';
import { readModelFile } from '../search/trained/model-file.ts';
import {
  configBeside,
  EXPORTS,
  encodeWeights,
  type ModelParts,
  partsOf,
  scoreModel,
} from '../search/trained/model-parts.ts';
import { nearestOf } from '../text/did-you-mean.ts';
import type { WeightPrecision } from './compress-weights.ts';
import { exportJavaScript } from './javascript.ts';
import { exportKeras } from './keras.ts';
import { exportOnnx } from './onnx.ts';
import { exportPyTorch } from './pytorch.ts';
import { writeFolder } from './write-folder.ts';

/** What {@link exportModel} can write. */
export type ExportFormat = 'onnx' | 'safetensors' | 'keras' | 'pytorch' | 'javascript';
export const EXPORT_FORMATS = [
  'onnx',
  'safetensors',
  'keras',
  'pytorch',
  'javascript',
] as const satisfies readonly ExportFormat[];

/** How {@link exportModel} writes a model. */
export interface ExportOptions {
  /** Precisions of additional, smaller ONNX files beside `model.onnx`. */
  readonly precisions?: readonly ('fp16' | 'int8')[];
  /** The folder to create. Default: `exports/FORMAT` in the run folder, with a number if that exists. */
  readonly out?: string;
  readonly signal?: AbortSignal;
}

/** What {@link exportModel} has written. */
export interface Exported {
  readonly folder: string;
  readonly format: ExportFormat;
  readonly files: readonly {
    readonly name: string;
    readonly sizeBytes: number;
    /** Only for ONNX files: measured by running the file on the test images of the run. */
    readonly testAccuracy?: number;
  }[];
  /** Why an accuracy is unknown. */
  readonly notices: readonly string[];
}

export type ExportedFile = Exported['files'][number];

/**
 * Writes a model in another format. All formats give the same probabilities as `model.onnx`, except those with smaller
 * weights.
 *
 * @param run  a run folder, or a model file.
 * @throws {InvalidInputError} if there is no model, the format or a combination of options does not exist, or the folder
 *   cannot be created; {DataFormatError} if auto-cnn did not write the model.
 */
export async function exportModel(run: string, format: string, options: ExportOptions = {}): Promise<Exported> {
  const { precisions = [], signal } = options;
  const known = requireFormat(format);
  if (precisions.length > 0 && known !== 'onnx') {
    throw new InvalidInputError(
      `the format ${known} does not support ${precisions.map((precision) => `--${precision}`).join(' and ')}; use the format onnx`,
    );
  }
  const model = partsOf(await readModelFile(run));
  requireHolding(model, known, precisions);
  const files = filesOf(model, known, precisions);
  const folder = options.out ?? firstFreeFolder(join(model.path, '..', EXPORTS, known));
  await writeFolder(folder, files);
  const accuracies = known === 'onnx' ? await accuraciesOf(model, files, signal) : { notices: [] };
  return {
    folder,
    format: known,
    files: [...files].map(([name, content]) => {
      const testAccuracy = accuracies.byName?.get(name);
      return {
        name,
        sizeBytes: Buffer.byteLength(content),
        ...(testAccuracy !== undefined && { testAccuracy }),
      };
    }),
    notices: accuracies.notices,
  };
}

/** What rebuilds the network from its genome cannot hold a backbone. */
function requireHolding({ path, metadata }: ModelParts, format: ExportFormat, precisions: readonly string[]): void {
  if (metadata.structure?.features === undefined) return;
  const asked =
    precisions.length > 0 ? precisions.map((precision) => `--${precision}`).join(' and ') : `--format ${format}`;
  if ((format === 'onnx' && precisions.length === 0) || format === 'javascript') return;
  throw new InvalidInputError(
    `${path} holds a backbone, which ${asked} cannot write; use --format onnx or --format javascript, which keep the file as it is`,
    { details: { path, format } },
  );
}

function filesOf(
  model: ModelParts,
  format: ExportFormat,
  precisions: readonly WeightPrecision[],
): ReadonlyMap<string, Uint8Array | string> {
  switch (format) {
    case 'onnx':
      return exportOnnx(model, precisions);
    case 'safetensors':
      return new Map([['model.safetensors', encodeWeights(model, safetensorsMetadata(model))]]);
    case 'keras':
      return exportKeras(model);
    case 'pytorch':
      return exportPyTorch(model);
    case 'javascript':
      return exportJavaScript(model);
  }
}

/** Everything needed to build the network around the weights; values that are not plain text are JSON. */
function safetensorsMetadata({ metadata, members, network: { normalisation } }: ModelParts): Record<string, string> {
  const { genome, version, classes, input, structure, preparation } = metadata;
  return {
    format: 'auto-cnn',
    auto_cnn_version: version,
    genome,
    classes: JSON.stringify(classes),
    input: JSON.stringify(input),
    preparation: JSON.stringify(preparation),
    normalisation: JSON.stringify(normalisation),
    ...(members.length > 1 && { members: String(members.length) }),
    structure: JSON.stringify({ head: structure?.head, shortcut: structure?.shortcut }),
  };
}

interface Accuracies {
  readonly byName?: ReadonlyMap<string, number>;
  readonly notices: readonly string[];
}

async function accuraciesOf(
  { path }: ModelParts,
  files: ReadonlyMap<string, Uint8Array | string>,
  signal: AbortSignal | undefined,
): Promise<Accuracies> {
  const config = configBeside(path);
  if (config === undefined) return { notices: [`Accuracies are unknown: ${path} is not in the folder of a run.`] };
  try {
    const dataset = await dataOfRun(config, { ...(signal && { signal }) });
    const byName = new Map<string, number>();
    for (const [name, content] of files) {
      byName.set(name, (await scoreModel(Buffer.from(content), name, dataset)).accuracy);
    }
    return { byName, notices: [] };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { notices: [`Accuracies are unknown, because the data of the run is missing: ${error.message}`] };
  }
}

function requireFormat(format: string): ExportFormat {
  const known = EXPORT_FORMATS.find((name) => name === format);
  if (known !== undefined) return known;
  const nearest = nearestOf(format, EXPORT_FORMATS);
  const cure = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  throw new InvalidInputError(`--format must be one of ${EXPORT_FORMATS.join(', ')}, received ${format}${cure}`, {
    details: { format },
  });
}
