// The pixels of a text file as they come, one by one; how many there are shows at the end.

import { formatError } from '../../../files/format-error.ts';
import { LARGEST_ARRAY } from '../../../files/memory-limit.ts';
import { createUnnamedFile, type UnnamedFile } from '../../../files/unnamed-file.ts';
import { levelOf } from '../../pixels/pixel-ranges.ts';
import { imagesInFile } from '../../pixels/stored-images.ts';
import type { Overflow } from '../../set/source.ts';

export interface PlacedValue {
  readonly value: number;
  readonly row: number;
}

/**
 * Values in memory: as bytes while all of them are bytes, otherwise as floats. What memory should not hold goes to a file,
 * as floats.
 */
export class PixelValues {
  readonly #path: string;
  readonly #overflow: Overflow | undefined;
  #values: Uint8Array | Float32Array = new Uint8Array(2 ** 20);
  #length = 0;
  /** The values that are not in `#values`. */
  #file: UnnamedFile | undefined;
  hasFractions = false;
  /** As in `ValueRange`. */
  levels = 0;
  /** The first lowest and the first highest value, with their rows. */
  lowest: PlacedValue = { value: Number.POSITIVE_INFINITY, row: 0 };
  highest: PlacedValue = { value: Number.NEGATIVE_INFINITY, row: 0 };

  /** @param path  for messages. */
  constructor(path: string, overflow: Overflow | undefined) {
    this.#path = path;
    this.#overflow = overflow;
  }

  push(value: number, row: number): void {
    const isWhole = Number.isInteger(value);
    if (!isWhole) this.hasFractions = true;
    if (value <= 16) this.levels |= levelOf(value);
    if (value < this.lowest.value) this.lowest = { value, row };
    if (value > this.highest.value) this.highest = { value, row };
    if (this.#values instanceof Uint8Array && !(isWhole && value >= 0 && value <= 255)) {
      this.#values = Float32Array.from(this.#values);
    }
    if (this.#length === this.#values.length) this.#makeRoom(row);
    this.#values[this.#length++] = value;
  }

  /** @returns undefined if they are in a file. */
  inMemory(): Uint8Array | Float32Array | undefined {
    if (this.#file === undefined && !this.#isTooMuch(this.#length)) return this.#values.slice(0, this.#length);
    this.#flush();
    return undefined;
  }

  /** The values of one of the images in the file. */
  read(image: number, imageSize: number): Float32Array {
    const values = new Float32Array(imageSize);
    if (this.#file !== undefined) {
      imagesInFile(this.#file, 0, values.byteLength).read(image, new Uint8Array(values.buffer));
    }
    return values;
  }

  #makeRoom(row: number): void {
    const { length, BYTES_PER_ELEMENT } = this.#values;
    if (this.#file !== undefined || this.#isTooMuch(2 * length)) {
      this.#flush();
      return;
    }
    if (2 * length * BYTES_PER_ELEMENT > LARGEST_ARRAY) {
      throw formatError(
        this.#path,
        { row },
        `more pixels than the ${LARGEST_ARRAY} bytes that are read into memory`,
        'split the data',
      );
    }
    const larger = this.#values instanceof Uint8Array ? new Uint8Array(2 * length) : new Float32Array(2 * length);
    larger.set(this.#values);
    this.#values = larger;
  }

  #isTooMuch(length: number): boolean {
    return this.#overflow !== undefined && length * this.#values.BYTES_PER_ELEMENT > this.#overflow.limitBytes;
  }

  #flush(): void {
    if (this.#overflow === undefined) return;
    this.#file ??= createUnnamedFile(this.#overflow.folder);
    const values = Float32Array.from(this.#values.subarray(0, this.#length));
    this.#file.append(new Uint8Array(values.buffer));
    this.#length = 0;
  }
}
