"""The ledger of disclosures: who was shown what of whom, for what and by which clauses."""

from datetime import datetime
from typing import Any

import strawberry

from permissions.fields import After, Before, First, Last, classified, root
from permissions.may_see import Info
from policy.classes import DISCLOSURE
from policy.parties import Party
from policy.purposes import Purpose
from policy.sharing import SharingGround
from policy.subjects import Subject
from resolvers import disclosures
from schema.legal_grounds import PersonalDataClass
from schema.relay import Connection, Node, node_id, shows


def _classes(names: list[str]) -> list[Any]:
    return [PersonalDataClass[name] for name in names]


def _party(name: str) -> Party:
    return Party[name]


def _purpose(name: str) -> Purpose:
    return Purpose[name]


def _grounds(names: list[str] | None) -> list[SharingGround] | None:
    return None if names is None else [SharingGround[name] for name in names]


@strawberry.type(
    description="That personal data of somebody was shown to another: one for each person, purpose and order of an "
    "operation, however many values it showed."
)
class Disclosure(Node):
    """Who knows of a disclosure is `models.disclosures.Disclosure.visible_to`; each field is decided besides."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Disclosure")

    id: strawberry.ID = node_id("Disclosure")
    party: Party | None = classified(DISCLOSURE, "What they were to the person.", value=_party)
    supplier_id: strawberry.ID | None = classified(
        DISCLOSURE, "The supplier who was shown it; null for others.", rows=disclosures.suppliers_of
    )
    partner_id: strawberry.ID | None = classified(
        DISCLOSURE,
        "The partner who was shown it, a supplier too; null for people. See `partners` for who that is.",
        rows=disclosures.partners_of,
    )
    staff: strawberry.ID | None = classified(
        DISCLOSURE,
        "The member of staff who was shown it: the same for all that they were shown, and without a name.",
        rows=disclosures.staff_of,
        needs=("party",),
    )
    classes: list[PersonalDataClass] | None = classified(DISCLOSURE, "What was shown.", value=_classes)
    purpose: Purpose | None = classified(DISCLOSURE, "For what.", value=_purpose)
    clauses: list[str] | None = classified(DISCLOSURE, "The clauses of the policy by which it was.", value=list)
    sharing_grounds: list[SharingGround] | None = classified(
        DISCLOSURE,
        "On which of the eight grounds a company received it; null for people, and for rows from before it was kept.",
        value=_grounds,
    )
    legal_ground_id: strawberry.ID | None = classified(
        DISCLOSURE,
        "The legal ground without which it would not have been; null if there was none.",
        rows=disclosures.grounds_of,
    )
    order_id: strawberry.ID | None = classified(
        DISCLOSURE, "The order that it belongs to; null if it is none's.", rows=disclosures.orders_of
    )
    operation: str | None = classified(DISCLOSURE, "The name of the operation, as its document gave it.")
    disclosed_at: datetime | None = classified(DISCLOSURE, "When.")


async def _disclosures(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await disclosures.disclosures_visible_to(
        info.context.viewer, first=first, after=after, last=last, before=before
    )


@strawberry.type
class DisclosureQueries:
    """Reads of the ledger of disclosures."""

    disclosures: Connection[Disclosure] = root(
        "The disclosures that you may know of, the newest first.", resolver=_disclosures
    )
