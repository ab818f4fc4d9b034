// The arms of the recipe bench. Each changes one thing of the recipe of a final training; `base` changes nothing.
// `training`, `finalTraining` and `stem` are those of a configuration; `genome` replaces the reference design.

const oneCycle = (warmUp) => ({ schedule: { name: 'one-cycle', warmUp } });
const sgd = (learningRate, others) => ({
  learningRate,
  optimizer: { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 5e-4, ...others },
});
const adamw = (learningRate) => ({ learningRate, optimizer: { name: 'adamw' } });

export const ARMS = {
  base: {},
  // With the reference design that belongs to it, which does not pool first.
  'no-whitening': { stem: 'none' },
  'no-augmentation': { finalTraining: { augmentation: {} } },
  'no-smoothing': { finalTraining: { labelSmoothing: 0 } },
  'smoothing-0.1': { finalTraining: { labelSmoothing: 0.1 } },
  'smoothing-0.2': { finalTraining: { labelSmoothing: 0.2 } },
  'batch-32': { training: { batchSize: 32 } },
  'batch-128': { training: { batchSize: 128 } },
  'batch-256': { training: { batchSize: 256 } },
  'rate-half': { training: { learningRate: 0.0025 } },
  'rate-double': { training: { learningRate: 0.01 } },
  'warm-up-0.1': { training: oneCycle(0.1) },
  'warm-up-0.2': { training: oneCycle(0.2) },
  'decay-0.01': { training: { optimizer: { name: 'muon', weightDecay: 0.01 } } },
  'decay-0.2': { training: { optimizer: { name: 'muon', weightDecay: 0.2 } } },
  'adamw-0.005': { training: adamw(0.005) },
  'adamw-0.01': { training: adamw(0.01) },
  'sgd-0.05': { training: sgd(0.05) },
  'sgd-0.1': { training: sgd(0.1) },
  'sgd-0.2': { training: sgd(0.2) },
  'statistics-0.6': { training: { statisticsMomentum: 0.6 } },
};
