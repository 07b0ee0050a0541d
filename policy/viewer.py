"""Who asks: what the server knows of a caller once a credential has been checked."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from policy.ages import AgeBand
from policy.classes import DataClass
from policy.facts import Ask
from policy.parties import Party
from policy.purposes import Purpose


class StaffRole(Enum):
    """What somebody who works for the platform is there to do."""

    AGENT = "AGENT"
    OPERATOR = "OPERATOR"


class Case(NamedTuple):
    """
    The facts that come with a row: whose it is, and what bears on a decision about it.

    Args:
        subject: The account that the row is about, or that gave the data of somebody else.
        age: The subject's age band.
        guardian: The account of the subject's guardian, if the subject is under age and has one.
        guardian_consents: The purposes that the guardian consents to.
        is_cancelled: Whether the subject's account was cancelled.
        suppliers: The suppliers of the order's lines; empty where the row belongs to no order.
        carriers: The carriers of the order's shipments.
        is_window_open: Whether the order's delivery and after-sales window is open.
        has_open_ticket: Whether the asking agent has an open ticket of the subject.
        is_membership_verified: Whether the subject's membership was verified on that ticket.
        has_objected: Whether the recipient objected to the use of their data (P1.2e); filled by who records objections.
        is_version_pending: Whether a version of the policy that widens this use awaits the subject's consent (P9.3);
            filled by who keeps versions.
        crosses_border: Whether showing the row takes it abroad with none of the three grounds (P8.1); filled by who
            keeps regions. An order to a foreign supplier is a ground for its own fields, so it stays false there.
    """

    subject: UUID
    age: AgeBand
    guardian: UUID | None = None
    guardian_consents: frozenset[Purpose] = frozenset()
    is_cancelled: bool = False
    suppliers: frozenset[UUID] = frozenset()
    carriers: frozenset[UUID] = frozenset()
    is_window_open: bool = False
    has_open_ticket: bool = False
    is_membership_verified: bool = False
    has_objected: bool = False
    is_version_pending: bool = False
    crosses_border: bool = False

    @classmethod
    def nobody(cls) -> "Case":
        """The case of a row that is about no person, where every viewer is a stranger."""
        return cls(UUID(int=0), AgeBand.ADULT)


@dataclass(frozen=True, slots=True)
class Viewer:
    """
    A caller in exactly one capacity: a person, a supplier's token, a member of staff, or nobody in particular.

    Args:
        account: The account of a person or of a member of staff.
        supplier: The supplier that a token acts for.
        carrier: The logistics partner that a token acts for.
        staff: The role of a member of staff, who has no other capacity.
        is_trained: Whether a member of staff holds valid privacy training (P5.1).
        scopes: What the credential may be used for, as `resource:verb`; None for people, who are not limited by scopes.
        session: The session or token by which the caller came.
        is_delegated: Whether a partner made the token for a subcontractor of its own (P4.4). The rows of a child's
            orders must then be out of its scope, or a row without values would tell of the child (P7.3).
        is_in_standing: Whether a partner's agreement and security review are both in force (P4.5). Until there are
            tables of both it is true; who adds them fills it in when the token is checked.
    """

    account: UUID | None = None
    supplier: UUID | None = None
    carrier: UUID | None = None
    staff: StaffRole | None = None
    is_trained: bool = False
    scopes: frozenset[str] | None = None
    session: UUID | None = None
    is_delegated: bool = False
    is_in_standing: bool = True

    @property
    def kind(self) -> str:
        """The capacity in one word, for logs and metrics."""
        if self.staff is not None:
            return self.staff.value.lower()
        if self.supplier is not None:
            return "supplier"
        if self.carrier is not None:
            return "carrier"
        return "person" if self.account is not None else "anonymous"

    @property
    def person(self) -> UUID | None:
        """The account that the caller acts as in person; None for staff, tokens and strangers."""
        return self.account if self.staff is None and self.supplier is None and self.carrier is None else None

    def party_to(self, case: Case) -> Party:
        """Tell what the viewer is to the subject of a case; facts decide, the viewer claims nothing."""
        if self.staff is not None:
            return Party.AGENT if self.staff is StaffRole.AGENT else Party.OPERATOR
        if self.supplier is not None:
            return Party.SUPPLIER if self.supplier in case.suppliers else Party.STRANGER
        if self.carrier is not None:
            return Party.CARRIER if self.carrier in case.carriers else Party.STRANGER
        # INVARIANT (nobody is not somebody): an anonymous viewer is None, and so may a guardian be.
        if self.account is None:
            return Party.STRANGER
        if self.account == case.subject:
            return Party.SELF
        return Party.GUARDIAN if self.account == case.guardian else Party.STRANGER

    def asks(self, data_class: DataClass, *, of: Case) -> Ask:
        """Put the question whether the viewer may see a class of data in a case."""
        party = self.party_to(of)
        purpose = party.purpose
        return Ask(
            party=party,
            data_class=data_class,
            purpose_fits=purpose in data_class.purposes,
            age=of.age,
            guardian_consents=purpose in of.guardian_consents,
            account_cancelled=of.is_cancelled,
            window_open=of.is_window_open,
            ticket_open=of.has_open_ticket,
            membership_verified=of.is_membership_verified,
            staff_trained=self.is_trained,
            delegated=self.is_delegated,
            in_standing=self.is_in_standing,
            region_fits=not of.crosses_border,
            objected=of.has_objected,
            version_pending=of.is_version_pending,
        )


ANONYMOUS = Viewer()
