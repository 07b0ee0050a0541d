"""The page on HTTP tells the figures and names that the program has."""

import re
from dataclasses import fields
from pathlib import Path

from execution.documents import core_schema
from execution.limits import DocumentLimits
from resolvers.pages import MAX_PAGE_SIZE
from schema import schema
from server.limits import SENSITIVE_MUTATIONS, RequestLimits

PAGE = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")


def test_every_limit_is_told_with_its_figure() -> None:
    told = {
        name: float(figure.replace(",", ""))
        for name, figure in re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", PAGE, re.MULTILINE)
    }
    limits = [DocumentLimits(), RequestLimits()]

    assert told == {
        field.name: float(getattr(limit, field.name))
        for limit in limits
        for field in fields(limit)
        if field.name != "document"
    }


def test_the_mutations_that_come_one_at_a_time_are_told() -> None:
    (row,) = re.findall(r"^\| `sensitive_mutations` \| 1 \| of (.*), in one operation \|", PAGE, re.MULTILINE)

    assert set(re.findall(r"`(\w+)`", row)) == SENSITIVE_MUTATIONS


def test_the_mutations_that_come_one_at_a_time_exist() -> None:
    mutations = core_schema(schema).mutation_type

    assert mutations is not None
    assert set(mutations.fields) >= SENSITIVE_MUTATIONS


def test_the_longest_page_is_told() -> None:
    assert f"at most {MAX_PAGE_SIZE} items" in PAGE


def test_every_link_leads_somewhere() -> None:
    docs = Path(__file__).parents[2] / "docs"
    links = {
        (name, target)
        for name in ("http.md", "configuration.md")
        for target in re.findall(r"\]\(([^)#:]+)[)#]", (docs / name).read_text(encoding="utf-8"))
    }

    assert sorted((name, target) for name, target in links if not (docs / target).exists()) == []
