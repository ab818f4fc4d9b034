import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../src/search/config.ts';

describe('schema/search-config.json', () => {
  it('is what the configuration’s schema generates (npm run schema)', () => {
    const published: unknown = JSON.parse(
      readFileSync(new URL('../schema/search-config.json', import.meta.url), 'utf8'),
    );
    expect(published).toEqual(configJsonSchema());
  });
});
