"""Advisory locks on files, which the kernel lets go when their holder dies."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

if sys.platform != "win32":
    import fcntl


class Lock:
    """
    A lock that is tied to an open file.

    A child that inherits the file shares the lock; it ends when the last of them closes the file.
    """

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.held = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def try_exclusive(self) -> bool:
        """Take the lock for this holder alone if nobody has it."""
        return self._try(exclusive=True)

    def try_shared(self) -> bool:
        """Take the lock beside other shared holders if nobody has it alone."""
        return self._try(exclusive=False)

    def wait_exclusive(self, seconds: float, report: Callable[[str], None], reason: str) -> bool:
        """Wait for the lock, reporting the reason now and then."""
        return self._wait(seconds, report, reason, exclusive=True)

    def wait_shared(self, seconds: float, report: Callable[[str], None], reason: str) -> bool:
        """Wait for a shared lock, reporting the reason now and then."""
        return self._wait(seconds, report, reason, exclusive=False)

    def close(self) -> None:
        """Let the lock go, unless an inheritor still has the file; a second call does nothing."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            self.held = False

    def _try(self, *, exclusive: bool) -> bool:
        kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        try:
            fcntl.flock(self.descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self.held = True
        return True

    def _wait(self, seconds: float, report: Callable[[str], None], reason: str, *, exclusive: bool) -> bool:
        # Polled, because a blocking flock has no timeout and signals would have to interrupt it.
        begun = time.monotonic()
        told = begun
        while not self._try(exclusive=exclusive):
            at = time.monotonic()
            if at - begun > seconds:
                return False
            if at - told > 2:
                report(reason)
                told = at
            time.sleep(0.02)
        return True
