import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SearchRecord } from '../messages/messages.ts';
import type { RemoteFile } from '../messages/task-schema.ts';
import { DeliveryClient, DeliveryError } from './delivery-client.ts';
import { DeliveryServer, type Recipient } from './delivery-server.ts';
import { describeFile } from './file-hash.ts';

const NEVER = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-delivery-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
const source = join(folder, 'source');
writeFileSync(source, CONTENT);

let server: DeliveryServer;
let client: DeliveryClient;
let file: RemoteFile;
let recipients: Map<string, Recipient>;
let heard: unknown[];
beforeEach(async () => {
  recipients = new Map();
  heard = [];
  server = await DeliveryServer.start('search-1', recipients, '127.0.0.1');
  client = new DeliveryClient(recordOf({}));
  file = await describeFile(source);
  server.offer(file.sha256, source);
});
afterEach(async () => {
  client.close();
  await server.close();
});

function recordOf(changes: Partial<SearchRecord>): SearchRecord {
  const of = { version: '1', protocol: 1, kind: 'kind', name: 'search', host: 'here', pid: 1 };
  const counts = { outstanding: 0, done: 0, failed: 0 };
  return { ...of, ...counts, id: 'search-1', addresses: [...server.addresses], token: server.token, ...changes };
}

function recipientAt(weightsPath: string | undefined): Recipient {
  return {
    weightsPath,
    onProgress: (json) => heard.push(json),
    onWeights: (sha256) => heard.push(sha256),
    onWriteError: (error) => heard.push(error),
    onDone: () => heard.push('done'),
  };
}

const attempt = (promise: Promise<void>) =>
  promise.then(
    () => 'done',
    (error: unknown) => error,
  );

describe('a file', () => {
  it('is fetched whole, by its hash', async () => {
    const path = join(folder, 'fetched', 'file');
    await client.fetchFile(file, path, NEVER);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    expect(readdirSync(join(folder, 'fetched'))).toEqual(['file']);
  });

  it('goes on where a transfer broke, and begins anew if what was there was wrong', async () => {
    const path = join(folder, 'resumed');
    writeFileSync(`${path}.${process.pid}.part`, CONTENT.subarray(0, 200_000));
    await client.fetchFile(file, path, NEVER);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    const other = join(folder, 'wrong');
    writeFileSync(`${other}.${process.pid}.part`, Buffer.alloc(200_000));
    expect(await attempt(client.fetchFile(file, other, NEVER))).toBeInstanceOf(DeliveryError);
    expect(existsSync(other)).toBe(false);
    await client.fetchFile(file, other, NEVER);
    expect(readFileSync(other).equals(CONTENT)).toBe(true);
  });

  it('is fetched from the address that answers, if others do not', async () => {
    const [own] = server.addresses;
    const addresses = [{ host: '127.0.0.1', port: 1 }, ...(own ? [own] : [])];
    const other = new DeliveryClient(recordOf({ addresses }));
    const path = join(folder, 'second address');
    await other.fetchFile(file, path, NEVER);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    other.close();
  });

  it('that was not offered is refused, also by a path', async () => {
    for (const sha256 of ['0'.repeat(64), '..%2f..%2fetc%2fpasswd', source.slice(1)]) {
      const error = await attempt(client.fetchFile({ sha256, bytes: 9 }, join(folder, 'refused'), NEVER));
      expect(error).toMatchObject({ message: 'the search answers 404' });
    }
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  it('is not given to somebody without the token, who learns nothing', async () => {
    const stranger = new DeliveryClient(recordOf({ token: 'ab'.repeat(32) }));
    expect(await attempt(stranger.fetchFile(file, join(folder, 'stolen'), NEVER))).toBeInstanceOf(DeliveryError);
    expect(existsSync(join(folder, 'stolen'))).toBe(false);
    stranger.close();
    const [address] = server.addresses;
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(address?.port ?? 0, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
    });
    expect(answer).not.toMatch(/HTTP|search|auto-cnn/i);
  });
});

describe('weights', () => {
  it('are written where the task wants them, if their hash is right', async () => {
    const path = join(folder, 'checkpoints', 'a.safetensors');
    recipients.set('task-1', recipientAt(path));
    await client.sendWeights('task-1', file, source, NEVER);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    expect(heard).toEqual([file.sha256]);
  });

  it('of another hash, for a task that nobody waits for, or for one without weights, leave nothing behind', async () => {
    const path = join(folder, 'refused-weights', 'a.safetensors');
    recipients.set('task-1', recipientAt(path));
    recipients.set('task-2', recipientAt(undefined));
    const wrong = { ...file, sha256: '0'.repeat(64) };
    expect(await attempt(client.sendWeights('task-1', wrong, source, NEVER))).toBeInstanceOf(DeliveryError);
    expect(await attempt(client.sendWeights('task-2', file, source, NEVER))).toBeInstanceOf(DeliveryError);
    expect(await attempt(client.sendWeights('task-3', file, source, NEVER))).toBeInstanceOf(DeliveryError);
    expect(readdirSync(join(folder, 'refused-weights'))).toEqual([]);
    expect(heard).toEqual([]);
  });

  it('that cannot be written are a fault of the search', async () => {
    recipients.set('task-1', recipientAt(join(source, 'a.safetensors')));
    expect(await attempt(client.sendWeights('task-1', file, source, NEVER))).toBeInstanceOf(DeliveryError);
    // Once for each try of the worker: an answer that comes before all was sent may break the connection.
    expect(heard.length).toBeGreaterThan(0);
    for (const error of heard) expect(error).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

it('progress and the news of a result reach the task', async () => {
  recipients.set('task-1', recipientAt(undefined));
  await client.sendProgress('task-1', '{"step":1}', NEVER);
  await client.sayDone('task-1', NEVER);
  expect(heard).toEqual(['{"step":1}', 'done']);
});

it.each(['300.0.0.1:1', ':99999', 'a:b:c'])('the address %s to listen at is refused', async (at) => {
  await expect(DeliveryServer.start('search-1', recipients, at)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
