"""The tasks with a cross-entropy in scikit-learn: MLPClassifier, one pass a call of partial_fit."""
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPClassifier

from tasks import CLASSES, Task, samples
from worker import serve


class WithSklearn:
    """A task in scikit-learn."""

    def __init__(self, of: Task) -> None:
        assert of.loss == "classes", "MLPClassifier knows the cross-entropy only"
        self.data = samples(of)
        self.model = MLPClassifier(
            of.sizes[1:-1],
            activation=of.hidden,
            solver=of.optimizer,
            learning_rate_init=of.rate,
            batch_size=of.batch,
            alpha=0,
            shuffle=of.shuffle,
            random_state=0,
        )

    def train(self, epochs: int) -> None:
        """Train."""
        for _ in range(epochs):
            self.model.partial_fit(self.data.x, self.data.y, classes=np.arange(CLASSES))

    def accuracy(self) -> float:
        """Return the share of test samples that are right."""
        return float(self.model.score(self.data.test_x, self.data.test_y))


if __name__ == "__main__":
    serve(WithSklearn)
