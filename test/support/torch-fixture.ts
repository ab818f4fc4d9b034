// Reads the PyTorch reference numbers that scripts/torch-fixtures.py made.

import { readdirSync, readFileSync } from 'node:fs';

interface StoredTensor {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'uint8';
  readonly data: string;
}

export interface TorchTraining {
  readonly kind: 'adam' | 'sgd';
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly losses: readonly number[];
  readonly parametersAfterOneStep: Readonly<Record<string, StoredTensor>>;
}

export interface TorchFixture {
  readonly name: string;
  readonly genome: string;
  readonly input: { readonly channels: number; readonly height: number; readonly width: number };
  readonly classes: number;
  readonly batchSize: number;
  readonly normalisation: { readonly mean: StoredTensor; readonly std: StoredTensor };
  readonly batches: readonly { readonly images: StoredTensor; readonly labels: StoredTensor }[];
  readonly parameters: Readonly<Record<string, StoredTensor>>;
  readonly forward: { readonly loss: number; readonly logits: StoredTensor };
  readonly gradients: Readonly<Record<string, StoredTensor>>;
  readonly batchStatistics: Readonly<Record<string, StoredTensor>>;
  readonly evaluation: { readonly logits: StoredTensor; readonly secondBatchLogits: StoredTensor };
  readonly training: Readonly<Record<string, TorchTraining>>;
}

const FOLDER = new URL('../fixtures/torch/', import.meta.url);

export function torchFixtures(): readonly TorchFixture[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as TorchFixture);
}

export function floats(stored: StoredTensor): Float32Array {
  return new Float32Array(bytes(stored).buffer);
}

export function ints(stored: StoredTensor): Int32Array {
  return new Int32Array(bytes(stored).buffer);
}

export function bytes(stored: StoredTensor): Uint8Array {
  return Uint8Array.from(Buffer.from(stored.data, 'base64'));
}
