"""How many threads pay at the moment: with another program on a processor, one is often faster than two.

The result is bitwise the same for any number of threads, so it may change from step to step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

TRIAL_SECONDS = 0.003
"""How long a number of threads is tried."""

LONGEST = 3600.0
"""Most seconds of one call."""

MOST_RETURNS = 16
"""Most returns to wait before several threads are tried again, while one is faster."""

SLOWED = 1.2
"""Several threads are doubted when a step takes this many times as long as it did."""


@dataclass(slots=True)
class ThreadPace:
    """Seconds a step on one and on all threads, as last seen.

    All threads are kept while their pace holds; one is left again after ever longer waits.

    Attributes:
        most: number of threads there are.
        threads: number that the next steps take.
    """

    most: int
    threads: int = 1
    _seconds: dict[int, float] = field(default_factory=dict)
    _trials: list[int] = field(default_factory=list)
    _tried: dict[int, float] = field(default_factory=dict)
    _wait: int = 0
    _next_wait: int = 1
    _best: float = 0.0

    def copy(self) -> ThreadPace:
        """Return what is known so far, to go on from elsewhere."""
        return replace(
            self, _seconds=dict(self._seconds), _trials=list(self._trials), _tried=dict(self._tried)
        )

    def begin(self) -> None:
        """Begin a return: where it is not clear which number is faster, both are tried for a moment."""
        if self.most == 1 or self._trials:
            return
        if self._wait:
            self._wait -= 1
            return
        if self.threads == 1 or self._seconds[self.most] > SLOWED * self._best:
            # the first step of all says little: its code and data were far away. Several threads are
            # tried twice, as a processor that the machine takes away for a moment would decide for long
            self._trials = [*([1] if self._seconds else [1, 1]), self.most, self.most]
            self._tried = {}
            self.threads = 1

    def steps_in(self, seconds: float) -> int:
        """Return how many steps to take, in so many seconds."""
        pace = self._seconds.get(self.threads) or self._seconds.get(1)
        if not pace:
            return 1
        return max(1, int(min(seconds, TRIAL_SECONDS if self._trials else LONGEST) / pace))

    def took(self, seconds: float) -> None:
        """Note how long a step took; after the trials, the faster number goes on."""
        if not self._trials:
            self._seconds[self.threads] = seconds
            return
        best = min(seconds, self._tried.get(self.threads, seconds))
        self._seconds[self.threads] = self._tried[self.threads] = best
        self._trials.pop(0)
        if self._trials:
            self.threads = self._trials[0]
            return
        self.threads = min(self._seconds, key=lambda count: self._seconds[count])
        if self.threads == 1:
            self._wait = self._next_wait
            self._next_wait = min(2 * self._next_wait, MOST_RETURNS)
        else:
            self._best = self._seconds[self.most]
            self._next_wait = 1
