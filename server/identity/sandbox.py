"""A provider on this machine that checks nobody, for trying out the shop and for tests."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from commerce.identity_checks import Finding

HOST = "127.0.0.1"
LONGEST_BODY = 4_096
CHECKS_KEPT = 10_000

# By how a number ends it is refused, as unknown or as of somebody too young, or verified late.
UNKNOWN = "0000"
TOO_YOUNG = "0017"
LATE = "0042"


class Sandbox:
    """
    Answers as a provider does, and keeps of a check no more than how it ended.

    Numbers that end in 0000 are unknown and refused, of documents and of licences; those in 0017 belong to somebody
    under age, and are refused where an age is asked for. One that ends in 0042 is verified late: not before the shop
    asks how it stands. Every other is verified at once.
    """

    def __init__(self) -> None:
        self._checks: dict[str, Finding] = {}
        self._turn = threading.Lock()
        self.asked: list[dict[str, Any]] = []
        """What was sent, for tests to look at; `run` with `remembers` keeps it."""

    @contextmanager
    def run(self, *, key: str | None = None, remembers: bool = False) -> Generator[str]:
        """
        Serve on a free port of this machine for the length of a `with` block.

        Args:
            key: The bearer token to ask for; None takes any.
            remembers: Whether to keep what was sent.

        Yields:
            The address.
        """
        server = _Server(self, key, remembers=remembers)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join(2.0)

    def begin(self, check_id: str, number: str, *, is_age_asked: bool = True, licence: str = "") -> Finding:
        """Check a number, and that of a licence if there is one, once for each check."""
        refused = number.endswith((UNKNOWN, TOO_YOUNG) if is_age_asked else UNKNOWN) or licence.endswith(UNKNOWN)
        with self._turn:
            if check_id not in self._checks:
                while len(self._checks) >= CHECKS_KEPT:
                    self._checks.pop(next(iter(self._checks)))
                late = Finding.PENDING if number.endswith(LATE) else Finding.VERIFIED
                self._checks[check_id] = Finding.REFUSED if refused else late
            return self._checks[check_id]

    def look(self, check_id: str) -> Finding | None:
        """Tell how a check stands; a late one has ended by now."""
        with self._turn:
            state = self._checks.get(check_id)
            if state is Finding.PENDING:
                state = self._checks[check_id] = Finding.VERIFIED
            return state


class _Server(ThreadingHTTPServer):
    """Knows whom its requests are for."""

    daemon_threads = True

    def __init__(self, sandbox: Sandbox, key: str | None, *, remembers: bool) -> None:
        super().__init__((HOST, 0), _Answering)
        self.sandbox = sandbox
        self.key = key
        self.remembers = remembers


class _Answering(BaseHTTPRequestHandler):
    """One request to the sandbox."""

    protocol_version = "HTTP/1.1"
    timeout = 5

    def do_PUT(self) -> None:
        server = cast(_Server, self.server)
        if not self._is_known(server):
            return
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= LONGEST_BODY:
            self._answer(413, {})
            return
        try:
            given = cast(dict[str, Any], json.loads(self.rfile.read(length)))
            number = str(given["identity_number"])
            licence = str(given["licence"]["number"]) if "licence" in given else ""
        except (ValueError, KeyError, TypeError):
            self._answer(400, {})
            return
        if server.remembers:
            server.sandbox.asked.append(given)
        is_age_asked = given.get("of_age") is not None
        found = server.sandbox.begin(self._check(), number, is_age_asked=is_age_asked, licence=licence)
        self._answer(200, {"state": found})

    def do_GET(self) -> None:
        server = cast(_Server, self.server)
        if not self._is_known(server):
            return
        state = server.sandbox.look(self._check())
        self._answer(404 if state is None else 200, {} if state is None else {"state": state})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # called so by the library
        """Write no log: it would hold what was asked."""

    def _check(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    def _is_known(self, server: _Server) -> bool:
        if server.key is None or self.headers.get("Authorization") == f"Bearer {server.key}":
            return True
        self._answer(401, {})
        return False

    def _answer(self, status: int, body: dict[str, str]) -> None:
        written = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(written)
