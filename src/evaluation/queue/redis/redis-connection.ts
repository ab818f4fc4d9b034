// A connection to Redis that was checked for what a queue needs. The libraries are loaded here, on first use.

import { isIP } from 'node:net';
import type { Redis } from 'ioredis';
import { InvalidInputError } from '../../../errors.ts';
import { parseQueueAddress, type QueueAddress } from './queue-address.ts';

const LEAST_VERSION = [6, 2] as const;
const CONNECT_MS = 5000;
/** A connection without data for so long is dead, as after a cut cable: every user of one hears from Redis more often. */
const SILENT_MS = 20_000;
const LONGEST_PAUSE_MS = 2000;

export interface QueueConnection {
  readonly redis: Redis;
  readonly address: QueueAddress;
  /** What is wrong with Redis' policy for a full memory, with the cure; undefined if nothing is. */
  evictionProblem(): Promise<string | undefined>;
  close(): void;
}

/**
 * Connects to the Redis of a queue. Later, a lost connection is made again by itself, for as long as it takes; commands
 * wait for it.
 *
 * @param onState  called when the connection is lost, and when it is there again.
 * @throws {InvalidInputError} with the cure if there is no Redis, it refuses the password, is too old, or may evict keys.
 */
export async function connectQueue(
  url: string,
  onState: (state: 'lost' | 'back', reason?: string) => void = () => {},
): Promise<QueueConnection> {
  const address = parseQueueAddress(url);
  const { Redis } = await import('ioredis');
  let isOpen = false;
  let isLost = false;
  let reason = '';
  const redis = new Redis({
    ...optionsFor(address),
    // The first connection fails at once, so that the user hears why.
    retryStrategy: (times) => (isOpen ? Math.min(LONGEST_PAUSE_MS, 100 * times) : null),
  });
  redis.on('error', (error: Error) => {
    reason = reasonOf(error);
  });
  redis.on('close', () => {
    if (!isOpen || isLost) return;
    isLost = true;
    onState('lost', reason);
  });
  redis.on('ready', () => {
    if (!isLost) return;
    isLost = false;
    onState('back');
  });
  try {
    await redis.connect();
    await checkServer(redis, address);
    // A database that is not there is only reported: commands would go to another.
    if (/DB index/.test(reason)) throw new Error(reason);
  } catch (error) {
    redis.disconnect();
    throw error instanceof InvalidInputError ? error : connectionFailure(address, reason || reasonOf(error), error);
  }
  isOpen = true;
  return {
    redis,
    address,
    evictionProblem: async () => evictionProblem(await redis.info('memory'), address),
    close() {
      isOpen = false;
      redis.disconnect();
    },
  };
}

function optionsFor({ host, port, database, user, password, isEncrypted }: QueueAddress) {
  return {
    host,
    port,
    db: database,
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    ...(isEncrypted && { tls: isIP(host) === 0 ? { servername: host } : {} }),
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS,
    maxRetriesPerRequest: null,
  } as const;
}

/** BullMQ only warns of the wrong policy, and accepts Redis 5. */
async function checkServer(redis: Redis, address: QueueAddress): Promise<void> {
  const { shown } = address;
  const [server, memory] = await Promise.all([redis.info('server'), redis.info('memory')]);
  const version = /^redis_version:(\S+)/m.exec(server)?.[1] ?? 'unknown';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_VERSION;
  if (!(major > leastMajor || (major === leastMajor && minor >= leastMinor))) {
    throw new InvalidInputError(
      `the Redis at ${shown} is version ${version}; a queue needs ${LEAST_VERSION.join('.')} or newer: upgrade it (Debian's redis-server is version 7)`,
      { details: { version } },
    );
  }
  const problem = evictionProblem(memory, address);
  if (problem !== undefined) throw new InvalidInputError(problem);
}

/** @param memory  what Redis says about it (`INFO memory`). */
function evictionProblem(memory: string, { shown }: QueueAddress): string | undefined {
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
  if (policy === undefined || policy === 'noeviction') return undefined;
  return `the Redis at ${shown} may evict keys when its memory is full (maxmemory-policy ${policy}), and tasks with them; set maxmemory-policy noeviction in redis.conf, or at once with: redis-cli config set maxmemory-policy noeviction`;
}

function connectionFailure({ shown, isEncrypted }: QueueAddress, reason: string, cause: unknown): InvalidInputError {
  return new InvalidInputError(`no queue at ${shown}: ${reason}; ${cureFor(reason, isEncrypted)}`, {
    details: { reason },
    cause,
  });
}

function cureFor(reason: string, isEncrypted: boolean): string {
  if (/WRONGPASS|NOAUTH|invalid password|AUTH/i.test(reason)) {
    return 'give its user and password, as in redis://USER:PASSWORD@HOST:6379/0, or the password in the variable AUTO_CNN_QUEUE_PASSWORD';
  }
  if (/NOPERM/.test(reason)) return 'allow its user what docs/many-machines.md lists (redis-cli acl setuser)';
  if (/DB index/.test(reason)) return 'name a database that it has; most have 0 to 15';
  if (/unknown command/i.test(reason)) return 'it is no Redis, or older than version 6.2: upgrade it';
  if (/certificate|self.signed/i.test(reason)) return 'trust its certificate authority with NODE_EXTRA_CA_CERTS=FILE';
  if (/speak Redis$|SSL|wrong version number|ECONNRESET|closed/i.test(reason)) {
    return isEncrypted
      ? 'if it does not speak TLS, the address starts with redis://'
      : 'check that it is a Redis, and whether it wants TLS (rediss://)';
  }
  const isSilent = isEncrypted && /ETIMEDOUT/.test(reason);
  return `start one there (redis-server), or check host, port and firewall${isSilent ? '; if it does not speak TLS, the address starts with redis://' : ''}`;
}

/** ioredis wraps what the system said. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner =
    error instanceof AggregateError ? error.errors[0] : (error as { lastNodeError?: unknown }).lastNodeError;
  if (inner instanceof Error && inner !== error) return reasonOf(inner);
  // ioredis asks its users to report that.
  return /RESP type/.test(error.message) ? 'what answers does not speak Redis' : error.message;
}
