// Exports a model as a web page and a Node.js script, with everything they need except the packages in package.json.

import type { ModelParts } from '../search/trained/model-parts.ts';

/** Versions that the files below were tested with. */
const PACKAGES = { 'onnxruntime-node': '1.30.0', 'onnxruntime-web': '1.30.0', sharp: '^0.35.5' };

export function exportJavaScript(model: ModelParts): ReadonlyMap<string, Uint8Array | string> {
  return new Map<string, Uint8Array | string>([
    ['README.md', README],
    ['package.json', packageJson(model)],
    ['index.html', PAGE],
    ['classify.js', CLASSIFY],
    ['check-image.js', CHECK_IMAGE],
    ['model-facts.js', facts(model)],
    ['predict.mjs', PREDICT],
    ['serve.mjs', SERVE],
    ['model.onnx', model.bytes],
  ]);
}

function packageJson({ metadata }: ModelParts): string {
  const content = {
    name: 'auto-cnn-model',
    version: '1.0.0',
    description: `An image classifier of auto-cnn ${metadata.version}: ${metadata.genome}`,
    private: true,
    type: 'module',
    scripts: { start: 'node serve.mjs' },
    dependencies: PACKAGES,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function facts({ metadata: { classes, input, preparation } }: ModelParts): string {
  const { height, width, channels } = input;
  const { ground = 'black', pixelRange } = preparation;
  return `// The classes of the model, and the images it takes.

export const CLASSES = ${JSON.stringify(classes, null, 2)};
export const [HEIGHT, WIDTH, CHANNELS] = [${height}, ${width}, ${channels}];
// What lies under transparency and beside images of another aspect.
export const GROUND = '${ground}';
// The values of 16-bit images that become 0 and 255; without it, their upper 8 bits are taken.
export const RANGE_OF_16_BITS = ${pixelRange === undefined ? 'undefined' : `{ low: ${pixelRange.low}, high: ${pixelRange.high} }`};

/**
 * Pixels in the model's input format: planes of raw values, grey by the luma weights of ITU-R BT.601.
 *
 * @param interleaved  [HEIGHT, WIDTH, step], red, green and blue first.
 */
export function toPlanes(interleaved, step) {
  const size = HEIGHT * WIDTH;
  const planes = new Float32Array(CHANNELS * size);
  for (let i = 0; i < size; i++) {
    const [red, green, blue] = [0, 1, 2].map((channel) => interleaved[i * step + channel]);
    if (CHANNELS === 1) planes[i] = Math.floor((299 * red + 587 * green + 114 * blue + 500) / 1000);
    else [planes[i], planes[size + i], planes[2 * size + i]] = [red, green, blue];
  }
  return planes;
}

/** [{ name, probability }], most probable first. */
export function rank(probabilities) {
  return CLASSES.map((name, i) => ({ name, probability: probabilities[i] })).sort((a, b) => b.probability - a.probability);
}
`;
}

const README = `# An image classifier, in the browser and in Node.js

    ONNXRUNTIME_NODE_INSTALL=skip npm install
    npm start                      # a page to drop images on
    node predict.mjs photo.jpg     # or in the terminal; --json for programs

The variable keeps onnxruntime-node from downloading GPU libraries. After \`npm install\`, no network is needed. To put the
page on a server, upload this folder with \`node_modules/onnxruntime-web/dist\`; any static file server works.
\`import { classify } from './classify.js'\` in a page of your own takes a File, Blob or image element.
`;

const CLASSIFY = `// Classifies images in the browser.

import * as ort from './node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs';
import { checkImage } from './check-image.js';
import { CHANNELS, GROUND, HEIGHT, rank, toPlanes, WIDTH } from './model-facts.js';

// Multithreading needs headers that not every server sends, and a network this small does not need it.
ort.env.wasm.numThreads = 1;

let session;

/**
 * @param image  a File, Blob, or anything else that createImageBitmap accepts.
 * @returns [{ name, probability }], most probable first.
 */
export async function classify(image) {
  session ??= ort.InferenceSession.create(new URL('model.onnx', import.meta.url).href);
  const input = new ort.Tensor('float32', await pixelsOf(image), [1, CHANNELS, HEIGHT, WIDTH]);
  const { probabilities } = await (await session).run({ image: input }, ['probabilities']);
  return rank(probabilities.data);
}

/** Scales the image to fit with its aspect ratio kept, on the ground, which also replaces transparency. */
async function pixelsOf(image) {
  if (image instanceof Blob) checkImage(new Uint8Array(await image.arrayBuffer()));
  const bitmap = await createImageBitmap(image, { imageOrientation: 'from-image' });
  const context = new OffscreenCanvas(WIDTH, HEIGHT).getContext('2d', { willReadFrequently: true });
  context.fillStyle = GROUND;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.imageSmoothingQuality = 'high';
  const scale = Math.min(WIDTH / bitmap.width, HEIGHT / bitmap.height);
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const [left, top] = [Math.floor((WIDTH - width) / 2), Math.floor((HEIGHT - height) / 2)];
  context.drawImage(bitmap, left, top, width, height);
  bitmap.close();
  return toPlanes(context.getImageData(0, 0, WIDTH, HEIGHT).data, 4);
}
`;

const PREDICT = `// node predict.mjs IMAGE… [--json]: classifies images.

import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { CHANNELS, GROUND, HEIGHT, RANGE_OF_16_BITS, rank, toPlanes, WIDTH } from './model-facts.js';

const paths = process.argv.slice(2).filter((word) => word !== '--json');
if (paths.length === 0) {
  console.error('usage: node predict.mjs IMAGE… [--json]');
  process.exit(2);
}
const session = await InferenceSession.create(fileURLToPath(new URL('model.onnx', import.meta.url)));
const answers = [];
for (const file of paths) {
  try {
    const image = new Tensor('float32', await readImage(file), [1, CHANNELS, HEIGHT, WIDTH]);
    const { probabilities } = await session.run({ image }, ['probabilities']);
    answers.push({ file, classes: rank(probabilities.data) });
  } catch (error) {
    console.error(\`error: \${file}: \${error.message}\`);
    process.exitCode = 1;
  }
}
if (process.argv.includes('--json')) console.log(JSON.stringify(answers));
else {
  for (const { file, classes } of answers) {
    const best = classes.slice(0, 3).map(({ name, probability }) => \`\${name} \${(100 * probability).toFixed(2)} %\`);
    console.log([file, ...best].join('  '));
  }
}

/** Prepares an image as in training: scaled to fit, on the ground, which also replaces transparency. */
async function readImage(file) {
  const { format, depth, hasAlpha } = await sharp(file).metadata();
  if (!['png', 'jpeg', 'webp', 'gif', 'tiff', 'heif'].includes(format)) throw new Error(\`\${format} is not read; convert it to PNG\`);
  if (depth !== 'uchar' && depth !== 'ushort') throw new Error('its numbers are not of 8 or 16 bits; convert it to PNG');
  if (RANGE_OF_16_BITS && depth === 'ushort' && format !== 'heif') return read16Bits(file, hasAlpha);
  const { data, info } = await sharp(file, { failOn: 'error' })
    .autoOrient()
    .flatten({ background: GROUND })
    .resize({ width: WIDTH, height: HEIGHT, fit: 'contain', background: GROUND })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels >= 3) return toPlanes(data, info.channels);
  // A grey image has one channel.
  return toPlanes(Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)]), 3);
}

/** The image is scaled with 16 bits; then its values are stretched, and laid on the ground. */
async function read16Bits(file, hasAlpha) {
  const { low, high } = RANGE_OF_16_BITS;
  const read = async (image) => {
    const { data, info } = await image.toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
    return [new Uint16Array(data.buffer, data.byteOffset, data.length / 2), info.channels];
  };
  const [all, step] = await read(sharp(file, { failOn: 'error' }));
  let largest = 0;
  all.forEach((value, i) => {
    if (value > largest && !(hasAlpha && i % step === step - 1)) largest = value;
  });
  if (largest > high) throw new Error(\`its values go up to \${largest}, but the model takes \${low} to \${high}; scale it\`);
  const [values, channels] = await read(
    sharp(file, { failOn: 'error' })
      .autoOrient()
      .resize({ width: WIDTH, height: HEIGHT, fit: 'contain', background: hasAlpha ? '#0000' : GROUND }),
  );
  const under = GROUND === 'white' ? 255 : 0;
  const pixels = new Uint8Array(3 * WIDTH * HEIGHT);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const alpha = hasAlpha ? values[i * channels + channels - 1] / 65535 : 1;
    for (let channel = 0; channel < 3; channel++) {
      const byte = Math.min(255, Math.max(0, ((values[i * channels + channel] - low) * 255) / (high - low)));
      pixels[3 * i + channel] = Math.round(alpha * byte + (1 - alpha) * under);
    }
  }
  return toPlanes(pixels, 3);
}
`;

const CHECK_IMAGE = `// Refuses images that browsers show otherwise than the model was trained on.

import { RANGE_OF_16_BITS } from './model-facts.js';

/** @param bytes  a whole image file. */
export function checkImage(bytes) {
  const text = (at, length) => String.fromCharCode(...bytes.subarray(at, at + length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (text(1, 3) === 'PNG') checkPng(view, text);
    else if (text(0, 4) === 'RIFF' && text(8, 4) === 'WEBP') checkWebp(view, text);
    else if (bytes[0] === 0xff && bytes[1] === 0xd8) checkJpeg(view);
  } catch (error) {
    // A damaged file is refused by the browser.
    if (!(error instanceof RangeError)) throw error;
  }
}

function checkPng(view, text) {
  if (RANGE_OF_16_BITS && view.getUint8(24) === 16) {
    throw new Error('browsers cut images of 16 bits to 8, but the model needs all; use predict.mjs');
  }
  for (let at = 8; text(at + 4, 4) !== 'IEND'; at += 12 + view.getUint32(at)) {
    if (text(at + 4, 4) === 'eXIf') checkOrientation(view, at + 8);
  }
}

function checkWebp(view, text) {
  for (let at = 12; at + 8 < view.byteLength; at += 8 + Math.ceil(view.getUint32(at + 4, true) / 2) * 2) {
    if (text(at, 4) === 'EXIF') checkOrientation(view, text(at + 8, 4) === 'Exif' ? at + 14 : at + 8);
  }
}

/** Some browsers turn PNG and WebP as their EXIF data says, some do not. */
function checkOrientation(view, tiff) {
  const little = view.getUint8(tiff) === 0x49;
  const fields = tiff + view.getUint32(tiff + 4, little);
  for (let i = 0; i < view.getUint16(fields, little); i++) {
    const field = fields + 2 + 12 * i;
    if (view.getUint16(field, little) === 0x112 && view.getUint16(field + 8, little) > 1) {
      throw new Error('it must be turned, and not all browsers do so; save it upright, or use predict.mjs');
    }
  }
}

function checkJpeg(view) {
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame && view.getUint8(at + 9) === 4) {
      throw new Error('CMYK colours look different in every browser; convert it to RGB, or use predict.mjs');
    }
    if (isFrame || marker === 0xda) return;
  }
}
`;

const SERVE = `// npm start: serves this folder, only to this machine.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};
const root = new URL('./', import.meta.url);

const server = createServer(async (request, response) => {
  try {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = new URL(\`.\${pathname === '/' ? '/index.html' : pathname}\`, root);
    if (!file.href.startsWith(root.href)) throw new Error('outside');
    const content = await readFile(file);
    response.writeHead(200, { 'content-type': TYPES[extname(file.pathname)] ?? 'application/octet-stream' });
    response.end(content);
  } catch {
    response.writeHead(404).end('not found');
  }
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(\`http://localhost:\${server.address().port}\`);
});
`;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Image classifier</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
  #drop { position: relative; display: block; padding: 3rem 1rem; border: 2px dashed; border-radius: 0.75rem; text-align: center; cursor: pointer; }
  #drop.over, #drop:focus-within { outline: 3px solid Highlight; }
  #drop input { position: absolute; inset: 0; width: 100%; opacity: 0; }
  ul { list-style: none; padding: 0; }
  li { display: flex; gap: 1rem; align-items: center; margin: 1rem 0; overflow-wrap: anywhere; }
  li div { min-width: 0; }
  img { flex: none; width: 6rem; height: 6rem; object-fit: contain; background: black; }
  progress { width: 8rem; vertical-align: middle; }
  [role="alert"] { color: #c62828; }
</style>
</head>
<body>
<h1>What is in the picture?</h1>
<label id="drop">Drop images here, or click to choose some
  <input type="file" accept="image/*" multiple>
</label>
<ul aria-live="polite"></ul>
<script type="module">
  import { classify } from './classify.js';

  const [drop, input, list] = ['#drop', 'input', 'ul'].map((selector) => document.querySelector(selector));

  async function show(files) {
    for (const file of files) {
      const item = list.appendChild(document.createElement('li'));
      const picture = item.appendChild(new Image());
      picture.alt = file.name;
      picture.src = URL.createObjectURL(file);
      const answer = item.appendChild(document.createElement('div'));
      try {
        for (const { name, probability } of (await classify(file)).slice(0, 3)) {
          const line = answer.appendChild(document.createElement('div'));
          const bar = line.appendChild(document.createElement('progress'));
          bar.value = probability;
          bar.ariaLabel = name;
          line.append(\` \${name} \${(100 * probability).toFixed(1)} %\`);
        }
      } catch (error) {
        answer.role = 'alert';
        answer.textContent = \`\${file.name} cannot be classified: \${error.message}\`;
      }
    }
  }

  input.addEventListener('change', () => show(input.files));
  for (const type of ['dragover', 'dragleave', 'drop']) {
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.toggle('over', type === 'dragover');
      if (type === 'drop') show(event.dataTransfer.files);
    });
  }
</script>
</body>
</html>
`;
