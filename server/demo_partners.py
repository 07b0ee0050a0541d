"""Writes partners of a demonstration with what they have signed, how they were examined, and their tokens."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from commerce.access_tokens import SCOPES
from commerce.anomalies import OPEN_FOR
from commerce.credentials import CredentialKind, fingerprint, mint
from models import clock
from models.access_tokens import AccessToken
from models.anomalies import AnomalyKind, OrderAnomaly
from models.orders import Order
from models.partners import DataProcessingAgreement, Partner, PartnerStatus, ReviewOutcome, SecurityReview, today
from models.payments import InstitutionName
from models.suppliers import Supplier
from policy.partners import PartnerType
from policy.purposes import Purpose

TOKEN_LASTS = timedelta(days=90)
AGREED_FOR = timedelta(days=365)
SIGNED_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Company:
    """An invented partner; its agreement is for the region that it is in, unless another one is named."""

    kind: PartnerType
    name: str
    region: str
    policy_url: str = "https://partner.example/privacy"
    institution: InstitutionName | None = None
    supplier: Supplier | None = None
    named_by: Partner | None = None
    works_in: str | None = None


async def add_partner(company: Company, *, is_agreed: bool = True, is_reviewed: bool = True) -> Partner:
    """Write a partner with an agreement and a review in force, unless one of them is to be missing (P4.5)."""
    partner = await Partner.create(
        kind=company.kind.name,
        name=company.name,
        region=company.region,
        policy_url=company.policy_url,
        status=PartnerStatus.ACTIVE,
        supplier_id=company.supplier and company.supplier.id,
        institution=company.institution,
        named_by_id=company.named_by and company.named_by.id,
        created_at=clock.now(),
    )
    if is_agreed:
        await add_agreement(partner, region=company.works_in)
    if is_reviewed:
        await add_review(partner)
    return partner


async def add_agreement(
    partner: Partner,
    *,
    region: str | None = None,
    purposes: frozenset[Purpose] | None = None,
    ends_in: timedelta | None = None,
) -> DataProcessingAgreement:
    """Write that a partner has signed an agreement: for all that its kind may do, unless less is named."""
    chosen = PartnerType[partner.kind].purposes if purposes is None else purposes
    return await DataProcessingAgreement.create(
        partner_id=partner.id,
        text_version="2026-1",
        signed_on=today() - SIGNED_BEFORE,
        expires_on=today() + (AGREED_FOR if ends_in is None else ends_in),
        region=region or partner.region,
        purposes=sorted(purpose.name for purpose in chosen),
        recorded_at=clock.now(),
    )


async def add_review(
    partner: Partner, outcome: ReviewOutcome = ReviewOutcome.PASSED, *, ends_in: timedelta = AGREED_FOR
) -> SecurityReview:
    """Write that a partner's software was examined."""
    return await SecurityReview.create(
        partner_id=partner.id,
        reviewed_on=today() - SIGNED_BEFORE,
        outcome=outcome,
        expires_on=today() + ends_in,
        recorded_at=clock.now(),
    )


async def add_partner_token(
    partner: Partner,
    scopes: tuple[str, ...],
    *,
    purposes: frozenset[Purpose] | None = None,
    parent: AccessToken | None = None,
    subcontractor: str | None = None,
) -> str:
    """Write a partner's token, and return it: it is shown this once."""
    credential = mint(CredentialKind.TOKEN)
    chosen = PartnerType[partner.kind].purposes if purposes is None else purposes
    await AccessToken.create(
        token_hash=fingerprint(credential),
        partner_id=partner.id,
        parent_id=parent and parent.id,
        subcontractor=subcontractor,
        scopes=sorted(scopes),
        purposes=sorted(purpose.name for purpose in chosen),
        created_at=clock.now(),
        expires_at=clock.now() + TOKEN_LASTS,
    )
    return credential


async def add_anomaly(order: Order, kind: AnomalyKind, *, noticed_at: datetime) -> OrderAnomaly:
    """Write that something was noticed of an order."""
    return await OrderAnomaly.create(
        order_id=order.id, kind=kind, noticed_at=noticed_at, closes_at=noticed_at + OPEN_FOR
    )


async def partner_of(supplier: Supplier) -> Partner:
    """Find a supplier's entry in the register, or write one that is in standing."""
    found = await Partner.get_or_none(supplier_id=supplier.id)
    if found is not None:
        return found
    return await add_partner(Company(PartnerType.SUPPLIER, supplier.name, supplier.region, supplier=supplier))


CONSENTED = frozenset({Purpose.AFFILIATE_ACCOUNT, Purpose.AFFILIATE_RECOMMENDATION})
"""To which tasks of affiliates the customer of a demonstration consents."""

VERIFIER = "Whois Ident"
"""What the provider is called in the register that checks identities in a demonstration."""

_COMPANIES = {
    "carrier": Company(PartnerType.LOGISTICS, "Postbode", "NL", "https://postbode.example/privacy"),
    "institution": Company(
        PartnerType.PAYMENT, "Sandbox Payments", "IE", "https://sandbox.example/privacy", InstitutionName.SANDBOX
    ),
    "risk_control": Company(PartnerType.RISK_CONTROL, "Weigh & Watch", "DE", "https://weigh.example/privacy"),
    "verifier": Company(PartnerType.IDENTITY_VERIFICATION, VERIFIER, "FR", "https://whois.example/privacy"),
    "affiliate": Company(PartnerType.AFFILIATE, "Nordhof Hotels", "DE", "https://hotels.example/privacy"),
    "affiliate_provider": Company(PartnerType.AFFILIATE_PROVIDER, "Mailhaus", "AT", "https://mailhaus.example/privacy"),
}
ABOUT = {
    "carrier": "A token of Postbode: the parcels handed to it and whom they go to, while they are delivered.",
    "institution": "A token of the sandbox: number and amount of its payments, and nothing else.",
    "risk_control": "A token of Weigh & Watch: the order of which something was noticed, and the account behind it.",
    "verifier": f"A token of {VERIFIER}: no check of identity is under way, so it sees nobody.",
    "affiliate": "A token of Nordhof Hotels, for four tasks: finds who consents to the one that is asked for.",
    "affiliate_provider": "A token of Mailhaus, which the affiliate has named: finds the same, and stands with it.",
}


async def sandbox(region: str | None = None) -> Partner:
    """
    Find the entry of the institution that moves no money, or write one that is in standing; there is one of it.

    Args:
        region: Where it works, if it is written now; None for where the demonstration has it.
    """
    found = await Partner.get_or_none(institution=InstitutionName.SANDBOX)
    company = _COMPANIES["institution"]
    return found or await add_partner(replace(company, region=region) if region is not None else company)


async def fill() -> dict[str, Partner]:
    """Write a partner of each kind but suppliers, whose entries come with their tokens."""
    first = [name for name in _COMPANIES if name not in ("institution", "affiliate_provider")]
    partners = {name: await add_partner(_COMPANIES[name]) for name in first} | {"institution": await sandbox()}
    provider = replace(_COMPANIES["affiliate_provider"], named_by=partners["affiliate"])
    return partners | {"affiliate_provider": await add_partner(provider)}


async def find(name: str) -> Partner | None:
    """Find a partner of the demonstration; one of a real shop that is called alike is none of it."""
    company = _COMPANIES[name]
    return await Partner.filter(kind=company.kind.name, name=company.name, policy_url=company.policy_url).first()


async def token_of(partner: Partner) -> str:
    """Mint a token of a partner for all that its kind may do."""
    return await add_partner_token(partner, tuple(sorted(SCOPES[PartnerType[partner.kind]])))
