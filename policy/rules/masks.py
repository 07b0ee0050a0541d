"""Rules that show a constant in place of a value: that there is something, and nothing of it."""

from policy.classes import (
    EMAIL,
    ENTERPRISE_CONTACT,
    ENTERPRISE_CONTACT_DOCUMENT,
    IDENTITY_DOCUMENT,
    PAYER_ACCOUNT,
    PAYMENT_ACCOUNT,
    PERSON_NAME,
    PHONE,
    POSTAL_ADDRESS,
    RECIPIENT,
)
from policy.facts import TICKET_OPEN
from policy.parties import Party
from policy.rules.rule import Effect, Rule

MASKS: tuple[Rule, ...] = (
    Rule(
        "P1.2b",
        Effect.MASK,
        "Whoever sees an order without being named for its recipient sees that there is one.",
        frozenset({Party.GUARDIAN, Party.OPERATOR, Party.AGENT, Party.SUPPLIER, Party.CARRIER}),
        RECIPIENT,
        reading="0003",
    ),
    Rule(
        "P1.2c",
        Effect.MASK,
        "Who sees an order as its buyer, guardian or staff sees of a payer's account that there is one.",
        frozenset({Party.SELF, Party.GUARDIAN, Party.OPERATOR, Party.AGENT}),
        frozenset({PAYER_ACCOUNT}),
        reading="0029",
    ),
    Rule(
        "P1.2a",
        Effect.MASK,
        "An agent with an open ticket of a company's account sees that somebody acts for it.",
        frozenset({Party.AGENT}),
        frozenset({ENTERPRISE_CONTACT, ENTERPRISE_CONTACT_DOCUMENT}),
        when=(TICKET_OPEN,),
        reading="0029",
    ),
    Rule(
        "P2.7",
        Effect.MASK,
        "Before membership is verified an agent sees which contacts there are to verify by.",
        frozenset({Party.AGENT}),
        frozenset({PERSON_NAME, PHONE, EMAIL, POSTAL_ADDRESS}),
        when=(TICKET_OPEN,),
        reading="0003",
    ),
    Rule(
        "P1.4",
        Effect.MASK,
        "An agent with an open ticket sees of identity documents and payment accounts that there are some.",
        frozenset({Party.AGENT}),
        frozenset({IDENTITY_DOCUMENT, PAYMENT_ACCOUNT}),
        when=(TICKET_OPEN,),
        reading="0003",
    ),
)
