import { describe, expect, it } from 'vitest';
import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { candidateWork } from './candidate-work.ts';
import { expectedWork, onRung, rungSizes } from './rung-sizes.ts';

const data = {
  trainExamples: 60_000,
  testExamples: 10_000,
  problem: { input: { channels: 1, height: 28, width: 28 }, classes: 10 },
};
const configWith = (settings: object) => resolveConfig({ dataset: { source: 'mnist' }, ...settings }, 'the test');

describe('rungSizes', () => {
  it('gives each rung a third of the images of the next', () => {
    const config = configWith({ rungs: 3, searchLimit: 18_000, training: { epochs: 2 } });
    expect(rungSizes(config, data)).toEqual([
      { searchLimit: 2000, epochs: 2 },
      { searchLimit: 6000, epochs: 2 },
      { searchLimit: 18_000, epochs: 2 },
    ]);
  });

  it('saves epochs where there would be too few images', () => {
    const config = configWith({ rungs: 3, reduction: 2, searchLimit: 1500, training: { epochs: 8 } });
    expect(rungSizes(config, data)).toEqual([
      { searchLimit: 1000, epochs: 3 },
      { searchLimit: 1000, epochs: 6 },
      { searchLimit: 1500, epochs: 8 },
    ]);
  });

  it('counts all images that are not held out where nothing limits them', () => {
    const config = configWith({ rungs: 2, reduction: 3, searchLimit: null, validation: 0.1, trainLimit: 10_000 });
    expect(rungSizes(config, data)).toEqual([
      { searchLimit: 3000, epochs: 2 },
      { searchLimit: null, epochs: 2 },
    ]);
  });

  it('is the configuration itself where there is one rung', () => {
    const config = configWith({});
    expect(rungSizes(config, data)).toEqual([{ searchLimit: 4000, epochs: 2 }]);
  });
});

describe('expectedWork', () => {
  const cost = estimateCost(parseGenome('8-8-max-16-16'), data.problem);

  it('is the work of the candidate where there is one rung', () => {
    const config = configWith({});
    expect(expectedWork(config, data, cost)).toBe(candidateWork(config, data, cost));
  });

  it('counts a rung for the share of candidates that reach it', () => {
    const config = configWith({ rungs: 2, reduction: 4, searchLimit: 8000 });
    const [first, last] = rungSizes(config, data);
    const workOn = (size: typeof first) => (size ? candidateWork(onRung(config, size), data, cost) : Number.NaN);
    expect(expectedWork(config, data, cost)).toBeCloseTo(workOn(first) + workOn(last) / 4, 0);
  });
});
