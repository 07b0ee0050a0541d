"""Companies that have an account, and the people who act for them."""

from datetime import datetime

import strawberry

from models.bounds import ENTERPRISE_CONTACTS
from permissions.fields import classified, to_many, to_one
from policy.classes import (
    ACCOUNT,
    DISCLOSURE,
    ENTERPRISE_CONTACT,
    ENTERPRISE_CONTACT_DOCUMENT,
    ENTERPRISE_LICENCE,
    VERIFICATION,
)
from policy.subjects import Subject
from resolvers import enterprises
from schema.enterprise_verifications import EnterpriseVerification
from schema.relay import Node, node_id, shows


@strawberry.type(description="Somebody who acts for a company.")
class EnterpriseContact(Node):
    """A subject of their own (P1.2a): seen by the company's account, and by themselves."""

    about = Subject.CONTACT
    is_type_of = shows("EnterpriseContact")

    id: strawberry.ID = node_id("EnterpriseContact")
    role: str | None = classified(
        ENTERPRISE_CONTACT, "As what: a name of `EnterpriseContactRole`, such as `LEGAL_REPRESENTATIVE`.", value=str
    )
    name: str | None = classified(ENTERPRISE_CONTACT, "The person's name.")
    email: str | None = classified(ENTERPRISE_CONTACT, "Their e-mail address.")
    phone: str | None = classified(ENTERPRISE_CONTACT, "Their phone number.")
    identity_document: str | None = classified(
        ENTERPRISE_CONTACT_DOCUMENT, "The number of an identity document, if it was given."
    )
    given_at: datetime | None = classified(DISCLOSURE, "When it was given.", columns=("created_at",))


@strawberry.type(description="The company that an account is of.")
class Enterprise(Node):
    """Seen by whoever knows of the account; who acts for it is decided by itself."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Enterprise")

    id: strawberry.ID = node_id("Enterprise")
    name: str | None = classified(ENTERPRISE_LICENCE, "The company's name, as it is registered.")
    registration_number: str | None = classified(ENTERPRISE_LICENCE, "By which its register knows it.")
    created_at: datetime | None = classified(ACCOUNT, "When it was registered here.")
    verified_at: datetime | None = classified(
        VERIFICATION,
        "Since when its licence is verified, with somebody who represents it still; null if it is not.",
        rows=enterprises.verified_at,
    )
    verification: EnterpriseVerification | None = to_one(
        "The newest check of it.", by="id", rows=enterprises.verifications_of
    )
    contacts: list[EnterpriseContact] = to_many(
        "Who acts for it.", at_most=ENTERPRISE_CONTACTS, rows=enterprises.contacts_of
    )
