#!/usr/bin/env python3
"""PyTorch numbers for the optimisers' updates and for the losses: test/fixtures/torch-rules.json.

run: /usr/bin/python3 scripts/torch-rules.py     (Debian: apt-get install python3-torch)

Optimisers: a vector of 8 parameters, 6 steps with given gradients, the parameters after each step, in float64.
Losses: logits [5, 4] and labels; the loss, and its gradient with respect to the logits by autograd, in float64. Weighted
losses are averaged over the number of examples (Keras' class_weight), not over the sum of weights (PyTorch's weight).
"""
import json
import pathlib

import torch
from torch.nn import functional as F

STEPS = 6
OPTIMISERS = {
    'adam': (torch.optim.Adam, dict(lr=0.01, betas=(0.9, 0.999), eps=1e-7, weight_decay=0.0)),
    'adamw': (torch.optim.AdamW, dict(lr=0.01, betas=(0.9, 0.99), eps=1e-7, weight_decay=0.05)),
    'sgd': (torch.optim.SGD, dict(lr=0.05, momentum=0.9, weight_decay=0.01)),
    'sgd-nesterov': (torch.optim.SGD, dict(lr=0.05, momentum=0.9, weight_decay=0.01, nesterov=True)),
    'rmsprop': (torch.optim.RMSprop, dict(lr=0.01, alpha=0.9, eps=1e-7, weight_decay=0.01)),
}


def optimiser_cases():
    start = torch.randn(8, dtype=torch.float64)
    gradients = [torch.randn(8, dtype=torch.float64) for _ in range(STEPS)]
    cases = {}
    for name, (kind, settings) in OPTIMISERS.items():
        parameters = torch.nn.Parameter(start.clone())
        optimiser = kind([parameters], **settings)
        after = []
        for gradient in gradients:
            parameters.grad = gradient.clone()
            optimiser.step()
            after.append(parameters.detach().tolist())
        cases[name] = {'settings': {key: list(v) if isinstance(v, tuple) else v for key, v in settings.items()}, 'after': after}
    return {'start': start.tolist(), 'gradients': [g.tolist() for g in gradients], 'cases': cases}


def muon_cases():
    """One filter tensor [M, C, K, K], wide and tall; Muon as in torch.optim.Muon with adjust_lr_fn='match_rms_adamw', in float64."""
    momentum, rate = 0.95, 0.01
    cases = []
    for shape in ((4, 3, 3, 3), (12, 1, 3, 3)):
        filters, velocity = torch.randn(shape, dtype=torch.float64), torch.zeros(shape, dtype=torch.float64)
        case = {'shape': shape, 'start': filters.flatten().tolist(), 'gradients': [], 'after': []}
        for _ in range(STEPS):
            gradient = torch.randn(shape, dtype=torch.float64)
            velocity.lerp_(gradient, 1 - momentum)
            update = gradient.lerp(velocity, momentum).flatten(1)
            filters = filters - rate * 0.2 * max(update.shape) ** 0.5 * orthogonalised(update).reshape(shape)
            case['gradients'].append(gradient.flatten().tolist())
            case['after'].append(filters.flatten().tolist())
        cases.append(case)
    return {'momentum': momentum, 'learningRate': rate, 'cases': cases}


def orthogonalised(matrix):
    """The iteration in the singular values, which it maps one by one."""
    u, values, v = torch.linalg.svd(matrix / matrix.norm(), full_matrices=False)
    for _ in range(5):
        values = 3.4445 * values - 4.775 * values**3 + 2.0315 * values**5
    return u @ values.diag() @ v


def loss_cases():
    logits = torch.randn(5, 4, dtype=torch.float64) * 2
    labels = torch.tensor([0, 3, 1, 1, 2])
    weights = torch.tensor([0.5, 2.0, 1.0, 1.5], dtype=torch.float64)

    def cross_entropy(x, smoothing, weighted):
        losses = F.cross_entropy(x, labels, label_smoothing=smoothing, reduction='none')
        return (losses * weights[labels] if weighted else losses).mean()

    def squared_error(x, smoothing, weighted):
        target = F.one_hot(labels, 4).to(torch.float64) * (1 - smoothing) + smoothing / 4
        losses = ((x.softmax(1) - target) ** 2).mean(1)
        return (losses * weights[labels] if weighted else losses).mean()

    cases = []
    for name, loss in (('cross-entropy', cross_entropy), ('mean-squared-error', squared_error)):
        for smoothing in (0.0, 0.1):
            for weighted in (False, True):
                x = logits.clone().requires_grad_()
                value = loss(x, smoothing, weighted)
                value.backward()
                settings = {'name': name, 'labelSmoothing': smoothing}
                if weighted:
                    settings['classWeights'] = weights.tolist()
                cases.append({'settings': settings, 'loss': value.item(), 'gradient': x.grad.tolist()})
    return {'logits': logits.tolist(), 'labels': labels.tolist(), 'cases': cases}


if __name__ == '__main__':
    torch.manual_seed(1)
    path = pathlib.Path(__file__).parent.parent / 'test' / 'fixtures' / 'torch-rules.json'
    path.write_text(json.dumps({'optimisers': optimiser_cases(), 'losses': loss_cases(), 'muon': muon_cases()}) + '\n')
    print(path, path.stat().st_size, 'bytes')
