// A worker's side of a search's server: fetches files by their hash, sends results and progress.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { type Agent, request } from 'node:https';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { ensureFolder } from '../../../files/ensure-folder.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import type { SearchRecord } from '../messages/messages.ts';
import type { RemoteFile } from '../messages/task-schema.ts';
import { createAgent } from './secure-channel.ts';

/** Longest time without a byte. */
const SILENT_MS = 15_000;
const TRIES = 4;
const PAUSE_MS = 500;

/** The search cannot be reached, or has no such file: the task is for another worker, or another time. */
export class DeliveryError extends Error {}

export class DeliveryClient {
  readonly #agent: Agent;
  readonly #addresses: SearchRecord['addresses'];
  /** The address that answered last. */
  #best = 0;

  constructor({ id, token, addresses }: SearchRecord) {
    this.#agent = createAgent(id, token);
    this.#addresses = addresses;
  }

  close(): void {
    this.#agent.destroy();
  }

  /**
   * Fetches a file to `path`. A broken transfer goes on where it broke. The file takes its place when its hash is right.
   *
   * @throws {DeliveryError} if the search cannot be reached or sends another file; {InvalidInputError} if the disk is full.
   */
  async fetchFile({ sha256, bytes }: RemoteFile, path: string, signal: AbortSignal): Promise<void> {
    const part = `${path}.${process.pid}.part`;
    try {
      ensureFolder(dirname(path));
      await this.#withTries(signal, async () => {
        const start = await sizeOf(part);
        if (start >= bytes && bytes > 0) return;
        const response = await this.#request('GET', `/files/${sha256}`, signal, {
          ...(start > 0 && { headers: { range: `bytes=${start}-` } }),
        });
        if (response.statusCode !== 200 && response.statusCode !== 206) throw refusal(response);
        const target = await open(part, response.statusCode === 206 ? 'a' : 'w');
        let received = response.statusCode === 206 ? start : 0;
        try {
          for await (const chunk of response as AsyncIterable<Buffer>) {
            received += chunk.length;
            if (received > bytes) throw new DeliveryError(`the search sends more than the ${bytes} bytes of the file`);
            await target.writeFile(chunk);
          }
        } finally {
          await target.close();
        }
        if (received < bytes) throw new Error(`it ended after ${received} of ${bytes} bytes`);
      });
      const received = await hashOf(part);
      if (received !== sha256) {
        await rm(part, { force: true });
        throw new DeliveryError(`the file ${sha256} arrived as ${received}`);
      }
      await rename(part, path);
    } catch (error) {
      throw error instanceof Error && 'syscall' in error ? fileFailure('write', part, error) : error;
    }
  }

  /** @throws {DeliveryError} if the search cannot be reached or does not want them. */
  async sendWeights(taskId: string, { sha256, bytes }: RemoteFile, path: string, signal: AbortSignal): Promise<void> {
    await this.#withTries(signal, async () => {
      const response = await this.#request('PUT', `/weights/${taskId}/${sha256}`, signal, {
        headers: { 'content-length': String(bytes) },
        path,
      });
      if (response.statusCode !== 204) throw refusal(response);
    });
  }

  /** Best effort: the search learns everything from the result, too. */
  async sendProgress(taskId: string, json: string, signal: AbortSignal): Promise<void> {
    await this.#request('POST', `/progress/${taskId}`, signal, { text: json }).catch(() => {});
  }

  /** Best effort: the search looks for results by itself, too. */
  async sayDone(taskId: string, signal: AbortSignal): Promise<void> {
    await this.#request('POST', `/done/${taskId}`, signal).catch(() => {});
  }

  async #withTries(signal: AbortSignal, attempt: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof DeliveryError || isOfDisk(error)) throw error;
        if (tries === TRIES) throw new DeliveryError((error as Error).message, { cause: error });
        await pause(PAUSE_MS * tries, undefined, { signal });
      }
    }
  }

  /** Tries each address of the search until one answers. */
  async #request(method: string, target: string, signal: AbortSignal, body: Body = {}): Promise<IncomingMessage> {
    const order = this.#addresses.map((_, i) => (this.#best + i) % this.#addresses.length);
    let last: unknown = new DeliveryError('the search has no address');
    for (const index of order) {
      const address = this.#addresses[index];
      if (address === undefined) continue;
      try {
        const response = await this.#requestAt(address, method, target, signal, body);
        this.#best = index;
        return response;
      } catch (error) {
        signal.throwIfAborted();
        if (isOfDisk(error)) throw error;
        last = error;
      }
    }
    throw last;
  }

  #requestAt(
    { host, port }: SearchRecord['addresses'][number],
    method: string,
    path: string,
    signal: AbortSignal,
    body: Body,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request({
        agent: this.#agent,
        host,
        port,
        method,
        path,
        signal,
        ...(body.headers && { headers: body.headers }),
      });
      sent.setTimeout(SILENT_MS, () => sent.destroy(new Error(`${host} was silent for ${SILENT_MS / 1000} s`)));
      sent.on('error', reject);
      sent.on('response', (response) => {
        // What is not read keeps the connection from being used again.
        if (method !== 'GET') response.resume();
        resolve(response);
      });
      if (body.path === undefined) sent.end(body.text);
      else pipeline(createReadStream(body.path), sent).catch(reject);
    });
  }
}

interface Body {
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  /** A file. */
  readonly path?: string;
}

function refusal(response: IncomingMessage): DeliveryError {
  response.resume();
  return new DeliveryError(`the search answers ${response.statusCode}`);
}

/** The system's errors about files have a path. */
function isOfDisk(error: unknown): boolean {
  return (
    error instanceof Error &&
    'syscall' in error &&
    ('path' in error || (error as NodeJS.ErrnoException).syscall === 'write') &&
    !('address' in error) &&
    ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EFBIG', 'ENOENT'].includes(
      (error as NodeJS.ErrnoException).code ?? '',
    )
  );
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
