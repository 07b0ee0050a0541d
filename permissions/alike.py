"""What is decided alike in one operation: objects whose facts are the same, wherever in the answer they are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policy.classes import DataClass
from policy.viewer import Case, Viewer

if TYPE_CHECKING:
    from permissions.may_see import Verdict


@dataclass(slots=True, eq=False)
class Situation:
    """
    All cases that decisions cannot tell apart: the viewer is the same to the subject, and the facts are the same.

    Args:
        verdicts: What was decided in it, by class, as far as nothing else that an operation selects can change it.
    """

    verdicts: "dict[DataClass, Verdict]" = field(default_factory=dict[DataClass, "Verdict"])


@dataclass(slots=True)
class Alike:
    """Collects the situations that the objects of one operation are in, each of which is decided once."""

    _viewer: Viewer | None = None
    _by_facts: dict[object, Situation] = field(default_factory=dict[object, Situation])
    # A case is kept beside its identity, so that no other one takes that.
    _by_case: dict[int, tuple[Case, Situation]] = field(default_factory=dict[int, tuple[Case, Situation]])

    def grouped(self, viewer: Viewer, cases: Sequence[Case]) -> tuple[list[int], list[Situation]]:
        """
        Find the situations of cases, many of which are one and the same object.

        Args:
            viewer: Who asks; what was known for somebody else, before an operation signed them in, is forgotten.
            cases: The cases.

        Returns:
            For each case which of the situations it is in, and these.
        """
        if viewer is not self._viewer:
            self._viewer = viewer
            self._by_facts.clear()
            self._by_case.clear()
        places: dict[int, int] = {}
        situations: dict[int, tuple[int, Situation]] = {}
        for key, case in {id(case): case for case in cases}.items():
            found = self._by_case.get(key)
            situation = found[1] if found is not None else self._of(viewer, case)
            places[key] = situations.setdefault(id(situation), (len(situations), situation))[0]
        return [places[id(case)] for case in cases], [situation for _, situation in situations.values()]

    def _of(self, viewer: Viewer, case: Case) -> Situation:
        facts = (viewer.party_to(case), case.facts)
        situation = self._by_facts.get(facts)
        if situation is None:
            situation = self._by_facts[facts] = Situation()
        self._by_case[id(case)] = case, situation
        return situation
