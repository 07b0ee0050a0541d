"""Counts and notes the objects that fields lead to, before any of them is shown."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, cast

from permissions.context import OperationContext
from permissions.withheld import Path
from policy.seen import Seen

_ALIKE, _ROWS = attrgetter("alike"), {Seen}


def enter(answers: Sequence[Any], context: OperationContext, width: int, path: Path, parents: Sequence[Any]) -> None:
    """
    Count and note the objects that a field leads to from some parents, before any of them is shown.

    Args:
        answers: For each parent an object, a list or a page of objects, or a leaf.
        width: How many fields are asked of each object; 0 for leaves.
        path: The response keys that lead to the field, positions in lists left out.
        parents: The objects whose field it is; None at the root.

    Raises:
        OperationRefused: `QUERY_TOO_COSTLY`.
    """
    if not width:
        context.spend(len(answers))
        return
    found: list[Any] = [getattr(answer, "nodes", answer) for answer in answers]
    objects: list[Any] = []
    for each in found:
        objects += cast("list[Any]", each) if isinstance(each, list) else (each,)
    context.spend(len(objects) * width)
    if context.viewing is not None:
        for parent, each in zip(parents, found, strict=True):
            context.viewing.entered(path, parent, cast("list[Any]", each) if isinstance(each, list) else [each])
    rows: list[Seen[Any]] = objects if set(map(type, objects)) == _ROWS else [o for o in objects if type(o) is Seen]
    # Rows of one case were read together, and most of them differ in nothing that is noted. What no ground can open is
    # about nobody, or is known of by its fields alone.
    cases = dict(zip(map(id, map(_ALIKE, rows)), rows, strict=True))
    cases = {key: seen for key, seen in cases.items() if seen.core is not None}
    if cases:
        context.grounds.entered(context.viewer, rows, cases)
        context.disclosures.entered(context.viewer, rows, cases)
