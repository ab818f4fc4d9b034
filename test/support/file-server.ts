// A web server on this machine that hands out files, and can be told to misbehave.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Requested {
  readonly path: string;
  readonly range: string | undefined;
}

/** What happens to one request; undefined answers it properly. */
export type Misbehave = (
  request: Requested,
  number: number,
) => { readonly breakAfter: number } | { readonly status: number } | 'stall' | undefined;

/** Serves ranges. Gone after the test. @returns its address with a slash, and the requests as they come. */
export async function serveFiles(
  files: Readonly<Record<string, Uint8Array>>,
  misbehave: Misbehave = () => undefined,
  { ranges = true } = {},
): Promise<{ readonly base: string; readonly requests: readonly Requested[]; close(): Promise<void> }> {
  const requests: Requested[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const requested = { path: (request.url ?? '/').slice(1), range: request.headers.range };
    requests.push(requested);
    const content = files[requested.path];
    const trouble = misbehave(requested, requests.length);
    if (trouble === 'stall') return;
    if (trouble !== undefined && 'status' in trouble) return void response.writeHead(trouble.status).end();
    if (content === undefined) return void response.writeHead(404).end();
    const start = ranges ? Number(/^bytes=(\d+)-$/.exec(requested.range ?? '')?.[1] ?? 0) : 0;
    if (start >= content.length) return void response.writeHead(416).end();
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': content.length - start });
    const part = content.subarray(start);
    if (trouble === undefined) return void response.end(part);
    response.write(part.subarray(0, trouble.breakAfter), () => setTimeout(() => response.destroy(), 20));
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests, close };
}
