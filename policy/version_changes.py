"""In what two versions of the policy differ, read off what they say; and what of that needs consent (P9.1, P9.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import product

from policy.classes import BY_NAME
from policy.enforcement import keeps
from policy.parties import Party
from policy.purposes import Purpose
from policy.versions import CLEAR, MASK, NULL, Cell, Snapshot


class ChangeKind(Enum):
    """What a change does; each that widens stands beside the one that takes it back."""

    DATA_ADDED = "{data} is used for the first time"
    DATA_REMOVED = "{data} is no longer used"
    PURPOSE_ADDED = "{data} may also be used {purpose}"
    PURPOSE_REMOVED = "{data} is no longer used {purpose}"
    RECIPIENT_ADDED = "{data} may now be seen by {party}"
    RECIPIENT_REMOVED = "{data} is no longer seen by {party}"
    MASK_LOOSENED = "{data} is shown where {party} saw a mask"
    MASK_TIGHTENED = "{data} is masked where {party} saw it"
    CONDITIONS_LOOSENED = "{data} is shown under more circumstances to {party}"
    CONDITIONS_TIGHTENED = "{data} is shown under fewer circumstances to {party}"

    @property
    def is_wider(self) -> bool:
        """Whether something is used or shown that was not."""
        return self in _WIDER

    @property
    def reverse(self) -> "ChangeKind":
        """What takes the change back."""
        return _REVERSE[self]


_PAIRS = (
    (ChangeKind.DATA_ADDED, ChangeKind.DATA_REMOVED),
    (ChangeKind.PURPOSE_ADDED, ChangeKind.PURPOSE_REMOVED),
    (ChangeKind.RECIPIENT_ADDED, ChangeKind.RECIPIENT_REMOVED),
    (ChangeKind.MASK_LOOSENED, ChangeKind.MASK_TIGHTENED),
    (ChangeKind.CONDITIONS_LOOSENED, ChangeKind.CONDITIONS_TIGHTENED),
)
_WIDER = frozenset(wider for wider, _ in _PAIRS)
_REVERSE = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}

# To whom data about themselves is shown; that they see more of it is no use that anybody consents to.
THEMSELVES = frozenset({Party.SELF.name, Party.THIRD_PARTY.name})
# Whose sight is a right: the person's, and for a minor the guardian's (P7.4).
ENTITLED = THEMSELVES | {Party.GUARDIAN.name}


@dataclass(frozen=True, slots=True)
class Change:
    """
    One change between two versions.

    Args:
        data_class: The name of the class that it is about.
        party: The name of the party that sees more or less; None where it is about the class itself.
        purpose: The name of the purpose that came or went.
    """

    kind: ChangeKind
    data_class: str
    party: str | None = None
    purpose: str | None = None

    @property
    def needs_consent(self) -> bool:
        """Whether more is used, or shown to others, than before (P9.3)."""
        return self.kind.is_wider and self.party not in THEMSELVES

    @property
    def takes_right(self) -> bool:
        """Whether people themselves, or their guardians, see less of what is theirs than before (P9.1)."""
        return not self.kind.is_wider and self.party in ENTITLED

    @property
    def reverse(self) -> "Change":
        """What takes it back."""
        return Change(self.kind.reverse, self.data_class, self.party, self.purpose)

    @property
    def says(self) -> str:
        """The change in a sentence."""
        party, purpose = self.party or "", self.purpose or ""
        text = self.kind.value.format(
            data=_words(self.data_class),
            party=Party[party].value if party in Party.__members__ else party,
            purpose=Purpose[purpose].value if purpose in Purpose.__members__ else f"for {purpose}",
        )
        return f"{text[0].upper()}{text[1:]}."


def _words(data_class: str) -> str:
    words = data_class.lower().replace("_", " ")
    return f"{words} ({BY_NAME[data_class].category.value})" if data_class in BY_NAME else words


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changes from one version to another."""

    changes: tuple[Change, ...]

    @property
    def is_material(self) -> bool:
        """Whether the later version needs everybody's consent (P9.3)."""
        return is_material(self)

    @property
    def taken_rights(self) -> tuple[Change, ...]:
        """What people could do with their own data, and could no longer do (P9.1)."""
        return tuple(change for change in self.changes if change.takes_right)

    @property
    def awaiting_consent(self) -> tuple[Change, ...]:
        """The changes that need consent."""
        return tuple(change for change in self.changes if change.needs_consent)

    @property
    def reverse(self) -> "Difference":
        """The difference the other way."""
        return Difference(tuple(change.reverse for change in self.changes))


@keeps("P9.3", otherwise=False)
def is_material(difference: Difference) -> bool:
    """Tell whether going on is not enough to accept a version: it widens what is used, for what, or who sees it."""
    return any(change.needs_consent for change in difference.changes)


def difference(before: Snapshot, after: Snapshot) -> Difference:
    """
    Compare what two versions say, whatever their rules are called and however they are put.

    A condition that is dropped, so that more is shown than before, widens as much as a new recipient does.
    """
    if before.name == after.name:
        return Difference(())
    found = [*_of_classes(before, after), *_of_cells(before, after)]
    order = {kind: place for place, kind in enumerate(ChangeKind)}
    return Difference(
        tuple(sorted(found, key=lambda each: (order[each.kind], each.data_class, each.party or "", each.purpose or "")))
    )


def _of_classes(before: Snapshot, after: Snapshot) -> Iterator[Change]:
    for name in before.classes.keys() | after.classes.keys():
        old, new = before.classes.get(name), after.classes.get(name)
        if old is None or new is None:
            yield Change(ChangeKind.DATA_ADDED if old is None else ChangeKind.DATA_REMOVED, name)
        for purpose in (new.purposes if new else frozenset[str]()) - (old.purposes if old else frozenset[str]()):
            yield Change(ChangeKind.PURPOSE_ADDED, name, purpose=purpose)
        for purpose in (old.purposes if old else frozenset[str]()) - (new.purposes if new else frozenset[str]()):
            yield Change(ChangeKind.PURPOSE_REMOVED, name, purpose=purpose)


def _of_cells(before: Snapshot, after: Snapshot) -> Iterator[Change]:
    for party, name in before.cells.keys() | after.cells.keys():
        old, new = before.cell(party, name), after.cell(party, name)
        if old == new:
            continue
        moves = {(was, now) for _, was, now in compared(old, new)}
        for kind in _kinds(moves, is_seen=(_is_seen(old), _is_seen(new))):
            yield Change(kind, name, party)


def _is_seen(cell: Cell) -> bool:
    return CLEAR in cell.sights


def _kinds(moves: set[tuple[str, str]], *, is_seen: tuple[bool, bool]) -> Iterator[ChangeKind]:
    if is_seen == (False, True):
        yield ChangeKind.RECIPIENT_ADDED
    elif is_seen == (True, False):
        yield ChangeKind.RECIPIENT_REMOVED
    if (MASK, CLEAR) in moves:
        yield ChangeKind.MASK_LOOSENED
    if (CLEAR, MASK) in moves:
        yield ChangeKind.MASK_TIGHTENED
    # A mask shows nothing, so that it is there or not is no change; what is seen the first time is told above.
    if (NULL, CLEAR) in moves and is_seen[0]:
        yield ChangeKind.CONDITIONS_LOOSENED
    if (CLEAR, NULL) in moves and is_seen[1]:
        yield ChangeKind.CONDITIONS_TIGHTENED


def compared(old: Cell, new: Cell) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """
    List for every combination of facts that either cell depends on what each shows.

    Returns:
        The names of the values, in the order of `facts_of_both`; then what the one and the other shows there.
    """
    facts = facts_of_both(old, new)
    values = [list(dict.fromkeys((*_values(old, fact), *_values(new, fact)))) for fact in facts]
    for combined in product(*values):
        named = dict(zip(facts, combined, strict=True))
        yield combined, old.at(named), new.at(named)


def facts_of_both(old: Cell, new: Cell) -> tuple[str, ...]:
    """List the facts that either cell depends on."""
    return tuple(dict.fromkeys((*old.facts, *new.facts)))


def _values(cell: Cell, fact: str) -> tuple[str, ...]:
    return cell.values[cell.facts.index(fact)] if fact in cell.facts else ()
