"""Why personal data is used: the purposes that classes list, parties act for and guardians consent to."""

from enum import Enum


class Purpose(Enum):
    """A reason for using personal data; a guardian consents to each one separately (P7.2)."""

    ACCOUNT = "to provide the account and its orders to the person"
    FULFILMENT = "to deliver what was ordered"
    CUSTOMER_SERVICE = "to answer the person and settle complaints"
    OVERSIGHT = "to let a guardian watch over a minor"
    OPERATIONS = "to run the shop and find anomalies"
    SECURITY = "to keep accounts and the service safe"
    PUBLIC = "to show what anybody may see"

    @property
    def bit(self) -> int:
        """The purpose's bit in a stored set of purposes; the order of members is therefore append-only."""
        return 1 << list(Purpose).index(self)


def purposes_in(bits: int) -> frozenset[Purpose]:
    """Read a stored set of purposes."""
    return frozenset(purpose for purpose in Purpose if bits & purpose.bit)


def bits_of(purposes: frozenset[Purpose]) -> int:
    """Write a set of purposes as it is stored."""
    return sum(purpose.bit for purpose in purposes)
