// A server that answers the commands of Redis as a test wants.

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

export class FakeRedis {
  readonly #server: Server;

  /** @param answerTo  gives the answer to a command, by its name. */
  static async start(answerTo: (command: string) => string): Promise<FakeRedis> {
    const server = createServer((socket) => {
      socket.on('data', (data) => {
        // A command is a list of texts, each after a line with its length (RESP).
        const commands = data
          .toString()
          .split(/^\*\d+\r\n/m)
          .slice(1);
        for (const command of commands) socket.write(answerTo(command.split('\r\n')[1]?.toUpperCase() ?? ''));
      });
      socket.on('error', () => {});
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeRedis(server);
  }

  /** One that is older than `HELLO`. */
  static ofVersion(version: string): Promise<FakeRedis> {
    return FakeRedis.start((name) => {
      if (name === 'HELLO') return '-ERR unknown command `HELLO`\r\n';
      return name === 'INFO' ? bulk(`redis_version:${version}\r\nmaxmemory_policy:noeviction\r\n`) : '+OK\r\n';
    });
  }

  private constructor(server: Server) {
    this.#server = server;
  }

  get url(): string {
    const address = this.#server.address();
    return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/0`;
  }

  stop(): void {
    this.#server.close();
  }
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
