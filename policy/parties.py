"""Who a viewer is to the person a datum is about; always derived from facts, never claimed."""

from enum import Enum

from policy.purposes import Purpose


class Party(Enum):
    """What the viewer is to the subject in this case."""

    __hash__ = object.__hash__

    SELF = "the person, or the account that gave somebody else's data"
    GUARDIAN = "the guardian of a minor"
    THIRD_PARTY = "the recipient or contact in person, who proved control of the phone or e-mail address given"
    SUPPLIER = "the supplier of lines of this order"
    CARRIER = "the carrier of this order's shipment"
    PAYMENT_INSTITUTION = "the institution that takes this payment"
    RISK_CONTROL = "the risk-control partner that looks at this order"
    VERIFIER = "the partner that runs this check of identity"
    AFFILIATE = "an affiliate, for one of four tasks"
    AFFILIATE_PROVIDER = "a service provider that an affiliate has named, for one of four tasks"
    AGENT = "a customer-service agent"
    OPERATOR = "an operator of the shop"
    PRIVACY_OFFICER = "a privacy officer"
    AUDITOR = "an auditor"
    STRANGER = "anybody else"

    @property
    def purpose(self) -> Purpose:
        """The one purpose for which this party asks unless a narrower one is named."""
        return _DEFAULT_PURPOSE[self]

    @property
    def is_partner(self) -> bool:
        """Whether the party is another company, bound by an agreement and a security review (P4.5)."""
        return self in _PARTNERS

    @property
    def is_staff(self) -> bool:
        """Whether the party works for the platform, and so needs privacy training (P5.1)."""
        return self in _STAFF


_PARTNERS = frozenset(
    {
        Party.SUPPLIER,
        Party.CARRIER,
        Party.PAYMENT_INSTITUTION,
        Party.RISK_CONTROL,
        Party.VERIFIER,
        Party.AFFILIATE,
        Party.AFFILIATE_PROVIDER,
    }
)
_STAFF = frozenset({Party.AGENT, Party.OPERATOR, Party.PRIVACY_OFFICER, Party.AUDITOR})
_DEFAULT_PURPOSE = {
    Party.SELF: Purpose.ACCOUNT,
    Party.GUARDIAN: Purpose.OVERSIGHT,
    Party.THIRD_PARTY: Purpose.RIGHTS,
    Party.SUPPLIER: Purpose.FULFILMENT,
    Party.CARRIER: Purpose.FULFILMENT,
    Party.PAYMENT_INSTITUTION: Purpose.PAYMENT,
    Party.RISK_CONTROL: Purpose.SECURITY,
    Party.VERIFIER: Purpose.IDENTITY_VERIFICATION,
    Party.AFFILIATE: Purpose.AFFILIATE_ACCOUNT,
    Party.AFFILIATE_PROVIDER: Purpose.AFFILIATE_ACCOUNT,
    Party.AGENT: Purpose.CUSTOMER_SERVICE,
    Party.OPERATOR: Purpose.OPERATIONS,
    Party.PRIVACY_OFFICER: Purpose.PRIVACY,
    Party.AUDITOR: Purpose.AUDIT,
    Party.STRANGER: Purpose.PUBLIC,
}
