import { expect, it } from 'vitest';
import { configText } from './config-text.ts';

it('is a line a setting, aligned', () => {
  const settings = [
    { key: 'population', value: 5, from: 'preset autocnn' },
    { key: 'searchSpace.maxFlops', value: null, from: 'preset autocnn' },
    { key: 'training.augmentation', value: {}, from: 'default' },
    { key: 'training.optimizer.epsilon', value: 1e-7, from: '--x' },
  ];
  expect(configText(settings, 80)).toBe(`population                  5     preset autocnn
searchSpace.maxFlops        none  preset autocnn
training.augmentation       none  default
training.optimizer.epsilon  1e-7  --x
`);
});

it('shows a head as --head takes it, and the steps of a schedule', () => {
  const head = [
    { type: 'globalAveragePooling' },
    { type: 'dense', units: 64, activation: 'relu' },
    { type: 'dropout', rate: 0.3 },
    { type: 'dense', units: 'classes', activation: 'softmax' },
  ];
  const steps = [
    { epoch: 0, factor: 0.1 },
    { epoch: 149, factor: 1 },
  ];
  const settings = [
    { key: 'outputLayer', value: head, from: 'a' },
    { key: 'steps', value: steps, from: 'b' },
  ];
  expect(configText(settings, 80)).toBe(`outputLayer  gap,64,dropout=0.3,classes  a
steps        0:0.1,149:1                 b
`);
});

it('breaks long lists after a comma and cuts long paths, so as not to be wider', () => {
  const settings = [
    { key: 'channels', value: [8, 16, 32, 64, 128], from: 'a-very-long-folder/and-a-file/search.json' },
    { key: 'logsDir', value: '/a/very/long/path/to/logs', from: 'default' },
  ];
  expect(configText(settings, 46)).toBe(`channels  8,16,32,64,   …nd-a-file/search.json
          128
logsDir   …ath/to/logs  default
`);
});
