// Exports a model as Keras 3 source and weights. Keras has the channels last, so the weights are reordered.

import type { PoolingType } from '../genome/genome.ts';
import { memberPrefix, type Views } from '../network/deployable-graph.ts';
import type { Layer } from '../network/layers.ts';
import type { ParameterSpec } from '../network/parameters.ts';
import type { ModelParts } from '../search/trained/model-parts.ts';
import { encodeNpz, type NamedArray } from './npz.ts';
import { layerRemarks, PREDICT_SCRIPT, pythonConstants, pythonHeader } from './python-text.ts';

export function exportKeras(model: ModelParts): ReadonlyMap<string, Uint8Array | string> {
  return new Map<string, Uint8Array | string>([
    ['model.py', modelSource(model)],
    ['predict.py', PREDICT_SCRIPT],
    ['weights.npz', encodeNpz(kerasWeights(model))],
  ]);
}

/** Maps our names of a layer's tensors to Keras' names. */
const NAMES: Readonly<Record<string, string>> = {
  weight: 'kernel',
  bias: 'bias',
  scale: 'gamma',
  offset: 'beta',
  mean: 'moving_mean',
  variance: 'moving_variance',
};

/** Backends reject dots in layer names. */
const kerasName = (name: string): string => name.replaceAll('.', '_');

/** Weights by the name `LAYER.VARIABLE`. */
function kerasWeights({ network, members }: ModelParts): ReadonlyMap<string, NamedArray> {
  const arrays = new Map<string, NamedArray>();
  const flattened = flattenedPixels(network);
  const add = (prefix: string, specs: readonly ParameterSpec[], flat: Float32Array) => {
    for (const { name, shape, offset, size } of specs) {
      const at = name.lastIndexOf('.');
      const array = { shape, data: flat.subarray(offset, offset + size) };
      const arranged =
        shape.length === 4
          ? channelsLast(array)
          : name === `${flattened?.dense}.weight`
            ? pixelsFirst(array, flattened?.pixels ?? 1)
            : array;
      const key = `${kerasName(prefix + name.slice(0, at))}.${NAMES[name.slice(at + 1)] ?? name.slice(at + 1)}`;
      arrays.set(key, arranged);
    }
  };
  for (const [member, { parameters, statistics }] of members.entries()) {
    const prefix = memberPrefix(member, members.length);
    add(prefix, network.layout.parameters, parameters);
    add(prefix, network.layout.statistics, statistics);
  }
  return arrays;
}

/** The dense layer that reads flattened feature maps, and the number of pixels of a map. */
function flattenedPixels({ layers, problem }: ModelParts['network']) {
  const dense = layers.find(({ kind }) => kind === 'dense');
  if (dense?.kind !== 'dense' || !layers.some(({ kind }) => kind === 'flatten')) return undefined;
  const convolved = layers.filter((layer) => layer.kind === 'skip' || layer.kind === 'stage');
  return { dense: dense.name, pixels: dense.features / (convolved.at(-1)?.filters2 ?? problem.input.channels) };
}

/** [M, C, K, K] → [K, K, C, M] */
function channelsLast({ shape, data }: NamedArray): NamedArray {
  const [filters = 1, channels = 1, height = 1, width = 1] = shape;
  const area = height * width;
  const arranged = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [filter, channel, at] = [Math.floor(i / (channels * area)), Math.floor(i / area) % channels, i % area];
    arranged[(at * channels + channel) * filters + filter] = data[i] ?? 0;
  }
  return { shape: [height, width, channels, filters], data: arranged };
}

/** Rows in the order [channel, pixel] → [pixel, channel]. */
function pixelsFirst({ shape, data }: NamedArray, pixels: number): NamedArray {
  const [rows = 1, units = 1] = shape;
  const channels = rows / pixels;
  const arranged = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const to = (row % pixels) * channels + Math.floor(row / pixels);
    arranged.set(data.subarray(row * units, (row + 1) * units), to * units);
  }
  return { shape, data: arranged };
}

function modelSource(model: ModelParts): string {
  const { views, network, members } = model;
  const { layers } = network;
  const isEnsemble = members.length > 1;
  const remarks = layerRemarks(network);
  const lines = layers.map((layer, i) => {
    const remark = remarks.get(layer);
    return `    x = ${callOf(layer, views === 1 && i === layers.length - 1)}${remark === undefined ? '' : `  # ${remark}`}\n`;
  });
  const functions = [
    ...(layers.some(({ kind }) => kind === 'skip') ? [SKIP_FUNCTION] : []),
    ...(layers.some(({ kind }) => kind === 'stage') ? [STAGE_FUNCTION] : []),
  ];
  return `${pythonHeader(model, 'keras (3, with any backend)')}

from pathlib import Path

import keras
import numpy as np
from keras import layers

${pythonConstants(model)}
${functions.map((each) => `\n\n${each}\n`).join('')}

def ${isEnsemble ? 'build_network(name)' : 'build_model()'}:
    """Raw pixels [N, HEIGHT, WIDTH, CHANNELS], float32 of 0..255, to probabilities [N, classes]."""
    x = image = keras.Input((HEIGHT, WIDTH, CHANNELS), name="image")
    x = layers.Normalization(mean=MEAN, variance=[std * std for std in STD], name="normalise")(x)
${lines.join('')}${views === 1 ? '' : TWO_VIEWS}    return keras.Model(image, x${isEnsemble ? ', name=name' : ''})

${isEnsemble ? buildEnsemble(members.length) : ''}
def load_model(path=Path(__file__).with_name("weights.npz")):
    """The trained model; compile() it to train it further."""
    model = build_model()
    with np.load(path) as weights:
${isEnsemble ? loadEnsemble(views) : loadNetwork(views)}    return model


def predict(model, pixels):
    """Probabilities [N, classes] of raw pixels [N, HEIGHT, WIDTH, CHANNELS]."""
    return model.predict(pixels.astype(np.float32), verbose=0)
`;
}

const buildEnsemble = (members: number): string => `
MEMBERS = [f"members_{i}" for i in range(${members})]


def build_model():
    """The mean of ${members} trainings of the network."""
    image = keras.Input((HEIGHT, WIDTH, CHANNELS), name="image")
    x = layers.Average(name="mean")([build_network(name)(image) for name in MEMBERS])
    return keras.Model(image, x)

`;

const loadNetwork = (
  views: Views,
): string => `        for layer in ${views === 1 ? 'model' : 'model.get_layer("network")'}.layers:
            if layer.name.startswith(("layers_", "head_")):
                layer.set_weights([weights[f"{layer.name}.{weight.name}"] for weight in layer.weights])
`;

const loadEnsemble = (views: Views): string => `        for name in MEMBERS:
            for layer in model.get_layer(name)${views === 1 ? '' : '.get_layer("network")'}.layers:
                if layer.name.startswith(("layers_", "head_")):
                    layer.set_weights([weights[f"{name}_{layer.name}.{weight.name}"] for weight in layer.weights])
`;

const TWO_VIEWS = `    network = keras.Model(image, x, name="network")
    # The mean of what it says of the image and of its mirror image.
    image = keras.Input((HEIGHT, WIDTH, CHANNELS), name="image")
    x = layers.Average(name="views")([network(image), network(keras.ops.flip(image, axis=2))])
    x = layers.Softmax(name="softmax")(x)
`;

const POOLING: Readonly<Record<PoolingType, string>> = { max: 'MaxPooling2D', mean: 'AveragePooling2D' };

/** @param isProbability  of the last dense layer: its softmax does not follow later. */
function callOf(layer: Layer, isProbability: boolean): string {
  const name = `"${kerasName(layer.name)}"`;
  switch (layer.kind) {
    case 'skip': {
      const { filters1, filters2, convolvesShortcut } = layer;
      return `skip(x, ${name}, ${filters1}, ${filters2}${convolvesShortcut ? '' : ', shortcut=False'})`;
    }
    case 'stage':
      return `stage(x, ${name}, ${layer.filters1}, layers.${POOLING[layer.pooling]}, ${layer.filters2})`;
    case 'pooling':
      return `layers.${POOLING[layer.pooling]}(2, name=${name})(x)`;
    case 'flatten':
      return `layers.Flatten(name=${name})(x)`;
    case 'globalAveragePooling':
      return `layers.GlobalAveragePooling2D(name=${name})(x)`;
    case 'dropout':
      return `layers.Dropout(${layer.rate}, name=${name})(x)`;
    case 'dense': {
      const activation = isProbability ? 'softmax' : layer.activation;
      return `layers.Dense(${layer.units}, activation="${activation}", name=${name})(x)`;
    }
  }
}

const SKIP_FUNCTION = `def skip(x, name, filters1, filters2, shortcut=True):
    """conv 3x3, batch norm, ReLU, conv 3x3, batch norm, plus a shortcut; ReLU."""
    y = layers.Conv2D(filters1, 3, padding="same", name=f"{name}_conv1")(x)
    y = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_norm1")(y)
    y = layers.ReLU(name=f"{name}_relu1")(y)
    y = layers.Conv2D(filters2, 3, padding="same", name=f"{name}_conv2")(y)
    y = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_norm2")(y)
    if shortcut:
        x = layers.Conv2D(filters2, 1, name=f"{name}_shortcut")(x)
    return layers.ReLU(name=f"{name}_relu2")(layers.Add(name=f"{name}_add")([y, x]))`;

const STAGE_FUNCTION = `def stage(x, name, filters1, pooling, filters2):
    """conv 3x3, pooling, batch norm, ReLU, conv 3x3, batch norm, ReLU."""
    x = layers.Conv2D(filters1, 3, padding="same", name=f"{name}_conv1")(x)
    x = pooling(2, name=f"{name}_pool")(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_norm1")(x)
    x = layers.ReLU(name=f"{name}_relu1")(x)
    x = layers.Conv2D(filters2, 3, padding="same", name=f"{name}_conv2")(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_norm2")(x)
    return layers.ReLU(name=f"{name}_relu2")(x)`;
