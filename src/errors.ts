// Every error that auto-cnn throws on purpose. Across processes compare `code`, never `instanceof`.

/** What kind of error it is, for programs. */
export type ErrorCode =
  | 'INVALID_INPUT'
  | 'DATA_FORMAT'
  | 'SHAPE'
  | 'EVALUATION'
  | 'JOURNAL'
  | 'RUN_LOCKED'
  | 'ENGINE'
  | 'INTERRUPTED';

/** What an error carries beside its message. */
export interface ErrorContext {
  /** Facts about the error for programs: paths, offsets, received values. JSON-serialisable. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export type ErrorDetails = NonNullable<ErrorContext['details']>;

/**
 * Base of all errors. The message says what happened, the constraint, what was received and the cure, in one line.
 */
export class AutoCnnError extends Error {
  readonly code: ErrorCode;
  /** Facts about the error for programs: paths, offsets, received values. JSON-serialisable. */
  readonly details: NonNullable<ErrorContext['details']>;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = context.details ?? {};
  }
}

/** The user can mend it: an option, a path, a genome text, a configuration key. */
export class InvalidInputError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('INVALID_INPUT', message, context);
  }
}

/** A data file is not what its format demands. `details` holds `path` and, where known, `offset` (bytes) or `row`. */
export class DataFormatError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('DATA_FORMAT', message, context);
  }
}

/** Tensor shapes that do not fit: a bug in auto-cnn, not in the input. */
export class ShapeError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('SHAPE', message, context);
  }
}

/** One candidate could not be evaluated. `retryable` says whether a second try could end differently. */
export class EvaluationError extends AutoCnnError {
  /** Why the evaluation gave no fitness. */
  readonly reason: 'diverged' | 'out-of-memory' | 'timeout' | 'crashed' | 'cancelled' | 'invalid' | 'error';
  readonly retryable: boolean;

  constructor(reason: EvaluationError['reason'], message: string, context?: ErrorContext) {
    super('EVALUATION', message, context);
    this.reason = reason;
    this.retryable = reason === 'crashed';
  }
}

export type EvaluationFailure = EvaluationError['reason'];

/** The run folder's journal cannot be read or written. `details` holds `path` and, where known, `line`. */
export class JournalError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('JOURNAL', message, context);
  }
}

/** Another process owns the run folder, or has taken it over. `details` holds `path` and, where known, `pid` and `host`. */
export class RunLockedError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('RUN_LOCKED', message, context);
  }
}

/** The inference engine is missing or refused a graph. */
export class EngineError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('ENGINE', message, context);
  }
}

/** A search was interrupted on purpose and can be resumed. `details` holds `path` and, if there is one, `best`. */
export class InterruptedError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('INTERRUPTED', message, context);
  }
}
