"""Reads and writes behind the register of partners."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from commerce import partners
from commerce.partners import Reviewed, Signed, WantedPartner
from models.catalogue import BY_NAME
from models.ids import new_id
from models.partners import DataProcessingAgreement, Partner, ReviewOutcome, SecurityReview, in_standing
from models.payments import InstitutionName
from models.suppliers import Supplier
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.nodes import row_id
from resolvers.outcomes import outcome
from resolvers.pages import Page, cursor_context, page_request, public_context
from resolvers.suppliers import suppliers_by_id


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPartner:
    """A partner as a client writes it."""

    kind: PartnerType
    name: str
    region: str
    policy_url: str
    supplier: str | None
    institution: InstitutionName | None
    named_by: str | None


async def all_partners(
    viewer: Viewer, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Page:
    """List the partners by their names; they are public."""
    rows = Partner.rows(viewer).by_sort(BY_NAME)
    context = public_context("partners", BY_NAME)
    wanted = page_request(context, first=first, after=after, last=last, before=before)
    return Page(await rows.page(wanted), context, rows)


async def stand(parents: Sequence[Seen[Partner]], viewer: Viewer) -> list[bool]:
    """Tell of each partner whether it is in standing."""
    standing = await in_standing([parent.row.id for parent in parents])
    return [parent.row.id in standing for parent in parents]


async def suppliers_of(parents: Sequence[Seen[Partner]], viewer: Viewer) -> list[Seen[Supplier] | None]:
    """Find which supplier each partner is."""
    found = await suppliers_by_id(viewer, [parent.row.supplier_id for parent in parents if parent.row.supplier_id])
    return [found[parent.row.supplier_id][0] if parent.row.supplier_id else None for parent in parents]


async def namers_of(parents: Sequence[Seen[Partner]], viewer: Viewer) -> list[Seen[Partner] | None]:
    """Find which affiliate has named each partner."""
    return await _partners([parent.row.named_by_id for parent in parents], viewer)


async def partners_of(parents: Sequence[Seen[Any]], viewer: Viewer) -> list[Seen[Partner] | None]:
    """Find the partner that each row is about."""
    return await _partners([parent.row.partner_id for parent in parents], viewer)


async def _partners(keys: Sequence[UUID | None], viewer: Viewer) -> list[Seen[Partner] | None]:
    found = await Partner.rows(viewer).by("id", [key for key in keys if key is not None])
    return [found[key][0] if key is not None else None for key in keys]


def _of_partner(model: type[Any], listing: str) -> Any:
    async def pages(
        parents: Sequence[Seen[Partner]],
        viewer: Viewer,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> list[Page]:
        context = cursor_context(listing, viewer)
        wanted = page_request(context, first=first, after=after, last=last, before=before)
        rows, keys = model.visible_to(viewer), [parent.row.id for parent in parents]
        found = await rows.pages("partner_id", keys, wanted)
        return [Page(found[key], context, rows, ("partner_id", key)) for key in keys]

    return pages


agreements_of = _of_partner(DataProcessingAgreement, "agreements of a partner")
reviews_of = _of_partner(SecurityReview, "reviews of a partner")


@outcome
async def partner_register(viewer: Viewer, given: GivenPartner) -> Seen[Partner] | None:
    """Enter a partner into the register."""
    wanted = WantedPartner(
        kind=given.kind,
        name=given.name,
        region=given.region,
        policy_url=given.policy_url,
        supplier=_named(given.supplier, "Supplier", viewer),
        institution=given.institution,
        named_by=_named(given.named_by, "Partner", viewer),
    )
    return await _read(await partners.register(wanted, by=viewer), viewer)


@outcome
async def partner_update(
    viewer: Viewer, partner: str, *, name: str, policy_url: str, expected_version: int
) -> Seen[Partner] | None:
    """Change a partner's name and the page of its policy."""
    key = row_id(partner, "Partner", viewer)
    changed = await partners.update(key, name=name, policy_url=policy_url, expected_version=expected_version, by=viewer)
    return await _read(changed, viewer)


@outcome
async def partner_suspend(viewer: Viewer, partner: str) -> Seen[Partner] | None:
    """Stop working with a partner."""
    return await _read(await partners.suspend(row_id(partner, "Partner", viewer), by=viewer), viewer)


@outcome
async def partner_resume(viewer: Viewer, partner: str) -> Seen[Partner] | None:
    """Work with a partner again."""
    return await _read(await partners.resume(row_id(partner, "Partner", viewer), by=viewer), viewer)


@outcome
async def agreement_sign(
    viewer: Viewer,
    partner: str,
    *,
    text_version: str,
    signed_on: date,
    expires_on: date,
    region: str,
    purposes: Sequence[Purpose],
) -> Seen[DataProcessingAgreement] | None:
    """Record an agreement."""
    signed = Signed(
        text_version=text_version,
        signed_on=signed_on,
        expires_on=expires_on,
        region=region,
        purposes=frozenset(purposes),
    )
    made = await partners.sign(row_id(partner, "Partner", viewer), signed, by=viewer)
    return await DataProcessingAgreement.visible_to(viewer).where(id=made).one()


@outcome
async def security_review_record(
    viewer: Viewer, partner: str, *, reviewed_on: date, outcome: ReviewOutcome, expires_on: date
) -> Seen[SecurityReview] | None:
    """Record how an examination ended."""
    reviewed = Reviewed(reviewed_on=reviewed_on, outcome=outcome, expires_on=expires_on)
    made = await partners.review(row_id(partner, "Partner", viewer), reviewed, by=viewer)
    return await SecurityReview.visible_to(viewer).where(id=made).one()


def _named(text: str | None, type_name: str, viewer: Viewer) -> UUID | None:
    """Read an id; one that names nothing is as good as a new one, of which there is no row."""
    return (row_id(text, type_name, viewer) or new_id()) if text is not None else None


async def _read(partner_id: UUID, viewer: Viewer) -> Seen[Partner] | None:
    return await Partner.rows(viewer).where(id=partner_id).one()
