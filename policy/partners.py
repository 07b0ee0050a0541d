"""The kinds of partners, and what each is to somebody whose data its duty needs (P4.3, P4.4)."""

from enum import Enum

from policy.parties import Party
from policy.purposes import AFFILIATE_TASKS, Purpose


class PartnerType(Enum):
    """What another company does for the platform; its tokens get the data of that duty and of no other (P4.4)."""

    SUPPLIER = "provides what is sold"
    LOGISTICS = "delivers what was ordered"
    PAYMENT = "takes payments and gives them back"
    RISK_CONTROL = "looks at orders for signs of fraud"
    IDENTITY_VERIFICATION = "checks who somebody is"
    AFFILIATE = "belongs to the same group of companies"
    AFFILIATE_PROVIDER = "works for an affiliate that named it"

    @property
    def party(self) -> Party:
        """What a partner of this kind is to somebody whose data its duty needs."""
        return _PARTY[self]

    @property
    def purposes(self) -> frozenset[Purpose]:
        """All that an agreement with such a partner, and a token of it, may be for (P4.4)."""
        return frozenset(AFFILIATE_TASKS) if self in _AFFILIATES else frozenset({self.party.purpose})


_PARTY = {
    PartnerType.SUPPLIER: Party.SUPPLIER,
    PartnerType.LOGISTICS: Party.CARRIER,
    PartnerType.PAYMENT: Party.PAYMENT_INSTITUTION,
    PartnerType.RISK_CONTROL: Party.RISK_CONTROL,
    PartnerType.IDENTITY_VERIFICATION: Party.VERIFIER,
    PartnerType.AFFILIATE: Party.AFFILIATE,
    PartnerType.AFFILIATE_PROVIDER: Party.AFFILIATE_PROVIDER,
}
_AFFILIATES = frozenset({PartnerType.AFFILIATE, PartnerType.AFFILIATE_PROVIDER})
