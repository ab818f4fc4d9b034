// The common parts of the exported Python programs: the constants of the model, and the script that classifies image files.

import type { NetworkCost } from '../genome/cost.ts';
import { estimateCost } from '../genome/cost.ts';
import { formatImageShape } from '../genome/image-shape.ts';
import type { Layer } from '../network/layers.ts';
import type { ModelParts } from '../search/trained/model-parts.ts';

/** The first lines of `model.py`. */
export function pythonHeader({ metadata, network, members }: ModelParts, needs: string): string {
  const input = formatImageShape(metadata.input);
  const genome = metadata.genome === '' ? 'without layers' : metadata.genome;
  const parameters = members.length * costOf(network).parameters;
  return `"""The network ${genome}, designed and trained by auto-cnn ${metadata.version}.

It takes images of ${input} (height, width, channels), distinguishes ${metadata.classes.length} classes and has ${parameters.toLocaleString('en-US')} parameters;
their values are in weights.npz. Needs ${needs} and numpy.
"""`;
}

/** The constants of `model.py`. */
export function pythonConstants({ metadata, network }: ModelParts): string {
  const { channels, height, width } = metadata.input;
  const { mean, std } = network.normalisation;
  const { ground, pixelRange } = metadata.preparation;
  return `CLASSES = ${pythonList(metadata.classes.map((name) => JSON.stringify(name)))}
HEIGHT, WIDTH, CHANNELS = ${height}, ${width}, ${channels}
# Statistics of each channel over the training images, for raw pixels 0..255.
MEAN = ${pythonList(mean.map(String))}
STD = ${pythonList(std.map(String))}
# What lies under transparency and beside images of another aspect: 0 is black, 255 white.
GROUND = ${ground === 'white' ? 255 : 0}
# The values of 16-bit images that become 0 and 255; None: their upper 8 bits are taken.
RANGE_OF_16_BITS = ${pixelRange === undefined ? 'None' : `${pixelRange.low}, ${pixelRange.high}`}`;
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

import io
import json
import sys

import numpy as np
from PIL import Image, ImageCms, ImageOps

from model import CHANNELS, CLASSES, GROUND, HEIGHT, RANGE_OF_16_BITS, WIDTH, load_model, predict


def read_image(path):
    """Pixels [HEIGHT, WIDTH, CHANNELS] of 0..255, prepared as in training.

    The image is turned as its EXIF data says, its colours are converted to sRGB, and it is scaled to fit with its aspect
    ratio kept, on the ground, which also replaces transparency. Images of the model's size are unchanged; scaled ones
    differ slightly from auto-cnn's, because Pillow scales differently.
    """
    image = Image.open(path)
    has_16_bits = ";16" in "".join(str(tile[3]) for tile in image.tile)
    image.load()
    if image.format != "TIFF":  # Pillow has turned TIFF already.
        image = ImageOps.exif_transpose(image)
    if image.mode[0] in "IF" or has_16_bits:
        image = to_8_bits(path, image, has_16_bits)
    image = to_srgb(path, image)
    ground = Image.new("RGBA", image.size, (GROUND, GROUND, GROUND, 255))
    image = Image.alpha_composite(ground, image).convert("RGB")
    if image.size != (WIDTH, HEIGHT):
        scale = min(WIDTH / image.width, HEIGHT / image.height)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        scaled = image.resize(size, Image.LANCZOS)
        image = Image.new("RGB", (WIDTH, HEIGHT), (GROUND, GROUND, GROUND))
        image.paste(scaled, ((WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2))
    pixels = np.asarray(image)
    if CHANNELS == 1:  # luma of ITU-R BT.601
        pixels = (pixels.astype(np.int64) @ [299, 587, 114] + 500) // 1000
    return pixels.reshape(HEIGHT, WIDTH, CHANNELS).astype(np.uint8)


def to_8_bits(path, image, has_16_bits):
    """Grey images of 16 bits, scaled as in training. Pillow gives colours of 16 bits as 8 bits."""
    if not has_16_bits:
        raise ValueError(f"{path}: its numbers are not of 8 or 16 bits, or Pillow has scaled them; convert it to PNG")
    if image.mode[0] != "I":
        if RANGE_OF_16_BITS is None:
            return image
        raise ValueError(f"{path}: Pillow cuts colours of 16 bits to 8, but the model needs all; convert it to 8 bits")
    values = np.asarray(image).astype(np.int64)
    if RANGE_OF_16_BITS is None:
        return Image.fromarray((values // 256).astype(np.uint8))
    low, high = RANGE_OF_16_BITS
    if values.max() > high:
        raise ValueError(f"{path}: its values go up to {values.max()}, but the model takes {low} to {high}; scale it")
    values = np.floor((values - low) * 255 / (high - low) + 0.5)
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def to_srgb(path, image):
    """The image in the mode RGBA, its colours converted by its colour profile, if it has one."""
    source = image.info.get("icc_profile")
    space = None
    if source:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(source))
        space = profile.profile.xcolor_space.strip()
    if image.mode == "CMYK" and space != "CMYK":
        raise ValueError(f"{path}: CMYK colours without a profile look different in every program; convert it to RGB")
    modes = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
    if space not in modes or (space == "CMYK") != (image.mode == "CMYK"):
        return image.convert("RGBA")
    alpha = None if space == "CMYK" else image.convert("RGBA").getchannel("A")
    colours = image if space == "CMYK" else image.convert("RGBA").convert(modes[space])
    converted = ImageCms.profileToProfile(colours, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    if alpha is not None:
        converted.putalpha(alpha)
    return converted.convert("RGBA")


def main():
    paths = [word for word in sys.argv[1:] if word != "--json"]
    if not paths:
        sys.exit(__doc__)
    try:
        pixels = np.stack([read_image(path) for path in paths])
    except (OSError, ValueError) as error:
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
