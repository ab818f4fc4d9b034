import { describe, expect, it } from 'vitest';
import { blockSize } from '../../../test/support/engines.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { EngineError, InvalidInputError } from '../../errors.ts';
import { BLOCKED_DOMAIN } from '../../network/lowering/blocked-layouts.ts';
import { type LoweringName, loweringNamed } from '../../network/lowering/lowerings.ts';
import { loadNodeRuntime } from '../node/onnxruntime-node.ts';
import type { Runtime, RuntimeSession, RuntimeTensor } from '../runtime.ts';
import { probeBlockSize } from './block-size.ts';
import { chooseLowering, withLowering } from './choose-lowering.ts';

const hasBlocks = blockSize !== undefined;
const here = `blocked-${blockSize}` as LoweringName;
const elsewhere: LoweringName = here === 'blocked-8' ? 'blocked-16' : 'blocked-8';

type Outputs = Readonly<Record<string, RuntimeTensor>>;

const usesBlocks = (model: Uint8Array) => Buffer.from(model).includes(BLOCKED_DOMAIN);

/** The real runtime, but for what becomes of the outputs of models with blocked operators. */
function withFault(change: (outputs: Outputs) => Outputs): Runtime {
  return {
    ...runtime,
    async createSession(model, options) {
      const session = await runtime.createSession(model, options);
      if (!usesBlocks(model)) return session;
      const run: RuntimeSession['run'] = async (feeds, fetches) => change(await session.run(feeds, fetches));
      return { run, release: () => session.release() };
    },
  };
}

/** A runtime without the operators, as in a browser. */
const withoutBlocks: Runtime = {
  ...runtime,
  async createSession(model, options) {
    if (usesBlocks(model)) throw new EngineError('com.microsoft.nchwc is not a registered domain');
    return runtime.createSession(model, options);
  },
};

/** Right in the probe, whose output is `y`; a little wrong in the loss. */
const wrongLoss = withFault((outputs) => {
  const { loss } = outputs;
  if (loss === undefined) return outputs;
  return { ...outputs, loss: { ...loss, data: Float32Array.of(1.01 * Number(loss.data[0])) } };
});

describe('probeBlockSize', () => {
  it('finds no block size where the operators are missing', async () => {
    expect(await probeBlockSize(withoutBlocks)).toBeUndefined();
  });

  it.runIf(hasBlocks)('finds a power of two', () => {
    expect([4, 8, 16]).toContain(blockSize);
  });

  it.runIf(hasBlocks)('does not believe an order that is nearly the one we know', async () => {
    const swapped = withFault(({ y }) => {
      const data = Float32Array.from(y?.data as Float32Array);
      [data[100], data[101]] = [data[101] ?? 0, data[100] ?? 0];
      return { y: { data, dims: y?.dims ?? [] } };
    });
    expect(await probeBlockSize(swapped)).toBeUndefined();
  });
});

describe('chooseLowering', () => {
  it.runIf(hasBlocks)('takes the blocked lowering where it works', async () => {
    expect(await chooseLowering(runtime, 'auto')).toEqual({ name: here });
    expect(await chooseLowering(runtime, 'blocked')).toEqual({ name: here });
    expect(await chooseLowering(runtime, here)).toEqual({ name: here });
  });

  it('takes the plain one where it is asked for', async () => {
    expect(await chooseLowering(runtime, 'plain')).toEqual({ name: 'plain' });
  });

  it('takes the plain one quietly where the operators are missing', async () => {
    expect(await chooseLowering(withoutBlocks, 'auto')).toEqual({ name: 'plain' });
  });

  it.runIf(hasBlocks)('takes the plain one and says so where the two disagree', async () => {
    expect(await chooseLowering(wrongLoss, 'auto')).toEqual({
      name: 'plain',
      notice: `${runtime.name}, ${here}: its loss differs by 0.010 from what plain graphs compute; training goes on with the plain lowering, which is slower`,
    });
  });

  it('refuses what cannot be had, and says what can', async () => {
    const error = await chooseLowering(withoutBlocks, 'blocked').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toBe(
      `the lowering blocked cannot be had: ${runtime.name} has no blocked operators that we know; use auto or plain for a new search, and resume a search on a machine like the one it began on`,
    );
  });

  it.runIf(hasBlocks)('refuses the block size of another processor', async () => {
    await expect(chooseLowering(runtime, elsewhere)).rejects.toThrow(
      `the lowering ${elsewhere} cannot be had: this processor's is ${here}`,
    );
  });
});

describe('withLowering', () => {
  it.runIf(hasBlocks)('gives the runtime for graphs of that lowering', async () => {
    expect((await withLowering(runtime, here)).lowering).toBe(loweringNamed(here));
    expect((await withLowering(runtime, 'plain')).lowering).toBe(loweringNamed('plain'));
  });

  it.runIf(hasBlocks)('never stands in with another lowering', async () => {
    const attempt = withLowering(wrongLoss, here);
    await expect(attempt).rejects.toThrow(EngineError);
    await expect(attempt).rejects.toThrow('start a search with --lowering plain');
  });

  it('is not asked for by the runtime itself: that is plain', async () => {
    expect((await loadNodeRuntime()).lowering).toBe(loweringNamed('plain'));
  });
});
