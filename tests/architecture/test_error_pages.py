"""Every code that an answer can carry has its page, and no page is of a code that does not exist."""

import ast
import re
from pathlib import Path

from policy.decide import CODES
from resolvers.outcomes import refusal_reasons

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "errors"
FOLDERS = ("execution", "permissions", "resolvers", "schema", "server")
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|[A-Z]{4,}")
VARIABLES = frozenset({"LC_ALL", "PATH", "PG_VERSION", "PROMETHEUS_MULTIPROC_DIR", "TMPDIR"})
"""Names of the system's and of libraries that look like codes."""
METHODS = frozenset({"POST"})


def _request_codes() -> set[str]:
    """
    Find the codes that requests are refused with.

    They go through exceptions, records, tables and functions of many names, so every text that looks like a code is
    one unless it is known to be something else: none can be forgotten.
    """
    found: set[str] = set()
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            if file == ROOT / "server" / "settings.py":
                # All that looks like a code there names a variable of the environment.
                continue
            found |= {
                node.value
                for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)
            }
    return found - VARIABLES - METHODS


def test_every_code_has_a_page_that_says_what_to_do() -> None:
    codes = _request_codes() | set(refusal_reasons())
    pages = {page.stem: page.read_text(encoding="utf-8") for page in PAGES.glob("*.md")}

    assert {"BAD_PAGE", "BAD_NUMBER", "HOST_REFUSED", "DEADLINE_EXCEEDED", "GRAPHQL_PARSE_FAILED"} <= codes
    assert sorted(codes - pages.keys()) == []
    assert [code for code in sorted(codes) if not pages[code].startswith(f"# {code}\n")] == []
    assert [code for code in sorted(codes) if "## What to do" not in pages[code]] == []


def test_no_page_is_of_a_code_that_does_not_exist() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}

    assert sorted(pages - _request_codes() - set(refusal_reasons())) == []


def test_every_link_of_a_page_leads_somewhere() -> None:
    links = {
        (page.name, target)
        for page in PAGES.glob("*.md")
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    }

    assert sorted((name, target) for name, target in links if not (PAGES / target).exists()) == []


def test_every_code_of_a_withheld_field_is_explained() -> None:
    overview = (PAGES / "README.md").read_text(encoding="utf-8")

    assert [code for code in CODES if f"| `{code}` |" not in overview] == []
