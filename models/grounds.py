"""Which legal grounds open a row to a viewer, in SQL: for the few who can act under one, and at no cost to others."""

import json
from collections.abc import Mapping
from typing import cast
from uuid import UUID

from policy.ages import AgeBand
from policy.classes import BY_NAME, DataClass
from policy.decide import applying
from policy.facts import LEGAL_GROUND
from policy.parties import Party
from policy.rules import Effect
from policy.viewer import Ground, Viewer

NO_ORDER = "NULL::uuid"

_IN_FORCE = "g.state = 'APPROVED' AND g.valid_from <= :now AND g.valid_until > :now"


def party_under_ground(viewer: Viewer) -> Party | None:
    """Tell as which party a viewer could act under a ground; None for those who can act under none."""
    if viewer.staff is not None:
        party = viewer.staff.party
    elif viewer.supplier is None and viewer.partner_type is not None:
        party = viewer.partner_type.party
    else:
        return None
    return party if any(opens_to(party, data_class) for data_class in BY_NAME.values()) else None


def opens_to(party: Party, data_class: DataClass) -> bool:
    """Tell whether a ground can open a class to a party at all (P2.9, P4.8)."""
    rules = applying(party, data_class)
    if any(rule.effect is Effect.FORBID and not rule.facts for rule in rules):
        return False
    return any(rule.effect is Effect.PERMIT and LEGAL_GROUND in rule.when for rule in rules)


def values_for(viewer: Viewer) -> Mapping[str, object]:
    """Name the viewer as grounds name them."""
    if viewer.staff is not None:
        return {"staff": viewer.account, "role": viewer.staff.value}
    return {"partner": viewer.partner}


def _for_viewer(viewer: Viewer) -> str:
    if viewer.staff is not None:
        return "(g.viewer_account_id = :staff OR g.viewer_role = :role)"
    return "g.viewer_partner_id = :partner"


def joined(viewer: Viewer, order: str) -> str:
    """
    Join as `gr` what the grounds that are in force for the viewer name of the subject `s`.

    Args:
        order: The SQL of the order's id that the row belongs to, for grounds that are about one order.
    """
    return f"""LEFT JOIN LATERAL (
        SELECT array_agg(c.name) AS classes,
            array_agg(c.name) FILTER (WHERE g.covers_child) AS child_classes,
            array_agg(c.name) FILTER (WHERE g.carries_abroad) AS abroad_classes,
            jsonb_agg(jsonb_build_array(g.id, c.name, g.covers_child, g.carries_abroad) ORDER BY g.id)::text AS listed
        FROM legal_ground g CROSS JOIN LATERAL jsonb_array_elements_text(g.classes) AS c(name)
        WHERE g.account_id = s.id AND {_IN_FORCE} AND {_for_viewer(viewer)}
            AND (g.order_id IS NULL OR g.order_id = {order})) gr ON TRUE"""


def opened(viewer: Viewer, party: Party, core: DataClass) -> str:
    """Say in SQL that a ground opens a row which is known by a class."""
    # Looked up by itself, so that a viewer with no other sight of a table does not have it read from end to end.
    named = f"""(s.id IN (SELECT g.account_id FROM legal_ground g WHERE {_IN_FORCE} AND {_for_viewer(viewer)})
        AND '{core.name}' = ANY(gr.classes))"""
    # What is not sensitive of a minor who is no longer a child needs no cover, but for a check of identity (P7.1).
    band = AgeBand.ADULT if core.is_sensitive or party is Party.VERIFIER else AgeBand.CHILD
    free = f"s.age_band {'=' if band is AgeBand.ADULT else '<>'} '{band.value}'"
    consents = f"s.guardian_consents & {viewer.purpose_in(party).bit} <> 0"
    return f"({named} AND ({free} OR {consents} OR '{core.name}' = ANY(gr.child_classes)))"


def carried_abroad(core: DataClass) -> str:
    """Say in SQL that a ground is the law which lets what a row is known by leave the subject's region (P8.1)."""
    return f"('{core.name}' = ANY(gr.abroad_classes))"


def grounds_in(listed: str | None) -> tuple[Ground, ...]:
    """Read the fact that `joined` gives as `gr.listed`."""
    if listed is None:
        return ()
    named: dict[tuple[str | None, bool, bool], set[DataClass]] = {}
    for key, name, covers_child, carries_abroad in cast("list[tuple[str | None, str, bool, bool]]", json.loads(listed)):
        named.setdefault((key, covers_child, carries_abroad), set()).add(BY_NAME[name])
    return tuple(
        Ground(frozenset(classes), covers_child, carries_abroad, UUID(key) if key is not None else None)
        for (key, covers_child, carries_abroad), classes in named.items()
    )
