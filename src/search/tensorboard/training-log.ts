// The event file of one training: scalars of batches and epochs, histograms of the weights.

import type { EpochRecord } from '../../engine/training/train.ts';
import type { EpochDetails } from '../../evaluation/epoch-details.ts';
import { EventFile } from './event-file.ts';
import type { SummaryEvent, SummaryValue } from './event-record.ts';

export class TrainingLog {
  readonly #folder: string;
  readonly #begin: (wallTime: number) => readonly SummaryValue[];
  #file: EventFile;
  #epochs = 0;
  #batches = 0;

  /**
   * @param begin  returns the first values of the file.
   */
  constructor(folder: string, wallTime: number, begin: (wallTime: number) => readonly SummaryValue[] = () => []) {
    this.#folder = folder;
    this.#begin = begin;
    this.#file = this.#start(wallTime);
  }

  /** A repeated epoch number means that the training started again because its process died; the file then starts again. */
  addEpoch(record: EpochRecord, details: EpochDetails | undefined, wallTime: number): void {
    if (record.epoch <= this.#epochs) {
      this.#file = this.#start(wallTime);
      this.#batches = 0;
    }
    const events: SummaryEvent[] = [];
    for (const [i, loss] of (details?.losses ?? []).entries()) {
      const values = [scalar('batch/loss', loss), scalar('batch/accuracy', details?.accuracies[i] ?? 0)];
      events.push({ wallTime, step: ++this.#batches, values });
    }
    const histograms = details?.weights ?? [];
    const values = [
      ...epochScalars(record),
      ...histograms.map(
        ({ name, histogram }): SummaryValue => ({ kind: 'histogram', tag: `weights/${name}`, histogram }),
      ),
    ];
    this.#file.append([...events, { wallTime, step: record.epoch, values }]);
    this.#epochs = record.epoch;
  }

  /** Adds the epochs that the evaluator did not report while training. */
  addMissing(history: readonly EpochRecord[], wallTime: number): void {
    for (const record of history) if (record.epoch > this.#epochs) this.addEpoch(record, undefined, wallTime);
  }

  add(event: SummaryEvent): void {
    this.#file.append([event]);
  }

  #start(wallTime: number): EventFile {
    const file = EventFile.start(this.#folder, wallTime);
    const values = this.#begin(wallTime);
    if (values.length > 0) file.append([{ wallTime, step: 0, values }]);
    return file;
  }
}

export function scalar(tag: string, value: number): SummaryValue {
  return { kind: 'scalar', tag, value };
}

/** `epoch/loss`, `epoch/validation_accuracy`, `epoch/validation_macro_f1` and so on. */
function epochScalars({
  loss,
  accuracy,
  validationLoss,
  validationAccuracy,
  metrics = {},
}: EpochRecord): SummaryValue[] {
  const measured: readonly (readonly [string, number | undefined])[] = [
    ['loss', loss],
    ['accuracy', accuracy],
    ['validation_loss', validationLoss],
    ['validation_accuracy', validationAccuracy],
    ...Object.entries(metrics).map(([name, value]) => [`validation_${name.replaceAll('-', '_')}`, value] as const),
  ];
  return measured.flatMap(([name, value]) => (value === undefined ? [] : [scalar(`epoch/${name}`, value)]));
}
