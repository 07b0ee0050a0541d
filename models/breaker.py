"""A circuit breaker: while a database does not answer, nobody queues up to wait for it."""

import time


class Breaker:
    """
    Refuses at once after several failures in a row, and lets one caller at a time find out whether it is over.

    Args:
        failures: How many in a row open it.
        pause: Seconds between two attempts to find out.
    """

    def __init__(self, failures: int = 3, pause: float = 1.0) -> None:
        self._limit = failures
        self._pause = pause
        self._failures = 0
        self._next_attempt = 0.0

    def lets_through(self) -> bool:
        """Tell whether to try; while open, only the first caller after each pause is told so."""
        if self._failures < self._limit:
            return True
        present = time.monotonic()
        if present < self._next_attempt:
            return False
        self._next_attempt = present + self._pause
        return True

    def succeeded(self) -> None:
        """Close it: the database answered."""
        self._failures = 0

    def failed(self) -> None:
        """Count a failure to answer."""
        self._failures += 1
        if self._failures == self._limit:
            self._next_attempt = time.monotonic() + self._pause
