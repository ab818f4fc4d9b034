import { InvalidInputError } from '../errors.ts';

/** The error for a file or folder that the operating system refuses. */
export function fileFailure(action: string, path: string, cause: unknown): InvalidInputError {
  return new InvalidInputError(`Cannot ${action} ${path}: ${reasonOfFailure(cause)}.`, {
    details: { path, systemCode: systemCodeOf(cause) },
    cause,
  });
}

/** What is wrong and the cure, without the path. */
export function reasonOfFailure(cause: unknown): string {
  const reason = REASONS[systemCodeOf(cause) ?? ''];
  return reason ?? `${cause instanceof Error ? cause.message : String(cause)}: check the path`;
}

/** The code of a system error, such as `ENOENT`; undefined for other errors. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist; check the path',
  ENOTDIR: 'a part of the path is a file, not a folder; check the path',
  EEXIST: 'a file is in its place; check the path',
  EISDIR: 'it is a folder, but a file was expected; check the path',
  EACCES: 'permission denied; give this user access to it',
  EPERM: 'permission denied; give this user access to it',
  ELOOP: 'its symbolic links form a loop; mend them',
  ENOSPC: 'the disk is full; free some space or choose another folder',
  EDQUOT: 'the quota is used up; free some space or choose another folder',
  EFBIG: 'it would be larger than a file may be here; raise the limit (ulimit -f) or choose another folder',
  EROFS: 'the disk is read-only; choose another folder',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB; split the data into smaller files',
};
