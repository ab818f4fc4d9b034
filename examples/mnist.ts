// The MNIST example of the Python package, with the other settings of auto-cnn's own; preset: 'autocnn' has the package's. An
// argument limits the training images: node mnist.js 2000

import { AutoCNN } from 'auto-cnn';

const trainLimit = Number(process.argv[2] ?? 60_000);

const search = new AutoCNN({
  populationSize: 5,
  maximalGenerationNumber: 4,
  dataset: 'mnist',
  epochNumber: 5,
  settings: { trainLimit },
  extraCallbacks: [
    { onEvaluationEnd: ({ genome, fitness = 'trained on all images' }) => console.log(genome, fitness) },
  ],
});
const best = await search.run();
console.log(`${best}`, await best.evaluate());
