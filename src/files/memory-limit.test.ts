import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { heldPixels, LARGEST_ARRAY } from './memory-limit.ts';

const GiB = 2 ** 30;

describe('heldPixels', () => {
  it('gives a 16th of the memory to the main process, and another one to all children together', () => {
    expect(heldPixels(1, 4 * GiB)).toBe(GiB / 4);
    for (const children of [1, 2, 3, 64]) {
      const together = children * heldPixels(children, 4 * GiB);
      expect(together).toBeLessThanOrEqual(GiB / 4);
      expect(together).toBeGreaterThan(GiB / 4 - children);
    }
  });

  it('follows the memory of this machine, and never asks for more than an array can hold', () => {
    expect(heldPixels()).toBeLessThanOrEqual(totalmem() / 16);
    expect(heldPixels()).toBeGreaterThan(0);
    expect(heldPixels(1, 2 ** 60)).toBe(LARGEST_ARRAY);
  });
});
