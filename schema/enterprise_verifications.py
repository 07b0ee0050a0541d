"""Checks of companies, together with those who represent them by law."""

from datetime import datetime
from typing import Any

import strawberry

from models.identity_verifications import VerificationState
from permissions.fields import After, Before, First, Last, classified, root
from permissions.may_see import Info
from permissions.scopes import IDENTITY_CHECKS_READ, needs
from policy.classes import ENTERPRISE_CONTACT, ENTERPRISE_CONTACT_DOCUMENT, ENTERPRISE_LICENCE, VERIFICATION
from policy.subjects import Subject
from resolvers import enterprise_checks, identity_verifications
from schema.relay import Connection, Node, node_id, shows


@strawberry.type(description="One check of a company's licence, and of who represents it by law.")
class EnterpriseVerification(Node):
    """Its subject is the representative; what the provider was told is read from what was given (P1.4)."""

    about = Subject.CONTACT
    is_type_of = shows("EnterpriseVerification")

    id: strawberry.ID = node_id("EnterpriseVerification")
    state: VerificationState | None = classified(
        VERIFICATION,
        "How far it has come.",
        columns=("state", "expires_at"),
        value=identity_verifications.state_at,
    )
    provider: str | None = classified(VERIFICATION, "Who checks it.")
    reference: str | None = classified(
        VERIFICATION, "By which the provider is asked for it.", rows=identity_verifications.references_of
    )
    company_name: str | None = classified(
        ENTERPRISE_LICENCE,
        "The company's name, as it is registered.",
        rows=enterprise_checks.company_names_of,
        about=Subject.ACCOUNT_HOLDER,
    )
    registration_number: str | None = classified(
        ENTERPRISE_LICENCE,
        "By which its register knows it.",
        rows=enterprise_checks.registration_numbers_of,
        about=Subject.ACCOUNT_HOLDER,
    )
    representative_name: str | None = classified(
        ENTERPRISE_CONTACT, "Who represents it by law.", rows=enterprise_checks.names_of
    )
    representative_phone: str | None = classified(
        ENTERPRISE_CONTACT, "Their phone number, if it was given.", rows=enterprise_checks.phones_of
    )
    identity_document: str | None = classified(
        ENTERPRISE_CONTACT_DOCUMENT,
        "The number of their identity document; null from the end of the check on.",
        rows=enterprise_checks.documents_of,
    )
    created_at: datetime | None = classified(VERIFICATION, "When it was asked for.")
    expires_at: datetime | None = classified(VERIFICATION, "Until when the provider can answer.")
    closed_at: datetime | None = classified(VERIFICATION, "When it ended; null while it is pending.")


async def _checks(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    return await enterprise_checks.visible_to(info.context.viewer, first=first, after=after, last=last, before=before)


@strawberry.type
class EnterpriseVerificationQueries:
    """Reads of checks of companies."""

    enterprise_checks: Connection[EnterpriseVerification] = root(
        "All checks of companies that you may know of, the newest first; for a provider's token those that it works "
        "on.",
        resolver=_checks,
        extensions=[needs(IDENTITY_CHECKS_READ)],
    )
