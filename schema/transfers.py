"""The register of transfers: whose data left their region, to whom, and on which ground."""

from datetime import datetime
from typing import Any

import strawberry

from models.transfers import Receiver
from permissions.fields import After, Before, First, Last, classified, root
from permissions.may_see import Info
from policy.classes import TRANSFER
from policy.regions import TransferGround
from policy.subjects import Subject
from resolvers import transfers
from schema.enums import described
from schema.legal_grounds import PersonalDataClass
from schema.relay import Connection, Node, node_id, shows

described(
    Receiver,
    "Whom data went to.",
    {
        Receiver.DEPLOYMENT: "Where the shop stands, because the account is stored there.",
        Receiver.SUPPLIER: "A supplier of an order.",
        Receiver.PARTNER: "Another partner, such as a carrier.",
    },
)
described(
    TransferGround,
    "Why data may leave a person's region.",
    {
        TransferGround.LAW: "A law demands it.",
        TransferGround.CONSENT: "The person consents to it, separately and explicitly.",
        TransferGround.OWN_DEALING: "The person deals across the border themselves; it is the data of that dealing.",
    },
)


def _classes(names: list[str]) -> list[Any]:
    return [PersonalDataClass[name] for name in names]


@strawberry.type(description="That data of a person goes from their region to another one.")
class Transfer(Node):
    """Who knows of a transfer is `models.transfers.Transfer.visible_to`; each field is decided besides."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Transfer")

    id: strawberry.ID = node_id("Transfer")
    from_region: str | None = classified(TRANSFER, "From where, as an ISO 3166-1 code.")
    to_region: str | None = classified(TRANSFER, "To where, as an ISO 3166-1 code.")
    receiver: Receiver | None = classified(TRANSFER, "Whom it goes to.")
    ground: TransferGround | None = classified(TRANSFER, "Why it may.")
    classes: list[PersonalDataClass] | None = classified(TRANSFER, "What goes there.", value=_classes)
    supplier_id: strawberry.ID | None = classified(
        TRANSFER, "The supplier it goes to; null for others.", rows=transfers.suppliers_of
    )
    partner_id: strawberry.ID | None = classified(
        TRANSFER, "The other partner it goes to; null for suppliers and deployments.", rows=transfers.partners_of
    )
    order_id: strawberry.ID | None = classified(
        TRANSFER, "The order that it goes with; null if it is none's.", rows=transfers.orders_of
    )
    first_at: datetime | None = classified(TRANSFER, "When it went there first.")
    last_at: datetime | None = classified(TRANSFER, "When it went there last, as far as is known.")


async def _transfers(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await transfers.transfers_visible_to(info.context.viewer, first=first, after=after, last=last, before=before)


@strawberry.type
class TransferQueries:
    """Reads of the register of transfers."""

    transfers: Connection[Transfer] = root(
        "The transfers abroad that you may know of, the newest first.", resolver=_transfers
    )
