"""The ten situations in which the law lets data be used though nobody was asked (P2.9), and what each is for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum

from policy.enforcement import keeps

LONGEST = timedelta(days=30)
"""How long a ground lasts at most; whoever still needs it then opens another one, which two people look at again."""


class Cover(Enum):
    """Whether a ground also opens the data of a child (P7.3)."""

    NEVER = "never"
    ALWAYS = "always"
    FOR_THEM = "only where it protects the person themselves"


class GroundKind(StrEnum):
    """The situations, by name; `LAWS` says of each what it is and what it does."""

    NATIONAL_SECURITY = "NATIONAL_SECURITY"
    PUBLIC_INTEREST = "PUBLIC_INTEREST"
    JUSTICE = "JUSTICE"
    VITAL_INTERESTS = "VITAL_INTERESTS"
    SELF_PUBLISHED = "SELF_PUBLISHED"
    PUBLIC_SOURCE = "PUBLIC_SOURCE"
    CONTRACT = "CONTRACT"
    SAFE_OPERATION = "SAFE_OPERATION"
    RESEARCH = "RESEARCH"
    LAW = "LAW"

    @property
    def law(self) -> "GroundLaw":
        """What the policy says of such a ground."""
        return LAWS[self]


@dataclass(frozen=True, slots=True)
class GroundLaw:
    """
    What holds for all grounds of one kind.

    Args:
        says: What is so, in a sentence of ours.
        for_sharing: Whether it also stands for the consent to giving data to a partner (P4.8); all stand for use.
        child: Whether it opens the data of a child (P7.3).
        may_be_kept_from_subject: Whether the law behind it may forbid to tell the person while it lasts.
        may_carry_abroad: Whether it may be the law that lets data leave the person's region (P8.1).
    """

    says: str
    for_sharing: bool = False
    child: Cover = Cover.NEVER
    may_be_kept_from_subject: bool = False
    may_carry_abroad: bool = False


LAWS = {
    GroundKind.NATIONAL_SECURITY: GroundLaw(
        "The security or the defence of a country is at stake.", for_sharing=True, may_be_kept_from_subject=True
    ),
    GroundKind.PUBLIC_INTEREST: GroundLaw(
        "The safety or the health of the public, or another weighty interest of it, is at stake.", for_sharing=True
    ),
    GroundKind.JUSTICE: GroundLaw(
        "An authority or a court investigates, prosecutes, judges or enforces.",
        for_sharing=True,
        child=Cover.ALWAYS,
        may_be_kept_from_subject=True,
        may_carry_abroad=True,
    ),
    GroundKind.VITAL_INTERESTS: GroundLaw(
        "Somebody's life or property is in danger, and consent can hardly be got in time.",
        for_sharing=True,
        child=Cover.FOR_THEM,
    ),
    GroundKind.SELF_PUBLISHED: GroundLaw("The person has made the data public themselves.", for_sharing=True),
    GroundKind.PUBLIC_SOURCE: GroundLaw(
        "The data comes from a lawful public source, such as the news or an open register.", for_sharing=True
    ),
    GroundKind.CONTRACT: GroundLaw(
        "A contract that the person asked for cannot be made or kept without it.",
    ),
    GroundKind.SAFE_OPERATION: GroundLaw(
        "The service cannot be kept safe and running without it, as when a fault is found and mended.",
    ),
    GroundKind.RESEARCH: GroundLaw(
        "Research in the public interest publishes it in a form in which nobody can be found again.",
    ),
    GroundKind.LAW: GroundLaw(
        "Another law or regulation demands it.", child=Cover.ALWAYS, may_be_kept_from_subject=True
    ),
}


@keeps("P4.8", otherwise=True)
def holds_for_sharing(kind: GroundKind) -> bool:
    """Tell whether a ground stands for the consent to giving data to a partner: six of the ten do (P4.8)."""
    return kind.law.for_sharing


@keeps("P7.3", otherwise=True)
def covers_child(kind: GroundKind, *, protects_subject: bool) -> bool:
    """
    Tell whether a ground opens the data of a child: the law does, and the child's own protection (P7.3).

    Args:
        protects_subject: Whether the life or the property in danger is the person's own.
    """
    cover = kind.law.child
    return cover is Cover.ALWAYS or (cover is Cover.FOR_THEM and protects_subject)


def for_sharing() -> Iterator[GroundKind]:
    """List the kinds that hold for sharing."""
    return (kind for kind in GroundKind if holds_for_sharing(kind))
