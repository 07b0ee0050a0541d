"""Who asks: what the server knows of a caller once a credential has been checked."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from policy.ages import AgeBand
from policy.classes import DataClass
from policy.enforcement import keeps
from policy.facts import Ask
from policy.parties import Party
from policy.partners import PartnerType
from policy.pending_uses import PendingUses
from policy.purposes import AFFILIATE_TASKS, Purpose


class StaffRole(Enum):
    """What somebody who works for the platform is there to do."""

    AGENT = "AGENT"
    OPERATOR = "OPERATOR"
    PRIVACY_OFFICER = "PRIVACY_OFFICER"
    AUDITOR = "AUDITOR"

    @property
    def party(self) -> Party:
        """What such a member of staff is to everybody."""
        return Party[self.value]


class Ground(NamedTuple):
    """
    A legal ground that is in force for the viewer and the subject of a case (P2.9, P4.8).

    Args:
        classes: What it names; of anything else it opens nothing.
        covers_child: Whether it is one that holds for a child: the law, or the child's own protection (P7.3).
        carries_abroad: Whether it is the law that lets what it names leave the subject's region (P8.1).
        id: Of its record; None where there is none, so that its use is not noted.
    """

    classes: frozenset[DataClass]
    covers_child: bool = False
    carries_abroad: bool = False
    id: UUID | None = None


NOBODY = UUID(int=0)
"""Stands for the subject of a row that is about no person."""


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
        partners: Other partners with a duty here: the carriers of the order's shipments, the institution of its
            payment, who runs the check of identity, the affiliates that the subject consented to.
        is_window_open: Whether what a partner does for the subject is under way: the delivery with its after-sales
            window, the payment, the check.
        has_open_ticket: Whether the asking agent has an open ticket of the subject.
        is_membership_verified: Whether the subject's membership was verified on that ticket.
        has_objected: Whether the recipient objected to the use of their data (P1.2e); filled by who records objections.
        pending_uses: What the rules allow beyond the version of the policy that the subject agreed to (P9.3).
        crosses_border: Whether showing the row takes it abroad with none of the three grounds (P8.1). An order to a
            foreign supplier is a ground for its own fields, so it stays false there.
        own_consents: The purposes that the subject consents to, each separately.
        is_third_party: Whether the viewer proved control of the phone or e-mail address that was given of the person
            without an account whom the row is about (P1.2e).
        grounds: The legal grounds by which the viewer may see more. Each opens the classes that it names, and covers a
            child or carries abroad for these alone.
        order: The order that the row belongs to, if it belongs to one; for the record, nothing is decided by it.
        asked_anew: The purposes that a guardian consented to until the subject came of age, and the subject has not.
    """

    subject: UUID
    age: AgeBand
    guardian: UUID | None = None
    guardian_consents: frozenset[Purpose] = frozenset()
    is_cancelled: bool = False
    suppliers: frozenset[UUID] = frozenset()
    partners: frozenset[UUID] = frozenset()
    is_window_open: bool = False
    has_open_ticket: bool = False
    is_membership_verified: bool = False
    has_objected: bool = False
    pending_uses: PendingUses | None = None
    crosses_border: bool = False
    own_consents: frozenset[Purpose] = frozenset()
    is_third_party: bool = False
    grounds: tuple[Ground, ...] = ()
    order: UUID | None = None
    asked_anew: frozenset[Purpose] = frozenset()

    def is_consented_by_guardian(self, purpose: Purpose) -> bool:
        """Tell whether somebody under age consents by their guardian, who answers in their place (P7.1)."""
        return self.age is not AgeBand.ADULT and purpose in self.guardian_consents

    def about(self, subject: UUID) -> "Case":
        """Give the case of somebody else of whom all other facts are the same."""
        return Case(subject, *self[1:])

    @classmethod
    def nobody(cls) -> "Case":
        """The case of a row that is about no person, where every viewer is a stranger."""
        return cls(NOBODY, AgeBand.ADULT)

    @property
    def facts(self) -> tuple[object, ...]:
        """All that decisions depend on besides what the viewer is here: what is the same is decided alike."""
        return _facts_of(self)


# Who is meant decides what the viewer is to them, and nothing else; the order is for the record.
_WHO = frozenset({"subject", "guardian", "suppliers", "partners", "is_third_party", "order"})
_facts_of: Callable[[Case], tuple[object, ...]] = itemgetter(
    *(place for place, name in enumerate(Case._fields) if name not in _WHO)
)


_ALONE = {party: frozenset({party, Party.STRANGER}) for party in Party}
_PEOPLE = frozenset({Party.SELF, Party.GUARDIAN, Party.STRANGER})


@dataclass(frozen=True, slots=True)
class Viewer:
    """
    A caller in exactly one capacity: a person, a partner's token, a member of staff, a third party, or nobody.

    Args:
        account: The account of a person or of a member of staff.
        supplier: The supplier that a token acts for.
        partner: The entry in the register of partners that a token acts for, of whatever kind.
        partner_type: What kind of partner that is; None for people.
        staff: The role of a member of staff, who has no other capacity.
        is_trained: Whether a member of staff holds valid privacy training (P5.1).
        scopes: What the credential may be used for, as `resource:verb`; None for people, who are not limited by scopes.
        session: The session or token by which the caller came.
        is_delegated: Whether a partner made the token for a subcontractor of its own (P4.4). The rows of a child's
            orders must then be out of its scope, or a row without values would tell of the child (P7.3).
        is_in_standing: Whether a partner's agreement and security review are both in force (P4.5).
        purposes: What the token may be used for, by its making; None for people.
        purpose: The purpose that the operation names (`@purpose`); None for the party's own.
        region: Where a partner's agreement says that it works with the data; None for people.
        proof: The proof of control of a phone or an e-mail address by which a third party came.
    """

    account: UUID | None = None
    supplier: UUID | None = None
    partner: UUID | None = None
    partner_type: PartnerType | None = None
    staff: StaffRole | None = None
    is_trained: bool = False
    scopes: frozenset[str] | None = None
    session: UUID | None = None
    is_delegated: bool = False
    is_in_standing: bool = True
    purposes: frozenset[Purpose] | None = None
    purpose: Purpose | None = None
    region: str | None = None
    proof: UUID | None = None

    @property
    def kind(self) -> str:
        """The capacity in one word, for logs and metrics."""
        if self.staff is not None:
            return self.staff.value.lower()
        if self.supplier is not None:
            return "supplier"
        if self.partner_type is not None:
            return self.partner_type.name.lower()
        if self.proof is not None:
            return "third party"
        return "person" if self.account is not None else "anonymous"

    @property
    def is_partner(self) -> bool:
        """Whether the caller is a partner's token."""
        return self.supplier is not None or self.partner_type is not None

    @property
    def person(self) -> UUID | None:
        """The account that the caller acts as in person; None for staff, tokens, third parties and strangers."""
        return self.account if self.staff is None and not self.is_partner and self.proof is None else None

    def party_to(self, case: Case) -> Party:
        """Tell what the viewer is to the subject of a case; facts decide, the viewer claims nothing."""
        if self.staff is not None:
            return self.staff.party
        if self.supplier is not None:
            return Party.SUPPLIER if self.supplier in case.suppliers else Party.STRANGER
        if self.partner_type is not None:
            return self.partner_type.party if self.partner in case.partners else Party.STRANGER
        if self.proof is not None:
            return Party.THIRD_PARTY if case.is_third_party else Party.STRANGER
        # INVARIANT (nobody is not somebody): an anonymous viewer is None, and so may a guardian be.
        if self.account is None:
            return Party.STRANGER
        if self.account == case.subject:
            return Party.SELF
        return Party.GUARDIAN if self.account == case.guardian else Party.STRANGER

    @property
    def parties(self) -> frozenset[Party]:
        """What the viewer can be to anybody: `party_to` gives one of these."""
        if self.staff is not None:
            return _ALONE[self.staff.party]
        if self.supplier is not None:
            return _ALONE[Party.SUPPLIER]
        if self.partner_type is not None:
            return _ALONE[self.partner_type.party]
        if self.proof is not None:
            return _ALONE[Party.THIRD_PARTY]
        return _PEOPLE if self.account is not None else _ALONE[Party.STRANGER]

    @property
    def standing(self) -> tuple[object, ...]:
        """All of the viewer that a question depends on besides what they are to the subject, who is not in it."""
        return self.purpose, self.purposes, self.is_trained, self.is_delegated, self.is_in_standing

    def purpose_in(self, party: Party) -> Purpose:
        """Tell for what the viewer asks as some party: what the operation names, or the party's own purpose."""
        return self.purpose or party.purpose

    def asks(self, data_class: DataClass, *, of: Case, linked: bool = True) -> Ask:
        """
        Put the question whether the viewer may see a class of data in a case.

        Args:
            of: The facts that came with the row.
            linked: Whether what else is asked for leads to a person (P2.2c).
        """
        party = self.party_to(of)
        purpose = self.purpose_in(party)
        is_granted = self.purposes is None or purpose in self.purposes
        grounds = [ground for ground in of.grounds if data_class in ground.classes]
        ask = Ask(
            party=party,
            data_class=data_class,
            purpose_fits=is_granted and purpose in data_class.purposes,
            age=of.age,
            guardian_consents=purpose in of.guardian_consents,
            account_cancelled=of.is_cancelled,
            window_open=of.is_window_open,
            ticket_open=of.has_open_ticket,
            membership_verified=of.is_membership_verified,
            staff_trained=self.is_trained,
            delegated=self.is_delegated,
            in_standing=self.is_in_standing,
            region_fits=not of.crosses_border or any(ground.carries_abroad for ground in grounds),
            objected=of.has_objected,
            own_consent=purpose in of.own_consents or of.is_consented_by_guardian(purpose),
            sensitive_consent=Purpose.AFFILIATE_SENSITIVE in of.own_consents,
            task=purpose if purpose in AFFILIATE_TASKS else AFFILIATE_TASKS[0],
            legal_ground=bool(grounds),
            ground_covers_child=any(ground.covers_child for ground in grounds),
            linked=linked,
        )
        is_pending = of.pending_uses is not None and of.pending_uses.covers(ask, purpose)
        if is_pending or (of.asked_anew and awaits_answer(of, party, purpose)):
            return ask._replace(version_pending=True)
        return ask


@keeps("P7.5", otherwise=False)
def awaits_answer(case: Case, party: Party, purpose: Purpose) -> bool:
    """
    Tell whether a use waits for the consent of somebody who has come of age, because it had a guardian's (P7.5).

    What a partner has begun for them goes on: an order that is under way was the person's own act.
    """
    return purpose in case.asked_anew and not (party.is_partner and case.is_window_open)


ANONYMOUS = Viewer()
