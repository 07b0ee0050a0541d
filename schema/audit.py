"""The journal of what members of staff do."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from permissions.fields import After, Before, First, Last, part, public, root
from permissions.may_see import Info
from policy.viewer import StaffRole
from resolvers import audit
from schema.relay import Connection, Node, node_id, shows


@strawberry.type(description="What became of one field of an object.")
class AuditChange:
    """Values of personal data are not kept."""

    field: str = part("The field.")
    before: str | None = part("What was there before, as JSON; null where it is personal data, which is not kept.")
    after: str | None = part("What has been there since, as JSON; null like `before`.")


@strawberry.type(description="Something that a member of staff did; it is noted once and never changed.")
class AuditEvent(Node):
    """Who sees events at all is `models.audit.AuditEvent.visible_to`; none of their fields is about a customer."""

    is_type_of = shows("AuditEvent")

    id: strawberry.ID = node_id("AuditEvent")
    action: str = public("What was done, called as the mutation is: `productUpdate`.")
    object_type: str = public(
        "The type of what it was done to, such as `Product`.", columns=("object_type",), value=audit.type_called
    )
    object_id: strawberry.ID = public(
        "The id of what it was done to.", rows=audit.object_ids_of, needs=("object_type",)
    )
    actor: strawberry.ID = public(
        "Who did it: the same for everything that this member of staff does, and without a name.",
        rows=audit.actors_of,
    )
    role: StaffRole = public("In which role they did it.")
    changes: list[AuditChange] = public(
        "What was changed, by field; empty if nothing was.", columns=("changes",), value=audit.changes_of
    )
    request_id: str | None = public("The request that it was done by, as in `Avow-Request-Id`; null if by none.")
    happened_at: datetime = public("When it was done.")


@strawberry.input(description="Which events are wanted; all conditions hold at once, and those left out do not count.")
class AuditEventFilter:
    """Typed conditions; each is compiled by hand."""

    object_id: strawberry.ID | None = strawberry.field(default=None, description="Done to the object with this id.")
    action: str | None = strawberry.field(
        default=None, description="What was done, called as the mutation is: `productUpdate`."
    )
    since: datetime | None = strawberry.field(default=None, description="Done at this instant or later.")
    until: datetime | None = strawberry.field(default=None, description="Done before this instant.")


Filter = Annotated[AuditEventFilter | None, strawberry.argument(description="Which events are wanted.")]


async def _audit_events(
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Filter = None,
) -> Any:
    wanted = filter and audit.WantedEvents(
        object=filter.object_id, action=filter.action, since=filter.since, until=filter.until
    )
    return await audit.events(info.context.viewer, wanted=wanted, first=first, after=after, last=last, before=before)


@strawberry.type
class AuditQueries:
    """Reads of the audit slice."""

    audit_events: Connection[AuditEvent] = root(
        "What members of staff did, the latest first: operators read what was done to the catalogue, its stock and the "
        "register of partners, auditors with whose eyes `viewAs` was asked; empty for everybody else.",
        resolver=_audit_events,
    )
