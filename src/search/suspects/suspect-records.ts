// `suspects.json`: the images of a run whose labels are doubtful.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunFolder } from '../records/run-folder.ts';
import { readJson } from '../run/run-folder.ts';

/** An image that the final training of the run was on. */
export interface RankedImage {
  /** Its position in the training part, followed by the validation part if the run trained on that, too. */
  readonly index: number;
  /** SHA-256 of its bytes, as hexadecimal digits. */
  readonly image: string;
  /** Relative to the data; absent if the image is no file of its own. */
  readonly file?: string;
  readonly label: string;
  /** The most probable other class. */
  readonly suggested: string;
  /** Probability of its label, by a network that was not trained on it. */
  readonly selfConfidence: number;
  /** Probability of the suggested one. */
  readonly otherConfidence: number;
  /** Confident learning takes its label to be wrong. */
  readonly isWrong?: true;
  /** It is a near copy of an image of another class, which is at `index`. */
  readonly nearCopy?: {
    readonly index: number;
    readonly image: string;
    readonly label: string;
    readonly correlation: number;
  };
}

export interface SuspectRecords {
  /** Of the data. */
  readonly fingerprint: string;
  readonly genome: string;
  readonly folds: number;
  /** Length of the training of each fold. */
  readonly epochs: number;
  readonly classes: readonly string[];
  /** Number of images that were ranked. */
  readonly images: number;
  /** Share of them that the networks that had not seen them classify as labelled. */
  readonly accuracy: number;
  /** Mean probability of each class over the images labelled as it. */
  readonly thresholds: readonly number[];
  /** `[label][true class]`: numbers of images, as estimated. */
  readonly joint: readonly (readonly number[])[];
  /** Labels that confident learning takes to be wrong. */
  readonly wrong: number;
  /** Images with a near copy in another class. */
  readonly nearCopies: number;
  /** Images whose labels are doubtful, the lowest self-confidence first. */
  readonly suspects: readonly RankedImage[];
}

/** What lies in the run folder. */
export function suspectPathsOf({ path }: Pick<RunFolder, 'path'>) {
  const folder = join(path, 'suspects');
  return {
    records: join(path, 'suspects.json'),
    page: join(path, 'suspects.html'),
    plan: join(folder, 'plan.json'),
    checkpoint: (id: string) => join(folder, `${id}.safetensors`),
  };
}

/**
 * The records of a run; undefined if nobody has looked for suspects.
 *
 * @throws {InvalidInputError} if the file is not valid JSON.
 */
export function readSuspects(folder: Pick<RunFolder, 'path'>): SuspectRecords | undefined {
  const { records } = suspectPathsOf(folder);
  return existsSync(records) ? (readJson(records, 'the suspects') as SuspectRecords) : undefined;
}
