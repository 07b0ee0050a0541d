"""Structured log lines that consist of named fields on a list, and of nothing else."""

import asyncio
import logging
import sys
import threading
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Final

import orjson

from models import clock

_ROOT = Path(__file__).parents[1]
_OURS: Final = logging.getLogger("avow")
_LONGEST = 120

FIELDS: Final[dict[str, type | tuple[type, ...]]] = {
    "request_id": str,
    "operation": str,
    "operation_kind": str,
    "method": str,
    "route": str,
    "status": int,
    "duration_ms": (int, float),
    "code": str,
    "viewer_kind": str,
    "exception": str,
    "where": str,
    "logger": str,
    "category": str,
    "part": str,
    "count": int,
    "pid": int,
    "version": str,
}
"""
All that a line may hold beside its time, level and event.

INVARIANT (no personal values): each is a figure, a name from our own code or schema, or a keyed hash. A field that is
not listed, or has another type, is dropped; the text and the arguments of a library's log record are never written,
nor is the message of an exception, because both repeat what a client sent.
"""


def event(name: str, /, *, level: int = logging.INFO, **fields: object) -> None:
    """
    Write a line.

    Args:
        name: What happened, in a word or two of our own.
        level: As in `logging`.
        fields: Entries of `FIELDS`; others are dropped.
    """
    if _writer is None:
        # Nobody has said yet where lines go.
        _OURS.log(level, name)
    else:
        _writer.line(clock.now(), logging.getLevelName(level), name, fields)


def fault(name: str, error: BaseException, /, **fields: object) -> None:
    """Write a line about an exception: its type and where it arose, never its message."""
    event(name, level=logging.ERROR, exception=type_of(error), where=place_of(error.__traceback__), **fields)


def type_of(error: BaseException) -> str:
    """Name the type of an exception with its module."""
    return f"{type(error).__module__}.{type(error).__qualname__}"


def place_of(traceback: TracebackType | None) -> str:
    """Name the module and line of our own code where an exception arose, or of a library's if ours had no part."""
    place = "unknown"
    ours = None
    while traceback is not None:
        place = _place(traceback.tb_frame, traceback.tb_lineno)
        if _is_ours(traceback.tb_frame.f_code.co_filename):
            ours = place
        traceback = traceback.tb_next
    return ours or place


def _place(frame: FrameType, line: int) -> str:
    return f"{frame.f_globals.get('__name__', 'unknown')}:{line}"


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(_ROOT) and "site-packages" not in path.parts


class AllowedFields(logging.Formatter):
    """Writes a library's record as one line of JSON that holds listed fields only."""

    def format(self, record: logging.LogRecord) -> str:
        """Render a record by who wrote it, where, and with what type of exception."""
        found: dict[str, object] = {"logger": record.name, "where": f"{record.module}:{record.lineno}"}
        if record.exc_info and record.exc_info[1] is not None:
            found["exception"] = type_of(record.exc_info[1])
            found["where"] = place_of(record.exc_info[2])
        return _line(datetime.fromtimestamp(record.created, UTC), record.levelname, "library", found)


class _Writer(logging.StreamHandler[IO[str]]):
    """Writes lines: those of libraries as `logging` brings them, and our own without a record of `logging` for each."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__(stream)
        self.setFormatter(AllowedFields())

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # as `logging` calls it
        """Say nothing: the text that `logging` prints would repeat the record with its arguments."""

    def line(self, at: datetime, level: str, name: str, fields: dict[str, object]) -> None:
        """Write one line of our own, whole, whatever other threads write; a stream that is gone is no fault of ours."""
        text = _line(at, level, name, fields) + self.terminator
        self.acquire()
        try:
            self.stream.write(text)
            self.flush()
        except (OSError, ValueError):
            return
        finally:
            self.release()


_writer: _Writer | None = None


def _line(at: datetime, level: str, name: str, fields: dict[str, object]) -> str:
    line: dict[str, object] = {
        "at": at.isoformat(timespec="milliseconds"),
        "level": level.lower(),
        "event": name,
    }
    line |= _allowed(fields)
    return orjson.dumps(line).decode()


def _allowed(fields: dict[str, object]) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name, value in fields.items():
        kind = FIELDS.get(name)
        if kind is None or not isinstance(value, kind) or isinstance(value, bool):
            continue
        kept[name] = _plain(value) if isinstance(value, str) else value
    return kept


def _plain(text: str) -> str:
    if len(text) <= _LONGEST and text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text[:_LONGEST])


def configure(stream: IO[str] | None = None, *, level: int = logging.WARNING) -> Callable[[], None]:
    """
    Send every log record, warning and uncaught exception of the program through the list of fields.

    Args:
        stream: Where lines go; standard error unless given.
        level: The least level that is written for libraries; our own events are always written.

    Returns:
        A function that puts everything back as it was.
    """
    global _writer  # noqa: PLW0603 -- a program has one log
    root, before_writer = logging.getLogger(), _writer
    before = (
        root.handlers[:],
        root.level,
        sys.excepthook,
        threading.excepthook,
        sys.unraisablehook,
        warnings.showwarning,
    )

    _writer = _Writer(stream or sys.stderr)
    root.handlers[:] = [_writer]
    root.setLevel(level)
    _OURS.setLevel(logging.INFO)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # Strawberry logs each error of an operation with the document and the traceback. We log errors ourselves.
    logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL + 1)
    # One line per connection would be the access log that we do not keep.
    logging.getLogger("uvicorn.access").setLevel(logging.CRITICAL + 1)

    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable
    warnings.showwarning = _warning

    def restore() -> None:
        global _writer  # noqa: PLW0603 -- as above
        _writer = before_writer
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning = before[2:]
        logging.getLogger("strawberry.execution").setLevel(logging.NOTSET)
        logging.getLogger("uvicorn.access").setLevel(logging.NOTSET)

    return restore


def watch(loop: asyncio.AbstractEventLoop) -> None:
    """Write exceptions that no task waits for through the list of fields."""
    loop.set_exception_handler(_unawaited)


def _unawaited(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if isinstance(error, BaseException):
        fault("unawaited exception", error)
    else:
        event("event loop complains", level=logging.ERROR)


def _uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    event("uncaught exception", level=logging.CRITICAL, exception=type_of(error), where=place_of(traceback))


def _uncaught_in_thread(found: threading.ExceptHookArgs) -> None:
    if found.exc_value is not None:
        fault("uncaught exception in a thread", found.exc_value)


def _unraisable(found: Any) -> None:
    if isinstance(found.exc_value, BaseException):
        fault("exception while cleaning up", found.exc_value)


def _warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: str | None = None,
) -> None:
    event("warning", level=logging.WARNING, category=category.__name__, where=f"{Path(filename).stem}:{lineno}")
