// A 128-bit hash of text without platform modules. It maps names to random states and is not cryptographically secure.

/**
 * MurmurHash3 x86 128-bit (Appleby 2011) over UTF-8, seed 0.
 *
 * @returns four signed 32-bit integers, never all zero.
 */
export function hash128(text: string): [number, number, number, number] {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(bytes.buffer);
  const blocks = bytes.length >>> 4;
  const h: [number, number, number, number] = [0, 0, 0, 0];

  for (let block = 0; block < blocks; block++) {
    const at = block * 16;
    h[0] ^= mixKey(view.getUint32(at, true), 0);
    h[0] = add(Math.imul(add(rotate(h[0], 19), h[1]), 5), 0x561ccd1b);
    h[1] ^= mixKey(view.getUint32(at + 4, true), 1);
    h[1] = add(Math.imul(add(rotate(h[1], 17), h[2]), 5), 0x0bcaa747);
    h[2] ^= mixKey(view.getUint32(at + 8, true), 2);
    h[2] = add(Math.imul(add(rotate(h[2], 15), h[3]), 5), 0x96cd1c35);
    h[3] ^= mixKey(view.getUint32(at + 12, true), 3);
    h[3] = add(Math.imul(add(rotate(h[3], 13), h[0]), 5), 0x32ac3b17);
  }

  const tail: [number, number, number, number] = [0, 0, 0, 0];
  for (let i = blocks * 16; i < bytes.length; i++) {
    const position = i & 15;
    const word = (position >>> 2) as Word;
    tail[word] |= (bytes[i] ?? 0) << ((position & 3) * 8);
  }
  for (const word of WORDS) if (tail[word] !== 0) h[word] ^= mixKey(tail[word], word);

  for (const word of WORDS) h[word] ^= bytes.length;
  spread(h);
  for (const word of WORDS) h[word] = finalise(h[word]);
  spread(h);
  return h.every((word) => word === 0) ? [1, 0, 0, 0] : h;
}

const WORDS = [0, 1, 2, 3] as const;
type Word = (typeof WORDS)[number];
const FACTORS = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const;
const NEXT_FACTORS = [0xab0e9789, 0x38b34ae5, 0xa1e38b93, 0x239b961b] as const;
const ROTATIONS = [15, 16, 17, 18] as const;

function mixKey(key: number, word: Word): number {
  return Math.imul(rotate(Math.imul(key, FACTORS[word]), ROTATIONS[word]), NEXT_FACTORS[word]);
}

function spread(h: [number, number, number, number]): void {
  h[0] = add(add(add(h[0], h[1]), h[2]), h[3]);
  h[1] = add(h[1], h[0]);
  h[2] = add(h[2], h[0]);
  h[3] = add(h[3], h[0]);
}

function finalise(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
const add = (a: number, b: number): number => (a + b) | 0;
