// The channel between a search and the workers: HTTP over TLS whose key is the token in the search's record. Whoever cannot
// read that record in Redis can neither connect nor read along, and no certificate is needed (RFC 4279, RFC 8442).

import { Agent } from 'node:https';
import type { TlsOptions } from 'node:tls';

/** Pre-shared keys with forward secrecy. TLS 1.3 has other rules for them, which Node.js does not offer. */
const PROTOCOL = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const;

/** For the server of a search. */
export function serverOptions(searchId: string, token: string): TlsOptions {
  const key = Buffer.from(token, 'hex');
  return { ...PROTOCOL, pskCallback: (_, identity) => (identity === searchId ? key : null) };
}

/** For requests to a search. */
export function createAgent(searchId: string, token: string): Agent {
  const psk = Buffer.from(token, 'hex');
  return new Agent({
    ...PROTOCOL,
    keepAlive: true,
    maxSockets: 8,
    // Both ends know the key: there is no name to check.
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk, identity: searchId }),
  });
}
