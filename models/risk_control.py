"""What risk control finds: orders at which something was noticed, and the accounts that placed them (P4.4)."""

from collections.abc import Mapping

from models.scoping import EVERYTHING, cleared_for
from policy.enforcement import keeps
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import Viewer


def is_risk_control(viewer: Viewer) -> bool:
    """Tell whether a token of risk control asks, whose work is under way as long as something noticed is open."""
    return viewer.partner_type is PartnerType.RISK_CONTROL


def looking_into(viewer: Viewer, what: str) -> Mapping[PartnerType, str]:
    """
    Say in SQL for `scope_for` which rows a token of risk control finds; a child's with the guardian's consent alone.

    Args:
        what: Whether something that was noticed of the row is open.
    """
    return {PartnerType.RISK_CONTROL: f"{what} AND {cleared_for(Purpose.SECURITY)}"} if is_risk_control(viewer) else {}


@keeps("P4.4", otherwise=EVERYTHING)
def order_looked_into(order: str) -> str:
    """Say in SQL that something noticed of an order is open (P4.4)."""
    return f"EXISTS (SELECT FROM order_anomaly n WHERE n.order_id = {order}.id AND n.closes_at > :now)"


@keeps("P4.4", otherwise=EVERYTHING)
def account_looked_into() -> str:
    """Say in SQL that something noticed of an order that the subject `s` has placed is open (P4.4)."""
    return """(s.id IN (SELECT w.buyer_id FROM order_anomaly n JOIN "order" w ON w.id = n.order_id
        WHERE n.closes_at > :now))"""
