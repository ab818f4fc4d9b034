import { DataFormatError } from '../errors.ts';

/** A place in a file: bytes from its start, or a row counted from 1 (a header is row 1). Neither for the whole file. */
export interface Place {
  readonly offset?: number;
  readonly row?: number;
}

/**
 * The error for a file that violates its format.
 *
 * @param what  the constraint and what was received.
 * @param cure  what the user can do.
 */
export function formatError(path: string, place: Place, what: string, cure: string, cause?: unknown): DataFormatError {
  const at =
    place.offset !== undefined ? `, byte ${place.offset}` : place.row !== undefined ? `, row ${place.row}` : '';
  return new DataFormatError(`${path}${at}: ${what}; ${cure}.`, { details: { path, ...place }, cause });
}

/** The message of a library's error, in one line. */
export function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).trim().replaceAll(/\s*\n\s*/g, '; ');
}
