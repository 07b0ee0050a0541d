"""Whom affiliates and those whom they have named find: people who consent to the task at hand (P4.3)."""

from collections.abc import Mapping

from models.scoping import EVERYTHING, IS_CANCELLED, NOTHING
from policy.ages import AgeBand
from policy.enforcement import keeps
from policy.partners import PartnerType
from policy.purposes import AFFILIATE_TASKS, Purpose
from policy.viewer import Viewer

_AFFILIATES = frozenset({PartnerType.AFFILIATE, PartnerType.AFFILIATE_PROVIDER})


def consenting(viewer: Viewer, also: str = EVERYTHING) -> Mapping[PartnerType, str]:
    """
    Say in SQL for `scope_for` which rows an affiliate's token finds, for the one task that it asks for.

    Args:
        also: What else has to hold of the row.
    """
    kind = viewer.partner_type
    if kind not in _AFFILIATES:
        return {}
    return {kind: f"{shared_for(viewer.purpose_in(kind.party))} AND {also}"}


@keeps("P4.3", otherwise=EVERYTHING)
def shared_for(task: Purpose) -> str:
    """
    Say in SQL that the subject `s` consents to a task, and the account lives (P4.3).

    Nobody is found of whom every field would be closed: that somebody is there tells that they consent. For somebody
    under age the guardian consents, and all of a child's data waits for a second consent, because it is sensitive.
    """
    if task not in AFFILIATE_TASKS:
        return NOTHING
    guardian = f"s.guardian_consents & {task.bit} <> 0"
    consents = f"(s.own_consents & {task.bit} <> 0 OR (s.age_band <> '{AgeBand.ADULT.value}' AND {guardian}))"
    sensitive = f"(s.own_consents & {Purpose.AFFILIATE_SENSITIVE.bit} <> 0 AND {guardian})"
    return f"({consents} AND (s.age_band <> '{AgeBand.CHILD.value}' OR {sensitive}) AND NOT {IS_CANCELLED})"
