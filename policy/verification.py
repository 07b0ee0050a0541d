"""How far somebody is verified, and what takes how much of it (P2.1)."""

from enum import StrEnum


class VerificationLevel(StrEnum):
    """How far somebody is verified; each level holds those before it."""

    NONE = "NONE"
    ADDRESS = "ADDRESS"
    NAME = "NAME"
    ADULT = "ADULT"

    def reaches(self, needed: "VerificationLevel") -> bool:
        """Tell whether it is the level that is needed, or a higher one."""
        order = list(VerificationLevel)
        return order.index(self) >= order.index(needed)


CHECKED = frozenset({VerificationLevel.NAME, VerificationLevel.ADULT})
"""The levels that a provider of identity checks finds; what is below them a code that came back has shown."""
