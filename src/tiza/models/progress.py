"""Progress of a fit on the terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tiza.errors import ModelError
from tiza.language import translatable, translate
from tiza.training.trainer import StepsEvent

TEXT_WIDTH = 62
"""What stands beside the bar of an epoch takes so many characters, with loss and accuracy."""
_TITLES = {"accuracy": translatable("accuracy"), "loss": translatable("loss")}


def measured_title(name: str) -> str:
    """Return what a loss or a metric is called on the screen; metrics of the user's keep their names."""
    return translate(_TITLES[name]) if name in _TITLES else name


def format_measured(measured: dict[str, float]) -> str:
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
    """Shows nothing; the base of what shows something."""

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
        """Show what an event tells."""


class LineDisplay(ProgressDisplay):
    """A line an epoch."""

    def __init__(self, epochs: int, console: Console) -> None:
        self.epochs = epochs
        self.console = console

    def show(self, event: StepsEvent) -> None:
        """Print the numbers of an epoch that is done."""
        if event.ends_epoch:
            title = translate("Epoch {epoch}/{epochs}", epoch=event.epoch + 1, epochs=self.epochs)
            line = f"{title}  {format_measured(event.measured)}"
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)


class BarDisplay(ProgressDisplay):
    """A live bar an epoch, on a terminal."""

    def __init__(self, epochs: int, console: Console) -> None:
        self.epochs = epochs
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=max(3, min(30, console.width - TEXT_WIDTH))),
            MofNCompleteColumn(),
            *([TimeElapsedColumn()] if console.width > TEXT_WIDTH else []),
            TextColumn("{task.fields[measured]}", markup=False),
        )
        self.progress = Progress(*columns, console=console)
        self.bars: dict[int, TaskID] = {}

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def show(self, event: StepsEvent) -> None:
        """Move the epoch's bar."""
        if event.epoch not in self.bars:
            title = translate("Epoch {epoch}/{epochs}", epoch=event.epoch + 1, epochs=self.epochs)
            self.bars[event.epoch] = self.progress.add_task(title, total=event.steps, measured="")
        self.progress.update(
            self.bars[event.epoch], completed=event.done, measured=format_measured(event.measured)
        )
        if event.ends_epoch:
            self.progress.stop_task(self.bars[event.epoch])
