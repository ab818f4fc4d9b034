#!/usr/bin/env python3
"""Makes test/fixtures/torch/NAME.json: what PyTorch computes for small networks, for the tests of our training step.

usage: /usr/bin/python3 scripts/torch-fixtures.py
Needs PyTorch and NumPy (Debian: python3-torch, python3-numpy). Takes some seconds, needs no network. A run overwrites
every fixture. Random numbers come from a fixed seed per case, so a second run on the same machine changes no byte.

The network: raw pixels `[N, C, H, W]` → (x - mean) / std per channel → layers → flatten → dense → mean softmax
cross-entropy.
  skip F1-F2   relu(norm2(conv2(relu(norm1(conv1(x))))) + shortcut(x)), where conv1 and conv2 are 3×3 with padding 1,
               shortcut is 1×1, all three have a bias, and the norms are batch normalisations (biased variance)
  max, mean    pooling 2×2, stride 2, no padding, odd sizes round down

One file:
  name, genome, input {channels, height, width}, classes, batchSize, normEpsilon
  normalisation             {mean, std}, arrays [C]
  batches                   three times {images: uint8 [N, C, H, W], labels: int32 [N]}
  parameters                name → array: the initial ones. A layer's index counts all layers, pooling too.
  forward                   {loss, logits [N, classes]} in training mode on batches[0], computed in float32
  gradients                 parameter name → array: dLoss/dParameter on batches[0]
  batchStatistics           `layers.{i}.norm{1,2}.{mean,variance}` → array [F], biased variance, on batches[0]
  evaluation                {logits, secondBatchLogits} of batches[0] and batches[1] in evaluation mode, the running
                            statistics being batchStatistics. The first equal forward.logits but for rounding; the
                            second tell whether a graph wrongly uses the statistics of the batch it is given.
  training                  `adam`, `adam-decay`, `sgd` → {the settings, losses, parametersAfterOneStep}.
                            Step t trains on batches[t % 3]; losses[t] is the loss before step t's update.
An array is {shape, dtype, data}, data being base64 of little-endian values in row-major order.

Everything but `forward` is computed in float64, which is nearer to the truth than any order of float32 sums, and
stored as float32. A training run is worth comparing only while it is not chaotic: the script fails if a float32 run, or
one from parameters nudged by a rounding error, leaves the float64 losses by more than MAX_LOSS_DEVIATION.
"""
import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

FOLDER = Path(__file__).resolve().parent.parent / 'test' / 'fixtures' / 'torch'

NORM_EPSILON = 1e-3
BATCHES = 3
STEPS = 20
NUDGED_RUNS = 4
MAX_LOSS_DEVIATION = 2e-4

ADAM = {'learningRate': 0.003, 'beta1': 0.9, 'beta2': 0.999, 'epsilon': 1e-7}
OPTIMISERS = {
    # torch.optim.Adam: p -= lr · m̂ / (√v̂ + ε). Weight decay is coupled: it joins the gradient of *every* parameter.
    'adam': {'kind': 'adam', **ADAM, 'weightDecay': 0.0},
    'adam-decay': {'kind': 'adam', **ADAM, 'weightDecay': 5e-4},
    # torch.optim.SGD: g += decay · p; velocity = momentum · velocity + g; p -= lr · velocity.
    'sgd': {'kind': 'sgd', 'learningRate': 0.05, 'momentum': 0.9, 'weightDecay': 5e-4},
}


@dataclass(frozen=True)
class Case:
    name: str
    genome: str
    channels: int
    height: int
    width: int
    batch_size: int
    classes: int
    seed: int


CASES = [
    Case('skip', '4-8', 1, 8, 8, batch_size=6, classes=3, seed=1),
    Case('skip-max-skip', '4-4-max-8-4', 1, 7, 7, batch_size=5, classes=4, seed=2),
    Case('mean-colour', '8-4-mean-4-8', 3, 9, 9, batch_size=4, classes=5, seed=3),
    Case('max-first', 'max-4-4', 3, 6, 6, batch_size=6, classes=3, seed=4),
    Case('pool-only', 'mean-max', 1, 12, 10, batch_size=5, classes=4, seed=5),
    Case('empty', '', 3, 5, 5, batch_size=6, classes=2, seed=6),
    Case('deep', '4-4-max-4-8-mean-8-8', 1, 13, 13, batch_size=7, classes=3, seed=7),
    Case('one-by-one', '4-4-max-max-4-4', 1, 4, 4, batch_size=8, classes=3, seed=8),
    Case('shared-square', '16-16-max-32-16', 3, 10, 10, batch_size=4, classes=3, seed=9),
    Case('stages', '4max8-8mean4-4-4', 3, 11, 9, batch_size=5, classes=3, seed=10),
]


def main():
    torch.set_num_threads(1)  # the order of sums must not depend on the machine's cores
    FOLDER.mkdir(parents=True, exist_ok=True)
    total_bytes = 0
    for case in CASES:
        fixture, summary = make_fixture(case)
        text = json.dumps(fixture, indent=1) + '\n'
        (FOLDER / f'{case.name}.json').write_text(text)
        total_bytes += len(text)
        print(f'{case.name}  {case.genome or "(empty)"}  {len(text) / 1000:.1f} kB')
        for line in summary:
            print(f'  {line}')
    print(f'{len(CASES)} files, {total_bytes / 1000:.1f} kB')


def make_fixture(case):
    """Returns the JSON-ready fixture and the lines of its summary."""
    rng = np.random.default_rng(case.seed)
    layers = parse_genome(case.genome)
    normalisation = {
        'mean': rng.uniform(100, 150, case.channels).astype(np.float32),
        'std': rng.uniform(50, 80, case.channels).astype(np.float32),
    }
    batches = [random_batch(rng, case) for _ in range(BATCHES)]
    parameters = random_parameters(rng, case, layers)

    network, network32 = (Network(layers, normalisation, dtype) for dtype in (torch.float64, torch.float32))

    first = batches[0]
    loss, logits, statistics, gradients = network.differentiate(parameters, first)
    loss32, logits32, _, gradients32 = network32.differentiate(parameters, first)
    check_gradients(case, gradients)
    evaluation_logits, second_logits = (network.evaluate(parameters, batch, statistics) for batch in batches[:2])

    summary = [
        f'forward     loss {loss:.6f}, off in float32 by: loss {abs(loss - loss32):.1e}, '
        f'logits {deviation(logits, logits32):.1e}, gradients {worst(gradients, gradients32):.1e}'
    ]
    training = {}
    for name, settings in OPTIMISERS.items():
        losses, after_one = network.train(parameters, batches, settings)
        losses32, after_one32 = network32.train(parameters, batches, settings)
        nudged = [network.train(nudge(rng, parameters), batches, settings)[0] for _ in range(NUDGED_RUNS)]
        off32 = deviation(losses, losses32)
        off_nudged = max(deviation(losses, other) for other in nudged)
        assert max(off32, off_nudged) <= MAX_LOSS_DEVIATION, f'{case.name}, {name} is chaotic: {off32}, {off_nudged}'
        summary.append(
            f'{name:11} lr {settings["learningRate"]}, loss {losses[0]:.4f} → {losses[-1]:.4f}, '
            f'off in float32 by {off32:.1e}, nudged by {off_nudged:.1e}; '
            f'parameters after one step {worst(after_one, after_one32):.1e}'
        )
        training[name] = {
            **settings,
            'losses': [round(value, 9) for value in losses],
            'parametersAfterOneStep': encode_all(after_one),
        }

    fixture = {
        'name': case.name,
        'genome': case.genome,
        'input': {'channels': case.channels, 'height': case.height, 'width': case.width},
        'classes': case.classes,
        'batchSize': case.batch_size,
        'normEpsilon': NORM_EPSILON,
        'normalisation': encode_all(normalisation),
        'batches': [{'images': encode(x, 'uint8'), 'labels': encode(y, 'int32')} for x, y in batches],
        'parameters': encode_all(parameters),
        'forward': {'loss': loss32, 'logits': encode(logits32)},
        'gradients': encode_all(gradients),
        'batchStatistics': encode_all(statistics),
        'evaluation': {'logits': encode(evaluation_logits), 'secondBatchLogits': encode(second_logits)},
        'training': training,
    }
    return fixture, summary


class Network:
    """The layers in one precision. Parameters come as a dict of arrays and are never changed."""

    def __init__(self, layers, normalisation, dtype):
        self.layers = layers
        self.dtype = dtype
        self.mean, self.std = (self.tensor(normalisation[key]).reshape(1, -1, 1, 1) for key in ('mean', 'std'))

    def differentiate(self, parameters, batch):
        """Returns the loss, logits, batch statistics and gradients of one forward and backward pass."""
        leaves = self.leaves(parameters)
        logits, statistics = self.forward(leaves, batch)
        loss = F.cross_entropy(logits, labels_of(batch))
        set_gradients(leaves, loss)
        gradients = {name: to_numpy(leaf.grad) for name, leaf in leaves.items()}
        return loss.item(), to_numpy(logits), {name: to_numpy(value) for name, value in statistics.items()}, gradients

    def evaluate(self, parameters, batch, statistics):
        """Returns the logits in evaluation mode with `statistics` as the running ones."""
        running = {name: self.tensor(value) for name, value in statistics.items()}
        return to_numpy(self.forward(self.leaves(parameters), batch, running)[0])

    def train(self, parameters, batches, settings):
        """Returns the losses before each of STEPS updates, and the parameters after the first update."""
        leaves = self.leaves(parameters)
        optimiser = make_optimiser(leaves.values(), settings)
        losses = []
        for step in range(STEPS):
            batch = batches[step % len(batches)]
            loss = F.cross_entropy(self.forward(leaves, batch)[0], labels_of(batch))
            losses.append(loss.item())
            set_gradients(leaves, loss)
            optimiser.step()
            if step == 0:
                after_one = {name: to_numpy(leaf) for name, leaf in leaves.items()}
        return losses, after_one

    def forward(self, p, batch, running=None):
        """Returns logits `[N, classes]` and batch statistics; with `running` statistics, in evaluation mode."""
        x = (self.tensor(batch[0]) - self.mean) / self.std
        statistics = {}

        def norm(x, name):
            if running is None:
                statistics[f'{name}.mean'] = x.mean((0, 2, 3))
                statistics[f'{name}.variance'] = x.var((0, 2, 3), unbiased=False)
                used = None, None
            else:
                used = running[f'{name}.mean'], running[f'{name}.variance']
            scale, offset = p[f'{name}.scale'], p[f'{name}.offset']
            return F.batch_norm(x, *used, scale, offset, training=running is None, eps=NORM_EPSILON)

        for i, layer in enumerate(self.layers):
            if layer == 'max':
                x = F.max_pool2d(x, 2)
            elif layer == 'mean':
                x = F.avg_pool2d(x, 2)
            else:
                at, pooling = f'layers.{i}', layer[2]
                y = F.conv2d(x, p[f'{at}.conv1.weight'], p[f'{at}.conv1.bias'], padding=1)
                if pooling is not None:
                    y = (F.max_pool2d if pooling == 'max' else F.avg_pool2d)(y, 2)
                y = F.relu(norm(y, f'{at}.norm1'))
                y = F.conv2d(y, p[f'{at}.conv2.weight'], p[f'{at}.conv2.bias'], padding=1)
                y = norm(y, f'{at}.norm2')
                if pooling is None:
                    y = y + F.conv2d(x, p[f'{at}.shortcut.weight'], p[f'{at}.shortcut.bias'])
                x = F.relu(y)
        return x.flatten(1) @ p['head.dense.weight'] + p['head.dense.bias'], statistics

    def leaves(self, parameters):
        return {name: self.tensor(value).requires_grad_() for name, value in parameters.items()}

    def tensor(self, array):
        return torch.tensor(array, dtype=self.dtype)


def set_gradients(leaves, loss):
    """Back-propagates into each leaf's `grad`, and makes exact the gradients that are zero by mathematics.

    A batch normalisation subtracts the mean, and with it the bias of the convolution before it, so that bias has no
    influence on the loss. Floating point leaves a noise of some 1e-17 instead of zero. Adam, dividing each gradient by
    its own size, can turn such noise into steps as large as any other.
    """
    for leaf in leaves.values():
        leaf.grad = None
    loss.backward()
    for name, leaf in leaves.items():
        if has_no_influence(name):
            noise = leaf.grad.abs().max().item()
            assert noise < (1e-12 if leaf.dtype == torch.float64 else 1e-4), f'{name} has a gradient of {noise}'
            leaf.grad.zero_()


def has_no_influence(name):
    return name.endswith(('.conv1.bias', '.conv2.bias'))


def make_optimiser(leaves, settings):
    common = {'lr': settings['learningRate'], 'weight_decay': settings['weightDecay']}
    if settings['kind'] == 'sgd':
        return torch.optim.SGD(leaves, momentum=settings['momentum'], **common)
    return torch.optim.Adam(leaves, betas=(settings['beta1'], settings['beta2']), eps=settings['epsilon'], **common)


def check_gradients(case, gradients):
    """A fixture whose gradient is zero would let a wrong gradient pass."""
    for name, gradient in gradients.items():
        assert has_no_influence(name) or np.abs(gradient).max() > 1e-4, f'{case.name}: {name} has hardly any gradient'


def parse_genome(genome):
    """`4-8-max-4mean8` → [(4, 8, None), 'max', (4, 8, 'mean')]"""
    tokens = iter(genome.split('-') if genome else [])
    return [token if token in ('max', 'mean') else parse_filters(token, tokens) for token in tokens]


def parse_filters(token, tokens):
    stage = re.fullmatch(r'(\d+)(max|mean)(\d+)', token)
    if stage is None:
        return int(token), int(next(tokens)), None
    return int(stage[1]), int(stage[3]), stage[2]


def random_batch(rng, case):
    images = rng.integers(0, 256, (case.batch_size, case.channels, case.height, case.width), dtype=np.uint8)
    labels = rng.integers(0, case.classes, case.batch_size, dtype=np.int32)
    return images, labels


def random_parameters(rng, case, layers):
    """Glorot-uniform weights; biases, offsets and scales are random too, so that none of them can go unnoticed."""
    parameters = {}

    def add_weight(name, shape, fan_in, fan_out):
        limit = np.sqrt(6 / (fan_in + fan_out))
        parameters[name] = rng.uniform(-limit, limit, shape).astype(np.float32)

    def add_vector(name, size, low, high):
        parameters[name] = rng.uniform(low, high, size).astype(np.float32)

    def add_convolution(name, inputs, outputs, kernel):
        add_weight(f'{name}.weight', (outputs, inputs, kernel, kernel), inputs * kernel**2, outputs * kernel**2)
        add_vector(f'{name}.bias', outputs, -0.3, 0.3)

    def add_norm(name, size):
        add_vector(f'{name}.scale', size, 0.5, 1.5)
        add_vector(f'{name}.offset', size, -0.3, 0.3)

    channels, height, width = case.channels, case.height, case.width
    for i, layer in enumerate(layers):
        if layer in ('max', 'mean'):
            height, width = height // 2, width // 2
            continue
        filters1, filters2, pooling = layer
        add_convolution(f'layers.{i}.conv1', channels, filters1, 3)
        add_norm(f'layers.{i}.norm1', filters1)
        add_convolution(f'layers.{i}.conv2', filters1, filters2, 3)
        add_norm(f'layers.{i}.norm2', filters2)
        if pooling is None:
            add_convolution(f'layers.{i}.shortcut', channels, filters2, 1)
        else:
            height, width = height // 2, width // 2
        channels = filters2
    features = channels * height * width
    add_weight('head.dense.weight', (features, case.classes), features, case.classes)
    add_vector('head.dense.bias', case.classes, -0.3, 0.3)
    return parameters


def nudge(rng, parameters):
    """Moves every value by about one rounding error of float32."""
    return {
        name: value * (1 + rng.choice([-1, 1], value.shape) * np.finfo(np.float32).eps)
        for name, value in parameters.items()
    }


def labels_of(batch):
    return torch.from_numpy(batch[1]).long()


def to_numpy(tensor):
    return tensor.detach().numpy().copy()


def deviation(a, b):
    return np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)).max()


def worst(a, b):
    return max(deviation(a[name], b[name]) for name in a)


def encode_all(arrays):
    return {name: encode(array) for name, array in arrays.items()}


def encode(array, dtype='float32'):
    little_endian = np.ascontiguousarray(array, np.dtype(dtype).newbyteorder('<'))
    return {'shape': list(array.shape), 'dtype': dtype, 'data': base64.b64encode(little_endian.tobytes()).decode()}


if __name__ == '__main__':
    main()
