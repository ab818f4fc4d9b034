// The common parts of the exported Python programs: the constants of the model, and the script that classifies image files.

import type { NetworkCost } from '../genome/cost.ts';
import { estimateCost } from '../genome/cost.ts';
import { formatImageShape } from '../genome/image-shape.ts';
import type { Layer } from '../network/layers.ts';
import type { ModelParts } from '../search/trained/model-parts.ts';
import type { NamedArray } from './npz.ts';

/** The first lines of `model.py`. */
export function pythonHeader({ metadata, network }: ModelParts, needs: string): string {
  const input = formatImageShape(metadata.input);
  const genome = metadata.genome === '' ? 'without layers' : metadata.genome;
  const { parameters } = costOf(network);
  return `"""The network ${genome}, designed and trained by auto-cnn ${metadata.version}.

It takes images of ${input} (height, width, channels), distinguishes ${metadata.classes.length} classes and has ${parameters.toLocaleString('en-US')} parameters;
their values are in weights.npz. Needs ${needs} and numpy.
"""`;
}

/** The constants of `model.py`. */
export function pythonConstants({ metadata, network }: ModelParts): string {
  const { channels, height, width } = metadata.input;
  const { mean, std } = network.normalisation;
  return `CLASSES = ${pythonList(metadata.classes.map((name) => JSON.stringify(name)))}
HEIGHT, WIDTH, CHANNELS = ${height}, ${width}, ${channels}
# Statistics of each channel over the training images, for raw pixels 0..255.
MEAN = ${pythonList(mean.map(String))}
STD = ${pythonList(std.map(String))}`;
}

/** The filters of the stem, `[filters, C, 3, 3]`; undefined if there is none. */
export function whiteningTensor({ normalisation, problem }: ModelParts['network']): NamedArray | undefined {
  const { whitening } = normalisation;
  if (whitening === undefined) return undefined;
  return { shape: [whitening.length, problem.input.channels, 3, 3], data: Float32Array.from(whitening.flat()) };
}

/** For each layer of the network: its name in \`auto-cnn inspect\`, and its output shape. */
export function layerRemarks(network: ModelParts['network']): ReadonlyMap<Layer, string> {
  const rows = [...costOf(network).layers];
  const remarks = new Map<Layer, string>();
  for (const layer of network.layers) {
    // Flatten copies nothing and has no row.
    const row = layer.kind === 'flatten' ? undefined : rows.shift();
    if (row === undefined) continue;
    const [channels, height, width] = row.outputShape;
    remarks.set(layer, `${row.name}: ${height === undefined ? channels : `${height}x${width}x${channels}`}`);
  }
  return remarks;
}

function costOf({ genome, problem }: ModelParts['network']): NetworkCost {
  return estimateCost(genome, problem);
}

/** On one line if it is short, else one line per item. */
function pythonList(items: readonly string[]): string {
  const line = `[${items.join(', ')}]`;
  return line.length <= 90 ? line : `[\n${items.map((item) => `    ${item},\n`).join('')}]`;
}

/** `predict.py`, identical for every framework: `model.py` provides `load_model` and `predict`. */
export const PREDICT_SCRIPT = `"""Classifies images: python predict.py IMAGE... [--json]. Needs the packages of model.py, and pillow."""

import json
import sys

import numpy as np
from PIL import Image, ImageOps

from model import CHANNELS, CLASSES, HEIGHT, WIDTH, load_model, predict


def read_image(path):
    """Pixels [HEIGHT, WIDTH, CHANNELS] of 0..255, prepared as in training.

    The image is scaled to fit with its aspect ratio kept, on black, which also replaces transparency. Images of the
    model's size are unchanged; scaled ones differ slightly from auto-cnn's, because Pillow rounds differently.
    """
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I"):  # 16 bits
        image = Image.fromarray((np.asarray(image).astype(np.int64) // 256).astype(np.uint8))
    image = image.convert("RGBA")
    black = Image.new("RGBA", image.size, (0, 0, 0, 255))
    image = Image.alpha_composite(black, image).convert("RGB")
    if image.size != (WIDTH, HEIGHT):
        scale = min(WIDTH / image.width, HEIGHT / image.height)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        scaled = image.resize(size, Image.LANCZOS)
        image = Image.new("RGB", (WIDTH, HEIGHT))
        image.paste(scaled, ((WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2))
    pixels = np.asarray(image)
    if CHANNELS == 1:  # luma of ITU-R BT.601
        pixels = (pixels.astype(np.int64) @ [299, 587, 114] + 500) // 1000
    return pixels.reshape(HEIGHT, WIDTH, CHANNELS).astype(np.uint8)


def main():
    paths = [word for word in sys.argv[1:] if word != "--json"]
    if not paths:
        sys.exit(__doc__)
    try:
        pixels = np.stack([read_image(path) for path in paths])
    except OSError as error:
        sys.exit(f"error: {error}")
    answers = predict(load_model(), pixels)
    if "--json" in sys.argv:
        print(json.dumps([dict(file=path, probabilities=row.tolist()) for path, row in zip(paths, answers)]))
        return
    for path, row in zip(paths, answers):
        best = np.argsort(-row, kind="stable")[:3]
        print(path, *(f"{CLASSES[i]} {row[i]:.2%}" for i in best), sep="  ")


if __name__ == "__main__":
    main()
`;
