"""The tasks in Keras 3, which runs on JAX here (the environment says KERAS_BACKEND=jax)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tasks import Task, samples
from worker import serve

OUTPUTS = {"quadratic": "sigmoid", "classes": "softmax", "binary": "sigmoid"}
LOSSES = {"classes": "sparse_categorical_crossentropy", "binary": "binary_crossentropy"}


def quadratic(targets: Any, outputs: Any) -> Any:
    """Return half the sum of squares of each sample; Keras takes the mean."""
    return 0.5 * keras.ops.sum(keras.ops.square(outputs - targets), axis=-1)


class WithKeras:
    """A task in Keras."""

    def __init__(self, of: Task) -> None:
        keras.utils.set_random_seed(0)
        self.task = of
        self.data = samples(of)
        self.targets = self.data.one_hot if of.loss == "quadratic" else self.data.y
        *hidden, last = of.sizes[1:]
        layers = [keras.layers.Dense(units, of.hidden) for units in hidden]
        scaling = [keras.layers.Rescaling(1 / 255)] if of.data == "bytes" else []
        self.model = keras.Sequential(
            [
                keras.Input((of.sizes[0],), dtype=self.data.x.dtype.name),
                *scaling,
                *layers,
                keras.layers.Dense(last, OUTPUTS[of.loss]),
            ]
        )
        rule = keras.optimizers.SGD if of.optimizer == "sgd" else keras.optimizers.Adam
        self.model.compile(rule(of.rate), LOSSES.get(of.loss, quadratic))

    def train(self, epochs: int) -> None:
        """Train."""
        self.model.fit(
            self.data.x,
            self.targets,
            batch_size=self.task.batch,
            epochs=epochs,
            verbose=0,
            shuffle=self.task.shuffle,
        )

    def accuracy(self) -> float:
        """Return the share of test samples that are right."""
        outputs = self.model.predict(self.data.test_x, verbose=0)
        guesses = outputs[:, 0] > 0.5 if self.task.loss == "binary" else outputs.argmax(axis=1)
        return float(np.mean(guesses == self.data.test_y))


if __name__ == "__main__":
    serve(WithKeras)
