// Exports a model as PyTorch source and weights.

import type { PoolingType } from '../genome/genome.ts';
import { memberPrefix } from '../network/deployable-graph.ts';
import type { Layer } from '../network/layers.ts';
import type { ParameterSpec } from '../network/parameters.ts';
import type { ModelParts } from '../search/trained/model-parts.ts';
import { encodeNpz, type NamedArray } from './npz.ts';
import { layerRemarks, PREDICT_SCRIPT, pythonConstants, pythonHeader } from './python-text.ts';

export function exportPyTorch(model: ModelParts): ReadonlyMap<string, Uint8Array | string> {
  return new Map<string, Uint8Array | string>([
    ['model.py', modelSource(model)],
    ['predict.py', PREDICT_SCRIPT],
    ['weights.npz', encodeNpz(torchWeights(model))],
  ]);
}

/** Maps our names of a layer's tensors to PyTorch's names. */
const NAMES: Readonly<Record<string, string>> = {
  scale: 'weight',
  offset: 'bias',
  mean: 'running_mean',
  variance: 'running_var',
};

/** The state dict; PyTorch's dense weights are [units, features]. */
function torchWeights({ network, members }: ModelParts): ReadonlyMap<string, NamedArray> {
  const arrays = new Map<string, NamedArray>();
  const add = (prefix: string, specs: readonly ParameterSpec[], flat: Float32Array) => {
    for (const { name, shape, offset, size } of specs) {
      const at = name.lastIndexOf('.') + 1;
      const data = flat.subarray(offset, offset + size);
      const key = prefix + name.slice(0, at) + (NAMES[name.slice(at)] ?? name.slice(at));
      arrays.set(key, shape.length === 2 ? transpose({ shape, data }) : { shape, data });
    }
  };
  for (const [member, { parameters, statistics }] of members.entries()) {
    const prefix = memberPrefix(member, members.length);
    add(prefix, network.layout.parameters, parameters);
    add(prefix, network.layout.statistics, statistics);
  }
  return arrays;
}

function transpose({ shape: [rows = 1, columns = 1], data }: NamedArray): NamedArray {
  const transposed = data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
  return { shape: [columns, rows], data: transposed };
}

function modelSource(model: ModelParts): string {
  const { layers } = model.network;
  const members = model.members.length;
  const remarks = layerRemarks(model.network);
  const line = (layer: Layer, text: string) => {
    const remark = remarks.get(layer);
    return `            ${text}${remark === undefined ? '' : `  # ${remark}`}\n`;
  };
  const isHead = ({ name }: Layer) => name.startsWith('head.');
  const body = layers.filter((layer) => !isHead(layer)).map((layer) => line(layer, `${moduleOf(layer)},`));
  const head = layers.filter(isHead).map((layer) => line(layer, `${layer.name.slice(5)}=${moduleOf(layer)},`));
  const needsDense = layers.some((layer) => layer.kind === 'dense' && layer.activation === 'relu');
  const classes = [
    ...(layers.some(({ kind }) => kind === 'skip') ? [SKIP_CLASS] : []),
    ...(layers.some(({ kind }) => kind === 'stage') ? [STAGE_CLASS] : []),
    ...(needsDense ? [DENSE_CLASS] : []),
  ];
  return `${pythonHeader(model, 'torch')}

from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch import nn

${[pythonConstants(model), ...classes].join('\n\n\n')}


class ${members === 1 ? 'Model' : 'Network'}(nn.Module):
    """Raw pixels [N, CHANNELS, HEIGHT, WIDTH], float32 of 0..255, to logits [N, classes]."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).reshape(1, -1, 1, 1), persistent=False)
        self.layers = nn.Sequential(${body.length === 0 ? '' : `\n${body.join('')}        `})
        self.head = nn.Sequential(OrderedDict(
${head.join('')}        ))

    def forward(self, x):
        x = (x - self.mean) / self.std
${model.views === 1 ? '' : TWO_VIEWS}        return self.head(self.layers(x))

${members === 1 ? '' : ensembleClass(members)}
def load_model(path=Path(__file__).with_name("weights.npz")):
    """The trained model, ready to answer; call train() on it to train it further."""
    model = Model()
    with np.load(path) as weights:
        model.load_state_dict({name: torch.from_numpy(weights[name]) for name in weights.files})
    return model.eval()


def predict(model, pixels):
    """Probabilities [N, classes] of raw pixels [N, HEIGHT, WIDTH, CHANNELS]."""
    with torch.no_grad():
        images = torch.from_numpy(pixels.transpose(0, 3, 1, 2).astype(np.float32))
        return torch.softmax(model(images), dim=1).numpy()
`;
}

const ensembleClass = (members: number): string => `
class Model(nn.Module):
    """The mean of what ${members} trainings of the network say: raw pixels to logits, of which softmax makes it."""

    def __init__(self):
        super().__init__()
        self.members = nn.ModuleList(Network() for _ in range(${members}))

    def forward(self, x):
        logs = torch.stack([torch.log_softmax(member(x), dim=1) for member in self.members])
        return torch.logsumexp(logs, dim=0)

`;

const TWO_VIEWS = `        if self.training:
            return self.look(x)
        # The mean of what it says of the image and of its mirror image.
        return (self.look(x) + self.look(x.flip(3))) / 2

    def look(self, x):
`;

const POOLING: Readonly<Record<PoolingType, string>> = { max: 'nn.MaxPool2d(2)', mean: 'nn.AvgPool2d(2)' };

function moduleOf(layer: Layer): string {
  switch (layer.kind) {
    case 'skip': {
      const { inputChannels, filters1, filters2, convolvesShortcut } = layer;
      return `Skip(${inputChannels}, ${filters1}, ${filters2}${convolvesShortcut ? '' : ', shortcut=False'})`;
    }
    case 'stage': {
      const { inputChannels, filters1, pooling, filters2 } = layer;
      return `Stage(${inputChannels}, ${filters1}, ${POOLING[pooling]}, ${filters2})`;
    }
    case 'pooling':
      return POOLING[layer.pooling];
    case 'flatten':
      return 'nn.Flatten()';
    case 'globalAveragePooling':
      return 'nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())';
    case 'dropout':
      return `nn.Dropout(${layer.rate})`;
    case 'dense':
      return `${layer.activation === 'relu' ? 'Dense' : 'nn.Linear'}(${layer.features}, ${layer.units})`;
  }
}

const SKIP_CLASS = `class Skip(nn.Module):
    """conv 3x3, batch norm, ReLU, conv 3x3, batch norm, plus a shortcut; ReLU."""

    def __init__(self, inputs, filters1, filters2, shortcut=True):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, filters1, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(filters1, eps=1e-3)
        self.conv2 = nn.Conv2d(filters1, filters2, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(filters2, eps=1e-3)
        self.shortcut = nn.Conv2d(inputs, filters2, 1) if shortcut else nn.Identity()

    def forward(self, x):
        y = torch.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return torch.relu(y + self.shortcut(x))`;

const STAGE_CLASS = `class Stage(nn.Module):
    """conv 3x3, pooling, batch norm, ReLU, conv 3x3, batch norm, ReLU."""

    def __init__(self, inputs, filters1, pool, filters2):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, filters1, 3, padding=1)
        self.pool = pool
        self.norm1 = nn.BatchNorm2d(filters1, eps=1e-3)
        self.conv2 = nn.Conv2d(filters1, filters2, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(filters2, eps=1e-3)

    def forward(self, x):
        y = torch.relu(self.norm1(self.pool(self.conv1(x))))
        return torch.relu(self.norm2(self.conv2(y)))`;

const DENSE_CLASS = `class Dense(nn.Linear):
    """A dense layer with a ReLU."""

    def forward(self, x):
        return torch.relu(super().forward(x))`;
