"""Turns figures into what people and programs read: a table, a record in JSON, and the page about performance."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import targets
from benchmarks.chart import Bar, drawn
from benchmarks.measuring import Figures
from benchmarks.stage import ROOT
from benchmarks.workloads import WORKLOADS

PAGE = ROOT / "docs" / "performance.md"
CHART = ROOT / "docs" / "performance.svg"


class PageUnmarked(Exception):
    """The page has no place for the table."""


def table(figures: Sequence[Figures], before: Mapping[str, float] | None = None) -> str:
    """
    Write the figures as a table in Markdown.

    Args:
        before: CPU milliseconds of an earlier run by `key`, shown beside those of now.
    """
    bound = targets.limits(figures)
    heads = ["", "", "CPU ms: server + PostgreSQL", "of limit", "SQL", "p50 ms", "p99 ms"]
    rows = [heads + (["before"] if before else []), ["---"] * 2 + ["---:"] * (5 + bool(before))]
    last = ""
    for each in figures:
        limit = bound.get(each.workload)
        row = [
            "" if each.workload == last else f"**{each.workload}**",
            each.contestant,
            f"{each.server_ms:.2f} + {each.postgres_ms:.2f}",
            "" if limit is None else ("limit" if limit is each else f"{each.total_ms / limit.total_ms:.2f} x"),
            "" if each.statements is None else str(each.statements),
            f"{each.p50_ms:.1f}",
            f"{each.p99_ms:.1f}",
        ]
        if before:
            row.append(f"{before[key(each)]:.2f}" if key(each) in before else "")
        rows.append(row)
        last = each.workload
    return _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    )


def key(figures: Figures) -> str:
    """Name a pair of workload and contestant."""
    return f"{figures.workload} {figures.contestant}"


def aimed_at(figures: Sequence[Figures], facts: Mapping[str, float]) -> str:
    """Write as a table in Markdown what is aimed at, and what of it was reached."""
    return _aligned(targets.rows(targets.results(figures, facts)))


def recorded(
    path: Path, figures: Sequence[Figures], about: Mapping[str, Any], facts: Mapping[str, float] | None = None
) -> None:
    """
    Write the run as JSON, keeping the figures of workloads that were not measured this time.

    Args:
        facts: What else was measured; what was reached of the targets is of this run alone.
    """
    measured = {each.workload for each in figures}
    kept = [each for each in _read(path) if each.get("workload") not in measured]
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {
        "about": dict(about),
        "figures": [*kept, *(asdict(each) for each in figures)],
        "facts": dict(facts or {}),
        "targets": targets.kept(targets.results(figures, facts or {})),
    }
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def before(path: Path) -> dict[str, float]:
    """Read what an earlier run has recorded, by `key`; nothing if there was none."""
    return {
        f"{each['workload']} {each['contestant']}": float(each["server_ms"]) + float(each["postgres_ms"])
        for each in _read(path)
    }


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        figures: list[dict[str, Any]] = record["figures"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return figures


def chart(figures: Sequence[Figures]) -> str:
    """Draw the CPU time of every contestant, by workload."""
    names = list(dict.fromkeys(each.workload for each in figures))
    groups = {
        f"{name}  {WORKLOADS[name].about}": [
            Bar(each.contestant, each.server_ms, each.postgres_ms) for each in figures if each.workload == name
        ]
        for name in names
    }
    return drawn(
        "CPU milliseconds of a repetition, on a logarithmic scale; colours show the shares",
        ("server", "PostgreSQL"),
        groups,
    )


def publish(
    figures: Sequence[Figures],
    about: Mapping[str, Any],
    facts: Mapping[str, float] | None = None,
    *,
    page: Path = PAGE,
    picture: Path = CHART,
) -> None:
    """
    Put both tables between the marks of the page, and the chart beside it.

    Raises:
        PageUnmarked: The marks are missing.
    """
    for name in ("bench", "targets"):
        _around(name, page)
    link = f"![CPU time by workload]({picture.name})"
    put("bench", f"{', '.join(map(str, about.values()))}.\n\n{table(figures)}\n\n{link}", page=page)
    put("targets", aimed_at(figures, facts or {}), page=page)
    picture.write_text(chart(figures), encoding="utf-8")


def put(name: str, content: str, *, page: Path = PAGE) -> None:
    """
    Replace what stands between two marks of the page.

    Raises:
        PageUnmarked: They are missing.
    """
    head, tail = _around(name, page)
    page.write_text(f"{head}\n{content}\n{tail}", encoding="utf-8")


def _around(name: str, page: Path) -> tuple[str, str]:
    """Give the text up to a mark and from the next one on, both with their marks."""
    text, first, last = page.read_text(encoding="utf-8"), f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, begin, rest = text.partition(first)
    _, end, tail = rest.partition(last)
    if not begin or not end:
        raise PageUnmarked(f"`{page}` lacks the lines `{first}` and `{last}`: put them where the figures are to be.")
    return f"{head}{begin}", f"{end}{tail}"
