"""What operators bring in: one order of the past at a time, checked, noted, and once for ever."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from commerce import past_orders, texts
from commerce.audit import record
from commerce.idempotency import fingerprint_of, once
from commerce.orders import OrderActionNotAllowed
from commerce.past_orders import EARLIEST, PastOrder, SoldLine
from commerce.refusals import Refusal
from models import clock
from models.database import fetch
from models.money import LARGEST_MINOR, BadAmount, Money
from models.orders import Order, Recipient
from policy.viewer import StaffRole, Viewer

MOST_LINES = 250
MOST_ATTRIBUTES = 20
MOST_PIECES = 1_000_000
LONGEST_REFERENCE = 64
LONGEST_ATTRIBUTE = 255

_SOURCE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_LONGEST_SOURCE = 32
_MOST_DIGITS = 25


class OrderImportNotValid(Refusal):
    """What is to be imported is no order of the past."""

    code = "ORDER_IMPORT_NOT_VALID"


class OrderImportedOtherwise(Refusal):
    """The order was imported before, with another content."""

    code = "ORDER_IMPORTED_OTHERWISE"

    def __init__(self) -> None:
        super().__init__(
            "An order with this reference was imported from this source before, with another content. What happened "
            "does not change: read that order, or give the reference of another one.",
            field=("externalReference",),
        )


@dataclass(frozen=True, slots=True)
class LineEntry:
    """One product of an order of the past, as it was typed."""

    sku: str
    title: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """
    An order of the past, as it was typed.

    Args:
        source: Where it comes from; with `reference` it names the order for ever.
        buyer: By what the source knows the buyer.
        supplier_id: Who provided it; None for an id that names none.
        placed_at: When it was placed.
    """

    source: str
    reference: str
    buyer: str
    country: str
    supplier_id: UUID | None
    currency: str
    placed_at: datetime
    lines: Sequence[LineEntry]
    attributes: Sequence[tuple[str, str]] = field(default=())


async def bring_in(entry: OrderEntry, *, key: str, by: Viewer) -> UUID:
    """
    Take one order of the past in, as `past_orders.take` does, and note who did.

    Once for each key, and once for each reference of a source: an order that is there with the same content is found
    and not noted again.

    Args:
        entry: The order.
        key: The idempotency key.
        by: An operator.

    Returns:
        The order's id.

    Raises:
        OrderActionNotAllowed: The viewer is no operator with valid training (P5.1).
        OrderImportNotValid, TextNotValid, CountryNotKnown: What was typed is no order of the past.
        OrderImportedOtherwise: The source's order is there with another content.
        IdempotencyConflict, BadIdempotencyKey: The key is used for something else, or none.
    """
    actor = _require_operator(by)
    order = await _read(entry)
    recipients = await past_orders.invent_recipients([order])
    try:
        answer = await once(
            actor, key, fingerprint_of("orderImport", _written(order)), lambda: _write(order, recipients, by=by)
        )
    finally:
        await past_orders.discard_unused(recipients)
    return UUID(str(answer["order"]))


def _require_operator(by: Viewer) -> UUID:
    if by.staff is not StaffRole.OPERATOR or not by.is_trained or by.scopes is not None or by.account is None:
        raise OrderActionNotAllowed("Only an operator whose privacy training is valid imports orders.")
    return by.account


async def _write(order: PastOrder, recipients: Mapping[str, Recipient], *, by: Viewer) -> dict[str, UUID]:
    taken = await past_orders.write([order], recipients)
    if order.reference in taken.conflicting:
        raise OrderImportedOtherwise
    if order.reference in taken.unchanged:
        return {"order": taken.unchanged[order.reference]}
    order_id = taken.new[order.reference]
    # All of an order is about its buyer, so the journal keeps the names of these columns and no values.
    changes = {"external_source": (None, order.source), "external_reference": (None, order.reference)}
    await record("orderImport", Order, order_id, changes, by=by)
    return {"order": order_id}


def _written(order: PastOrder) -> list[object]:
    return [order.source, order.reference, str(order.supplier_id), order.digest.hex(), dict(order.attributes)]


async def _read(entry: OrderEntry) -> PastOrder:
    source = entry.source.strip()
    if len(source) > _LONGEST_SOURCE or not _SOURCE.fullmatch(source):
        raise OrderImportNotValid(
            f"Give `source` as words of small letters and digits with hyphens between them, such as `old-shop`, of at "
            f"most {_LONGEST_SOURCE} characters.",
            field=("source",),
        )
    if not 0 < len(entry.lines) <= MOST_LINES:
        raise OrderImportNotValid(f"Give 1 to {MOST_LINES} `lines`.", field=("lines",))
    if entry.placed_at.tzinfo is None or not EARLIEST <= entry.placed_at <= clock.now():
        raise OrderImportNotValid(
            "Give `placedAt` as an instant of the past with its offset, such as `2010-12-01T08:26:00+00:00`.",
            field=("placedAt",),
        )
    lines = tuple(_line(line, entry.currency, str(place)) for place, line in enumerate(entry.lines))
    if sum(line.quantity * line.unit_price_minor for line in lines) > LARGEST_MINOR:
        raise OrderImportNotValid("The order's total is larger than any that can be kept.", field=("lines",))
    return PastOrder(
        source=source,
        reference=texts.line(entry.reference, field="externalReference", longest=LONGEST_REFERENCE),
        buyer=texts.line(entry.buyer, field="buyerReference", longest=LONGEST_REFERENCE),
        country=texts.country(entry.country, field="country"),
        supplier_id=await _supplier(entry.supplier_id),
        currency=entry.currency,
        happened_at=entry.placed_at.astimezone(UTC),
        placed_at=entry.placed_at.astimezone(UTC),
        lines=lines,
        attributes=_attributes(entry.attributes),
    )


def _line(line: LineEntry, currency: str, place: str) -> SoldLine:
    def fault(name: str, remedy: str) -> OrderImportNotValid:
        return OrderImportNotValid(f"Give `{name}` as {remedy}.", field=("lines", place, name))

    try:
        sku = texts.line(line.sku, field="sku", longest=64)
        title = texts.line(line.title, field="title", longest=255)
    except texts.TextNotValid as refusal:
        refusal.field = ("lines", place, *refusal.field)
        raise
    if not 0 < line.quantity <= MOST_PIECES:
        raise fault("quantity", f"a whole number from 1 to {MOST_PIECES:,}")
    try:
        # A number of a few characters may have a million digits.
        text = f"{line.unit_price:f}" if abs(line.unit_price.adjusted()) < _MOST_DIGITS else ""
        price = Money.parse(text, currency).amount_minor
    except BadAmount:
        price = -1
    if price < 0:
        raise fault("unitPrice", f"an amount in {currency} with no more decimals than it has, such as `12.50`")
    return SoldLine(sku, title, line.quantity, price)


def _attributes(given: Sequence[tuple[str, str]]) -> dict[str, str]:
    if len(given) > MOST_ATTRIBUTES or len({name for name, _ in given}) < len(given):
        raise OrderImportNotValid(
            f"Give at most {MOST_ATTRIBUTES} `externalAttributes`, each name once.", field=("externalAttributes",)
        )
    return {
        texts.line(name, field="externalAttributes", longest=LONGEST_REFERENCE): texts.line(
            value, field="externalAttributes", longest=LONGEST_ATTRIBUTE
        )
        for name, value in given
    }


async def _supplier(supplier_id: UUID | None) -> UUID:
    rows = await fetch("SELECT id FROM supplier WHERE id = $1", supplier_id)
    if not rows:
        raise OrderImportNotValid("Give `supplierId` as the id of a supplier of this shop.", field=("supplierId",))
    return rows[0]["id"]
