// Downloads of whole files. When a transfer breaks, what has arrived is kept, and the next one goes on from there.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { integerPower } from '../../../arithmetic/power.ts';
import { DataFormatError, InvalidInputError } from '../../../errors.ts';
import { ensureFolder } from '../../../files/ensure-folder.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { reasonOf } from '../../../files/format-error.ts';

export interface RemoteFile {
  readonly url: string;
  /** Hexadecimal, as its authors publish it. */
  readonly md5: string;
}

export interface DownloadOptions {
  /** Called with the bytes received and their total; not called if the server does not tell the total. */
  readonly onProgress?: ((received: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Longest time without a byte. Default 30 s. */
  readonly stallMs?: number;
  /** Pause before the second try. Default 1 s; each further pause is twice as long. */
  readonly pauseMs?: number;
}

/**
 * Downloads a file to `path`, unless it is there. The bytes go to `path.part`, which is renamed once its check sum is right.
 * A broken transfer is tried again from where it broke. After three tries in a row without a byte, the download fails; the
 * part is kept for the next call.
 *
 * @throws {InvalidInputError} if there is no network, the server refuses, or the disk cannot be written.
 * @throws {DataFormatError} if the check sum is wrong twice; the file is then removed.
 */
export async function download(file: RemoteFile, path: string, options: DownloadOptions = {}): Promise<void> {
  if ((await sizeOf(path)) !== undefined) return;
  const part = `${path}.part`;
  try {
    ensureFolder(dirname(path));
    // A damaged part, or a part of another file, shows in the check sum; then everything is fetched once more.
    for (const isLast of [false, true]) {
      await transfer(file, part, options);
      const md5 = await md5Of(part);
      if (md5 === file.md5) return await rename(part, path);
      await rm(part, { force: true });
      if (isLast) {
        throw new DataFormatError(
          `${file.url}: the check sum of what was received is ${md5}, expected ${file.md5}; the file was removed; try again later, or get it elsewhere.`,
          { details: { url: file.url, path, received: md5, expected: file.md5 } },
        );
      }
    }
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileFailure('write', part, error) : error;
  }
}

const TRIES = 3;
const LARGEST_FILE = 2 * 2 ** 30;

/** A failure that another try could mend. */
class BrokenTransfer extends Error {}

async function transfer(file: RemoteFile, part: string, options: DownloadOptions): Promise<void> {
  let failures = 0;
  for (;;) {
    const before = (await sizeOf(part)) ?? 0;
    try {
      return await receive(file, part, before, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof BrokenTransfer)) throw error;
      failures = ((await sizeOf(part)) ?? 0) > before ? 1 : failures + 1;
      if (failures === TRIES) {
        throw new InvalidInputError(
          `Cannot fetch ${file.url}: ${reasonOf(error)}; check the network and try again: what has arrived is kept.`,
          {
            details: { url: file.url },
            cause: error,
          },
        );
      }
      await pause((options.pauseMs ?? 1000) * integerPower(2, failures - 1), undefined, { signal: options.signal });
    }
  }
}

async function receive(file: RemoteFile, part: string, start: number, options: DownloadOptions): Promise<void> {
  const { onProgress, signal, stallMs = 30_000 } = options;
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new BrokenTransfer(`nothing arrived for ${stallMs / 1000} s`)), stallMs);
  const stop = AbortSignal.any(signal === undefined ? [stalled.signal] : [signal, stalled.signal]);
  let target: FileHandle | undefined;
  try {
    const response = await ask(file.url, start, stop);
    // The part has all the bytes; the check sum tells whether they are right.
    if (response.status === 416 && start > 0) return;
    if (!response.ok || response.body === null) throw refusal(file.url, response.status);
    // A server that cannot resume sends everything.
    const offset = response.status === 206 ? start : 0;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    target = await open(part, offset === 0 ? 'w' : 'a');
    let received = offset;
    for await (const chunk of bodyOf(response)) {
      timer.refresh();
      await target.writeFile(chunk);
      received += chunk.length;
      if (received > LARGEST_FILE) throw refuseSize(file.url);
      if (length > 0) onProgress?.(received, offset + length);
    }
    if (received < offset + length) throw new BrokenTransfer(`it ended after ${received} of ${offset + length} bytes`);
  } catch (error) {
    if (stalled.signal.aborted) throw stalled.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    await target?.close();
  }
}

async function ask(url: string, start: number, signal: AbortSignal): Promise<Response> {
  // Compression in transit would change the bytes and their number.
  const headers = { 'accept-encoding': 'identity', ...(start > 0 && { range: `bytes=${start}-` }) };
  try {
    return await fetch(url, { headers, signal });
  } catch (cause) {
    signal.throwIfAborted();
    const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    throw new BrokenTransfer(reasonOf(inner) || 'no connection', { cause });
  }
}

async function* bodyOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const chunks = (body ?? new ReadableStream<Uint8Array>()).values();
  for (;;) {
    const next = await chunks.next().catch((cause: unknown) => {
      throw new BrokenTransfer(`the connection broke (${reasonOf(cause)})`, { cause });
    });
    if (next.done) return;
    yield next.value;
  }
}

function refusal(url: string, status: number): Error {
  if (status >= 500 || status === 429) return new BrokenTransfer(`the server answers ${status}`);
  return new InvalidInputError(`Cannot fetch ${url}: the server answers ${status}; get the file elsewhere.`, {
    details: { url, status },
  });
}

function refuseSize(url: string): Error {
  return new InvalidInputError(
    `Cannot fetch ${url}: it is larger than ${LARGEST_FILE} bytes; get the file elsewhere.`,
    {
      details: { url },
    },
  );
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
