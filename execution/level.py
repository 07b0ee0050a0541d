"""All objects that stand at one place of an answer, whatever lists they are in."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from execution.plan import Step
from permissions.context import OperationContext
from permissions.may_see import Verdict
from policy.seen import Seen
from policy.viewer import Case


class Level:
    """
    The objects of one place, side by side, and where each came from.

    Args:
        parents: The objects.
        above: The level of the objects that led to them; None at the root.
        key: Under which those have them.
        origin: For each object, which one of the level above it belongs to; None where they are in step.
        position: For each object, its place in that one's list; None where there is no list.
    """

    __slots__ = (
        "_groups",
        "_is_own",
        "_rows",
        "_verdicts",
        "above",
        "finished",
        "key",
        "opened",
        "origin",
        "parents",
        "position",
    )

    def __init__(
        self,
        parents: list[Any],
        above: "Level | None" = None,
        key: str = "",
        origin: list[int] | None = None,
        position: list[int] | None = None,
    ) -> None:
        self.parents = parents
        self.above = above
        self.key = key
        self.origin = origin
        self.position = position
        self.opened: dict[tuple[int, str], Any] | None = None
        """The sealed cells that are to be shown, by object and column; None until they are wanted."""
        self.finished: set[Step] = set()
        """The fields whose values are as the answer shows them already."""
        self._is_own: bool | None = None
        self._rows: list[Any] | None = None
        self._groups: tuple[list[int], list[Case]] | None = None
        self._verdicts: dict[Step, list[Verdict]] = {}

    @property
    def rows(self) -> list[Any]:
        """What the objects show: the row of one that was seen in a case, or the object itself."""
        if self._rows is None:
            self._rows = [parent.row if isinstance(parent, Seen) else parent for parent in self.parents]
        return self._rows

    def path(self, place: int) -> list[str | int]:
        """Say where in the answer an object is."""
        if self.above is None:
            return []
        at = self.origin[place] if self.origin is not None else place
        path = [*self.above.path(at), self.key]
        return path if self.position is None else [*path, self.position[place]]

    def is_own(self, person: UUID | None) -> bool:
        """Tell whether all objects are about the one person; what is shown of them is disclosed to nobody else."""
        if self._is_own is None:
            subjects = {id(case): case.subject for case in (parent.case for parent in self.parents)}.values()
            self._is_own = all(subject == person for subject in subjects)
        return self._is_own

    def verdicts(self, step: Step, context: OperationContext) -> list[Verdict]:
        """
        Decide a classified field for every object, with one question for all that are in the same case.

        Whoever asks first has what was decided on record as well.
        """
        decided = self._verdicts.get(step)
        if decided is None:
            guard = step.guard
            assert guard is not None, "only classified fields are decided"
            group_of, cases = self._grouped(context)
            by_group: list[Verdict] = []
            for case in cases:
                verdict = guard.verdict(context.viewer, case, step.is_linked)
                guard.record(context, step.path, case, verdict)
                by_group.append(verdict)
            decided = [by_group[group] for group in group_of] if len(cases) > 1 else by_group * len(group_of)
            self._verdicts[step] = decided
        return decided

    def _grouped(self, context: OperationContext) -> tuple[list[int], list[Case]]:
        """Group the objects by the facts that decisions depend on."""
        if self._groups is None:
            places: dict[Any, int] = {}
            # Rows that were read together share the cases that are alike.
            known: dict[int, int] = {}
            cases: list[Case] = []
            group_of: list[int] = []
            party_to: Callable[[Case], object] = context.viewer.party_to
            for parent in self.parents:
                case: Case = parent.case
                place = known.get(id(case))
                if place is None:
                    key = (party_to(case), case.facts)
                    place = places.get(key)
                    if place is None:
                        place = places[key] = len(cases)
                        cases.append(case)
                    known[id(case)] = place
                group_of.append(place)
            self._groups = group_of, cases
        return self._groups


def flattened(above: Level, key: str, lists: Sequence[list[Any] | None]) -> Level:
    """Put the items of many lists side by side."""
    items: list[Any] = []
    origin: list[int] = []
    position: list[int] = []
    for place, of in enumerate(lists):
        if of:
            items += of
            origin += [place] * len(of)
            position += range(len(of))
    return Level(items, above, key, origin, position)


def below(above: Level, key: str, values: Sequence[Any], places: list[int], *, are_items: bool) -> Level:
    """
    Make the level of some of the objects that a field leads to.

    Args:
        above: The level of the objects whose field it is or, of the items of lists, their own.
        key: Under which they have it.
        values: What the field leads to.
        places: Which of these are in the level.
        are_items: Whether they are the items of lists.
    """
    objects = [values[place] for place in places]
    if not are_items:
        return Level(objects, above, key, None if len(places) == len(values) else places)
    # The items of lists have a level of their own already, of which these are a part.
    origin, position = above.origin, above.position
    assert origin is not None, "items of lists belong to one"
    assert position is not None, "items of lists have a place in it"
    return Level(objects, above.above, above.key, [origin[at] for at in places], [position[at] for at in places])
