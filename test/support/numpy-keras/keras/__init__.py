"""The part of Keras 3 that exported programs use, on numpy alone: enough to build, load and run them where Keras is not
installed. Written from Keras' documentation, so that it checks layouts, names and shapes on its own; it is not Keras."""

import numpy as np

from . import layers, ops
from .layers import Symbol


def Input(shape, name=None):
    return Symbol((None, *shape), None, ())


class Model:
    def __init__(self, inputs, outputs, name=None):
        self.inputs, self.outputs, self.layers, self.name = inputs, outputs, [], name
        self._collect(outputs)
        names = [layer.name for layer in self.layers]
        assert len(set(names)) == len(names), f"layers of the same name: {names}"

    def _collect(self, symbol):
        for source in symbol.sources:
            self._collect(source)
        if symbol.layer is not None and symbol.layer not in self.layers:
            self.layers.append(symbol.layer)

    def __call__(self, x):
        return Symbol(self.outputs.shape, self, (x,))

    def call(self, x):
        return self.predict(x)

    def get_layer(self, name):
        (layer,) = (layer for layer in self.layers if layer.name == name)
        return layer

    def predict(self, x, verbose="auto"):
        values = {id(self.inputs): np.asarray(x, dtype=np.float32)}
        assert values[id(self.inputs)].shape[1:] == self.inputs.shape[1:]
        return self._value(self.outputs, values)

    def _value(self, symbol, values):
        if id(symbol) not in values:
            inputs = [self._value(source, values) for source in symbol.sources]
            values[id(symbol)] = symbol.layer.call(*inputs).astype(np.float32)
            assert values[id(symbol)].shape[1:] == symbol.shape[1:], (symbol.layer.name, symbol.shape)
        return values[id(symbol)]
