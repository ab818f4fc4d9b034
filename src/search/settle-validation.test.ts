import { describe, expect, it } from 'vitest';
import { brightOrDark } from '../../test/support/toy-data.ts';
import type { SearchConfig } from './config/config.ts';
import { settleValidation } from './settle-validation.ts';

const part = { validation: brightOrDark(4) };
const settled = (changes: Partial<SearchConfig>) =>
  settleValidation({ validation: 0.1, genome: undefined, fitnessOn: 'validation', ...changes }, part);

describe('settleValidation', () => {
  it('holds out the share that the configuration names where the data has no validation part', () => {
    expect(settleValidation({ validation: 0.3, genome: undefined, fitnessOn: 'validation' }, {})).toEqual({
      validation: 0.3,
      notices: [],
    });
  });

  it('takes the validation part of the data, and says so only where another share was asked for and would matter', () => {
    const notice =
      'The data has a validation part, which scores the candidates: the share of 0.3 is not held out of the training images.';
    expect(settled({ validation: 0.3 })).toEqual({ validation: 'part', notices: [notice] });
    for (const quiet of [{}, { validation: 'part' }] as const) {
      expect(settled(quiet)).toEqual({ validation: 'part', notices: [] });
    }
    expect(settled({ validation: 0.3, genome: '4-4' }).notices).toEqual([]);
    expect(settled({ validation: 0.3, fitnessOn: 'test' }).notices).toEqual([]);
  });
});
