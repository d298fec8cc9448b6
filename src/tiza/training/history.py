"""History: what each epoch measured."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class History:
    """The record of a fit, as Keras'.

    Epochs stand here that are done. When training is interrupted or a callback raises, the steps of the epoch
    that is not done have changed the weights, but have no entry. An epoch that `model.stop_training` ends has
    one, of the steps that it took.

    Attributes:
        epoch: numbers of the epochs, from 0.
        history: a list a quantity (`loss`, the metrics, `val_loss` ...), one number for each epoch in which
            it was measured.

    Example:
        >>> record = History()
        >>> record.append(0, {"loss": 0.5})
        >>> record.history
        {'loss': [0.5]}
    """

    epoch: list[int] = field(default_factory=list)
    history: dict[str, list[float]] = field(default_factory=dict)

    def append(self, epoch: int, measured: dict[str, float]) -> None:
        """Add the numbers of one epoch."""
        self.epoch.append(epoch)
        for name, value in measured.items():
            self.history.setdefault(name, []).append(value)
