import { expect, it } from 'vitest';
import { explanationName } from './explanation-name.ts';

const nameOf = (path: string, className: string, probability = 0.974, number = 1, count = 1): string =>
  explanationName(path, className, probability, number, count);

it('names the picture after its number, its image, the class and the probability', () => {
  expect(nameOf('photos/IMG_1.jpg', 'cat')).toBe('1-IMG_1-cat-97.png');
  expect(nameOf('a.png', 'cat', 1, 7, 1200)).toBe('0007-a-cat-100.png');
});

it.each([
  ['../../x/..', '../../etc/passwd', '1-etc-passwd-97.png'],
  ['x/a:b*?.png', 'a/b\\c:d*?"<>|\u0000\n', '1-a-b-a-b-c-d-97.png'],
  ['-.png', '…', '1-97.png'],
  ['Größe 5.tif', '猫', '1-Größe-5-猫-97.png'],
  ['CON.png', 'nul', '1-CON-nul-97.png'],
])('keeps of %s and %s what every system takes in a name', (path, className, expected) => {
  expect(nameOf(path, className)).toBe(expected);
});

it('is never too long, nor the same for two images', () => {
  const long = nameOf(`${'𝔘'.repeat(200)}.png`, '𝔙'.repeat(200), 1, 1, 999_999);
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(255);
  expect(nameOf('a/x.png', 'cat', 0.5, 1, 2)).not.toBe(nameOf('b/x.png', 'cat', 0.5, 2, 2));
});
