"""What people without an account see of what was given of them, and what partners are told when they object."""

from datetime import datetime
from typing import Any

import strawberry

from permissions.fields import After, Before, First, Last, classified, connection, part, root, to_one
from permissions.may_see import Info
from permissions.scopes import FULFILLMENT_ORDERS_READ, needs
from policy.classes import DISCLOSURE, ORDER, ORDER_NUMBER, RECIPIENT_ADDRESS, RECIPIENT_NAME, RECIPIENT_PHONE
from policy.parties import Party
from policy.purposes import Purpose
from policy.subjects import Subject
from resolvers import enterprises, fulfilments, objections, third_parties
from schema.enterprises import EnterpriseContact
from schema.legal_grounds import PersonalDataClass
from schema.relay import Connection, Node, node_id, shows
from schema.suppliers import Supplier


def _party(name: str) -> Party:
    return Party[name]


def _purpose(name: str) -> Purpose:
    return Purpose[name]


def _classes(names: list[str]) -> list[Any]:
    return [PersonalDataClass[name] for name in names]


async def _about_them(rows: Any, viewer: Any) -> list[Any]:
    return [_classes(names) for names in await third_parties.classes_of(rows, viewer)]


@strawberry.type(description="That what was given of you was shown to somebody.")
class ThirdPartyDisclosure:
    """A row of the ledger, as far as it is about the person without an account."""

    about = Subject.ACCOUNT_HOLDER

    party: Party | None = classified(DISCLOSURE, "What they have to do with it.", value=_party)
    supplier: Supplier | None = to_one(
        "The company, where it was a supplier.", by="supplier_id", rows=third_parties.suppliers_shown
    )
    classes: list[PersonalDataClass] | None = classified(
        DISCLOSURE, "What was shown of you.", rows=_about_them, needs=("classes",)
    )
    purpose: Purpose | None = classified(DISCLOSURE, "For what.", value=_purpose)
    disclosed_at: datetime | None = classified(DISCLOSURE, "When.")


@strawberry.type(description="What one order holds of you, because somebody had it sent to you.")
class ThirdPartyRecord(Node):
    """Seen by whoever proved that the phone is theirs, and by nobody else; who gave it is not in it (P1.2e)."""

    about = Subject.RECIPIENT
    is_type_of = shows("ThirdPartyRecord")

    id: strawberry.ID = node_id("ThirdPartyRecord")
    name: str | None = classified(RECIPIENT_NAME, "Your name, as it was given.")
    phone: str | None = classified(RECIPIENT_PHONE, "Your phone number.")
    street: str | None = classified(RECIPIENT_ADDRESS, "Street, house and what else the courier needs.")
    city: str | None = classified(RECIPIENT_ADDRESS, "City or place.")
    postal_code: str | None = classified(RECIPIENT_ADDRESS, "Postal code, as the country writes it.")
    country: str | None = classified(RECIPIENT_ADDRESS, "Country, as an ISO 3166-1 code.")
    given_at: datetime | None = classified(DISCLOSURE, "When it was given.", columns=("created_at",))
    objected_at: datetime | None = classified(
        DISCLOSURE, "When you objected; it is here until the parcel that is on its way to you has come."
    )
    disclosures: Connection[ThirdPartyDisclosure] = connection(
        "To whom it was shown, the newest first; of the one who gave it there is no record. What was shown by a legal "
        "ground of which the law forbids to tell is here once that ground has ended.",
        rows=third_parties.shown,
    )


@strawberry.type(description="You, who proved that a phone or an e-mail address is yours, without an account.")
class ThirdParty:
    """The way to what was given of one person by others."""

    expires_at: datetime = part("Until when the proof holds; after that, begin with `thirdPartyChallenge`.")
    records: Connection[ThirdPartyRecord] = connection(
        "What orders hold of you, the newest first; empty if that is nothing.", rows=third_parties.records_of
    )
    enterprise_contacts: Connection[EnterpriseContact] = connection(
        "What companies gave of you as somebody who acts for them, the newest first.", rows=enterprises.given_of
    )


@strawberry.type(description="That somebody whom a partner was shown has objected: delete what you still have of them.")
class ObjectionNotice(Node):
    """To a partner that the ledger names; whom it is about is known by the order alone."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("ObjectionNotice")

    id: strawberry.ID = node_id("ObjectionNotice")
    order_number: str | None = classified(
        ORDER_NUMBER, "The number of the order whose recipient objected.", rows=fulfilments.numbers_of
    )
    classes: list[PersonalDataClass] | None = classified(ORDER, "What was shown of them.", value=_classes)
    created_at: datetime | None = classified(ORDER, "Since when it is to be deleted.")
    acknowledged_at: datetime | None = classified(ORDER, "When the partner said that it was deleted.")
    supplier: Supplier | None = to_one("Whom it tells.", by="supplier_id", rows=objections.suppliers_told)


async def _third_party(info: Info) -> Any:
    return await third_parties.proof_of(info.context.viewer)


async def _objection_notices(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await objections.notices_visible_to(info.context.viewer, first=first, after=after, last=last, before=before)


@strawberry.type
class ThirdPartyQueries:
    """Reads of people without an account, and of those who were shown them."""

    third_party: ThirdParty | None = root(
        "What is held of you, if you came by a proof of `thirdPartyProve`; null for everybody else.",
        resolver=_third_party,
    )
    objection_notices: Connection[ObjectionNotice] = root(
        "Notices of people who objected, the newest first; for a supplier's token its own.",
        resolver=_objection_notices,
        extensions=[needs(FULFILLMENT_ORDERS_READ)],
    )
