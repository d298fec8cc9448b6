"""CSVLogger: a line an epoch in a file."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from tiza.nn.checks import checked_path, switch
from tiza.training.callbacks.callback import Callback, Logs
from tiza.training.callbacks.monitor import VALIDATION


class CSVLogger(Callback):
    """Write what every epoch measured to a file of comma-separated values.

    The columns are `epoch`, from 0, and what the first epoch measured, in alphabetical order; numbers of the
    validation data have columns too, and `NA` where an epoch has none. The file is closed after every line.

    Args:
        filename: the file.
        separator: what stands between columns.
        append: go on behind what is in the file, instead of beginning it anew.

    Raises:
        OSError: the file cannot be written; training has not begun then.

    Example:
        >>> import tiza as tz, tempfile, pathlib
        >>> layer = tz.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
        >>> model = tz.Sequential([tz.Input((1,)), layer])
        >>> model.compile(tz.optimizers.SGD(0.25), "mse")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "log.csv")
        ...     _ = model.fit([[1.0]], [1.0], epochs=2, verbose=0, callbacks=[CSVLogger(path)])
        ...     print(path.read_text())
        epoch,loss,val_loss
        0,1.0,NA
        1,0.25,NA
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.path = Path(checked_path("CSVLogger: filename", filename))
        self.separator = separator
        self.append = switch("CSVLogger", "append", append)
        self._columns: list[str] = []
        self._headed = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin the file."""
        self._columns = []
        with self.path.open("a" if self.append else "w", encoding="utf-8", newline="") as file:
            self._headed = file.tell() > 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write a line."""
        logs = logs or {}
        if not self._columns:
            self._columns = _columns_for(sorted(logs))
        with self.path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=self.separator, lineterminator="\n")
            if not self._headed:
                writer.writerow(["epoch", *self._columns])
                self._headed = True
            writer.writerow([epoch, *(logs.get(name, "NA") for name in self._columns)])


def _columns_for(names: list[str]) -> list[str]:
    """Return the columns; without validation in the first epoch, there may be one in a later epoch."""
    if any(name.startswith(VALIDATION) for name in names):
        return names
    return names + [VALIDATION + name for name in names]
