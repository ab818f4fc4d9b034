import { describe, expect, it } from 'vitest';
import { naiveTensor } from '../../../test/support/naive-tensor.ts';
import { runGraph } from '../../../test/support/run-graph.ts';
import { ShapeError } from '../../errors.ts';
import { differentiate } from './gradients.ts';
import { GraphBuilder, type Value } from './graph.ts';
import { float32, tensor } from './tensor-type.ts';

function classifier(builder: GraphBuilder, logits: Value): Value {
  return builder.add('softmaxCrossEntropy', [logits, builder.input('labels', tensor('int32', 'N'))], {
    reduction: 'mean',
  });
}

describe('differentiate', () => {
  it('adds up the gradients of a value that is used twice', async () => {
    const gradientOf = async (uses: 1 | 2) => {
      const builder = new GraphBuilder();
      const x = builder.input('x', float32('N', 2));
      const logits = uses === 2 ? builder.add('add', [x, x], {}) : x;
      const [gradient = x] = differentiate(builder, classifier(builder, logits), [x]);
      builder.output('gradient', gradient);
      const feed = naiveTensor([1, 2], uses === 2 ? [1, 2] : [2, 4]);
      return (await runGraph(builder.build(), { x: feed, labels: naiveTensor([1], [0]) })).gradient?.data ?? [];
    };
    const [once, twice] = [await gradientOf(1), await gradientOf(2)];
    expect(Array.from(twice)).toEqual(Array.from(once, (value) => 2 * value));
  });

  it('computes only the gradients that are needed, and not the image’s', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', float32('N', 1, 3, 3));
    const [weight, bias] = [builder.input('w', float32(1, 1, 3, 3)), builder.input('b', float32(1))];
    const y = builder.add('conv2d', [x, weight, bias], {});
    differentiate(builder, classifier(builder, builder.add('flatten', [y], {})), [weight, bias]);
    const operators = builder.nodes.map((node) => node.op);
    expect(operators).toContain('conv2dWeightGradient');
    expect(operators).not.toContain('conv2dInputGradient');
  });

  it('refuses an operator that has no gradient', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', float32('N', 2));
    const loss = classifier(builder, builder.add('softmax', [x], {}));
    expect(() => differentiate(builder, loss, [x])).toThrow(new ShapeError('operator softmax has no gradient'));
  });

  it('refuses a target that the loss does not depend on', () => {
    const builder = new GraphBuilder();
    const [x, other] = [builder.input('x', float32('N', 2)), builder.input('other', float32('N', 2))];
    const loss = classifier(builder, x);
    expect(() => differentiate(builder, loss, [x, other])).toThrow(new ShapeError('the loss does not depend on other'));
  });
});
