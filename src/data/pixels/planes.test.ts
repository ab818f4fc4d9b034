import { expect, it } from 'vitest';
import { toInterleaved, toPlanes } from './planes.ts';

it('joins planes pixel by pixel, and splits them again', () => {
  const planes = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  expect(toInterleaved(planes, 3)).toEqual(Uint8Array.from([1, 3, 5, 2, 4, 6]));
  expect(toPlanes(toInterleaved(planes, 3), 3)).toEqual(planes);
  expect(toInterleaved(planes, 1)).toEqual(planes);
});
