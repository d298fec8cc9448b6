"""Progress of a fit on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tiza.errors import ModelError
from tiza.language import translatable, translate
from tiza.training.trainer import StepsEvent

TEXT_WIDTH = 62
"""What stands beside the bar of an epoch takes so many characters, with loss and accuracy."""
_TITLES = {
    "accuracy": translatable("accuracy"),
    "learning_rate": translatable("learning rate"),
    "loss": translatable("loss"),
}
_REPORTS = {
    "learning rate": translatable("Epoch {epoch}: the learning rate is now {rate:g}."),
    "not finite": translatable("Training ends: {error}"),
    "restored": translatable("The weights are those after epoch {epoch}, the best."),
    "saved": translatable("Epoch {epoch}: saved as {path}."),
    "stopped early": translatable("Training ends after epoch {epoch}: {monitor} has not become better."),
}
"""How what callbacks report is worded."""


def measured_title(name: str) -> str:
    """Return what a loss or a metric is called on the screen; metrics of the user's keep their names.

    Example:
        >>> from tiza.language import use_language
        >>> with use_language("en"):
        ...     measured_title("val_accuracy"), measured_title("price_loss")
        ('validation accuracy', 'price loss')
    """
    if name.startswith("val_"):
        return translate("validation {quantity}", quantity=measured_title(name.removeprefix("val_")))
    if name.endswith("_loss"):
        return translate("{output} loss", output=name.removesuffix("_loss"))
    return translate(_TITLES[name]) if name in _TITLES else name


def format_measured(measured: Mapping[str, float]) -> str:
    """Return measured numbers as short text.

    Example:
        >>> from tiza.language import use_language
        >>> with use_language("en"):
        ...     format_measured({"loss": 0.25, "accuracy": 0.975})
        'loss 0.2500  accuracy 0.9750'
    """
    return "  ".join(f"{measured_title(name)} {_short(value)}" for name, value in measured.items())


def _short(value: float) -> str:
    """Return four digits; the last ones stay, so that the text does not jump while it changes."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e3 else f"{value:.4g}"


class ProgressDisplay:
    """Shows nothing of how training goes; the base of what shows something."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()

    @staticmethod
    def of(verbose: int | str, epochs: int) -> ProgressDisplay:
        """Return the display that `verbose` asks for.

        Raises:
            ModelError: it is none of 0, 1, 2 and "auto".
        """
        if verbose in (0, "0"):
            return ProgressDisplay()
        if verbose in (1, "auto"):
            console = Console(stderr=False)
            return BarDisplay(epochs, console) if console.is_terminal else LineDisplay(epochs, console)
        if verbose == 2:
            return LineDisplay(epochs, Console())
        raise ModelError(
            f"verbose: got {verbose!r}, expected 0 (nothing), 1 or 'auto' (progress), 2 (a line an epoch)."
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, event: StepsEvent) -> None:
        """Show how far an epoch is."""

    def end_epoch(self, epoch: int, measured: Mapping[str, Any]) -> None:
        """Show the numbers of an epoch that is done."""

    def report(self, kind: str, values: Mapping[str, Any]) -> None:
        """Show what a callback that was asked to tell it has done."""
        self.print(translate(_REPORTS[kind], **values))

    def show_measured(self, measured: Mapping[str, float]) -> None:
        """Show numbers in a line."""
        self.print(format_measured(measured))

    def print(self, line: str) -> None:
        """Print a line as it is."""
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)


class LineDisplay(ProgressDisplay):
    """A line an epoch."""

    def __init__(self, epochs: int, console: Console) -> None:
        super().__init__(console)
        self.epochs = epochs

    def title(self, epoch: int) -> str:
        """Return what an epoch is called."""
        return translate("Epoch {epoch}/{epochs}", epoch=epoch + 1, epochs=self.epochs)

    def end_epoch(self, epoch: int, measured: Mapping[str, Any]) -> None:
        """Print the numbers of an epoch that is done."""
        self.print(f"{self.title(epoch)}  {format_measured(measured)}")


class BarDisplay(LineDisplay):
    """A line for every epoch that is done, and below them a live bar for the one that is not."""

    def __init__(self, epochs: int, console: Console) -> None:
        super().__init__(epochs, console)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=max(3, min(30, console.width - TEXT_WIDTH))),
            MofNCompleteColumn(),
            *([TimeElapsedColumn()] if console.width > TEXT_WIDTH else []),
            TextColumn("{task.fields[measured]}", markup=False),
        )
        # the bar goes when training ends: every epoch is told once
        self.progress = Progress(*columns, console=console, transient=True)
        self.bar: TaskID | None = None

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def show(self, event: StepsEvent) -> None:
        """Move the epoch's bar."""
        if self.bar is None:
            self.bar = self.progress.add_task(self.title(event.epoch), total=event.steps, measured="")
        self.progress.update(self.bar, completed=event.done, measured=format_measured(event.measured))

    def end_epoch(self, epoch: int, measured: Mapping[str, Any]) -> None:
        """Print the numbers of an epoch that is done instead of its bar."""
        if self.bar is not None:
            self.progress.remove_task(self.bar)
            self.bar = None
        super().end_epoch(epoch, measured)
