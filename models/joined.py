"""Makes one statement of several, and shares out what it gives."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, cast

_PLACEHOLDER = re.compile(r"\$([0-9]+)")
_BORDER = "avow_border"


class Joined(ABC):
    """
    One statement that asks what several ask.

    Args:
        texts: Theirs, with placeholders from `$1` on each; those of the one count on from the other's.
    """

    text: str

    @abstractmethod
    def shares(self, rows: Sequence[Any]) -> Sequence[Sequence[tuple[Any, ...]]]:
        """Give each of them its own rows, in its own order."""


class Nested(Joined):
    """One row with an array for each statement: the least to begin with, and dear for each row within a row."""

    def __init__(self, texts: Sequence[str]) -> None:
        arrays = [f"ARRAY(SELECT ROW(q.*) FROM ({text}) q)" for text in _counted_on(texts)]  # noqa: S608  # of code alone
        self.text = f"SELECT {', '.join(arrays)}"

    def shares(self, rows: Sequence[Any]) -> Sequence[Sequence[tuple[Any, ...]]]:
        """Take them out of the only row."""
        return tuple(rows[0])


class SideBySide(Joined):
    """
    Rows with the columns of all statements, of which those of one are filled, behind the number of that one.

    PostgreSQL and the driver treat each value as that of any statement, which makes up for the empty ones where there
    are many rows.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        numbers = range(len(texts))
        self._empty: list[list[tuple[Any, ...]]] = [[] for _ in numbers]
        self._places: list[tuple[int, int]] = []
        columns = "".join(f", 0 AS {_BORDER}, q{number}.*" for number in numbers)
        questions = ", ".join(f"q{number} AS MATERIALIZED ({text})" for number, text in enumerate(_counted_on(texts)))
        # What is joined to nothing gives the types of its columns and is not run.
        parts = " UNION ALL ".join(
            f"SELECT {number} AS question{columns} FROM q{number}"  # noqa: S608  # statements of code alone
            + "".join(f" LEFT JOIN q{other} ON FALSE" for other in numbers if other != number)
            for number in numbers
        )
        self.text = f"WITH {questions} {parts}"

    def shares(self, rows: Sequence[Any]) -> Sequence[Sequence[tuple[Any, ...]]]:
        """Take the columns of each out of its rows, which stand together."""
        shares: list[Sequence[tuple[Any, ...]]] = list(self._empty)
        if rows and not self._places:
            names: list[str] = list(rows[0].keys())
            borders = [place for place, name in enumerate(names) if name == _BORDER]
            self._places = [(border + 1, end) for border, end in pairwise([*borders, len(names)])]
        for number, own in groupby(rows, itemgetter(0)):
            first, end = self._places[cast("int", number)]
            shares[number] = [row[first:end] for row in own]
        return shares


@lru_cache(maxsize=1_000)
def joined(texts: tuple[str, ...], *, are_many: bool) -> Joined:
    """
    Make one statement of several.

    Args:
        texts: They may each stand in a subquery.
        are_many: Whether many rows are wanted, which decides what is cheaper.
    """
    return SideBySide(texts) if are_many else Nested(texts)


def _counted_on(texts: Sequence[str]) -> list[str]:
    """Count the placeholders of each statement on from those of the ones before."""
    counted: list[str] = []
    so_far = 0
    for text in texts:
        highest = max((int(number) for number in _PLACEHOLDER.findall(text)), default=0)
        counted.append(_PLACEHOLDER.sub(lambda match, by=so_far: f"${int(match.group(1)) + by}", text))
        so_far += highest
    return counted
