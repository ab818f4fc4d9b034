// The CIFAR-10 example of the Python package, on a folder with `train/CLASS/…` and `test/CLASS/…`: node cifar10.js FOLDER

import { AutoCNN } from 'auto-cnn';

const search = new AutoCNN({
  populationSize: 20,
  maximalGenerationNumber: 10,
  dataset: process.argv[2] ?? 'cifar10',
  epochNumber: 10,
  extraCallbacks: [{ onEvaluationEnd: ({ genome, fitness }) => console.log(genome, fitness) }],
});
const best = await search.run();
await best.save('cifar10.onnx');
console.log(`${best}`, await best.evaluate());
