"""The tasks in Tiza."""

from __future__ import annotations

import numpy as np

import tiza as tz
from tasks import FILTERS, Task, samples
from tiza.models.model import Model
from worker import serve

CELLS = {"lstm": tz.layers.LSTM, "gru": tz.layers.GRU}
LOSSES = {
    "quadratic": "quadratic",
    "classes": "sparse_categorical_crossentropy",
    "binary": "binary_crossentropy",
}
OUTPUTS = {"quadratic": "sigmoid", "classes": "softmax", "binary": "sigmoid"}


def image_layers(of: Task) -> list[tz.layers.Layer]:
    """Return the layers that make rows of images."""
    if not of.images:
        return []
    made: list[tz.layers.Layer] = []
    for filters in FILTERS:
        made += [tz.layers.Conv2D(filters, 3, activation=of.hidden), tz.layers.MaxPooling2D(2)]
    return [*made, tz.layers.Flatten(), tz.layers.Dropout(0.5)]


def make_model(of: Task) -> Model:
    """Return the network of a task, compiled."""
    *hidden, last = of.sizes[1:]
    scaling = [tz.layers.Rescaling(1 / 255)] if of.data == "bytes" else []
    recurrent = [CELLS[of.cell](hidden.pop(0))] if of.cell else []
    layers = [*recurrent, *(tz.layers.Dense(units, of.hidden) for units in hidden)]
    model = tz.Sequential(
        [
            tz.Input(of.sample_shape),
            *scaling,
            *image_layers(of),
            *layers,
            tz.layers.Dense(last, OUTPUTS[of.loss]),
        ]
    )
    rule = tz.optimizers.SGD(of.rate) if of.optimizer == "sgd" else tz.optimizers.Adam(of.rate)
    model.compile(rule, LOSSES[of.loss])
    return model


class WithTiza:
    """A task in Tiza."""

    def __init__(self, of: Task) -> None:
        self.task = of
        self.data = samples(of)
        self.targets = self.data.one_hot if of.loss == "quadratic" else self.data.y
        self.model = make_model(of)

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
        outputs = self.model.predict(self.data.test_x)
        guesses = outputs[:, 0] > 0.5 if self.task.loss == "binary" else outputs.argmax(axis=1)
        return float(np.mean(guesses == self.data.test_y))


if __name__ == "__main__":
    serve(WithTiza)
