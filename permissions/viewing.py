"""What somebody would be shown, collected for a member of staff: by which clauses, and never a value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, Protocol, cast

from permissions.disclosures import Disclosures
from permissions.withheld import Path, reasons
from policy.classes import DISCLOSURE, DataClass
from policy.decide import Decision, Sight, code_told
from policy.facts import Ask
from policy.parties import Party
from policy.seen import Seen
from policy.view_as import of_anybody, told
from policy.viewer import NOBODY, Case, Viewer


class Outcome(Enum):
    """What a viewer would get at one place of an answer."""

    SHOWN = "shown"
    MASKED = "masked"
    WITHHELD = "withheld"
    NULL = "null"
    ERROR = "error"


_OUTCOMES = {Sight.CLEAR: Outcome.SHOWN, Sight.MASK: Outcome.MASKED, Sight.NULL: Outcome.WITHHELD}


class Told(NamedTuple):
    """
    One outcome, with the reasons as they may be told to staff.

    Args:
        party: What the viewer is to whom it is about; None where nothing was decided.
    """

    outcome: Outcome
    code: str = ""
    party: Party | None = None
    clauses: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


IS_THERE = Told(Outcome.SHOWN)
IS_NOT_THERE = Told(Outcome.NULL)

Place = tuple[Path, DataClass | None]
"""Response keys without positions in lists, and the class that was decided on there; None for objects."""


@dataclass(slots=True)
class Viewing:
    """
    Collects what one viewer would be shown by an operation.

    Like what is withheld it is grouped by field and never by row. Whether a value is there is not told, only that it
    would be shown: what is told is what the policy says, and which objects it was asked of.

    Args:
        to: The member of staff who is told.
        disclosures: Where that is noted: what they are told of somebody is shown to them, and to nobody else.
        refused: The code by which the operation is not run for this viewer at all.
    """

    to: Viewer
    disclosures: Disclosures
    refused: str | None = None
    places: dict[Place, set[Told]] = field(default_factory=dict[Place, set[Told]])
    # Many rows are of one case. A case is kept beside its identity, so that no other one takes that.
    _known: dict[int, tuple[Case, bool]] = field(default_factory=dict[int, tuple[Case, bool]])

    def decided(self, path: Path, data_class: DataClass, case: Case, ask: Ask, decision: Decision) -> None:
        """Note how a classified field was decided for the viewer."""
        # In a plan one row is asked for all that are alike; entering them noted whose they are. What leads to nobody is
        # about nobody (P2.2c).
        if self._may_tell(case, is_known=ask.linked):
            party = self.to.party_to(case)
            clauses, missing = reasons(decision, to=party)
            outcome = _OUTCOMES[decision.sight]
            entry = Told(outcome, code_told(decision, to=party), ask.party, tuple(sorted(clauses)), missing)
            self.places.setdefault((path, data_class), set()).add(entry)

    def entered(self, path: Path, parent: Any, objects: Iterable[Any]) -> None:
        """
        Note that a field led to objects, or to none that this member of staff may be told of.

        Args:
            parent: Whose field it is; of those that are not told of, nothing else is.
        """
        if isinstance(parent, Seen) and not self._seen(cast("Seen[Any]", parent)):
            return
        found = self.places.setdefault((path, None), set())
        for each in objects:
            if each is None or (isinstance(each, Seen) and not self._seen(cast("Seen[Any]", each))):
                continue
            found.add(IS_THERE)

    def failed(self, path: Path, code: str) -> None:
        """Note that a field had an error, unless it is of objects that are not told of."""
        above = [
            found for (place, _), found in self.places.items() if len(place) < len(path) and place == path[: len(place)]
        ]
        if all(any(each.outcome is Outcome.SHOWN for each in found) for found in above):
            self.places.setdefault((path, None), set()).add(Told(Outcome.ERROR, code))

    def knows(self, case: Case) -> bool:
        """Tell whether it may be told what somebody is shown, and note that it is."""
        return self._may_tell(case, is_known=True)

    def _seen(self, seen: Seen[Any]) -> bool:
        # A row that is known by its fields alone, such as a device, is about nobody until they are decided (P2.2c).
        return self._may_tell(seen.case, is_known=seen.core is not None)

    def _may_tell(self, case: Case, *, is_known: bool) -> bool:
        if case.subject == NOBODY:
            return True
        known = self._known.get(id(case))
        if known is not None:
            return known[1]
        plain = of_anybody(case)
        ask, decision = told(plain, to=self.to)
        if not is_known:
            return decision.is_clear
        if decision.is_clear:
            self.disclosures.record(self.to, DISCLOSURE, plain, ask, decision)
        self._known[id(case)] = case, decision.is_clear
        return decision.is_clear


class Rehearsal(Protocol):
    """An operation that can be run as somebody, so that nobody is shown anything."""

    @property
    def asked(self) -> int:
        """How many fields it asks for."""
        ...

    async def run(self, viewer: Viewer, viewing: Viewing, *, budget: int) -> None:
        """
        Run it.

        Args:
            viewer: As whom.
            viewing: Collects what they would be shown.
            budget: How many fields it may resolve.
        """
        ...


class Rehearse(Protocol):
    """Prepares an operation that another one holds, so that it can be run as somebody."""

    def __call__(self, text: str, operation_name: str | None, variables: Mapping[str, Any]) -> Rehearsal:
        """
        Check it as if it had been sent.

        Raises:
            OperationRefused: It does not fit the schema, breaks a limit, or does more than read.
        """
        ...
