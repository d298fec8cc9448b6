"""The tasks in JAX: an epoch in one compiled function, a scan of steps over a permutation of the samples."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from tasks import Task, samples
from worker import serve

ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu, "tanh": jnp.tanh}
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


def forward(of: Task, weights: Any, x: Any) -> Any:
    """Return outputs; before the last activation if the loss is a cross-entropy."""
    if of.data == "bytes":
        x = x.astype(jnp.float32) / 255
    for kernel, bias in weights[:-1]:
        x = ACTIVATIONS[of.hidden](x @ kernel + bias)
    kernel, bias = weights[-1]
    outputs = x @ kernel + bias
    return jax.nn.sigmoid(outputs) if of.loss == "quadratic" else outputs


def loss(of: Task, weights: Any, x: Any, y: Any) -> Any:
    """Return the mean loss of a batch."""
    outputs = forward(of, weights, x)
    if of.loss == "quadratic":
        return 0.5 * jnp.square(outputs - y).sum(axis=1).mean()
    if of.loss == "binary":
        scores = outputs[:, 0]
        return (jax.nn.softplus(scores) - y * scores).mean()
    return -jnp.take_along_axis(jax.nn.log_softmax(outputs), y[:, None], axis=1).mean()


def first_state(of: Task) -> Any:
    """Return weights, the means Adam keeps of gradients and their squares, and the number of steps."""
    keys = jax.random.split(jax.random.key(0), len(of.sizes) - 1)
    glorot = jax.nn.initializers.glorot_uniform()
    sizes = zip(of.sizes, of.sizes[1:], strict=False)
    weights = [(glorot(key, shape), jnp.zeros(shape[1])) for key, shape in zip(keys, sizes, strict=True)]
    zeros = jax.tree.map(jnp.zeros_like, weights) if of.optimizer == "adam" else ()
    return weights, zeros, jax.tree.map(jnp.copy, zeros), jnp.zeros((), jnp.int32)


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
        value, gradients = jax.value_and_grad(partial(loss, of))(state[0], x[chosen], y[chosen])
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
