import { describe, expect, it } from 'vitest';
import { readEventFile, readExperiment, readSession } from '../../../test/support/read-event-file.ts';
import { encodeEventRecord, type SummaryValue } from './event-record.ts';
import { experimentValue, flattenSettings, sessionEndValue, sessionStartValue } from './hyper-parameters.ts';

const read = (...values: SummaryValue[]) => readEventFile(encodeEventRecord({ wallTime: 1, step: 0, values }));

describe('hyper-parameters', () => {
  it('of a session are read back, also the empty, the false and the zero', () => {
    const parameters = { genome: '', learningRate: 0, nesterov: false, epochs: 5, optimizer: 'sgd' };
    const session = readSession(read(sessionStartValue('a group', parameters, 12.5), sessionEndValue('failure', 13.5)));
    expect(session).toEqual({ parameters, group: 'a group', startedAt: 12.5, status: 2, endedAt: 13.5 });
    const [event] = read(sessionEndValue('success', 1));
    expect(event?.values[0]?.plugin?.content).toEqual(Uint8Array.of(0x22, 11, 8, 1, 17, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f));
  });

  it('of an experiment have types and domains', () => {
    const sessions = [
      { genome: '8-8', parameters: 10, nesterov: true, factor: 1 },
      { genome: 'max', parameters: 5, factor: 'x' },
      { genome: '8-8', parameters: 7 },
    ];
    const metrics = [{ tag: 'fitness', displayName: 'Fitness' }];
    expect(readExperiment(read(experimentValue(sessions, metrics, 1)))).toEqual({
      infos: [
        { name: 'genome', type: 1, discrete: ['8-8', 'max'], interval: undefined },
        { name: 'parameters', type: 3, discrete: undefined, interval: [5, 10] },
        { name: 'nesterov', type: 2, discrete: [true], interval: undefined },
        { name: 'factor', type: 1, discrete: ['1', 'x'], interval: undefined },
      ],
      metrics: ['fitness'],
    });
  });

  it('are settings without their nesting', () => {
    const settings = { epochs: 2, optimizer: { name: 'sgd', nesterov: true }, metrics: ['accuracy'], none: undefined };
    expect(flattenSettings(settings)).toEqual({
      epochs: 2,
      'optimizer.name': 'sgd',
      'optimizer.nesterov': true,
      metrics: '["accuracy"]',
    });
  });
});
