"""Reads behind the journal of what members of staff do."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.audit import AuditEvent
from models.ids import public_id
from models.rows import NEWEST_FIRST, Rows
from models.scoping import NOTHING
from policy.refused import Refused
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import MODELS, any_row_id, audience_of
from resolvers.pages import Page, cursor_context, page_request

_ACTION = re.compile(r"[a-z][A-Za-z0-9]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedEvents:
    """Which events a client asks for; what is None narrows nothing."""

    object: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What became of one field; values are JSON, and None where they are not kept."""

    field: str
    before: str | None
    after: str | None


async def events(
    viewer: Viewer,
    *,
    wanted: WantedEvents | None,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """
    List what members of staff did, the latest first, as far as the viewer may know of it.

    Raises:
        Refused: `BAD_ARGUMENT` for a filter that cannot be; `BAD_PAGE` and `BAD_CURSOR`.
    """
    rows = _narrowed(AuditEvent.visible_to(viewer), viewer, wanted or WantedEvents()).by_sort(NEWEST_FIRST)
    context = cursor_context("audit events", viewer)
    request = page_request(context, first=first, after=after, last=last, before=before)
    return Page(await rows.page(request), context, rows)


def _narrowed(rows: Rows[AuditEvent], viewer: Viewer, wanted: WantedEvents) -> Rows[AuditEvent]:
    if wanted.object is not None:
        key = any_row_id(wanted.object, viewer)
        # As for an id of something that does not exist, nothing is found.
        rows = rows.where(object_type=_model(key[0]), object_id=key[1]) if key is not None else rows.matching(NOTHING)
    if wanted.action is not None:
        if not _ACTION.fullmatch(wanted.action):
            raise Refused("BAD_ARGUMENT", "An action is called as its mutation is, such as `productUpdate`.")
        rows = rows.where(action=wanted.action)
    for instant in (wanted.since, wanted.until):
        if instant is not None and instant.tzinfo is None:
            raise Refused("BAD_ARGUMENT", "Give an instant with its offset, such as `2026-01-31T12:00:00Z`.")
    if wanted.since is not None:
        rows = rows.matching("t.happened_at >= :since::timestamptz", since=wanted.since)
    if wanted.until is not None:
        rows = rows.matching("t.happened_at < :until::timestamptz", until=wanted.until)
    return rows


async def object_ids_of(parents: Sequence[Seen[AuditEvent]], viewer: Viewer) -> list[str]:
    """Make the ids of what each was about, as `node` takes them."""
    audience = audience_of(viewer)
    return [public_id(type_called(parent.row.object_type), parent.row.object_id, audience) for parent in parents]


def type_called(model: str) -> str:
    """Give the name in the schema of a model's type."""
    return next((name for name, each in MODELS.items() if each.__name__ == model), model)


def _model(type_name: str) -> str:
    return MODELS[type_name].__name__ if type_name in MODELS else type_name


async def actors_of(parents: Sequence[Seen[AuditEvent]], viewer: Viewer) -> list[str]:
    """Tell members of staff apart without naming them."""
    return [public_id("Staff", parent.row.actor_id, audience_of(viewer)) for parent in parents]


def changes_of(changes: dict[str, Any]) -> list[FieldChange]:
    """List what was changed, by the names of fields."""
    return [
        FieldChange(_camel(name), _json(change, "before"), _json(change, "after"))
        for name, change in sorted(changes.items())
    ]


def _json(change: dict[str, Any], side: str) -> str | None:
    return json.dumps(change[side], ensure_ascii=False, separators=(",", ":")) if side in change else None


def _camel(column: str) -> str:
    head, *rest = column.split("_")
    return head + "".join(part.title() for part in rest)
