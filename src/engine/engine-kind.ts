// Engines whose results differ, if only by rounding, are told apart by the bits of a tiny, fixed training.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type Examples, imageSizeOf } from '../data/set/dataset.ts';
import { EngineError } from '../errors.ts';
import { everyLayer, globallyPooled } from '../network/every-layer.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';
import type { Network } from '../network/training-graph.ts';
import { createRng, type Rng } from '../random/rng.ts';
import { adoptLowering, withLowering } from './lowering/choose-lowering.ts';
import type { Runtime } from './runtime.ts';
import { type TrainingResult, type TrainingSettings, train } from './training/train.ts';

/** Raised when equal tasks give different results than before, if only by rounding; older recorded results then no longer count. */
export const ENGINE_NUMERICS = 3;

/** An odd prime, so that kernels handle whole vectors and a remainder. */
const BATCH = 17;
const TRAINED = 2 * BATCH;
const SCORED = 7;
const SETTINGS: TrainingSettings = {
  epochs: 2,
  batchSize: BATCH,
  learningRate: 0.01,
  optimiser: { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.01 },
  schedule: { name: 'one-cycle', warmUp: 0.3 },
  statisticsMomentum: 0.9,
};

const kinds = new WeakMap<Runtime, Map<LoweringName, Promise<string>>>();

/**
 * The kind of an engine: runtime, lowering, version of our numerics, and a hash of the bits that it trains and scores
 * two tiny networks to. Machines of one kind give equal tasks equal outcomes, bit for bit. Probed once per runtime and
 * lowering; takes a few tenths of a second, on WebAssembly a second or two.
 *
 * @throws {EngineError} if the lowering does not work here.
 */
export function engineKind(runtime: Runtime, lowering: LoweringName): Promise<string> {
  const known = kinds.get(runtime) ?? new Map<LoweringName, Promise<string>>();
  const kind = known.get(lowering) ?? probe(runtime, lowering);
  kinds.set(runtime, known.set(lowering, kind));
  return kind;
}

/**
 * The runtime, for graphs of a lowering.
 *
 * @param kind  of the engine that must compute the results; any if not given.
 * @throws {EngineError} if this process has another kind.
 */
export async function requireEngine(runtime: Runtime, lowering: LoweringName, kind?: string): Promise<Runtime> {
  const engine = await withLowering(runtime, lowering);
  if (kind === undefined) return engine;
  const here = await engineKind(runtime, lowering);
  if (here === kind) return engine;
  throw new EngineError(
    `the task is for an engine of the kind "${kind}", this process has "${here}"; have it evaluated where the search began`,
    { details: { expected: kind, received: here } },
  );
}

/**
 * Accepts the kind that another process on this machine probed with the same runtime, so that it is not probed again.
 * The kind of another runtime or lowering is ignored.
 */
export function adoptKind(runtime: Runtime, lowering: LoweringName, kind: string): void {
  if (!kind.startsWith(`${prefixOf(runtime, lowering)}, bits `)) return;
  const known = kinds.get(runtime) ?? new Map<LoweringName, Promise<string>>();
  kinds.set(runtime, known.set(lowering, Promise.resolve(kind)));
  adoptLowering(runtime, lowering);
}

function prefixOf(runtime: Runtime, lowering: LoweringName): string {
  return `${runtime.name}, ${lowering}, numerics ${ENGINE_NUMERICS}`;
}

async function probe(runtime: Runtime, lowering: LoweringName): Promise<string> {
  const engine = await withLowering(runtime, lowering);
  const results = [await trainTiny(engine, everyLayer()), await trainTiny(engine, globallyPooled())];
  const hash = bytesToHex(sha256(utf8ToBytes(JSON.stringify(results.map(bitsOf))))).slice(0, 32);
  return `${prefixOf(runtime, lowering)}, bits ${hash}`;
}

function trainTiny(engine: Runtime, network: Network): Promise<TrainingResult> {
  const rng = createRng('engine kind');
  const examples = noise(network, TRAINED + SCORED, rng.fork('images'));
  const indices = Int32Array.from({ length: examples.count }, (_, i) => i);
  const data = { examples, train: indices.subarray(0, TRAINED), validation: indices.subarray(TRAINED) };
  return train(engine, network, SETTINGS, data, rng.fork('training'));
}

function noise({ problem: { input, classes } }: Network, count: number, rng: Rng): Examples {
  const pixels = Uint8Array.from({ length: count * imageSizeOf(input) }, () => rng.integer(0, 255));
  return { count, pixels, labels: Int32Array.from({ length: count }, (_, i) => i % classes) };
}

/** JSON has the shortest decimal that gives a double back, so equal text is equal bits. */
function bitsOf({ history, best: { parameters, statistics } }: TrainingResult): unknown {
  const words = (values: Float32Array): readonly number[] => Array.from(new Uint32Array(values.slice().buffer));
  return [history, words(parameters), words(statistics)];
}
