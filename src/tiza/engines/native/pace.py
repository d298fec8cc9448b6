"""How many threads pay at the moment: with another program on a processor, one is often faster than two.

The result is bitwise the same for any number of threads, so it may change from step to step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

TRIAL_SECONDS = 0.002
"""How long a number of threads is tried."""

RETURNS_ALONE = 8
"""Returns to wait before several threads are tried again, after one was faster."""


@dataclass(slots=True)
class ThreadPace:
    """Seconds a step on one and on all threads, as last seen.

    Attributes:
        most: number of threads there are.
        threads: number that the next steps take.
    """

    most: int
    threads: int = 1
    _seconds: dict[int, float] = field(default_factory=dict)
    _trials: list[int] = field(default_factory=list)
    _wait: int = 0

    def begin(self) -> None:
        """Begin a return: now and then both numbers are tried for a moment."""
        if self.most == 1:
            return
        if self._wait:
            self._wait -= 1
            return
        self._trials = [1, self.most]
        self.threads = 1

    def steps_in(self, seconds: float) -> int:
        """Return how many steps to take, in so many seconds."""
        pace = self._seconds.get(self.threads) or self._seconds.get(1)
        if not pace:
            return 1
        return max(1, int((min(seconds, TRIAL_SECONDS) if self._trials else seconds) / pace))

    def took(self, seconds: float) -> None:
        """Note how long a step took; after both trials, the faster number goes on."""
        self._seconds[self.threads] = seconds
        if not self._trials:
            return
        self._trials.pop(0)
        if self._trials:
            self.threads = self._trials[0]
            return
        self.threads = min(self._seconds, key=lambda count: self._seconds[count])
        self._wait = RETURNS_ALONE if self.threads == 1 else 0
