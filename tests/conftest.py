"""What the tests report beside their results."""

from __future__ import annotations

from collections import Counter
from typing import Any

from keras_peer import keras as keras


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
