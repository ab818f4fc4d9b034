import { expect, it } from 'vitest';
import { atMost } from './at-most.ts';

it('ends with the work, however that ends, and without it when the time is up', async () => {
  await expect(atMost(60_000, Promise.resolve('done'))).resolves.toBeUndefined();
  await expect(atMost(60_000, Promise.reject(new Error('failed')))).resolves.toBeUndefined();
  await expect(atMost(1, new Promise(() => {}))).resolves.toBeUndefined();
});
