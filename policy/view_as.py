"""Who may look at the shop as somebody else would see it, and of whom they may be told what that is."""

from policy.classes import DISCLOSURE
from policy.decide import Decision, decide
from policy.enforcement import keeps
from policy.facts import Ask
from policy.viewer import Case, StaffRole, Viewer

ROLES = frozenset({StaffRole.PRIVACY_OFFICER, StaffRole.AUDITOR})
"""Those who see what is disclosed to whom, and so may see what would be."""


@keeps("P5.1", otherwise=True)
def may_view_as(viewer: Viewer) -> bool:
    """Tell whether somebody may look at the shop as others see it: staff of two roles, with valid training (P5.1)."""
    return viewer.staff in ROLES and viewer.is_trained and viewer.account is not None


def told(case: Case, *, to: Viewer) -> tuple[Ask, Decision]:
    """
    Decide whether a member of staff may be told what somebody else would see of a person.

    That is what the ledger would say if it were shown, so it is of the class of disclosures: a child of whom the
    guardian does not consent to it is as if they were not there.

    Args:
        case: As it is for whoever would see it; what it says of them alone is left out.
    """
    ask = to.asks(DISCLOSURE, of=of_anybody(case))
    return ask, decide(ask)


def of_anybody(case: Case) -> Case:
    """Leave out of a case what is so for the one viewer that it was made for."""
    return Case(
        subject=case.subject,
        age=case.age,
        guardian=case.guardian,
        guardian_consents=case.guardian_consents,
        is_cancelled=case.is_cancelled,
        pending_uses=case.pending_uses,
        own_consents=case.own_consents,
        order=case.order,
    )
