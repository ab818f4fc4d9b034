// What must compile and what must not. Never run: `npm run check:types` is the test.

import {
  AutoCNN,
  type AutoCnnOptions,
  type Callback,
  createRandomSearchStrategy,
  earlyStopping,
  learningRateScheduler,
  loadDataset,
  type SearchStrategy,
  type StrategyContext,
  type TrainedCnn,
} from 'auto-cnn';

const pixels = new Uint8Array(60_000 * 784);
const testPixels = new Float32Array(10_000 * 784);
const labels = new Uint8Array(60_000);
const testLabels: number[] = [];

export async function searchAsDocumented(signal: AbortSignal): Promise<void> {
  const search = new AutoCNN({
    populationSize: 5,
    maximalGenerationNumber: 4,
    epochNumber: 5,
    seed: 42,
    workers: 2,
    dataset: {
      xTrain: { data: pixels, shape: [60_000, 28, 28] },
      yTrain: labels,
      xValidation: { data: testPixels, shape: [10_000, 28, 28] },
      yValidation: testLabels,
      xTest: { data: testPixels, shape: [10_000, 28, 28, 1] },
      yTest: testLabels,
    },
    optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0.9 },
    loss: 'sparse_categorical_crossentropy',
    metrics: ['accuracy'],
    crossoverProbability: 0.9,
    mutationProbability: 0.2,
    mutationOperationDistribution: [0.7, 0.1, 0.1, 0.1],
    searchSpace: { channels: [32, 64, 128, 256, 512], maxDepth: 5 },
    outputLayer: [{ type: 'globalAveragePooling' }, { type: 'dense', units: 'classes', activation: 'softmax' }],
    logsDir: 'logs',
    fitnessCache: 'fitness.jsonl',
    checkpointDir: 'checkpoints',
    signal,
    preset: 'autocnn',
    importFitness: 'theirs.json',
    settings: { finalEpochs: 10, training: { batchSize: 32, schedule: { name: 'cosine' } } },
    extraCallbacks: [
      earlyStopping({ monitor: 'validationAccuracy', patience: 3, minDelta: 0 }),
      learningRateScheduler((epoch, rate) => (epoch < 10 ? rate : rate * 0.9)),
      {
        async onEpochEnd(epoch, control) {
          if ((epoch.validationAccuracy ?? 0) < 0.2) control.stopEvaluation();
        },
        onGeneration(generation, control) {
          if (generation.best.fitness > 0.99) control.stopSearch();
        },
        onEvaluationEnd: (evaluation) => {
          const fitness: number | undefined = evaluation.fitness;
          if (evaluation.final) console.log(evaluation.repeat);
          else console.log(evaluation.genome, fitness);
        },
      },
    ],
  });
  const best: TrainedCnn = await search.run();
  const { loss, accuracy }: { loss: number; accuracy: number } = await best.evaluate();
  console.log(`${best}`, loss, accuracy);
  await new AutoCNN({ dataset: await loadDataset('mnist'), optimizer: 'adam' }).run();
}

export async function resumeWithAStrategy(strategy: (context: StrategyContext) => SearchStrategy): Promise<void> {
  const source = { source: './photos', size: { height: 32, width: 32 }, channels: 'grey', layout: 'nchw' } as const;
  await new AutoCNN({ dataset: source, strategy }).run();
  await new AutoCNN({ dataset: source, strategy: 'steady-state' }).run();
  const best = await AutoCNN.resume('runs/photos-1', { strategy, extraCallbacks: [earlyStopping()] });
  const seconds: number | undefined = best.summary()?.seconds;
  const table: string = best.layers();
  console.log(seconds, table);
}

const dataset = 'mnist';
const accept = (options: AutoCnnOptions): AutoCnnOptions => options;

// @ts-expect-error: there must be data
accept({});
// @ts-expect-error: misspelt
accept({ dataset, populationsize: 5 });
// @ts-expect-error: a number
accept({ dataset, populationSize: '5' });
// @ts-expect-error: no such optimiser
accept({ dataset, optimizer: 'adm' });
// @ts-expect-error: Adam has no momentum
accept({ dataset, optimizer: { name: 'adam', momentum: 0.9 } });
// @ts-expect-error: no such loss
accept({ dataset, loss: 'hinge' });
// @ts-expect-error: no such metric
accept({ dataset, metrics: ['auc'] });
// @ts-expect-error: four weights
accept({ dataset, mutationOperationDistribution: [0.5, 0.5] });
// @ts-expect-error: no such layer
accept({ dataset, outputLayer: [{ type: 'lstm' }] });
// @ts-expect-error: a dense layer has units
accept({ dataset, outputLayer: [{ type: 'flatten' }, { type: 'dense' }] });
// @ts-expect-error: no such key of the search space
accept({ dataset, searchSpace: { depth: 5 } });
// @ts-expect-error: a strategy is made when it is needed, and made anew when a run is resumed
accept({ dataset, strategy: createRandomSearchStrategy });
// @ts-expect-error: no such way to load it
accept({ dataset: { source: 'photos', colour: 'grey' } });
// @ts-expect-error: no such preset
accept({ dataset, preset: 'slow' });
// @ts-expect-error: the population is an option of its own
accept({ dataset, settings: { population: 5 } });
// @ts-expect-error: so is the learning rate, in the optimiser
accept({ dataset, settings: { training: { learningRate: 1 } } });
// @ts-expect-error: labels are missing
accept({ dataset: { xTrain: { data: pixels, shape: [1, 1, 1] }, xTest: { data: pixels, shape: [1, 1, 1] } } });
const list = { data: [0], shape: [1, 1, 1] };
// @ts-expect-error: pixels are typed arrays
accept({ dataset: { xTrain: list, yTrain: [0], xTest: list, yTest: [0] } });
// @ts-expect-error: nothing to monitor
earlyStopping({ monitor: 'val_auc' });
// @ts-expect-error: a rate is a number
learningRateScheduler(() => '0.1');
// @ts-expect-error: no such moment
accept({ dataset, extraCallbacks: [{ onBatchEnd() {} }] });
// @ts-expect-error: an evaluation that has ended cannot be stopped
accept({ dataset, extraCallbacks: [{ onEvaluationEnd: (_, control) => control.stopEvaluation() }] });

export const callback: Callback = {
  // @ts-expect-error: an epoch has a genome, not a name
  onEpochEnd: (epoch) => console.log(epoch.model),
};
