// Data sets for which the reference designs were not made, written as PNG files in class folders.
// node bench/unseen-data.mjs --cifar CIFAR_FOLDER --out FOLDER
// All of them come from MNIST and CIFAR-10 and are the same on every machine; test images come from test images. See README.md.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { toInterleaved } from '../dist/data/pixels/planes.js';
import { imageSizeOf, readImages } from '../dist/data/set/dataset.js';
import { createRng, loadDataset } from '../dist/index.js';

const { values } = parseArgs({ options: { cifar: { type: 'string' }, out: { type: 'string' } } });
if (values.cifar === undefined || values.out === undefined) {
  throw new Error('--cifar FOLDER and --out FOLDER are needed; see bench/README.md');
}
const digits = await loadDataset('mnist');
const photos = await loadDataset(values.cifar);
const SIDE = { digit: 28, photo: 32, scene: 96, small: 14 };

/** Each makes one image from image `index` of its part: raw pixels, and the class. */
const KINDS = {
  // Digits of 8×8 grey pixels.
  'grey-8x8': { train: 3000, test: 5000, make: (part, index) => digit(part, index, 8) },
  // Two digits side by side: 100 classes.
  'hundred-classes': {
    train: 10_000,
    test: 5000,
    async make(part, index) {
      const pair = [await digit(part, 2 * index, SIDE.digit), await digit(part, 2 * index + 1, SIDE.digit)];
      const joined = Buffer.alloc(2 * SIDE.digit * SIDE.digit);
      for (const [column, { image }] of pair.entries()) {
        for (let row = 0; row < SIDE.digit; row++) {
          image.copy(joined, (2 * row + column) * SIDE.digit, row * SIDE.digit, (row + 1) * SIDE.digit);
        }
      }
      const label = pair.map(({ label }) => label).join('');
      return { image: joined, width: 2 * SIDE.digit, height: SIDE.digit, channels: 1, label };
    },
  },
  // Photos of 96×96 pixels. What matters is a digit of 14×14 pixels, brighter or darker than what it lies on.
  'small-things': {
    train: 4000,
    test: 2000,
    async make(part, index) {
      const rng = createRng('small things').fork(part).fork(index);
      const { image: mask, label } = await digit(part, index, SIDE.small);
      const { image: small } = photo(part, rng.integer(0, photos[part].count - 1));
      const raw = { width: SIDE.photo, height: SIDE.photo, channels: 3 };
      const size = SIDE.scene;
      const image = await sharp(small, { raw }).resize(size, size, { kernel: 'cubic' }).raw().toBuffer();
      const place = () => rng.integer(0, size - SIDE.small);
      const [top, left] = [place(), place()];
      const bright = image[((top + SIDE.small / 2) * size + left + SIDE.small / 2) * 3] < 128;
      const tone = () => rng.integer(0, 80) + (bright ? 175 : 0);
      const colour = [tone(), tone(), tone()];
      for (let at = 0; at < mask.length; at++) {
        const [y, x] = [top + Math.floor(at / SIDE.small), left + (at % SIDE.small)];
        for (let c = 0; c < 3; c++) {
          const pixel = (y * size + x) * 3 + c;
          image[pixel] = Math.round(image[pixel] + ((colour[c] - image[pixel]) * mask[at]) / 255);
        }
      }
      return { image, width: size, height: size, channels: 3, label };
    },
  },
  // 500 photos in all to train on.
  'few-images': { train: 500, test: 5000, make: async (part, index) => photo(part, 2 * index) },
};

for (const [name, { make, ...counts }] of Object.entries(KINDS)) {
  for (const [part, count] of Object.entries(counts)) {
    for (let index = 0; index < count; index++) {
      const { image, width, height, channels, label } = await make(part, index);
      const folder = join(values.out, name, part, label);
      mkdirSync(folder, { recursive: true });
      await sharp(image, { raw: { width, height, channels } })
        .png()
        .toFile(join(folder, `${index}.png`));
    }
  }
  console.log(`${name}: ${counts.train} images to train on, ${counts.test} to test`);
}

async function digit(part, index, side) {
  const { image, label } = pick(digits, part, index);
  const raw = { width: SIDE.digit, height: SIDE.digit, channels: 1 };
  const scaled = await sharp(image, { raw })
    .resize(side, side, { kernel: 'lanczos3' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  return { image: scaled, width: side, height: side, channels: 1, label };
}

function photo(part, index) {
  const { image: planes, label } = pick(photos, part, index);
  const image = Buffer.from(toInterleaved(planes, 3));
  return { image, width: SIDE.photo, height: SIDE.photo, channels: 3, label };
}

/** One image `[channels, height, width]` and the name of its class. */
function pick({ shape, classes, ...parts }, part, index) {
  const image = Buffer.from(readImages(parts[part], imageSizeOf(shape), index, index + 1));
  return { image, label: classes[parts[part].labels[index]] };
}
