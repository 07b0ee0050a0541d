"""What a start leaves for later, and what it refuses all the same."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from commerce.refusals import Refusal
from resolvers.outcomes import NEVER_REFUSING
from server import later
from server.later import require_later

ROOT = Path(__file__).parents[2]
LATER = {"pgqueuer", "zxcvbn", "jinja2", "email_validator", "phonenumbers", "jwt"}
SAYS_WHAT_IS_IMPORTED = "; import sys; print(*{name.partition('.')[0] for name in sys.modules})"


def imported_by(statements: str) -> set[str]:
    """Tell what is imported by a fresh program."""
    program = [sys.executable, "-c", statements + SAYS_WHAT_IS_IMPORTED]
    return set(subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


def test_a_server_starts_without_the_libraries_that_no_first_answer_needs() -> None:
    found = imported_by("import server.app")

    assert "strawberry" in found
    assert found & LATER == set()


def test_the_import_of_a_catalogue_does_without_schema_server_and_queue() -> None:
    found = imported_by("import server.importing")

    assert "tortoise" in found
    assert found & {"schema", "graphql", "strawberry", "uvicorn", "pgqueuer"} == set()


def test_what_is_left_for_later_is_imported_soon() -> None:
    found = imported_by("import asyncio, server.later; asyncio.run(server.later.imported_later())")

    assert found >= LATER


def test_a_server_that_lacks_what_it_imports_later_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(later._LATER, "no_such_library", "no_such_library")

    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        require_later()


@pytest.mark.parametrize("name", sorted(NEVER_REFUSING))
def test_a_module_that_is_not_searched_for_refusals_has_none(name: str) -> None:
    members = vars(import_module(f"commerce.{name}")).values()

    of_its_own = [each for each in members if isinstance(each, type) and each.__module__ == f"commerce.{name}"]
    assert [each for each in of_its_own if issubclass(each, Refusal)] == []
