// The address of a queue: `redis://USER:PASSWORD@HOST:PORT/DATABASE`, or `rediss://` for TLS.

import { InvalidInputError } from '../../../errors.ts';

export interface QueueAddress {
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly isEncrypted: boolean;
  /** For messages: without user and password. */
  readonly shown: string;
}

const EXAMPLE = 'redis://HOST:6379/0';
const DEFAULT_PORT = 6379;

/**
 * Parses the address of a queue.
 *
 * @param environment  where the password comes from if the address has none: other users see the arguments of a process.
 * @throws {InvalidInputError} naming the part that is wrong. No message has the password.
 */
export function parseQueueAddress(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    const received = url === undefined ? '' : `, received one that starts with ${url.protocol}//`;
    throw new InvalidInputError(`the address of a queue must look like ${EXAMPLE}, or rediss:// for TLS${received}`);
  }
  const database = /^\/?$/.test(url.pathname) ? 0 : Number(/^\/(\d{1,5})$/.exec(url.pathname)?.[1] ?? Number.NaN);
  if (Number.isNaN(database)) {
    throw new InvalidInputError(
      `the address of a queue must end in the number of a database, as in ${EXAMPLE}, received ${url.pathname}`,
    );
  }
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    database,
    user: given(decodeURIComponent(url.username)),
    password: given(decodeURIComponent(url.password)) ?? given(environment.AUTO_CNN_QUEUE_PASSWORD),
    isEncrypted: url.protocol === 'rediss:',
    shown: `${url.protocol}//${url.hostname}:${port}/${database}`,
  };
}

const given = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
