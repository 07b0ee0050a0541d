"""Which legal grounds an operation was answered by, so that each use is noted before the answer leaves (P2.9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from policy.classes import DataClass
from policy.decide import decide
from policy.enforcement import keeps
from policy.seen import Seen
from policy.viewer import Case, Viewer


@dataclass(slots=True)
class GroundsUsed:
    """Collects the grounds without which some value of one operation would have been withheld."""

    classes: dict[UUID, set[str]] = field(default_factory=dict[UUID, set[str]])

    def record(self, viewer: Viewer, data_class: DataClass, case: Case) -> None:
        """Note the grounds that cleared a value, if it were withheld without them."""
        for ground in clearing(viewer, data_class, case):
            self.classes.setdefault(ground, set()).add(data_class.name)

    def entered(self, viewer: Viewer, rows: Iterable[Seen[Any]], cases: Mapping[int, Seen[Any]]) -> None:
        """
        Note the grounds that opened rows, which is a use of them whatever is selected of these.

        Args:
            cases: One row of each case, by its identity.
        """
        if not any(seen.alike.grounds for seen in cases.values()):
            return
        for seen in rows:
            if seen.alike.grounds and seen.core is not None:
                self.record(viewer, seen.core, seen.case)


@keeps("P2.9", otherwise=())
def clearing(viewer: Viewer, data_class: DataClass, case: Case) -> tuple[UUID, ...]:
    """List the grounds of a case by which alone a viewer sees a class; none where they see it anyway (P2.9)."""
    if not case.grounds or decide(viewer.asks(data_class, of=case._replace(grounds=()))).is_clear:
        return ()
    naming = [ground for ground in case.grounds if data_class in ground.classes]
    alone = [g for g in naming if decide(viewer.asks(data_class, of=case._replace(grounds=(g,)))).is_clear]
    return tuple(ground.id for ground in alone or naming if ground.id is not None)
