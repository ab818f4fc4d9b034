// What crosses the line between the pool and its child processes.

import {
  AutoCnnError,
  DataFormatError,
  EngineError,
  type ErrorCode,
  type ErrorDetails,
  InvalidInputError,
} from '../../errors.ts';
import type { EvaluationProgress } from '../evaluator.ts';
import type { TrainingSpeed } from '../measure-speed.ts';
import type { EvaluationOutcome } from '../task.ts';

export interface WireError {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly details: ErrorDetails;
}

/** The answer of a child: an error that is no fault of the candidate travels as data, with its code. */
export type WireAnswer = { readonly outcome: EvaluationOutcome } | { readonly error: WireError };

/** What a child tells while it works. */
export interface WireProgress {
  readonly pid: number;
  /** Its resident memory. */
  readonly residentBytes: number;
  /** Not in the first message, which comes before anything else is done. */
  readonly progress?: EvaluationProgress;
}

/** Work a second. */
export type WireSpeed = TrainingSpeed | { readonly error: WireError };

export function toWireError(error: unknown): WireError {
  if (error instanceof AutoCnnError) return { code: error.code, message: error.message, details: error.details };
  return { code: undefined, message: error instanceof Error ? error.message : String(error), details: {} };
}

export function fromWireError({ code, message, details }: WireError): Error {
  switch (code) {
    case undefined:
      return new Error(message);
    case 'INVALID_INPUT':
      return new InvalidInputError(message, { details });
    case 'DATA_FORMAT':
      return new DataFormatError(message, { details });
    case 'ENGINE':
      return new EngineError(message, { details });
    default:
      return new AutoCnnError(code, message, { details });
  }
}
