// SHA-256 of files, remembered as long as a file stays as it is.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { RemoteFile } from '../messages/task-schema.ts';

const known = new Map<string, { readonly state: string; readonly file: RemoteFile }>();

/** @throws the system's error if it cannot be read. */
export async function describeFile(path: string): Promise<RemoteFile> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  const state = [ino, size, mtimeNs, ctimeNs].join(' ');
  const noted = known.get(path);
  if (noted?.state === state) return noted.file;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const file = { sha256: hash.digest('hex'), bytes: Number(size) };
  known.set(path, { state, file });
  return file;
}
