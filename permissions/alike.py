"""What is decided alike in one operation: objects whose facts are the same, wherever in the answer they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from policy.situations import Situation, situation_of
from policy.viewer import Case, Viewer


@dataclass(slots=True)
class Alike:
    """Collects the situations that the objects of one operation are in, many of which are of one and the same case."""

    _viewer: Viewer | None = None
    # A case is kept beside its identity, so that no other one takes that.
    _by_case: dict[int, tuple[Case, Situation]] = field(default_factory=dict[int, tuple[Case, Situation]])

    def grouped(
        self, viewer: Viewer, keys: Sequence[int], cases: Mapping[int, Case]
    ) -> tuple[list[int], list[Situation]]:
        """
        Find the situations of cases, many of which are one and the same object.

        Args:
            viewer: Who asks; what was known for somebody else, before an operation signed them in, is forgotten.
            keys: Of each object the identity of its case.
            cases: The cases by their identities.

        Returns:
            For each object which of the situations it is in, and these.
        """
        if viewer is not self._viewer:
            self._viewer = viewer
            self._by_case.clear()
        places: dict[int, int] = {}
        situations: dict[int, tuple[int, Situation]] = {}
        for key, case in cases.items():
            found = self._by_case.get(key)
            if found is None:
                found = self._by_case[key] = case, situation_of(viewer, case)
            situation = found[1]
            places[key] = situations.setdefault(id(situation), (len(situations), situation))[0]
        return list(map(places.__getitem__, keys)), [situation for _, situation in situations.values()]
