// The CIFAR-10 example of the Python package, with the other settings of auto-cnn's own; preset: 'autocnn' has the package's. On
// a folder with `train/CLASS/…` and `test/CLASS/…`; a second argument limits the training images: node cifar10.js FOLDER 2000

import { AutoCNN } from 'auto-cnn';

const [folder = 'cifar10', trainLimit = 50_000] = process.argv.slice(2);

const search = new AutoCNN({
  populationSize: 20,
  maximalGenerationNumber: 10,
  dataset: folder,
  epochNumber: 10,
  settings: { trainLimit: Number(trainLimit) },
  extraCallbacks: [
    { onEvaluationEnd: ({ genome, fitness = 'trained on all images' }) => console.log(genome, fitness) },
  ],
});
const best = await search.run();
await best.save('cifar10.onnx');
console.log(`${best}`, await best.evaluate());
