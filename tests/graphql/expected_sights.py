"""What the policy lets a viewer see of an object, field by field, and what an answer says was withheld."""

from collections.abc import Sequence
from typing import Any

from permissions.register import classified_fields
from policy.classes import DataClass
from policy.decide import Sight, decide
from policy.viewer import Viewer
from schema import schema
from tests.graphql.asking import Answer
from tests.graphql.things import Thing
from tests.graphql.world import World

CLASSIFIED: dict[str, dict[str, DataClass]] = {}
for _type, _name, _plan in classified_fields(schema):
    assert _plan.data_class is not None
    CLASSIFIED.setdefault(_type, {})[_name] = _plan.data_class


def without_id(value: dict[str, Any]) -> dict[str, Any]:
    return {name: field for name, field in value.items() if name != "id"}


def shown_of(thing: Thing, viewer: Viewer, world: World, type_name: str) -> dict[str, Any]:
    case = thing.case(world, viewer)
    shown: dict[str, Any] = {}
    for name, data_class in CLASSIFIED[type_name].items():
        sight = decide(viewer.asks(data_class, of=case)).sight
        masked = data_class.mask if sight is Sight.MASK else None
        value = thing.values[name]
        shown[name] = (value(viewer, world) if callable(value) else value) if sight is Sight.CLEAR else masked
    return shown


def expected_withheld(
    known: list[Thing], viewer: Viewer, world: World, type_name: str, path: Sequence[str]
) -> set[tuple[tuple[str, ...], str, str]]:
    expected: set[tuple[tuple[str, ...], str, str]] = set()
    for thing in known:
        for name, data_class in CLASSIFIED[type_name].items():
            decision = decide(viewer.asks(data_class, of=thing.case(world, viewer)))
            if not decision.is_clear:
                expected.add(((*path, name), decision.sight.value, decision.code))
    return expected


def withheld_in(answer: Answer) -> set[tuple[tuple[str, ...], str, str]]:
    return {(tuple(entry["path"]), entry["effect"], entry["code"]) for entry in answer.withheld}
