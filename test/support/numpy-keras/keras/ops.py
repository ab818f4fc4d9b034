"""Operations on symbols; each becomes a layer of its own."""

import numpy as np

from .layers import Layer


class Flip(Layer):
    def __init__(self, axis):
        super().__init__(f"flip_{axis}")
        self.axis = axis

    def call(self, x):
        return np.flip(x, self.axis)


def flip(x, axis):
    return Flip(axis)(x)
