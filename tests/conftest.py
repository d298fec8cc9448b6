"""What the tests report beside their results, and the signals that their processes hear."""

from __future__ import annotations

import signal
from collections import Counter
from typing import Any

from keras_peer import keras as keras


def pytest_configure() -> None:
    """Let Ctrl-C be heard: a job in a shell's background ignores it, and so would the processes it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print which examples of primitives no derivative test covers, and why."""
    found = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "no derivative" and getattr(report, "when", "") == "call"
    ]
    if found:
        terminalreporter.section("examples of primitives without a derivative to check")
        for reason, count in sorted(Counter(reason for reason, _ in found).items()):
            names = sorted({name for why, name in found if why == reason})
            terminalreporter.line(f"{count:3}  {reason}: {', '.join(names)}")
