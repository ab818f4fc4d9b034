import { describe, expect, it } from 'vitest';
import { ALL_FLAGS, type ConfigFile, configFrom, optionOf, readFlags } from './config-flags.ts';

/** Options as commander names them. */
const flags = (options: Record<string, string>) => readFlags(options, ALL_FLAGS);

const fileWith = (content: unknown): ConfigFile => ({ path: 'search.json', content });

describe('flags', () => {
  it('set their key and leave the rest to the defaults', () => {
    const config = configFrom(undefined, 'mnist', flags({ population: '6', channels: '8,16', timeout: '5m' }));
    expect(config.population).toBe(6);
    expect(config.searchSpace).toMatchObject({ channels: [8, 16], maxDepth: 6 });
    expect(config.timeoutSeconds).toBe(300);
    expect(config.dataset).toEqual({ source: 'mnist' });
    expect(config).toMatchObject({ ...configFrom(undefined, 'mnist', flags({})), ...config });
  });

  it('cover every key that they name, each with its default in the help', () => {
    const help = ALL_FLAGS.map((flag) => optionOf(flag)).map(({ long, description }) => `${long} ${description}`);
    const { population } = configFrom(undefined, 'mnist', flags({}));
    expect(help).toContain(`--population candidates in a generation (default: ${population})`);
    expect(help.filter((line) => line.includes('undefined'))).toEqual([]);
  });

  it('turn the TensorBoard log off only when they are given', () => {
    const off = readFlags({ tensorboard: false }, ALL_FLAGS);
    expect(configFrom(undefined, 'mnist', off).tensorboard).toBe(false);
    const file = fileWith({ dataset: { source: 'a' }, tensorboard: false });
    // Commander's value of an option that was not given.
    const none = readFlags({ tensorboard: true }, ALL_FLAGS);
    expect(configFrom(file, undefined, none).tensorboard).toBe(false);
    expect(configFrom(undefined, 'mnist', none).tensorboard).toBe(true);
    expect(configFrom(undefined, 'mnist', flags({ logsDir: 'logs' })).logsDir).toBe('logs');
  });

  it('mirror images at random or in turn, and leave an argument that follows alone', () => {
    const flips = (options: Record<string, boolean>) =>
      configFrom(undefined, 'mnist', readFlags(options, ALL_FLAGS)).training.augmentation.horizontalFlip;
    expect(flips({ flip: true })).toBe(true);
    expect(flips({ alternateFlips: true })).toBe('alternating');
    expect(flips({ flip: true, alternateFlips: true })).toBe('alternating');
    expect(flips({})).toBeUndefined();
    const takeAnArgument = ALL_FLAGS.filter(({ flags }) => flags.includes('-flip') && /[<[]/.test(flags));
    expect(takeAnArgument).toEqual([]);
  });

  it('let candidates inherit weights only when they are given', () => {
    expect(configFrom(undefined, 'mnist', flags({})).inheritWeights).toBe(false);
    const given = readFlags({ inheritWeights: true }, ALL_FLAGS);
    expect(configFrom(undefined, 'mnist', given).inheritWeights).toBe(true);
    const cached = readFlags({ inheritWeights: true, fitnessCache: 'fitness.jsonl' }, ALL_FLAGS);
    expect(() => configFrom(undefined, 'mnist', cached)).toThrow(
      '--inherit-weights needs the weights of parents, but the fitnessCache fitness.jsonl has none; share a checkpointDir instead',
    );
  });

  it('name the places that runs share', () => {
    const places = { fitnessCache: 'fitness.jsonl', checkpointDir: 'weights' };
    expect(configFrom(undefined, 'mnist', flags(places))).toMatchObject(places);
  });

  it('choose an optimiser or schedule with the settings that belong to it', () => {
    const sgd = configFrom(undefined, 'mnist', flags({ optimizer: 'sgd', weightDecay: '1e-4', schedule: 'cosine' }));
    expect(sgd.training.optimizer).toEqual({ name: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 1e-4 });
    expect(sgd.training.schedule).toEqual({ name: 'cosine' });
    const { optimizer } = configFrom(undefined, 'mnist', flags({ weightDecay: '0.01' })).training;
    expect(optimizer).toMatchObject({ name: 'muon', weightDecay: 0.01 });
  });

  it.each([
    [{ population: '1' }, '--population must be at least 2, received 1'],
    [{ population: '2.5' }, '--population must be a whole number, received 2.5'],
    [{ mutationProbability: '-0.1' }, '--mutation-probability must be at least 0, received -0.1'],
    [
      { optimizer: 'adm' },
      '--optimizer must be one of adam, adamw, muon, sgd, rmsprop, received "adm"; did you mean adam?',
    ],
    [{ channelsIn: 'gray' }, '--channels-in must be one of grey, rgb, received "gray"; did you mean grey?'],
    [{ size: '0x3' }, '--size must be at least 1, received 0'],
    [{ schedule: 'step' }, /^--schedule step needs its list of steps: set training.schedule in a --config file/],
  ])('are named in errors: %j', (options: Record<string, string>, message) => {
    expect(() => configFrom(undefined, 'mnist', flags(options))).toThrow(message);
  });
});

describe('objectives', () => {
  it('are a list, and a rule picks among them', () => {
    const config = configFrom(
      undefined,
      'mnist',
      flags({ objectives: 'accuracy, flops', pick: 'smallest-within=.5%' }),
    );
    expect(config).toMatchObject({ objectives: ['accuracy', 'flops'], pick: 'smallest-within=.5%' });
  });

  it('are named by their flags in errors', () => {
    const given = (options: Record<string, string>) => () => configFrom(undefined, 'mnist', flags(options));
    expect(given({ objectives: 'accuracy,paramters' })).toThrow(
      /^--objectives must be one of accuracy, .*, received "paramters"; did you mean parameters\?$/,
    );
    expect(given({ objectives: 'accuracy,flops', pick: 'promising' })).toThrow(
      '--pick is promising, which works only for a single objective; with several objectives use best, knee or smallest-within=1%',
    );
    expect(given({ objectives: 'parameters' })).toThrow(
      '--objectives: the first objective is the fitness, accuracy, as in accuracy,parameters, received parameters',
    );
    expect(given({ pick: 'nee' })).toThrow(
      '--pick must be best, promising, knee or smallest-within=1%, received "nee"; did you mean knee?',
    );
  });
});

describe('a configuration file', () => {
  it('comes first, and flags win over it', () => {
    const file = fileWith({ dataset: { source: 'a' }, population: 4, training: { epochs: 7, batchSize: 32 } });
    const config = configFrom(file, 'b', flags({ epochs: '9' }));
    expect(config).toMatchObject({
      dataset: { source: 'b' },
      population: 4,
      training: { epochs: 9, batchSize: 32 },
    });
    expect(configFrom(file, undefined, flags({})).dataset.source).toBe('a');
  });

  it('says where its data lies, unless other data is given', () => {
    const file = fileWith({ dataset: { source: 'a', path: '/data/a' } });
    expect(configFrom(file, undefined, flags({})).dataset).toEqual({ source: 'a', path: '/data/a' });
    expect(configFrom(file, 'b', flags({})).dataset).toEqual({ source: 'b' });
  });

  it('keeps the settings of its optimiser unless another one is chosen', () => {
    const file = fileWith({ dataset: { source: 'a' }, training: { optimizer: { name: 'adam', beta1: 0.8 } } });
    expect(configFrom(file, undefined, flags({ optimizer: 'adam' })).training.optimizer).toMatchObject({ beta1: 0.8 });
    expect(configFrom(file, undefined, flags({ optimizer: 'sgd' })).training.optimizer).toEqual({
      name: 'sgd',
      momentum: 0.9,
      nesterov: false,
      weightDecay: 0,
    });
  });

  it('demands its own data only while the command line does not change it', () => {
    const file = fileWith({ dataset: { source: 'a', fingerprint: 'f' } });
    expect(configFrom(file, undefined, flags({ population: '4' })).dataset.fingerprint).toBe('f');
    expect(configFrom(file, 'a', flags({})).dataset.fingerprint).toBeUndefined();
    expect(configFrom(file, undefined, flags({ seed: '2' })).dataset.fingerprint).toBe('f');
    expect(configFrom(file, undefined, flags({ size: '8x8' })).dataset.fingerprint).toBeUndefined();
  });

  it.each([
    [{ dataset: { source: 'a' }, populaton: 4 }, 'search.json: populaton is not a known key; did you mean population?'],
    [
      { dataset: { source: 'a' }, training: { epochs: 'two' } },
      'search.json: training.epochs must be a number, received "two"',
    ],
    [{ dataset: 'mnist' }, 'search.json: dataset must be an object, received "mnist"'],
    [[], 'search.json must be an object, received []'],
    [{ population: 4 }, 'the data is missing: give a name or a folder'],
  ])('is named in errors: %j', (content, message) => {
    // The flag would hide the error if file and flags were only checked together.
    expect(() => configFrom(fileWith(content), undefined, flags({ epochs: '1' }))).toThrow(message);
  });
});

describe('a preset', () => {
  it('comes before the file, and the file before the flags', () => {
    const file = fileWith({ dataset: { source: 'a' }, preset: 'cnn-ga', population: 4, generations: 3 });
    const config = configFrom(file, undefined, flags({ generations: '2' }));
    expect(config).toMatchObject({ population: 4, generations: 2, finalEpochs: 350 });
  });

  it('on the command line stands for the one in the file', () => {
    const file = fileWith({ dataset: { source: 'a' }, preset: 'cnn-ga', population: 4 });
    const config = configFrom(file, undefined, flags({ preset: 'autocnn' }));
    expect(config).toMatchObject({ population: 4, generations: 4, training: { optimizer: { name: 'adam' } } });
  });

  it('says what a flag without a name belongs to', () => {
    const { optimizer } = configFrom(undefined, 'mnist', flags({ preset: 'cnn-ga', weightDecay: '0.1' })).training;
    expect(optimizer).toEqual({ name: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0.1 });
    const adam = configFrom(undefined, 'mnist', flags({ preset: 'cnn-ga', optimizer: 'adam', schedule: 'cosine' }));
    expect(adam.training).toMatchObject({ optimizer: { name: 'adam', weightDecay: 0 }, schedule: { name: 'cosine' } });
  });

  it('has the winner train as long as its candidates, unless something is said of it', () => {
    const finalEpochs = (options: Record<string, string>) => configFrom(undefined, 'mnist', flags(options)).finalEpochs;
    expect(finalEpochs({ preset: 'autocnn' })).toBe(1);
    expect(finalEpochs({ preset: 'autocnn', epochs: '5' })).toBe(5);
    expect(finalEpochs({ preset: 'cnn-ga', epochs: '20' })).toBe(20);
    expect(finalEpochs({ preset: 'cnn-ga', epochs: '20', finalEpochs: '350' })).toBe(350);
    expect(finalEpochs({ epochs: '1' })).toBe(3);
    expect(finalEpochs({ epochs: '5' })).toBe(5);
    const file = fileWith({ dataset: { source: 'a' }, preset: 'cnn-ga', training: { epochs: 7 } });
    expect(configFrom(file, undefined, flags({})).finalEpochs).toBe(7);
    expect(configFrom(file, undefined, flags({ epochs: '8' })).finalEpochs).toBe(8);
  });

  it('changes nothing of a resolved configuration', () => {
    const config = configFrom(undefined, 'mnist', flags({ preset: 'cnn-ga', searchLimit: '500', maxFlops: 'none' }));
    expect(config).toMatchObject({ searchLimit: 500, searchSpace: { maxFlops: null } });
    expect(configFrom(fileWith(config), undefined, flags({}))).toEqual(config);
  });

  it('is named in errors', () => {
    const message = 'must be one of fast, autocnn, cnn-ga, received "cnnga"; did you mean cnn-ga?';
    const file = fileWith({ dataset: { source: 'a' }, preset: 'cnnga' });
    expect(() => configFrom(file, undefined, flags({}))).toThrow(`search.json: preset ${message}`);
    expect(() => configFrom(undefined, 'mnist', flags({ preset: 'cnnga' }))).toThrow(`--preset ${message}`);
  });
});
