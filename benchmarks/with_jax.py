"""The tasks in JAX: an epoch in one compiled function, a scan of steps over a permutation of the samples.

`python with_jax.py shifted` writes convolutions as sums of products, which is faster on some processors.
"""

from __future__ import annotations

import sys
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

from tasks import FILTERS, Task, samples
from worker import serve

ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu, "tanh": jnp.tanh}
SHIFTED = "shifted" in sys.argv[1:]
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


def convolved(x: Any, kernel: Any) -> Any:
    """Return a convolution, or the same as a sum of products with the shifted images."""
    if not SHIFTED:
        form = ("NHWC", "HWIO", "NHWC")
        return jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=form)
    height, width = (size - window + 1 for size, window in zip(x.shape[1:3], kernel.shape, strict=False))
    total = 0.0
    for i in range(kernel.shape[0]):
        for j in range(kernel.shape[1]):
            total += x[:, i : i + height, j : j + width] @ kernel[i, j]
    return total


def pooled(x: Any) -> Any:
    """Return the maxima of 2x2; as maxima of a reshaped array beside the shifted products."""
    if SHIFTED:
        height, width = x.shape[1] // 2, x.shape[2] // 2
        whole = x[:, : 2 * height, : 2 * width]
        return whole.reshape(len(x), height, 2, width, 2, -1).max((2, 4))
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def of_images(of: Task, weights: Any, x: Any, key: Any) -> Any:
    """Return rows of images; without a key nothing is dropped."""
    for kernel, bias in weights:
        x = pooled(ACTIVATIONS[of.hidden](convolved(x, kernel) + bias))
    x = x.reshape(len(x), -1)
    return x if key is None else jnp.where(jax.random.bernoulli(key, 0.5, x.shape), 2 * x, 0.0)


def of_sequences(of: Task, weights: Any, x: Any) -> Any:
    """Return the last states of sequences; the inputs' product with their kernel comes before the loop."""
    kernel, recurrent, *biases = weights
    zeros = jnp.zeros((len(x), of.sizes[1]))
    entries = x.swapaxes(0, 1) @ kernel + biases[0]

    def lstm(state: Any, entry: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(entry + h @ recurrent, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    def gru(h: Any, entry: Any) -> Any:
        (x_z, x_r, x_n), (h_z, h_r, h_n) = (
            jnp.split(one, 3, axis=1) for one in (entry, h @ recurrent + biases[1])
        )
        z, n = jax.nn.sigmoid(x_z + h_z), jnp.tanh(x_n + jax.nn.sigmoid(x_r + h_r) * h_n)
        return z * h + (1 - z) * n, None

    if of.cell == "lstm":
        return jax.lax.scan(lstm, (zeros, zeros), entries)[0][0]
    return jax.lax.scan(gru, zeros, entries)[0]


def forward(of: Task, weights: Any, x: Any, key: Any = None) -> Any:
    """Return outputs; before the last activation if the loss is a cross-entropy."""
    if of.data == "bytes":
        x = x.astype(jnp.float32) / 255
    if of.images:
        x = of_images(of, weights[: len(FILTERS)], x, key)
        weights = weights[len(FILTERS) :]
    if of.cell:
        x, weights = of_sequences(of, weights[0], x), weights[1:]
    for kernel, bias in weights[:-1]:
        x = ACTIVATIONS[of.hidden](x @ kernel + bias)
    kernel, bias = weights[-1]
    outputs = x @ kernel + bias
    return jax.nn.sigmoid(outputs) if of.loss == "quadratic" else outputs


def loss(of: Task, weights: Any, x: Any, y: Any, key: Any) -> Any:
    """Return the mean loss of a batch."""
    outputs = forward(of, weights, x, key)
    if of.loss == "quadratic":
        return 0.5 * jnp.square(outputs - y).sum(axis=1).mean()
    if of.loss == "binary":
        scores = outputs[:, 0]
        return (jax.nn.softplus(scores) - y * scores).mean()
    return -jnp.take_along_axis(jax.nn.log_softmax(outputs), y[:, None], axis=1).mean()


def first_state(of: Task) -> Any:
    """Return weights, the means Adam keeps of gradients and their squares, and the number of steps."""
    shapes: list[tuple[int, ...]] = list(zip(of.sizes, of.sizes[1:], strict=False))
    if of.images:
        shapes = [*((3, 3, *one) for one in pairwise((1, *FILTERS))), *shapes]
    keys = jax.random.split(jax.random.key(0), len(shapes))
    glorot = jax.nn.initializers.glorot_uniform()
    weights = [(glorot(key, shape), jnp.zeros(shape[-1])) for key, shape in zip(keys, shapes, strict=True)]
    if of.cell:
        weights[0] = _recurrent_weights(of)
    zeros = jax.tree.map(jnp.zeros_like, weights) if of.optimizer == "adam" else ()
    return weights, zeros, jax.tree.map(jnp.copy, zeros), jnp.zeros((), jnp.int32)


def _recurrent_weights(of: Task) -> Any:
    """Return the kernels of inputs and of states, and the bias; a GRU's state has a bias, too."""
    features, units = of.sizes[:2]
    columns = {"lstm": 4, "gru": 3}[of.cell] * units
    first, second = jax.random.split(jax.random.key(2))
    kernel = jax.nn.initializers.glorot_uniform()(first, (features, columns))
    recurrent = jax.nn.initializers.orthogonal()(second, (units, columns))
    return kernel, recurrent, *(jnp.zeros(columns) for _ in range(2 if of.cell == "gru" else 1))


def updated(of: Task, state: Any, gradients: Any) -> Any:
    """Return the state after a step of the optimizer."""
    weights, means, squares, steps = state
    if of.optimizer == "sgd":
        return jax.tree.map(lambda w, g: w - of.rate * g, weights, gradients), means, squares, steps + 1
    steps = steps + 1
    rate = of.rate * jnp.sqrt(1 - BETA_2**steps) / (1 - BETA_1**steps)
    means = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, means, gradients)
    squares = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, squares, gradients)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, means, squares)
    return weights, means, squares, steps


@partial(jax.jit, static_argnums=0, donate_argnums=1)
def epoch(of: Task, state: Any, key: Any, x: Any, y: Any) -> Any:
    """Return the state after one pass over the samples, and the losses; the last step takes what remains."""

    def step(state: Any, chosen: Any) -> Any:
        drop = jax.random.fold_in(key, state[-1]) if of.images else None
        value, gradients = jax.value_and_grad(partial(loss, of))(state[0], x[chosen], y[chosen], drop)
        return updated(of, state, gradients), value

    order = jax.random.permutation(key, len(x)) if of.shuffle else jnp.arange(len(x))
    whole = len(x) - len(x) % of.batch
    state, losses = jax.lax.scan(step, state, order[:whole].reshape(-1, of.batch))
    if whole < len(x):
        state, last = step(state, order[whole:])
        losses = jnp.append(losses, last)
    return state, losses


class WithJax:
    """A task in JAX."""

    def __init__(self, of: Task) -> None:
        self.task = of
        self.data = samples(of)
        self.x = jnp.asarray(self.data.x)
        self.y = jnp.asarray(self.data.one_hot if of.loss == "quadratic" else self.data.y)
        self.state = first_state(of)
        self.key = jax.random.key(1)

    def train(self, epochs: int) -> None:
        """Train."""
        losses = None
        for _ in range(epochs):
            self.key, key = jax.random.split(self.key)
            self.state, losses = epoch(self.task, self.state, key, self.x, self.y)
        jax.block_until_ready((self.state, losses))

    def accuracy(self) -> float:
        """Return the share of test samples that are right."""
        outputs = forward(self.task, self.state[0], jnp.asarray(self.data.test_x))
        guesses = outputs[:, 0] > 0 if self.task.loss == "binary" else outputs.argmax(axis=1)
        return float((guesses == self.data.test_y).mean())


if __name__ == "__main__":
    serve(WithJax)
