#!/usr/bin/env python3
"""What a user of PyTorch gets on the same cores in the same time: a known recipe for CIFAR-10, by the clock.

run: python3 bench/torch_recipe.py FOLDER --seconds 300 --seed 1     (Debian: apt-get install python3-torch python3-pil)

FOLDER holds train/CLASS/* and test/CLASS/*. Network and recipe follow Jordan 2024 (arXiv 2404.00498), airbench93: fixed 2x2
whitening, three blocks that pool between two convolutions (64, 128, 128 filters), identity initialisation, SGD with Nesterov
momentum, offsets of normalisations at 64 times the rate, label smoothing 0.2, alternating flips, shifts by 2 pixels with
reflected borders. The rate falls with the clock, not with steps, so that the schedule ends in time on any machine. Test images
are scored once, at the end, as they are and together with their mirror images. Reading the images is not part of the time.
"""
import argparse
import json
import pathlib
import time

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

WIDTHS = (64, 128, 128)
BATCH = 500
MOMENTUM = 0.85
# Per 1024 examples of a summed loss; see the paper, listing 4.
RATE, DECAY, OFFSET_FACTOR = 11.5, 0.0153, 64
SMOOTHING = 0.2
SHIFT = 2
# The rate, as shares of its peak: at the start, at the end, and the share of the time at which it peaks.
START, END, PEAK_AT = 0.2, 0.07, 0.23
# The offset of the whitening is trained for this share of the time.
WHITENING_OFFSET_UNTIL = 0.3


def read(folder):
    images, labels = [], []
    for label, name in enumerate(sorted(path.name for path in folder.iterdir() if path.is_dir())):
        for path in sorted((folder / name).iterdir()):
            images.append(np.asarray(Image.open(path).convert('RGB')))
            labels.append(label)
    pixels = torch.from_numpy(np.stack(images).transpose(0, 3, 1, 2).copy())
    return pixels, torch.tensor(labels)


def whitening(images):
    """Filters [24, 3, 2, 2] whose feature maps are uncorrelated, of variance about 1, once in each sign."""
    patches = images.unfold(2, 2, 1).unfold(3, 2, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 12).double()
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / (values + 5e-4).sqrt()).T.float().reshape(12, 3, 2, 2)
    return torch.cat([filters, -filters])


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs, momentum=0.4)
        self.norm2 = nn.BatchNorm2d(outputs, momentum=0.4)
        for conv in (self.conv1, self.conv2):
            nn.init.dirac_(conv.weight.data[: conv.in_channels])
        for norm in (self.norm1, self.norm2):
            norm.weight.requires_grad = False

    def forward(self, x):
        x = F.gelu(self.norm1(F.max_pool2d(self.conv1(x), 2)))
        return F.gelu(self.norm2(self.conv2(x)))


class Network(nn.Module):
    def __init__(self, filters, classes):
        super().__init__()
        self.whiten = nn.Conv2d(3, 24, 2)
        self.whiten.weight.data = filters
        self.whiten.weight.requires_grad = False
        nn.init.zeros_(self.whiten.bias)
        self.blocks = nn.Sequential(*(Block(a, b) for a, b in zip((24, *WIDTHS), WIDTHS)))
        self.head = nn.Linear(WIDTHS[-1], classes, bias=False)

    def forward(self, x):
        x = self.blocks(F.gelu(self.whiten(x)))
        return self.head(F.max_pool2d(x, 3).flatten(1)) / 9


def rate_at(share):
    if share < PEAK_AT:
        return START + (1 - START) * share / PEAK_AT
    return 1 + (END - 1) * min(1, (share - PEAK_AT) / (1 - PEAK_AT))


def batches(images, labels, epoch, flips):
    """One epoch: every image once, mirrored in every other epoch, shifted at random."""
    order = torch.randperm(len(images))
    for at in range(0, len(order) - BATCH + 1, BATCH):
        chosen = order[at : at + BATCH]
        x = F.pad(images[chosen], (SHIFT,) * 4, 'reflect')
        dy, dx = torch.randint(0, 2 * SHIFT + 1, (2, BATCH))
        rows = (dy[:, None] + torch.arange(32))[:, None, :, None]
        columns = (dx[:, None] + torch.arange(32))[:, None, None, :]
        x = x[torch.arange(BATCH)[:, None, None, None], torch.arange(3)[None, :, None, None], rows, columns]
        mirrored = (flips[chosen] + epoch) % 2 == 1
        x[mirrored] = x[mirrored].flip(-1)
        yield x.contiguous(memory_format=torch.channels_last), labels[chosen]


def train(model, images, labels, seconds, began):
    per_step = 1024 * (1 + 1 / (1 - MOMENTUM))
    rate, decay = RATE / per_step, DECAY * BATCH / per_step
    offsets = [p for name, p in model.named_parameters() if 'norm' in name and p.requires_grad]
    others = [p for name, p in model.named_parameters() if 'norm' not in name and p.requires_grad]
    optimiser = torch.optim.SGD(
        [
            {'params': offsets, 'lr': rate * OFFSET_FACTOR, 'weight_decay': decay / (rate * OFFSET_FACTOR)},
            {'params': others, 'lr': rate, 'weight_decay': decay / rate},
        ],
        momentum=MOMENTUM,
        nesterov=True,
    )
    peaks = [group['lr'] for group in optimiser.param_groups]
    flips, shown = torch.randint(0, 2, (len(images),)), 0
    model.train()
    for epoch in range(10**6):
        for x, y in batches(images, labels, epoch, flips):
            share = (time.perf_counter() - began) / seconds
            if share >= 1:
                return shown / len(images)
            for group, peak in zip(optimiser.param_groups, peaks):
                group['lr'] = peak * rate_at(share)
            model.whiten.bias.requires_grad = share < WHITENING_OFFSET_UNTIL
            F.cross_entropy(model(x), y, label_smoothing=SMOOTHING, reduction='sum').backward()
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            shown += BATCH


def accuracy(model, images, labels, views):
    with torch.no_grad():
        right = 0
        for x, y in zip(images.split(500), labels.split(500)):
            logits = model(x) + (model(x.flip(-1)) if views == 2 else 0)
            right += (logits.argmax(1) == y).sum().item()
    return right / len(images)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('folder', type=pathlib.Path)
    parser.add_argument('--seconds', type=float, required=True)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--threads', type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    (pixels, labels), (test_pixels, test_labels) = (read(options.folder / part) for part in ('train', 'test'))
    began = time.perf_counter()
    images, test = pixels.float(), test_pixels.float()
    mean, std = images.mean((0, 2, 3), keepdim=True), images.std((0, 2, 3), keepdim=True)
    images, test = (images - mean) / std, (test - mean) / std
    model = Network(whitening(images[:5000]), int(labels.max()) + 1).to(memory_format=torch.channels_last)
    epochs = train(model, images, labels, options.seconds, began)
    model.eval()
    plain, mirrored = (accuracy(model, test, test_labels, views) for views in (1, 2))
    print(
        json.dumps(
            {
                'torch': torch.__version__,
                'seconds': options.seconds,
                'seed': options.seed,
                'epochs': round(epochs, 2),
                'accuracy': plain,
                'withMirrorImages': mirrored,
            }
        )
    )


if __name__ == '__main__':
    main()
