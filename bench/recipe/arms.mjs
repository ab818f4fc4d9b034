// The arms of the recipe bench. Each changes one thing of the recipe of a final training; `base` changes nothing.
// `training` and `finalTraining` are those of a configuration, `head` is the first layer of `outputLayer`; `genome`
// replaces the reference design; `finalTraining.augmentation` is a function of that of the setting.

const oneCycle = (warmUp) => ({ schedule: { name: 'one-cycle', warmUp } });
const sgd = (learningRate, others) => ({
  learningRate,
  optimizer: { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 5e-4, ...others },
});
const adamw = (learningRate) => ({ learningRate, optimizer: { name: 'adamw' } });
const COLOURS = { brightness: 0.5, contrast: 0.5, saturation: 0.5 };
const augmented = (augmentation) => ({ finalTraining: { augmentation } });

export const ARMS = {
  base: {},
  // Each without one ingredient.
  flatten: { head: 'flatten' },
  adamw: { training: adamw(0.005) },
  'no-augmentation': augmented(() => ({})),
  'no-crops': augmented(({ padAndCrop: _, ...rest }) => rest),
  'padding-zeros': augmented((base) => ({ ...base, padding: 'zeros' })),
  'no-flips': augmented((base) => ({ ...base, horizontalFlip: false })),
  'flips-at-random': augmented((base) => ({ ...base, horizontalFlip: true })),
  'no-smoothing': { finalTraining: { labelSmoothing: 0 } },
  'cosine-without-warm-up': { training: { schedule: { name: 'cosine' } } },
  'no-decay': { training: { optimizer: { name: 'muon', weightDecay: 0 } } },
  // Other values.
  'smoothing-0.1': { finalTraining: { labelSmoothing: 0.1 } },
  'smoothing-0.2': { finalTraining: { labelSmoothing: 0.2 } },
  'crop-4': augmented((base) => ({ ...base, padAndCrop: 4 })),
  colours: augmented((base) => ({ ...base, ...COLOURS })),
  cutmix: augmented((base) => ({ ...base, cutmix: 0.5 })),
  'colours-cutmix': augmented((base) => ({ ...base, ...COLOURS, cutmix: 0.5 })),
  'colours-cutmix-crop-4': augmented((base) => ({ ...base, ...COLOURS, cutmix: 0.5, padAndCrop: 4 })),
  'cutout-8': augmented((base) => ({ ...base, cutout: 8 })),
  'batch-32': { training: { batchSize: 32 } },
  'batch-128': { training: { batchSize: 128 } },
  'batch-256': { training: { batchSize: 256 } },
  'rate-0.0025': { training: { learningRate: 0.0025 } },
  'rate-0.0035': { training: { learningRate: 0.0035 } },
  'rate-0.007': { training: { learningRate: 0.007 } },
  'rate-0.01': { training: { learningRate: 0.01 } },
  'warm-up-0.1': { training: oneCycle(0.1) },
  'warm-up-0.2': { training: oneCycle(0.2) },
  'decay-0.01': { training: { optimizer: { name: 'muon', weightDecay: 0.01 } } },
  'decay-0.2': { training: { optimizer: { name: 'muon', weightDecay: 0.2 } } },
  'adamw-0.01': { training: adamw(0.01) },
  'sgd-0.05': { training: sgd(0.05) },
  'sgd-0.1': { training: sgd(0.1) },
  'statistics-0.6': { training: { statisticsMomentum: 0.6 } },
};
