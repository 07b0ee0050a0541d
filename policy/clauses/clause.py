"""What the register says of one clause of the privacy policy."""

from dataclasses import dataclass
from enum import Enum

NOT_PRINTED = "not printed"
"""The section of a clause that the policy's text does not hold, but that people expect of one."""


class Status(Enum):
    """How far the platform keeps a clause."""

    ENFORCED = "enforced"
    PLANNED = "planned"
    OUTSIDE_SOFTWARE = "outside software"


@dataclass(frozen=True, slots=True)
class Clause:
    """
    One promise of the policy, in words of ours.

    Args:
        id: By which rules, guards, tests and documents cite it, such as `P5.7`.
        section: Where the policy prints it, as printed: `4(1)2` is not `4(1)(2)`.
        promises: The promise in one sentence.
        status: Enforced when its whole effect is there, planned while a part of it is still to come.
        holds_now: What part of a planned clause holds already; empty where none does.
        outside: What of it no program can keep, and why; for a clause that is outside software, all of it.
    """

    id: str
    section: str
    promises: str
    status: Status = Status.PLANNED
    holds_now: str = ""
    outside: str = ""
