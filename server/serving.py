"""Runs the application under uvicorn until it is told to stop."""

import logging
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from server import logs, metrics
from server.http_protocol import bounded_by
from server.limits import RequestLimits
from server.settings import Settings

APPLICATION = "server.worker:from_environment"
COLLECTED_AFTER = (20_000, 20, 10)
"""How many objects come to be before the collector looks at the young ones, and how often at older ones with them."""


class ServingFailed(Exception):
    """The server could not start or did not stay; the text names the remedy."""


def run(settings: Settings, *, workers: int = 1, announce: Callable[[int], None]) -> None:
    """
    Serve until the process is told to stop, then let the requests that have begun end.

    Args:
        workers: How many processes answer; they share the port.
        announce: Called with the port once requests can come.

    Raises:
        ServingFailed: The port is taken, or the application did not start.
    """
    listening = _listen(settings)
    port: int = listening.getsockname()[1]
    try:
        if workers > 1:
            with _shared_metrics():
                _Workers(configuration(settings, workers=workers), listening, lambda: announce(port)).run()
        else:
            _Announcing(configuration(settings), lambda: announce(port)).run(sockets=[listening])
    except SystemExit as leaving:
        if leaving.code != STARTUP_FAILURE:
            raise
        raise ServingFailed("The server did not start: the log lines above say where it failed.") from None
    finally:
        listening.close()


def configuration(
    settings: Settings,
    *,
    workers: int = 1,
    limits: RequestLimits | None = None,
    application: str | Callable[[], ASGIApp] = APPLICATION,
) -> uvicorn.Config:
    """
    Configure uvicorn.

    It writes no access log, because addresses and the parameters of a GET are personal; it does not name itself; and
    it believes forwarding headers only from the proxies in the settings.
    """
    bounds = limits or RequestLimits()
    return uvicorn.Config(
        application,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        loop="auto",
        http=bounded_by(bounds),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        limit_concurrency=bounds.connections,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=bounds.drain_seconds,
    )


@contextmanager
def ended_by_signals() -> Generator[None]:
    """Turn the signal to terminate into an exit, so that everything is put away as at any other end."""

    def leave(_: int, __: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Announcing(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._announce()


class _Workers(Multiprocess):
    """Several processes that answer at one port; one that dies is replaced, one that cannot start ends them all."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket, announce: Callable[[], None]) -> None:
        super().__init__(config, sockets=[listening])
        self._announce: Callable[[], None] | None = announce

    def keep_subprocess_alive(self) -> None:
        """Look after the workers, and say what became of them."""
        before = {process.pid: process for process in self.processes}
        super().keep_subprocess_alive()
        if any(process.exitcode == STARTUP_FAILURE for process in before.values()):
            self.terminate_all()
            self.join_all()
            raise SystemExit(STARTUP_FAILURE)
        for pid in before.keys() - {process.pid for process in self.processes}:
            logs.event("worker replaced", level=logging.WARNING, pid=pid)
            if pid is not None:
                metrics.forget(pid)
        if self._announce is not None and any(process.is_ready() for process in self.processes):
            self._announce()
            self._announce = None


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise ServingFailed(
            f"Port {settings.port} of {settings.host} cannot be used: end the program that uses it, or set PORT to "
            "another one."
        ) from error
    listening.set_inheritable(True)
    return listening


@contextmanager
def _shared_metrics() -> Generator[None]:
    """Give the workers a folder in which they sum up their figures."""
    with tempfile.TemporaryDirectory(prefix="avow-metrics-") as folder:
        os.environ[metrics.FOLDER_VARIABLE] = folder
        try:
            yield
        finally:
            os.environ.pop(metrics.FOLDER_VARIABLE, None)
