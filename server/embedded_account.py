"""The operating system account that PostgreSQL runs as, which must not be root."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from server.embedded_layout import EmbeddedUnavailable

if sys.platform != "win32":
    import pwd

BARE_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""PostgreSQL sees none of our environment, so no `PG...` variable and no secret."""

CURRENT_FOLDER = "/proc/self/cwd" if sys.platform == "linux" else "."
"""How PostgreSQL names the cluster's folder, which is always its working directory.

Linux resolves this name without walking the parents, so they may be closed to the account (root's
clusters below a folder of mode 0700), hold spaces or be longer than PostgreSQL's limit of 1,024.
"""

_SET_PARENT_DEATH_SIGNAL = 1


@dataclass(frozen=True)
class Account:
    """Whom to run PostgreSQL as; without a user id, as the account that runs Avow."""

    user: int | None = None
    group: int | None = None

    def owns(self, folder: Path) -> bool:
        """Tell whether a folder belongs to this account."""
        return folder.stat().st_uid == (os.geteuid() if self.user is None else self.user)

    def give(self, folder: Path) -> None:
        """Hand over a folder that was just made; never one with contents."""
        if self.user is not None and self.group is not None:
            os.chown(folder, self.user, self.group, follow_symlinks=False)

    def start(
        self,
        arguments: Sequence[str],
        folder: Path,
        *,
        output: IO[bytes] | int,
        standard_input: int = subprocess.DEVNULL,
        environment: Mapping[str, str] = BARE_ENVIRONMENT,
        on_our_death: signal.Signals = signal.SIGKILL,
    ) -> subprocess.Popen[bytes]:
        """
        Run a program of PostgreSQL as the account, in a folder.

        On Linux it gets a signal when we die, be it by `kill -9`. The working directory is entered
        before the account changes, so the way to it may be closed to the account.
        """
        return subprocess.Popen(
            arguments,
            cwd=folder,
            env=environment,
            stdin=standard_input,
            stdout=output,
            stderr=output,
            user=self.user,
            group=self.group,
            extra_groups=None if self.user is None else [],
            umask=0o077,
            # Safe: the guard, which alone comes here, has one thread.
            preexec_fn=_death_signal(on_our_death),  # noqa: PLW1509
        )

    def may_enter(self, folder: Path) -> bool:
        """Tell whether the account reaches a folder from the root of the file system."""
        try:
            run = self.start(
                ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)],
                Path("/"),
                output=subprocess.DEVNULL,
            )
        except OSError:
            return False
        return run.wait(10) == 0

    def may_run(self, program: Path) -> bool:
        """Tell whether the account can run a program, by letting it print its version."""
        try:
            run = self.start([str(program), "--version"], Path("/"), output=subprocess.DEVNULL)
        except OSError:
            return False
        return run.wait(10) == 0


def choose_account(clusters: Sequence[Path]) -> Account:
    """
    Choose whom PostgreSQL runs as: us, but for root the owner of the clusters or else `nobody`.

    Raises:
        EmbeddedUnavailable: A cluster belongs to somebody that we may not act as.
    """
    owners = {cluster.stat().st_uid for cluster in clusters if cluster.exists()}
    if os.geteuid() != 0:
        if owners - {os.geteuid()}:
            raise EmbeddedUnavailable(
                f"The database in `{clusters[0].parent}` belongs to another account: run Avow as "
                "the account that made it, or give `AVOW_DATA` a folder of your own."
            )
        return Account()
    if len(owners - {0}) > 1 or 0 in owners:
        raise EmbeddedUnavailable(
            f"The clusters in `{clusters[0].parent}` must belong to one account other than root: "
            "give them back to it with `chown -R`."
        )
    for owner in owners:
        group = next(cluster.stat().st_gid for cluster in clusters if cluster.exists())
        return Account(owner, group)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedUnavailable(
            "PostgreSQL refuses to run as root and there is no account `nobody`: run Avow as an "
            "ordinary user, or set `DATABASE_URL` and `AVOW_KEYS_URL`."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def _death_signal(number: signal.Signals) -> Callable[[], None] | None:
    """Make what a child does between fork and exec to be told of our death (Linux only)."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()
    libc = ctypes.CDLL(None)

    def ask_for_signal() -> None:
        # After the change of account, because that clears the setting.
        libc.prctl(_SET_PARENT_DEATH_SIGNAL, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return ask_for_signal
