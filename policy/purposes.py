"""Why personal data is used: the purposes that classes list, parties act for and people consent to."""

from enum import Enum
from functools import lru_cache


class Purpose(Enum):
    """A reason for using personal data; people, and guardians for minors, consent to each one separately (P7.2)."""

    ACCOUNT = "to provide the account and its orders to the person"
    FULFILMENT = "to deliver what was ordered"
    CUSTOMER_SERVICE = "to answer the person and settle complaints"
    OVERSIGHT = "to let a guardian watch over a minor"
    OPERATIONS = "to run the shop and find anomalies"
    SECURITY = "to keep accounts and the service safe"
    PUBLIC = "to show what anybody may see"
    PAYMENT = "to take a payment and to give it back"
    IDENTITY_VERIFICATION = "to find out whether somebody is who they say they are"
    AFFILIATE_ACCOUNT = "to serve people at affiliates by their account"
    AFFILIATE_RECOMMENDATION = "to recommend at affiliates what may be of interest"
    AFFILIATE_ABNORMAL_ACCOUNTS = "to find accounts at affiliates that behave abnormally"
    AFFILIATE_SAFETY = "to protect life and property at affiliates, of their users and of the public"
    AFFILIATE_SENSITIVE = "to give affiliates what is sensitive"
    PERSONALISATION = "to recommend by what the person did before"
    PUBLICATION = "to publish what the person chose to publish"
    CROSS_BORDER = "to take data out of the person's region"
    LOCATION = "to use where the person is"
    RIGHTS = "to let somebody exercise the rights in data about them"
    PRIVACY = "to see to it that personal data is used as was promised"
    AUDIT = "to check what was done with personal data"

    # Members are alike only if they are the same, and are looked up far more often than names are hashed quickly.
    __hash__ = object.__hash__

    @property
    def bit(self) -> int:
        """The purpose's bit in a stored set of purposes; the order of members is therefore append-only."""
        return _BITS[self]


_BITS = {purpose: 1 << place for place, purpose in enumerate(Purpose)}

AFFILIATE_TASKS = (
    Purpose.AFFILIATE_ACCOUNT,
    Purpose.AFFILIATE_RECOMMENDATION,
    Purpose.AFFILIATE_ABNORMAL_ACCOUNTS,
    Purpose.AFFILIATE_SAFETY,
)
"""The four tasks for which affiliates and their service providers get data (P4.3); each has a rule of its own."""


@lru_cache(maxsize=1_024)
def purposes_in(bits: int) -> frozenset[Purpose]:
    """Read a stored set of purposes."""
    return frozenset(purpose for purpose in Purpose if bits & purpose.bit)


def bits_of(purposes: frozenset[Purpose]) -> int:
    """Write a set of purposes as it is stored."""
    return sum(purpose.bit for purpose in purposes)
