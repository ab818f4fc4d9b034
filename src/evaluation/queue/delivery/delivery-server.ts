// The server of a search: hands out files by their hash, and takes what workers send for tasks that are under way.

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { InvalidInputError } from '../../../errors.ts';
import { replaceFile } from '../../../files/write-file.ts';
import { serverOptions } from './secure-channel.ts';

/** What a worker may send for a task. */
export interface Recipient {
  /** Where the weights of this task go. */
  readonly weightsPath: string | undefined;
  onProgress(json: string): void;
  onWeights(sha256: string): void;
  /** The weights cannot be written: the disk is full, or another fault of this machine. */
  onWriteError(error: unknown): void;
  /** The result is in Redis. */
  onDone(): void;
}

const LARGEST_PROGRESS_BYTES = 512 * 2 ** 20;
const LARGEST_WEIGHTS_BYTES = 4 * 2 ** 30;

export class DeliveryServer {
  readonly token = randomBytes(32).toString('hex');
  readonly #server: Server;
  /** Paths by SHA-256. Nothing else is handed out. */
  readonly #files = new Map<string, string>();
  readonly #recipients: ReadonlyMap<string, Recipient>;

  private constructor(searchId: string, recipients: ReadonlyMap<string, Recipient>) {
    this.#recipients = recipients;
    this.#server = createServer(serverOptions(searchId, this.token), (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    // A stranger's attempt is no event.
    this.#server.on('tlsClientError', () => {});
  }

  /**
   * @param recipients  by the id of their task; may change at any time.
   * @param at          `HOST:PORT`, `HOST` or `:PORT`; otherwise all addresses of this machine, and any port.
   * @throws {InvalidInputError} if it cannot listen there.
   */
  static async start(
    searchId: string,
    recipients: ReadonlyMap<string, Recipient>,
    at?: string,
  ): Promise<DeliveryServer> {
    const place = parsePlace(at);
    const server = new DeliveryServer(searchId, recipients);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', (cause) =>
        reject(
          new InvalidInputError(
            `cannot listen for workers at ${at ?? 'any port'}: ${cause.message}; give another address or port with --listen`,
            { cause },
          ),
        ),
      );
      server.#server.listen(place.port, place.host, resolve);
    });
    return server;
  }

  /** Where workers may reach it: the address that was asked for, or all that this machine has. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    const { address, port } = this.#server.address() as AddressInfo;
    const hosts = address === '::' || address === '0.0.0.0' ? ownAddresses() : [address];
    return hosts.slice(0, 32).map((host) => ({ host, port }));
  }

  /** Allows workers to fetch a file. */
  offer(sha256: string, path: string): void {
    this.#files.set(sha256, path);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, what = '', name = '', sha256 = ''] = (request.url ?? '').split('/');
    const asked = `${request.method} ${what}`;
    if (asked === 'GET files') return this.#sendFile(name, request, response);
    const recipient = this.#recipients.get(name);
    if (recipient === undefined) return refuse(response, 404);
    switch (asked) {
      case 'POST progress':
        recipient.onProgress(await readText(request, LARGEST_PROGRESS_BYTES));
        return void response.writeHead(204).end();
      case 'POST done':
        recipient.onDone();
        return void response.writeHead(204).end();
      case 'PUT weights':
        return this.#takeWeights(recipient, sha256, request, response);
      default:
        return refuse(response, 404);
    }
  }

  async #sendFile(sha256: string, { headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = this.#files.get(sha256);
    if (path === undefined) return refuse(response, 404);
    const { size } = await stat(path);
    const start = Number(/^bytes=(\d{1,15})-$/.exec(headers.range ?? '')?.[1] ?? 0);
    if (start > 0 && start >= size) return refuse(response, 416);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': size - start });
    const file = await open(path);
    await pipeline(createReadStream(path, { fd: file, start }), response);
  }

  /** Written as they come, to a temporary file that takes the place of the right one if the hash is right. */
  async #takeWeights(
    recipient: Recipient,
    sha256: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { weightsPath } = recipient;
    if (weightsPath === undefined) return refuse(response, 404);
    try {
      await replaceFile(weightsPath, async (file) => {
        const hash = createHash('sha256');
        let bytes = 0;
        for await (const chunk of request as AsyncIterable<Buffer>) {
          bytes += chunk.length;
          if (bytes > LARGEST_WEIGHTS_BYTES) throw new WrongBody(413);
          hash.update(chunk);
          await file.writeFile(chunk);
        }
        if (hash.digest('hex') !== sha256) throw new WrongBody(422);
      });
    } catch (error) {
      const wrong = error instanceof InvalidInputError ? error.cause : error;
      if (wrong instanceof WrongBody) return refuse(response, wrong.status);
      if (request.destroyed && !request.complete) return;
      recipient.onWriteError(error);
      return refuse(response, 507);
    }
    recipient.onWeights(sha256);
    response.writeHead(204).end();
  }
}

class WrongBody extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

/** The rest of the request is not read. */
function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: 'close' }).end();
}

async function readText(request: IncomingMessage, largestBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestBytes) throw new WrongBody(413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsePlace(at = ':0'): { readonly host: string | undefined; readonly port: number } {
  const [, bracketed, plain, port = '0'] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]*))(?::(\d{1,5}))?$/.exec(at) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) {
    throw new InvalidInputError(
      `the address for workers (--listen) must look like HOST:PORT, HOST or :PORT, received ${JSON.stringify(at)}`,
    );
  }
  return { host: host === '' ? undefined : host, port: Number(port) };
}

/** Others first: a worker on this machine reaches those, too. */
function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const usable = all.filter(({ address }) => isIP(address) === 4 || !address.startsWith('fe80'));
  return usable.toSorted((a, b) => Number(a.internal) - Number(b.internal)).map(({ address }) => address);
}
