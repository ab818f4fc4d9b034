// The optimisers' operators once more, as plain loops in double precision.

import { at, matrixProduct, type NaiveOperators, NONE, naiveTensor, transposed } from './naive-tensor.ts';

type OptimiserOperators = Pick<
  NaiveOperators,
  'movingAverage' | 'shrink' | 'adamUpdate' | 'muonUpdate' | 'sgdUpdate' | 'rmspropUpdate'
>;

export const NAIVE_OPTIMISER: OptimiserOperators = {
  movingAverage: ([running = NONE, batch = NONE, rate = NONE]) => [
    {
      ...running,
      data: running.data.map((old, i) => (1 - at(rate.data, 0)) * old + at(rate.data, 0) * at(batch.data, i)),
    },
  ],

  adamUpdate(
    [parameters = NONE, gradient = NONE, first = NONE, second = NONE, stepSize = NONE, epsilon = NONE],
    settings,
  ) {
    const { beta1, beta2, weightDecay } = settings;
    const decayed = gradient.data.map((value, i) => value + weightDecay * at(parameters.data, i));
    const newFirst = first.data.map((old, i) => beta1 * old + (1 - beta1) * at(decayed, i));
    const newSecond = second.data.map((old, i) => beta2 * old + (1 - beta2) * at(decayed, i) ** 2);
    const updated = parameters.data.map(
      (old, i) => old - (at(stepSize.data, 0) * at(newFirst, i)) / (Math.sqrt(at(newSecond, i)) + at(epsilon.data, 0)),
    );
    return [updated, newFirst, newSecond].map((data) => ({ shape: parameters.shape, data }));
  },

  shrink: ([parameters = NONE, factor = NONE]) => [
    { ...parameters, data: parameters.data.map((value) => value * at(factor.data, 0)) },
  ],

  muonUpdate([filters = NONE, gradient = NONE, momentum = NONE, learningRate = NONE], settings) {
    const mix = (a: number, b: number) => settings.momentum * a + (1 - settings.momentum) * b;
    const newMomentum = momentum.data.map((old, i) => mix(old, at(gradient.data, i)));
    const ahead = newMomentum.map((value, i) => mix(value, at(gradient.data, i)));
    const length = Math.hypot(...ahead);
    const m = at(filters.shape, 0);
    const shape = [m, ahead.length / m];
    let x = naiveTensor(
      shape,
      ahead.map((value) => value / length),
    );
    for (let step = 0; step < 5; step++) {
      const square = matrixProduct(x, transposed(x));
      const once = matrixProduct(square, x).data;
      const twice = matrixProduct(matrixProduct(square, square), x).data;
      x = { shape, data: x.data.map((value, i) => 3.4445 * value - 4.775 * at(once, i) + 2.0315 * at(twice, i)) };
    }
    const rate = 0.2 * Math.sqrt(Math.max(...shape)) * at(learningRate.data, 0);
    const updated = filters.data.map((old, i) => old - rate * at(x.data, i));
    return [updated, newMomentum].map((data) => ({ shape: filters.shape, data }));
  },

  sgdUpdate(
    [parameters = NONE, gradient = NONE, velocity = NONE, learningRate = NONE],
    { momentum, weightDecay, nesterov = false },
  ) {
    const decayed = gradient.data.map((value, i) => value + weightDecay * at(parameters.data, i));
    const newVelocity = velocity.data.map((old, i) => momentum * old + at(decayed, i));
    const updated = parameters.data.map((old, i) => {
      const direction = nesterov ? at(decayed, i) + momentum * at(newVelocity, i) : at(newVelocity, i);
      return old - at(learningRate.data, 0) * direction;
    });
    return [updated, newVelocity].map((data) => ({ shape: parameters.shape, data }));
  },

  rmspropUpdate(
    [parameters = NONE, gradient = NONE, square = NONE, learningRate = NONE],
    { rho, epsilon, weightDecay },
  ) {
    const decayed = gradient.data.map((value, i) => value + weightDecay * at(parameters.data, i));
    const newSquare = square.data.map((old, i) => rho * old + (1 - rho) * at(decayed, i) ** 2);
    const updated = parameters.data.map(
      (old, i) => old - (at(learningRate.data, 0) * at(decayed, i)) / (Math.sqrt(at(newSquare, i)) + epsilon),
    );
    return [updated, newSquare].map((data) => ({ shape: parameters.shape, data }));
  },
};
