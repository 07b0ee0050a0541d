"""What is decided once for all who are in one situation must not depend on anything else."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from policy.ages import AgeBand
from policy.classes import CLASSES, ORDER
from policy.decide import decide
from policy.pending_uses import PendingUses
from policy.purposes import Purpose
from policy.situations import Verdict, situation_of
from policy.viewer import Case, Ground, StaffRole, Viewer

PERSON, GUARDIAN, SUPPLIER = UUID(int=1), UUID(int=2), UUID(int=3)
CASE = Case(PERSON, AgeBand.MINOR, GUARDIAN, suppliers=frozenset({SUPPLIER}), is_window_open=True)
VIEWERS = (
    Viewer(account=PERSON),
    Viewer(account=GUARDIAN),
    Viewer(supplier=SUPPLIER, purposes=frozenset({Purpose.FULFILMENT})),
    Viewer(account=uuid4(), staff=StaffRole.AGENT, is_trained=True),
    Viewer(),
)
FACTS: dict[str, Callable[[Case], Case]] = {
    "age": lambda case: case._replace(age=AgeBand.ADULT),
    "guardian_consents": lambda case: case._replace(guardian_consents=frozenset(Purpose)),
    "is_cancelled": lambda case: case._replace(is_cancelled=True),
    "is_window_open": lambda case: case._replace(is_window_open=False),
    "has_open_ticket": lambda case: case._replace(has_open_ticket=True),
    "is_membership_verified": lambda case: case._replace(is_membership_verified=True),
    "has_objected": lambda case: case._replace(has_objected=True),
    "pending_uses": lambda case: case._replace(pending_uses=PendingUses(frozenset(), {})),
    "crosses_border": lambda case: case._replace(crosses_border=True),
    "own_consents": lambda case: case._replace(own_consents=frozenset(Purpose)),
    "asked_anew": lambda case: case._replace(asked_anew=frozenset(Purpose)),
}
WHO = frozenset({"subject", "guardian", "suppliers", "partners", "is_third_party", "order", "grounds"})


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.kind)
def test_people_who_differ_in_nothing_but_who_they_are_are_asked_about_alike(viewer: Viewer) -> None:
    others = {PERSON: uuid4(), GUARDIAN: uuid4(), SUPPLIER: uuid4()}
    case = CASE._replace(
        subject=others[PERSON],
        guardian=others[GUARDIAN],
        suppliers=frozenset({others[SUPPLIER]}),
        order=uuid4(),
    )
    account = others.get(viewer.account, uuid4()) if viewer.account is not None else None
    supplier = others[SUPPLIER] if viewer.supplier is not None else None
    other = replace(viewer, account=account, supplier=supplier, session=uuid4(), region="JP", scopes=frozenset({"a"}))

    assert situation_of(other, case) is situation_of(viewer, CASE)
    for data_class in CLASSES:
        assert other.asks(data_class, of=case) == viewer.asks(data_class, of=CASE)


def test_every_fact_of_a_case_is_looked_at_here() -> None:
    assert FACTS.keys() | WHO == set(Case._fields)


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.kind)
@pytest.mark.parametrize("fact", FACTS)
def test_another_fact_is_another_situation(fact: str, viewer: Viewer) -> None:
    assert situation_of(viewer, FACTS[fact](CASE)) is not situation_of(viewer, CASE)


@pytest.mark.parametrize(
    "changed",
    [
        {"purpose": Purpose.AUDIT},
        {"purposes": frozenset({Purpose.AUDIT})},
        {"is_trained": True},
        {"is_delegated": True},
        {"is_in_standing": False},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_a_question_depends_on_of_the_viewer_is_another_situation(changed: dict[str, object]) -> None:
    viewer = Viewer(supplier=SUPPLIER, purposes=frozenset({Purpose.FULFILMENT}))
    other = replace(viewer, **changed)  # pyright: ignore[reportArgumentType]

    assert other.asks(ORDER, of=CASE) != viewer.asks(ORDER, of=CASE)
    assert situation_of(other, CASE) is not situation_of(viewer, CASE)


def test_what_stands_on_somebodys_ground_is_kept_for_nobody() -> None:
    officer = Viewer(account=uuid4(), staff=StaffRole.PRIVACY_OFFICER, is_trained=True)
    case = CASE._replace(grounds=(Ground(frozenset({ORDER}), id=uuid4()),))

    assert situation_of(officer, case) is not situation_of(officer, case)


def test_a_verdict_is_found_again_in_the_same_situation() -> None:
    viewer = Viewer(account=uuid4())
    case = CASE._replace(subject=viewer.account or PERSON, order=uuid4())
    ask = viewer.asks(ORDER, of=case)
    situation_of(viewer, case).verdicts[ORDER] = verdict = Verdict(ask, decide(ask))

    assert situation_of(viewer, case._replace(order=uuid4())).verdicts[ORDER] is verdict
