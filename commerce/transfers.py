"""Keeps the register of transfers: whose data leaves their region, to whom, and on which ground (P8.1)."""

from collections.abc import Iterable
from uuid import UUID

from models import clock, deployment
from models.database import execute, fetch
from models.ids import counted_id, new_id
from models.transfers import Border, suppliers_abroad
from policy.ages import AgeBand
from policy.classes import (
    ACCOUNT,
    CONSENT,
    ORDER,
    ORDER_AMOUNT,
    ORDER_NUMBER,
    RECIPIENT,
    REGISTRATION,
    DataClass,
)
from policy.enforcement import keeps
from policy.purposes import Purpose
from policy.regions import TransferGround, is_abroad
from policy.viewer import Viewer

# What a supplier is shown of an order (P2.6, P4.2), and what is stored of somebody who has signed up.
_OF_ORDER = frozenset({ORDER, ORDER_NUMBER}) | RECIPIENT
_OF_CHARGE = frozenset({ORDER_NUMBER, ORDER_AMOUNT})
_OF_ACCOUNT = REGISTRATION | {ACCOUNT, CONSENT}


@keeps("P8.1", otherwise="")
def ordered(order: str) -> str:
    """
    Say in SQL that a paid order goes to suppliers abroad: a part of the statement that says it is paid.

    The buyer deals with them themselves. Each supplier abroad of the buyer is a row of its own.

    Args:
        order: SQL of the order's id, from the part whose change of status lets this happen once; null if it was not
            changed. The statement gives `:transfer`, an id of its own, and `:instant`.
    """
    return f"""sent AS (
        INSERT INTO transfer (id, account_id, from_region, to_region, receiver, supplier_id, ground, classes, order_id,
            first_at, last_at)
        SELECT {counted_id(":transfer", "row_number() OVER ()")}, a.buyer_id, a.from_region, a.to_region, 'SUPPLIER',
            a.supplier_id, '{TransferGround.OWN_DEALING}', '{_names(_OF_ORDER)}'::jsonb, a.order_id, :instant, :instant
        FROM ({suppliers_abroad(order)}) a),"""  # noqa: S608 -- of code alone


@keeps("P8.1", otherwise=None)
async def charged(order_id: UUID, border: Border, *, to: Viewer) -> None:
    """
    Note that an institution abroad is told of an order's charge, or to give money back, if it is abroad.

    Money goes back though the ground has gone meanwhile: the buyer's own dealing is ended by it, and what is told is
    that dealing's (docs/decisions/0165).
    """
    if not border.is_abroad:
        return
    await execute(
        """INSERT INTO transfer (id, account_id, from_region, to_region, receiver, partner_id, ground, classes,
            order_id, first_at, last_at)
        SELECT $1, o.buyer_id, s.region, $4, 'PARTNER', $3, $5, $6::jsonb, o.id, $7, $7
        FROM "order" o JOIN account s ON s.id = o.buyer_id WHERE o.id = $2
        ON CONFLICT (order_id, partner_id, to_region) WHERE receiver = 'PARTNER'
        DO UPDATE SET last_at = excluded.last_at""",
        new_id(),
        order_id,
        to.partner,
        to.region,
        (border.ground or TransferGround.OWN_DEALING).value,
        _names(_OF_CHARGE),
        clock.now(),
    )


@keeps("P8.1", otherwise=None)
async def stored(account_id: UUID) -> None:
    """
    Note in the current transaction that an account is stored abroad of its person's region, if it is.

    Whoever signs up with a shop that stands elsewhere deals across the border themselves (docs/decisions/0153); where
    they consent to it, or their guardian does, that is the ground.
    """
    (row,) = await fetch(
        "SELECT region, age_band, own_consents, guardian_consents FROM account WHERE id = $1", account_id
    )
    here = deployment.region()
    if not is_abroad(here, of=row["region"]):
        return
    # A guardian consents for somebody under age.
    bits = row["own_consents"] if row["age_band"] == AgeBand.ADULT.value else row["guardian_consents"]
    consents = bool(bits & Purpose.CROSS_BORDER.bit)
    ground = TransferGround.CONSENT if consents else TransferGround.OWN_DEALING
    await execute(
        """INSERT INTO transfer (id, account_id, from_region, to_region, receiver, ground, classes, first_at, last_at)
        VALUES ($1, $2, $3, $4, 'DEPLOYMENT', $5, $6::jsonb, $7, $7)
        ON CONFLICT (account_id, to_region, ground) WHERE receiver = 'DEPLOYMENT'
        DO UPDATE SET last_at = excluded.last_at""",
        new_id(),
        account_id,
        row["region"],
        here,
        ground.value,
        _names(_OF_ACCOUNT),
        clock.now(),
    )


def _names(classes: Iterable[DataClass]) -> str:
    names = ", ".join(f'"{name}"' for name in sorted(each.name for each in classes))
    return f"[{names}]"
