"""Every code that an answer can carry has its page, and no page is of a code that does not exist."""

import ast
import re
from pathlib import Path

from policy.decide import CODES
from resolvers.outcomes import refusal_reasons

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "errors"
RAISERS = ("OperationRefused", "Refused", "DocumentRefused", "RequestRefused")
FOLDERS = ("execution", "permissions", "resolvers", "server")
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|[A-Z]{4,}")


def _request_codes() -> set[str]:
    """Find the codes that requests are refused with: literals in the arguments of the exceptions that say so."""
    found: set[str] = set()
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
                name = call.func.id if isinstance(call.func, ast.Name) else ""
                if name in RAISERS:
                    found |= {
                        argument.value
                        for argument in call.args
                        if isinstance(argument, ast.Constant)
                        and isinstance(argument.value, str)
                        and CODE.fullmatch(argument.value)
                    }
    return found


def test_every_code_has_a_page_that_says_what_to_do() -> None:
    codes = _request_codes() | set(refusal_reasons())
    pages = {page.stem: page.read_text(encoding="utf-8") for page in PAGES.glob("*.md")}

    assert "BAD_PAGE" in codes
    assert sorted(codes - pages.keys()) == []
    assert [code for code in sorted(codes) if not pages[code].startswith(f"# {code}\n")] == []
    assert [code for code in sorted(codes) if "## What to do" not in pages[code]] == []


def test_every_code_of_a_withheld_field_is_explained() -> None:
    overview = (PAGES / "README.md").read_text(encoding="utf-8")

    assert [code for code in CODES if f"| `{code}` |" not in overview] == []
