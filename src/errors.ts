// All errors that auto-cnn throws deliberately. Across processes, compare `code`, never `instanceof`.

/** The kind of an error, for programs. */
export type ErrorCode =
  | 'INVALID_INPUT'
  | 'DATA_FORMAT'
  | 'SHAPE'
  | 'EVALUATION'
  | 'JOURNAL'
  | 'RUN_LOCKED'
  | 'ENGINE'
  | 'INTERRUPTED';

/** What an error contains besides its message. */
export interface ErrorContext {
  /** Facts about the error for programs: paths, offsets, received values. JSON-serialisable. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export type ErrorDetails = NonNullable<ErrorContext['details']>;

/**
 * Base class of all errors. The message states in one line what happened, the constraint, what was received, and the cure.
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

/** An error that the user can fix: an option, a path, a genome text, a configuration key. */
export class InvalidInputError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('INVALID_INPUT', message, context);
  }
}

/** A data file violates its format. `details` contains `path` and, if known, `offset` (bytes) or `row`. */
export class DataFormatError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('DATA_FORMAT', message, context);
  }
}

/** Tensor shapes do not fit: a bug in auto-cnn, not an error in the input. */
export class ShapeError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('SHAPE', message, context);
  }
}

/** A candidate could not be evaluated. `retryable` says whether a second attempt could succeed. */
export class EvaluationError extends AutoCnnError {
  /** Why the evaluation returned no fitness. */
  readonly reason: 'diverged' | 'out-of-memory' | 'timeout' | 'crashed' | 'cancelled' | 'invalid' | 'error';
  readonly retryable: boolean;

  constructor(reason: EvaluationError['reason'], message: string, context?: ErrorContext) {
    super('EVALUATION', message, context);
    this.reason = reason;
    this.retryable = reason === 'crashed';
  }
}

export type EvaluationFailure = EvaluationError['reason'];

/** The run folder's journal cannot be read or written. `details` contains `path` and, if known, `line`. */
export class JournalError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('JOURNAL', message, context);
  }
}

/** Another process owns the run folder, or has taken it over. `details` contains `path` and, if known, `pid` and `host`. */
export class RunLockedError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('RUN_LOCKED', message, context);
  }
}

/** The inference engine is missing or rejected a graph. */
export class EngineError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('ENGINE', message, context);
  }
}

/** A search was interrupted deliberately and can be resumed. `details` contains `path` and, if there is one, `best`. */
export class InterruptedError extends AutoCnnError {
  constructor(message: string, context?: ErrorContext) {
    super('INTERRUPTED', message, context);
  }
}
