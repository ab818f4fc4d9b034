import { describe, expect, it } from 'vitest';
import { alteredRuntime, flipFirstParameter } from '../../test/support/altered-runtime.ts';
import { engines } from '../../test/support/engines.ts';
import { runtime } from '../../test/support/run-graph.ts';
import type { OperatorName } from '../network/graph/operators.ts';
import { gpu, gpuRules } from '../network/lowering/gpu.ts';
import type { Lowering, LoweringRule } from '../network/lowering/lower.ts';
import { selfCheck } from './self-check.ts';

/** What a wrong kernel gives: the first output of an operator is too large by one part in a thousand. */
function withWrong(op: OperatorName): Lowering {
  const rule = gpuRules[op] as LoweringRule<OperatorName>;
  const wrong: LoweringRule<OperatorName> = (node, inputs, context) => {
    const [first = '', ...others] = rule(node, inputs, context);
    return [context.onnx.add('Mul', [first, context.onnx.scalar(1.001)]), ...others];
  };
  return { ...gpu, start: () => ({ rules: { ...gpuRules, [op]: wrong }, plain: (name) => name }) };
}

/** The last bit of the first parameter changes with each session. */
const unsteady = alteredRuntime(runtime, (outputs, session) => {
  if (session % 2 === 1) flipFirstParameter(outputs);
});

describe('selfCheck', () => {
  it.each(engines)('finds nothing wrong with the engine %s', async (_, engine) => {
    expect(await selfCheck(engine, runtime)).toBeUndefined();
  });

  it.each<OperatorName>([
    'normalise',
    'unpack',
    'pack',
    'conv2d',
    'conv2dInputGradient',
    'conv2dWeightGradient',
    'channelSum',
    'batchNormTraining',
    'batchNormGradient',
    'relu',
    'reluGradient',
    'add',
    'maxPool',
    'maxPoolGradient',
    'meanPool',
    'meanPoolGradient',
    'globalAveragePool',
    'globalAveragePoolGradient',
    'applyMask',
    'dense',
    'denseInputGradient',
    'denseWeightGradient',
    'softmaxCrossEntropy',
    'softmaxCrossEntropyGradient',
    'movingAverage',
    'sgdUpdate',
    'muonUpdate',
    'adamUpdate',
  ])('finds a wrong kernel of %s', async (op) => {
    expect(await selfCheck({ ...runtime, lowering: withWrong(op) }, runtime)).toMatch(
      /^after 3 steps \(.*\), its (losses|changes|statistics) differ by .* from what plain graphs on the processor compute$/,
    );
  });

  it('finds an engine that gives other bits the second time', async () => {
    expect(await selfCheck(unsteady, runtime)).toBe('trained twice (every layer), its losses are not the same bits');
  });
});
