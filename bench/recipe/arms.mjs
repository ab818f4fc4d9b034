// The arms of the recipe bench. Each changes one thing of the recipe of a final training; `base` changes nothing.
// `training` and `finalTraining` are those of a configuration; `genome` replaces the reference design.

const oneCycle = (warmUp) => ({ schedule: { name: 'one-cycle', warmUp } });
const sgd = (learningRate, others) => ({
  learningRate,
  optimizer: { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 5e-4, ...others },
});

export const ARMS = {
  base: {},
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
  'decay-0.01': { training: { optimizer: { name: 'adamw', weightDecay: 0.01 } } },
  'decay-0.2': { training: { optimizer: { name: 'adamw', weightDecay: 0.2 } } },
  'sgd-0.05': { training: sgd(0.05) },
  'sgd-0.1': { training: sgd(0.1) },
  'sgd-0.2': { training: sgd(0.2) },
  'max-64-256': { genome: 'max-64-64-max-128-128-max-256-256' },
  'max-32-128': { genome: 'max-32-32-max-64-64-max-128-128' },
  '32-256': { genome: '32-32-max-64-64-max-128-128-max-256-256' },
  '16-128': { genome: '16-16-max-32-32-max-64-64-max-128-128' },
  'max-64-128': { genome: 'max-64-64-max-128-128-max-128-128' },
  '16-max-64-256': { genome: '16-16-max-64-64-max-128-128-max-256-256' },
  'statistics-0.6': { training: { statisticsMomentum: 0.6 } },
};
