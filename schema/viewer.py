"""Who asks: the way to everything that is one's own."""

from enum import Enum

import strawberry

from models.bounds import SESSIONS
from permissions.fields import batch, connection, part, to_many, to_one
from resolvers import disclosures, legal_grounds, policy_versions, sessions, transfers, users
from schema.disclosures import Disclosure
from schema.enums import described
from schema.legal_grounds import LegalGround
from schema.policy_versions import PolicyStanding
from schema.relay import Connection
from schema.sessions import Session
from schema.tickets import Ticket
from schema.transfers import Transfer
from schema.users import User


class ViewerKind(Enum):
    """In which capacity somebody asks."""

    ANONYMOUS = "anonymous"
    PERSON = "person"
    SUPPLIER = "supplier"
    LOGISTICS = "logistics"
    PAYMENT = "payment"
    RISK_CONTROL = "risk_control"
    IDENTITY_VERIFICATION = "identity_verification"
    AFFILIATE = "affiliate"
    AFFILIATE_PROVIDER = "affiliate_provider"
    AGENT = "agent"
    OPERATOR = "operator"
    PRIVACY_OFFICER = "privacy_officer"
    AUDITOR = "auditor"
    THIRD_PARTY = "third party"


described(
    ViewerKind,
    "In which capacity somebody asks; always exactly one.",
    {
        ViewerKind.ANONYMOUS: "Nobody in particular.",
        ViewerKind.PERSON: "A person with an account, about themselves or somebody they are the guardian of.",
        ViewerKind.SUPPLIER: "A supplier, by a token.",
        ViewerKind.LOGISTICS: "A carrier, by a token.",
        ViewerKind.PAYMENT: "A payment institution, by a token.",
        ViewerKind.RISK_CONTROL: "A company that looks at orders for signs of fraud, by a token.",
        ViewerKind.IDENTITY_VERIFICATION: "A company that checks who somebody is, by a token.",
        ViewerKind.AFFILIATE: "A company of the same group, by a token.",
        ViewerKind.AFFILIATE_PROVIDER: "A company that works for an affiliate, by a token.",
        ViewerKind.AGENT: "A member of customer service.",
        ViewerKind.OPERATOR: "An operator of the shop.",
        ViewerKind.PRIVACY_OFFICER: "A privacy officer.",
        ViewerKind.AUDITOR: "An auditor.",
        ViewerKind.THIRD_PARTY: "Somebody without an account who has proven that a phone or an e-mail address is "
        "theirs; see `thirdParty`.",
    },
)


@strawberry.type(description="Whoever sent this operation.")
class Viewer:
    """The caller, as the server knows them from their credential; nothing here is claimed."""

    kind: ViewerKind = part("In which capacity they ask.", value=ViewerKind)
    account: User | None = to_one(
        "Their own account; null for tokens, staff and strangers.", by="account", rows=users.accounts_of
    )
    sessions: list[Session] = to_many(
        "Where they are signed in, the session seen last first; empty for tokens, staff and strangers.",
        at_most=SESSIONS,
        rows=sessions.sessions_of,
    )
    tickets: Connection[Ticket] = connection(
        "The tickets they opened, or for an agent the open ones assigned to them; the newest first.",
        rows=users.tickets_of,
    )
    staff_id: strawberry.ID | None = batch(
        "By which id a privacy officer names them, if they are a member of staff; null for everybody else.",
        rows=legal_grounds.staff_ids,
    )
    legal_grounds: Connection[LegalGround] = connection(
        "The legal grounds by which somebody may see, or could see, data about them in person; the newest first. Where "
        "the law forbids to tell it, a ground is here once it has ended.",
        rows=legal_grounds.own_grounds,
    )
    disclosures: Connection[Disclosure] = connection(
        "To whom data about them in person was shown, the newest first. What was shown by a legal ground of which the "
        "law forbids to tell is here once that ground has ended.",
        rows=disclosures.own_disclosures,
    )
    policy: PolicyStanding | None = batch(
        "How they stand to the privacy policy in person; null for tokens, staff and strangers.",
        rows=policy_versions.standings_of,
    )
    transfers: Connection[Transfer] = connection(
        "To where abroad their own data goes; the newest first.", rows=transfers.own_transfers
    )
