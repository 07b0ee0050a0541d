"""All objects that stand at one place of an answer, whatever lists they are in."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from execution.opening import Opened
from execution.plan import ObjectPlan, Step
from permissions.context import OperationContext
from permissions.may_see import PolicyExtension
from policy.decide import ever_seen
from policy.seen import Seen
from policy.situations import Situation, Verdict
from policy.viewer import Case

_ALIKE, _ROW, _SEEN = attrgetter("alike"), attrgetter("row"), {Seen}


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
        "_cases",
        "_disclosed",
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
        self.opened: Opened | None = None
        """The sealed cells that are to be shown, by column; None until they are wanted."""
        self.finished: set[Step] = set()
        """The fields whose values are as the answer shows them already."""
        self._cases: tuple[list[int], dict[int, Case]] | None = None
        self._is_own: bool | None = None
        self._rows: list[Any] | None = None
        self._groups: _Groups | None = None
        self._disclosed: _Disclosed | None = None
        self._verdicts: dict[Step, list[Verdict]] = {}

    @property
    def rows(self) -> list[Any]:
        """What the objects show: the row of one that was seen in a case, or the object itself."""
        if self._rows is None:
            if set(map(type, self.parents)) == _SEEN:
                self._rows = list(map(_ROW, self.parents))
            else:
                self._rows = [parent.row if isinstance(parent, Seen) else parent for parent in self.parents]
        return self._rows

    def path(self, place: int) -> list[str | int]:
        """Say where in the answer an object is."""
        if self.above is None:
            return []
        at = self.origin[place] if self.origin is not None else place
        path = [*self.above.path(at), self.key]
        return path if self.position is None else [*path, self.position[place]]

    @property
    def cases(self) -> tuple[list[int], dict[int, Case]]:
        """Give of each object the identity of its case, and the cases by theirs, which are few beside the objects."""
        if self._cases is None:
            alike = list(map(_ALIKE, self.parents))
            keys = list(map(id, alike))
            self._cases = keys, dict(zip(keys, alike, strict=True))
        return self._cases

    def is_own(self, person: UUID | None) -> bool:
        """Tell whether all objects are about the one person; what is shown of them is disclosed to nobody else."""
        if self._is_own is None:
            self._is_own = all(case.subject == person for case in self.cases[1].values())
        return self._is_own

    def verdicts(self, step: Step, context: OperationContext) -> list[Verdict]:
        """
        Decide a classified field for every object, with one question for all that are in the same situation.

        Whoever asks first has what was decided on record as well.

        Returns:
            What was decided for each of the groups of `group_of`.
        """
        decided = self._verdicts.get(step)
        if decided is None:
            guard, viewer = step.guard, context.viewer
            assert guard is not None, "only classified fields are decided"
            if self._groups is None:
                self._groups = _Groups(self, context)
            decided = self._verdicts[step] = []
            for case, situation in self._groups.asked:
                verdict = guard.verdict(viewer, case, step.is_linked, situation)
                guard.record(context, step.path, case, verdict)
                decided.append(verdict)
        return decided

    @property
    def group_of(self) -> list[int]:
        """Which group each object belongs to; known once a field was decided."""
        assert self._groups is not None, "objects are grouped when a field is decided"
        return self._groups.of

    def clear(self, verdicts: list[Verdict]) -> list[int] | None:
        """List the places of the objects of which a field may be shown; None for all of them."""
        clear = [verdict.decision.is_clear for verdict in verdicts]
        if False not in clear:
            return None
        return [place for place, group in enumerate(self.group_of) if clear[group]] if True in clear else []

    def in_place(self, guard: PolicyExtension, verdicts: list[Verdict]) -> list[Any]:
        """Give of every object what stands for a value that is not shown."""
        masks = [guard.shown(verdict) for verdict in verdicts]
        return [masks[group] for group in self.group_of]

    def may_open(self, plan: ObjectPlan, context: OperationContext) -> dict[str, Sequence[int]]:
        """List the columns that may be sealed, with the places of the objects that may show them."""
        # What no rule shows to the viewer is not in the rows.
        seen = ever_seen(context.viewer.parties)
        everywhere = range(len(self.parents))
        wanted: dict[str, Sequence[int]] = {}
        for step in plan.decides:
            guard = step.guard
            if guard is None or guard.permission.data_class not in seen:
                continue
            clear = self.clear(self.verdicts(step, context))
            places = everywhere if clear is None else clear
            for column in step.columns:
                known = wanted.get(column, places)
                wanted[column] = places if known == places else sorted({*known, *places})
        return wanted

    @property
    def disclosed(self) -> "_Disclosed":
        """The objects by what they are on record as, where they are shown to somebody else."""
        if self._disclosed is None:
            self._disclosed = _Disclosed(self.parents)
        return self._disclosed


class _Groups:
    """The objects of a level by the facts that decisions depend on, and a case of each group to ask of."""

    __slots__ = ("asked", "of")

    def __init__(self, level: Level, context: OperationContext) -> None:
        self.of, situations = context.alike.grouped(context.viewer, *level.cases)
        firsts = [level.parents[self.of.index(group)] for group in range(len(situations))]
        # Whoever is told what somebody would be shown is on record with the order that it is of.
        cases = [first.alike if context.viewing is None else first.case for first in firsts]
        self.asked: list[tuple[Case, Situation]] = list(zip(cases, situations, strict=True))


class _Disclosed:
    """The objects of a level by their case and order: those of one are put on record together."""

    __slots__ = ("firsts", "of", "said")

    def __init__(self, parents: Sequence[Any]) -> None:
        places: dict[tuple[int, UUID | None], int] = {}
        self.of = [places.setdefault((id(parent.alike), parent.order), len(places)) for parent in parents]
        self.firsts = [self.of.index(place) for place in range(len(places))]
        """The first object of each."""
        self.said: set[tuple[object, ...]] = set()
        """What was put on record of all of them already."""

    def firsts_of(self, places: list[int]) -> list[int]:
        """List the first object of each case and order that some objects are of."""
        return [self.firsts[each] for each in dict.fromkeys(self.of[place] for place in places)]


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
