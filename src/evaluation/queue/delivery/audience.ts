// The searches that want one task's result, as its worker talks to them.

import type { RemoteFile } from '../messages/task-schema.ts';
import { type DeliveryClient, DeliveryError } from './delivery-client.ts';

export class Audience {
  /** May change while the task is trained. */
  clients: readonly DeliveryClient[];

  constructor(clients: readonly DeliveryClient[]) {
    this.clients = clients;
  }

  /** From the first that can. @throws like {@link DeliveryClient.fetchFile}. */
  async fetchFile(file: RemoteFile, path: string, signal: AbortSignal): Promise<void> {
    let failure: unknown = new DeliveryError('no search is left that wants it');
    for (const client of this.clients) {
      try {
        return await client.fetchFile(file, path, signal);
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** To all. One that cannot be reached now asks for them when it has found the result. */
  async sendWeights(taskId: string, file: RemoteFile, path: string, signal: AbortSignal): Promise<void> {
    await this.#each((client) => client.sendWeights(taskId, file, path, signal));
  }

  async sendProgress(taskId: string, json: string, signal: AbortSignal): Promise<void> {
    await this.#each((client) => client.sendProgress(taskId, json, signal));
  }

  async sayDone(taskId: string, signal: AbortSignal): Promise<void> {
    await this.#each((client) => client.sayDone(taskId, signal));
  }

  async #each(send: (client: DeliveryClient) => Promise<void>): Promise<void> {
    await Promise.all(
      this.clients.map((client) =>
        send(client).catch((error: unknown) => {
          if (!(error instanceof DeliveryError)) throw error;
        }),
      ),
    );
  }
}
