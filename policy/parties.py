"""Who a viewer is to the person a datum is about; always derived from facts, never claimed."""

from enum import Enum

from policy.purposes import Purpose


class Party(Enum):
    """What the viewer is to the subject in this case."""

    SELF = "the person, or the account that gave a recipient's data"
    GUARDIAN = "the guardian of a minor"
    SUPPLIER = "the supplier of lines of this order"
    CARRIER = "the carrier of this order's shipment"
    AGENT = "a customer-service agent"
    OPERATOR = "an operator of the shop"
    STRANGER = "anybody else"

    @property
    def purpose(self) -> Purpose:
        """The one purpose for which this party asks unless a narrower one is named."""
        return _DEFAULT_PURPOSE[self]

    @property
    def is_partner(self) -> bool:
        """Whether the party is another company, bound by an agreement and a security review (P4.5)."""
        return self in (Party.SUPPLIER, Party.CARRIER)

    @property
    def is_staff(self) -> bool:
        """Whether the party works for the platform, and so needs privacy training (P5.1)."""
        return self in (Party.AGENT, Party.OPERATOR)


_DEFAULT_PURPOSE = {
    Party.SELF: Purpose.ACCOUNT,
    Party.GUARDIAN: Purpose.OVERSIGHT,
    Party.SUPPLIER: Purpose.FULFILMENT,
    Party.CARRIER: Purpose.FULFILMENT,
    Party.AGENT: Purpose.CUSTOMER_SERVICE,
    Party.OPERATOR: Purpose.OPERATIONS,
    Party.STRANGER: Purpose.PUBLIC,
}
