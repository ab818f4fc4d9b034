"""Layers over [N, H, W, C], each as Keras' documentation defines it."""

import numpy as np


class Symbol:
    def __init__(self, shape, layer, sources):
        self.shape, self.layer, self.sources = tuple(shape), layer, sources


class Variable:
    def __init__(self, name, shape):
        self.name, self.shape, self.value = name, tuple(shape), None


class Layer:
    def __init__(self, name=None):
        self.name, self.weights = name, []

    def __call__(self, x):
        sources = tuple(x) if isinstance(x, list) else (x,)
        self.weights = [Variable(name, shape) for name, shape in self.variables(sources[0].shape)]
        return Symbol(self.output(sources[0].shape), self, sources)

    def set_weights(self, values):
        assert len(values) == len(self.weights), (self.name, len(values))
        for weight, value in zip(self.weights, values):
            assert weight.shape == value.shape, (self.name, weight.name, weight.shape, value.shape)
            assert value.dtype == np.float32
            weight.value = value.astype(np.float64)

    def variables(self, shape):
        return []

    def output(self, shape):
        return shape


class Normalization(Layer):
    def __init__(self, mean, variance, name=None):
        super().__init__(name)
        self.mean, self.std = np.asarray(mean), np.sqrt(np.asarray(variance))

    def call(self, x):
        return (x - self.mean) / self.std


class Conv2D(Layer):
    def __init__(self, filters, kernel_size, padding="valid", use_bias=True, trainable=True, name=None):
        super().__init__(name)
        self.filters, self.kernel, self.padding, self.use_bias = filters, kernel_size, padding, use_bias

    def variables(self, shape):
        kernel = ("kernel", (self.kernel, self.kernel, shape[-1], self.filters))
        return [kernel, ("bias", (self.filters,))] if self.use_bias else [kernel]

    def output(self, shape):
        _, height, width, _ = shape
        less = 0 if self.padding == "same" else self.kernel - 1
        return (None, height - less, width - less, self.filters)

    def call(self, x):
        kernel, *biases = (weight.value for weight in self.weights)
        _, height, width, _ = self.output(x.shape)
        border = self.kernel // 2 if self.padding == "same" else 0
        x = np.pad(x, ((0, 0), (border, border), (border, border), (0, 0)))
        y = np.zeros((len(x), height, width, self.filters))
        for row in range(self.kernel):
            for column in range(self.kernel):
                y += x[:, row : row + height, column : column + width] @ kernel[row, column]
        return y + biases[0] if biases else y


class BatchNormalization(Layer):
    def __init__(self, epsilon=1e-3, name=None):
        super().__init__(name)
        self.epsilon = epsilon

    def variables(self, shape):
        return [(name, (shape[-1],)) for name in ("gamma", "beta", "moving_mean", "moving_variance")]

    def call(self, x):
        gamma, beta, mean, variance = (weight.value for weight in self.weights)
        return gamma * (x - mean) / np.sqrt(variance + self.epsilon) + beta


class ReLU(Layer):
    def call(self, x):
        return np.maximum(x, 0)


class Add(Layer):
    def call(self, *terms):
        return sum(terms)


class Average(Layer):
    def call(self, *terms):
        return sum(terms) / len(terms)


class Softmax(Layer):
    def call(self, x):
        y = np.exp(x - x.max(axis=1, keepdims=True))
        return y / y.sum(axis=1, keepdims=True)


class Pooling2D(Layer):
    def __init__(self, pool_size, name=None):
        super().__init__(name)
        self.size = pool_size

    def output(self, shape):
        return (None, shape[1] // self.size, shape[2] // self.size, shape[3])

    def windows(self, x):
        _, height, width, channels = self.output(x.shape)
        x = x[:, : height * self.size, : width * self.size]
        return x.reshape(len(x), height, self.size, width, self.size, channels)


class MaxPooling2D(Pooling2D):
    def call(self, x):
        return self.windows(x).max(axis=(2, 4))


class AveragePooling2D(Pooling2D):
    def call(self, x):
        return self.windows(x).mean(axis=(2, 4))


class GlobalAveragePooling2D(Layer):
    def output(self, shape):
        return (None, shape[3])

    def call(self, x):
        return x.mean(axis=(1, 2))


class Flatten(Layer):
    def output(self, shape):
        return (None, int(np.prod(shape[1:])))

    def call(self, x):
        return x.reshape(len(x), -1)


class Dropout(Layer):
    def __init__(self, rate, name=None):
        super().__init__(name)

    def call(self, x):
        return x


class Dense(Layer):
    def __init__(self, units, activation=None, name=None):
        super().__init__(name)
        self.units, self.activation = units, activation

    def variables(self, shape):
        return [("kernel", (shape[-1], self.units)), ("bias", (self.units,))]

    def output(self, shape):
        return (None, self.units)

    def call(self, x):
        kernel, bias = (weight.value for weight in self.weights)
        y = x @ kernel + bias
        if self.activation == "softmax":
            return Softmax().call(y)
        return {"relu": np.maximum(y, 0), "linear": y}[self.activation]
