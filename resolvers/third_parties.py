"""Reads and writes behind what people without an account see and do about what was given of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from commerce import addresses, objections, third_parties
from commerce.objections import Named, Objection
from commerce.sessions import Client, authenticate
from models import clock
from models.disclosures import Disclosure
from models.ids import BadId, public_id, read_public_id
from models.orders import Recipient
from models.third_parties import ThirdPartyProof, given_of, shown_of
from policy.classes import RECIPIENT
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import outcome
from resolvers.pages import NO_PARENT, Page, cursor_context, page_request
from resolvers.suppliers import suppliers_by_id

_CHALLENGE = "ThirdPartyChallenge"
_ABOUT_THEM = frozenset(each.name for each in RECIPIENT)


@dataclass(frozen=True, slots=True)
class Proof:
    """Until when somebody sees what was given of them."""

    id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """A challenge that waits for its code."""

    id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Entered:
    """Who has just proven an address, and with what they come from now on."""

    viewer: Viewer
    proof: Proof
    credential: str = field(repr=False)


async def proof_of(viewer: Viewer) -> Proof | None:
    """Find the proof that a viewer came by; None for everybody else."""
    if viewer.proof is None:
        return None
    found = await ThirdPartyProof.get_or_none(id=viewer.proof, expires_at__gt=clock.now())
    return None if found is None else Proof(found.id, found.expires_at)


async def records_of(
    proofs: Sequence[Proof],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List what was given of whoever has the proof, the newest first."""
    context = cursor_context("records of a third party", viewer)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    rows = given_of(viewer)
    # An operation has one viewer, and so at most one proof.
    return [Page(await rows.page(wanted), context, rows) for _ in proofs]


async def shown(
    records: Sequence[Seen[Recipient]],
    viewer: Viewer,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> list[Page]:
    """List to whom what each record holds was shown, the newest first."""
    context = cursor_context("showings of a record", viewer)
    rows, keys = shown_of(viewer), [record.case.order or NO_PARENT for record in records]
    found = await rows.pages("order", keys, page_request(context, first=first, after=after, last=last, before=before))
    return [Page(found[key], context, rows, ("order", key)) for key in keys]


async def classes_of(rows: Sequence[Seen[Disclosure]], viewer: Viewer) -> list[list[str]]:
    """Tell of each showing what of it was about the person; what was about the buyer is not theirs to know."""
    return [sorted(_ABOUT_THEM.intersection(seen.row.classes)) for seen in rows]


async def suppliers_shown(rows: Sequence[Seen[Disclosure]], viewer: Viewer) -> list[Any]:
    """Find the supplier who was shown something; None where it was somebody else."""
    keys = [seen.row.supplier_id for seen in rows]
    found = await suppliers_by_id(viewer, [key for key in keys if key is not None])
    return [found[key][0] if key is not None else None for key in keys]


@outcome
async def third_party_challenge(
    *, email: str | None, phone: str | None, country: str | None, language: str, client: Client
) -> Pending:
    """Have a code sent to an address."""
    contact = addresses.email(email) if email is not None else addresses.phone(phone or "", region=country)
    begun = await third_parties.challenge(contact, language=language, client=client)
    return Pending(public_id(_CHALLENGE, begun.id), begun.expires_at)


@outcome
async def third_party_prove(challenge_id: str, code: str, *, client: Client) -> Entered:
    """Turn a code into a credential, and go on as whoever has it."""
    proven = await third_parties.prove(_challenge(challenge_id), code, client=client)
    viewer = await authenticate(proven.credential)
    return Entered(viewer, Proof(proven.id, proven.expires_at), proven.credential)


@outcome
async def third_party_object(
    viewer: Viewer, record_ids: Sequence[str] | None, contact_ids: Sequence[str] | None
) -> Objection:
    """Object to the use of what is held, or of some of it."""
    if record_ids is None and contact_ids is None:
        return await objections.object_to(None, by=viewer)
    named = Named(
        [row_id(text, "ThirdPartyRecord", viewer) for text in record_ids or ()],
        [row_id(text, "EnterpriseContact", viewer) for text in contact_ids or ()],
    )
    return await objections.object_to(named, by=viewer)


def _challenge(text: str) -> UUID | None:
    try:
        type_name, key = read_public_id(text)
    except BadId:
        return None
    return key if type_name == _CHALLENGE else None
