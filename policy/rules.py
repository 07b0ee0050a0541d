"""The rules on sight: each names the clause that it rests on, and none knows of any other."""

from dataclasses import dataclass
from enum import Enum

from policy.classes import (
    ACCOUNT,
    BIRTH_DATE,
    CLASSES,
    CONSENT,
    CREDENTIAL,
    DEVICE,
    EMAIL,
    GENDER,
    IDENTITY_DOCUMENT,
    NATIONALITY,
    ORDER,
    ORDER_AMOUNT,
    PAYMENT_ACCOUNT,
    PERSON_NAME,
    PHONE,
    POSTAL_ADDRESS,
    RECIPIENT,
    REGISTRATION,
    SENSITIVE,
    SERVICE_RECORD,
    SESSION,
    DataClass,
)
from policy.facts import (
    ACCOUNT_LIVES,
    GUARDIAN_CONSENTS,
    HAS_OBJECTED,
    IN_STANDING,
    IS_CHILD,
    IS_DELEGATED,
    IS_MINOR,
    MEMBERSHIP_VERIFIED,
    PURPOSE_FITS,
    REGION_FITS,
    STAFF_TRAINED,
    TICKET_OPEN,
    VERSION_ACCEPTED,
    WINDOW_ENDED,
    WINDOW_OPEN,
    Fact,
)
from policy.parties import Party


class Effect(Enum):
    """What a rule does to the sight of a class."""

    PERMIT = "permit"
    MASK = "mask"
    FORBID = "forbid"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """
    One reading of one clause: these parties, these classes, under these facts.

    Args:
        clause: The id of the clause in the register.
        effect: Permit, mask or forbid. A forbidding rule outweighs every permitting one.
        says: The rule in one sentence of ours.
        parties: Whom it is about.
        classes: What it is about.
        when: Facts that must all hold for the rule to speak.
        unless: A fact that lifts a forbidding rule; it is then what was missing.
        reading: The decision record, where the clause had to be interpreted.
    """

    clause: str
    effect: Effect
    says: str
    parties: frozenset[Party]
    classes: frozenset[DataClass]
    when: tuple[Fact, ...] = ()
    unless: Fact | None = None
    reading: str | None = None


_ALL = frozenset(CLASSES)
_ANYBODY = frozenset(Party)
_PARTNERS = frozenset(party for party in Party if party.is_partner)
_ORDERS = frozenset({ORDER, ORDER_AMOUNT})
_CONTACTS = frozenset({PERSON_NAME, PHONE, EMAIL, POSTAL_ADDRESS})
_PERSON = frozenset({PERSON_NAME, GENDER, BIRTH_DATE, NATIONALITY, PHONE, EMAIL, POSTAL_ADDRESS})
_SEALED_AWAY = frozenset({IDENTITY_DOCUMENT, PAYMENT_ACCOUNT})

# What a child sees of their own account before the guardian consents: enough to ask for that consent, and to see and
# end who is signed in.
_NEEDED_TO_ASK = frozenset({ACCOUNT, CONSENT, EMAIL, SESSION, DEVICE})

RULES: tuple[Rule, ...] = (
    # Permits.
    Rule(
        "P6.1",
        Effect.PERMIT,
        "Everybody sees what is held about them.",
        frozenset({Party.SELF}),
        _ALL - {CREDENTIAL} - RECIPIENT - {SESSION, DEVICE},
    ),
    Rule(
        "P1.3b",
        Effect.PERMIT,
        "Everybody sees where they are signed in.",
        frozenset({Party.SELF}),
        frozenset({SESSION, DEVICE}),
    ),
    Rule(
        "P1.2b",
        Effect.PERMIT,
        "The account that gave a recipient's data sees it.",
        frozenset({Party.SELF}),
        RECIPIENT,
    ),
    Rule(
        "P7.4",
        Effect.PERMIT,
        "A guardian sees a child's profile, orders and consents.",
        frozenset({Party.GUARDIAN}),
        _PERSON | _ORDERS | {ACCOUNT, CONSENT},
        when=(IS_CHILD,),
        reading="0004",
    ),
    Rule(
        "P7.4",
        Effect.PERMIT,
        "A guardian sees the orders and consents of a minor who is no longer a child, and not the rest.",
        frozenset({Party.GUARDIAN}),
        _ORDERS | {ACCOUNT, CONSENT},
        when=(IS_MINOR,),
        reading="0004",
    ),
    Rule(
        "P4.2",
        Effect.PERMIT,
        "A supplier sees the core of the orders whose lines it supplies.",
        frozenset({Party.SUPPLIER}),
        frozenset({ORDER}),
    ),
    Rule(
        "P2.6",
        Effect.PERMIT,
        "A supplier or carrier sees whom to deliver to while the delivery and its after-sales window last.",
        frozenset({Party.SUPPLIER, Party.CARRIER}),
        RECIPIENT,
        when=(WINDOW_OPEN,),
    ),
    Rule(
        "P2.6",
        Effect.PERMIT,
        "A carrier sees which order it delivers while the delivery and its after-sales window last.",
        frozenset({Party.CARRIER}),
        frozenset({ORDER}),
        when=(WINDOW_OPEN,),
    ),
    Rule(
        "P2.7",
        Effect.PERMIT,
        "An agent sees the account and the orders of the person whose ticket is open, once membership is verified.",
        frozenset({Party.AGENT}),
        _CONTACTS | _ORDERS | RECIPIENT | {ACCOUNT, SERVICE_RECORD},
        when=(TICKET_OPEN, MEMBERSHIP_VERIFIED),
    ),
    Rule(
        "P2.7",
        Effect.PERMIT,
        "An agent sees which account an open ticket belongs to, in order to verify membership.",
        frozenset({Party.AGENT}),
        frozenset({ACCOUNT, SERVICE_RECORD}),
        when=(TICKET_OPEN,),
    ),
    Rule(
        "P2.4",
        Effect.PERMIT,
        "Operators see orders and amounts, in order to manage them and to find anomalies.",
        frozenset({Party.OPERATOR}),
        _ORDERS,
    ),
    # Masks.
    Rule(
        "P1.2b",
        Effect.MASK,
        "Whoever sees an order without being named for its recipient sees that there is one.",
        frozenset({Party.GUARDIAN, Party.OPERATOR, Party.AGENT, Party.SUPPLIER, Party.CARRIER}),
        RECIPIENT,
        reading="0003",
    ),
    Rule(
        "P2.7",
        Effect.MASK,
        "Before membership is verified an agent sees which contacts there are to verify by.",
        frozenset({Party.AGENT}),
        _CONTACTS,
        when=(TICKET_OPEN,),
        reading="0003",
    ),
    Rule(
        "P1.4",
        Effect.MASK,
        "Identity documents and payment accounts are never shown in clear to customer service.",
        frozenset({Party.AGENT}),
        _SEALED_AWAY,
        when=(TICKET_OPEN,),
        reading="0003",
    ),
    # Prohibitions.
    Rule(
        "P2.10",
        Effect.FORBID,
        "Nothing is used for a purpose that its class does not list.",
        _ANYBODY,
        _ALL,
        unless=PURPOSE_FITS,
    ),
    Rule(
        "P1.1",
        Effect.FORBID,
        "Registration data is no longer used once the account is cancelled.",
        _ANYBODY,
        REGISTRATION,
        unless=ACCOUNT_LIVES,
    ),
    Rule(
        "P5.1",
        Effect.FORBID,
        "Staff without valid privacy training see no personal data.",
        frozenset(party for party in Party if party.is_staff),
        _ALL,
        unless=STAFF_TRAINED,
    ),
    Rule(
        "P7.3",
        Effect.FORBID,
        "Without the guardian's consent to this purpose a child's data is used for nothing but asking for it.",
        frozenset({Party.SELF}),
        _ALL - _NEEDED_TO_ASK,
        when=(IS_CHILD,),
        unless=GUARDIAN_CONSENTS,
        reading="0005",
    ),
    Rule(
        "P7.3",
        Effect.FORBID,
        "Without the guardian's consent to this purpose a child's data is shown to nobody else.",
        frozenset({Party.AGENT, Party.OPERATOR, Party.STRANGER}),
        _ALL,
        when=(IS_CHILD,),
        unless=GUARDIAN_CONSENTS,
        reading="0005",
    ),
    Rule(
        "P7.3",
        Effect.FORBID,
        "Without the guardian's consent a supplier keeps no more of a child's order than its transaction core.",
        frozenset({Party.SUPPLIER}),
        _ALL - {ORDER},
        when=(IS_CHILD,),
        unless=GUARDIAN_CONSENTS,
        reading="0006",
    ),
    Rule(
        "P7.3",
        Effect.FORBID,
        "Without the guardian's consent a child's order that waits to be delivered is not shown to a supplier at all.",
        frozenset({Party.SUPPLIER}),
        frozenset({ORDER}),
        when=(IS_CHILD, WINDOW_OPEN),
        unless=GUARDIAN_CONSENTS,
        reading="0006",
    ),
    Rule(
        "P7.1",
        Effect.FORBID,
        "What is sensitive about a minor goes to nobody else without the guardian's consent.",
        frozenset({Party.AGENT, Party.OPERATOR, Party.STRANGER}),
        SENSITIVE,
        when=(IS_MINOR,),
        unless=GUARDIAN_CONSENTS,
        reading="0005",
    ),
    Rule(
        "P7.1",
        Effect.FORBID,
        "Without the guardian's consent a supplier gets no part of the recipient of a minor's order.",
        frozenset({Party.SUPPLIER}),
        _ALL - {ORDER},
        when=(IS_MINOR,),
        unless=GUARDIAN_CONSENTS,
        reading="0006",
    ),
    Rule(
        "P7.1",
        Effect.FORBID,
        "Without the guardian's consent a minor's order that waits to be delivered is not shown to a supplier at all.",
        frozenset({Party.SUPPLIER}),
        frozenset({ORDER}),
        when=(IS_MINOR, WINDOW_OPEN),
        unless=GUARDIAN_CONSENTS,
        reading="0006",
    ),
    Rule(
        "P7.3",
        Effect.FORBID,
        "Without the guardian's consent a carrier sees nothing of a child's order, whose row it is not shown either.",
        frozenset({Party.CARRIER}),
        _ALL,
        when=(IS_CHILD,),
        unless=GUARDIAN_CONSENTS,
        reading="0006",
    ),
    Rule(
        "P7.1",
        Effect.FORBID,
        "Without the guardian's consent a carrier sees nothing of a minor's order, whose row it is not shown either.",
        frozenset({Party.CARRIER}),
        _ALL,
        when=(IS_MINOR,),
        unless=GUARDIAN_CONSENTS,
        reading="0006",
    ),
    Rule(
        "P4.4",
        Effect.FORBID,
        "A token that a partner made for a subcontractor sees nothing of a child, whoever consents.",
        _PARTNERS,
        _ALL,
        when=(IS_CHILD, IS_DELEGATED),
        reading="0018",
    ),
    Rule(
        "P4.5",
        Effect.FORBID,
        "A partner without an agreement and a security review in force sees nothing personal.",
        _PARTNERS,
        _ALL,
        unless=IN_STANDING,
        reading="0018",
    ),
    Rule(
        "P8.1",
        Effect.FORBID,
        "Nothing is shown to a partner abroad without one of the three grounds.",
        _PARTNERS,
        _ALL,
        unless=REGION_FITS,
        reading="0018",
    ),
    Rule(
        "P1.2e",
        Effect.FORBID,
        "A recipient who objects is shown to nobody any more once the delivery is over.",
        _ANYBODY,
        RECIPIENT,
        when=(HAS_OBJECTED, WINDOW_ENDED),
        reading="0018",
    ),
    Rule(
        "P9.3",
        Effect.FORBID,
        "While a version that widens a use awaits the person's consent, the widened use is closed to others.",
        _ANYBODY - {Party.SELF},
        _ALL,
        unless=VERSION_ACCEPTED,
        reading="0018",
    ),
)
