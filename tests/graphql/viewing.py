"""Looks at the shop as others, and says what these would be shown by what they are shown when they ask themselves."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from execution.executor import Executor
from models.ids import public_id
from permissions import OperationContext
from policy.viewer import Viewer
from resolvers.cells import open_cells
from schema import schema
from schema.privacy import report, settle
from server.rehearsals import Rehearsals
from tests.graphql.asking import DOCUMENTS, Answer, ask
from tests.graphql.world import Subject

CASE = "PRIV-2026/118"
VIEW_AS = """query View($document: String!, $as: [ViewAsInput!]!, $case: String!, $variables: String, $name: String) {
  viewAs(document: $document, as: $as, caseReference: $case, variables: $variables, operationName: $name) {
    viewers { kind refused }
    rows { path dataClass { name } sights { viewer outcome code party clauses missing } }
  }
}"""
BY_STOCK = Executor(schema, DOCUMENTS, settle=settle, report=report, is_planning=False)
_OUTCOMES = {"CLEAR": "SHOWN", "MASK": "MASKED", "NULL": "WITHHELD"}

Sights = dict[tuple[tuple[str, ...], str], set[str]]
"""By path and class what is seen of it."""


@dataclass(frozen=True, slots=True)
class View:
    """What `viewAs` answered."""

    told: Any
    errors: list[Any]

    @property
    def code(self) -> str:
        """The code of its only error."""
        (error,) = self.errors
        return (error.original_error or error).code

    def sights(self, path: str, viewer: int = 0) -> list[dict[str, Any]]:
        """List what a viewer would get at a path, such as `order.total`; nothing where the path has no row."""
        rows = [row for row in self.told["rows"] if row["path"] == path.split(".")]
        return [sight for row in rows for sight in row["sights"] if sight["viewer"] == viewer]

    def outcomes(self, path: str, viewer: int = 0) -> list[str]:
        """List the outcomes for a viewer at a path."""
        return [sight["outcome"] for sight in self.sights(path, viewer)]

    def fields(self, viewer: int) -> Sights:
        """Give what a viewer would get of each classified field that is there for them."""
        found: Sights = {}
        for row in self.told["rows"]:
            if row["dataClass"] is not None:
                outcomes = {each["outcome"] for each in row["sights"] if each["viewer"] == viewer}
                if outcomes - {"NULL"}:
                    found[tuple(row["path"]), row["dataClass"]["name"]] = outcomes
        return found

    def objects(self, viewer: int) -> dict[tuple[str, ...], set[str]]:
        """Give what a viewer would get of each object."""
        return {
            tuple(row["path"]): {each["outcome"] for each in row["sights"] if each["viewer"] == viewer}
            for row in self.told["rows"]
            if row["dataClass"] is None
        }


async def view(
    document: str,
    *viewers: Mapping[str, Any],
    by: Viewer,
    case: str = CASE,
    variables: Mapping[str, Any] | None = None,
    **more: Any,
) -> View:
    """Look at the shop as others."""
    given = {"as": list(viewers), "variables": json.dumps(variables) if variables is not None else None}
    answer = await ask(VIEW_AS, as_=by, document=document, case=case, **given, **more)
    return View(answer.data and answer.data["viewAs"], answer.errors)


async def view_by_stock(document: str, *viewers: Mapping[str, Any], by: Viewer, variables: Mapping[str, Any]) -> View:
    """Look at it by stock execution, of the look and of what is looked at."""
    rehearse = partial(Rehearsals(schema, DOCUMENTS, BY_STOCK).prepare, request_id="of a test")
    context = OperationContext(open_cells=open_cells, prepare=DOCUMENTS.parsed, rehearse=rehearse, viewer=by)
    given = {"document": document, "as": list(viewers), "case": CASE, "variables": json.dumps(variables)}
    result = await BY_STOCK.execute(DOCUMENTS.prepare(VIEW_AS), None, given, context)
    return View(result.data and result.data["viewAs"], list(result.errors or ()))


def account(subject: Subject) -> dict[str, str]:
    """Name a person as `viewAs` does."""
    return {"accountId": public_id("User", subject.account.id)}


def shown(answer: Answer) -> Sights:
    """Give what an answer that explains itself showed of each classified field."""
    found: Sights = {}
    for entry in answer.decisions:
        found.setdefault((tuple(entry["path"]), entry["dataClass"]), set()).add(_OUTCOMES[entry["effect"]])
    return found


def objects_at(data: Any, path: Sequence[str]) -> list[Any]:
    """List the objects that an answer has at a path; those on a page, where there is one."""
    if isinstance(data, list):
        return [found for each in cast("list[Any]", data) for found in objects_at(each, path)]
    if data is None:
        return []
    if path:
        return objects_at(data.get(path[0]), path[1:])
    page = [data[key] for key in ("nodes", "edges") if key in data]
    return cast("list[Any]", page[0]) if page else [data]


def texts_of(subjects: Iterable[Subject]) -> set[str]:
    """List the values that are of some people alone."""
    return {
        value
        for subject in subjects
        for value in (getattr(subject.person, name) for name in subject.person.__dataclass_fields__)
        if isinstance(value, str) and len(value) > 4
    }
