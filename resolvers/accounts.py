"""Reads and writes behind registration and the password, and the policy that has to be accepted for it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from commerce import accounts, addresses, registrations
from commerce.acceptances import Acceptance
from commerce.passwords import REMEDIES
from commerce.registrations import Applicant
from commerce.sessions import Client
from models import clock
from models.ids import BadId, public_id, read_public_id
from policy.viewer import Viewer
from resolvers.outcomes import outcome
from resolvers.sessions import SignedIn, signed_in

_REGISTRATION = "Registration"


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Who wants an account, as a client writes it.

    Args:
        region: ISO 3166-1 alpha-2, in upper or lower case.
        country: That in which a phone number without a country code is read; None for international forms alone.
    """

    email: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    country: str | None
    password: str = field(repr=False)
    birth_date: date = field(repr=False)
    region: str
    language: str
    version: int
    highlighted_terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """A registration that waits for its code."""

    id: str
    expires_at: datetime


@outcome
async def account_register(wanted: Wanted, *, client: Client) -> Pending:
    """Take a registration, and have a code sent."""
    address = (
        addresses.email(wanted.email)
        if wanted.email is not None
        else addresses.phone(wanted.phone or "", region=wanted.country)
    )
    applicant = Applicant(
        address=address,
        password=wanted.password,
        birth_date=wanted.birth_date,
        region=wanted.region.strip().upper(),
        language=wanted.language,
        acceptance=Acceptance(wanted.version, wanted.highlighted_terms),
    )
    expires_at = clock.now() + registrations.CODE_LIFE
    registration_id = await registrations.register(applicant, client=client)
    return Pending(public_id(_REGISTRATION, registration_id), expires_at)


@outcome
async def account_confirm(registration_id: str, code: str, *, client: Client) -> SignedIn:
    """Turn a registration into an account, and sign its owner in."""
    _, opened = await registrations.confirm(_read(registration_id), code, client=client)
    return await signed_in(opened)


@outcome
async def password_change(viewer: Viewer, *, current: str, new: str) -> int:
    """Change the viewer's password, and tell how many other sessions were ended."""
    return await accounts.change_password(current=current, new=new, by=viewer)


def password_remedies() -> dict[str, str]:
    """List why a password may be too weak, each with what to do about it."""
    return {reason.value: remedy for reason, remedy in REMEDIES.items()}


def _read(registration_id: str) -> UUID | None:
    try:
        type_name, row_id = read_public_id(registration_id)
    except BadId:
        return None
    return row_id if type_name == _REGISTRATION else None
