"""The partners of the shop that is met in the tests, and tokens of each kind."""

from typing import TYPE_CHECKING
from uuid import UUID

from models.suppliers import Supplier
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import Viewer
from server.demo_partners import Company, add_partner, partner_of, sandbox

if TYPE_CHECKING:
    from tests.graphql.world import World

SCOPES = frozenset({"orders:read", "fulfillment_orders:read", "payments:read", "users:read", "identity_checks:read"})
NOTHING: frozenset[Purpose] = frozenset()
NOBODY: frozenset[UUID] = frozenset()
# Who knows orders and nothing of whom they go to.
WITHOUT_RECIPIENTS = frozenset({PartnerType.AFFILIATE, PartnerType.AFFILIATE_PROVIDER, PartnerType.RISK_CONTROL})
AFFILIATES = frozenset({PartnerType.AFFILIATE, PartnerType.AFFILIATE_PROVIDER})
KINDS = {
    "carrier": PartnerType.LOGISTICS,
    "risk_control": PartnerType.RISK_CONTROL,
    "verifier": PartnerType.IDENTITY_VERIFICATION,
    "affiliate": PartnerType.AFFILIATE,
}


async def register_partners(world: "World", supplier: Supplier) -> None:
    """Enter a partner of each kind into the register."""
    for name, kind in KINDS.items():
        world.partners[name] = await add_partner(Company(kind, f"The {name}", "DE"))
    named = Company(PartnerType.AFFILIATE_PROVIDER, "The provider", "DE", named_by=world.partners["affiliate"])
    world.partners["affiliate_provider"] = await add_partner(named)
    world.partners["institution"] = await sandbox()
    world.partners["supplier"] = await partner_of(supplier)


def token(world: "World", name: str, **other: object) -> Viewer:
    """Give a token of a partner, for all that its kind may do."""
    partner = world.partners[name]
    kind = PartnerType[partner.kind]
    given: dict[str, object] = {
        "supplier": partner.supplier_id,
        "partner": partner.id,
        "partner_type": kind,
        "scopes": SCOPES,
        "purposes": kind.purposes,
        "region": "DE",
    }
    return Viewer(**(given | other))  # pyright: ignore[reportArgumentType]


def tokens(world: "World") -> dict[str, Viewer]:
    """Give a token of each kind, and those that see less or nothing."""
    return {name: token(world, name) for name in ("carrier", "institution", "risk_control", "affiliate")} | {
        "verifier": token(world, "verifier"),
        "delegated_verifier": token(world, "verifier", is_delegated=True),
        "verifier_out_of_standing": token(world, "verifier", is_in_standing=False),
        "delegated_supplier": token(world, "supplier", is_delegated=True),
        "supplier_out_of_standing": token(world, "supplier", is_in_standing=False),
        "carrier_for_nothing": token(world, "carrier", purposes=NOTHING),
        "affiliate_recommending": token(world, "affiliate", purpose=Purpose.AFFILIATE_RECOMMENDATION),
    }


def serving(viewer: Viewer, *, is_watched: bool) -> frozenset[UUID]:
    """Give the partner that a viewer is, if it is an affiliate, or risk control and something noticed is open."""
    has_part = viewer.partner_type in AFFILIATES or is_watched
    return frozenset({viewer.partner}) if viewer.partner is not None and has_part else NOBODY
