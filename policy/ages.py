"""Ages that the law draws lines at, by region, and the day on which a person crosses one (P7.1)."""

import calendar
from dataclasses import dataclass
from datetime import date
from enum import Enum


class AgeBand(Enum):
    """How far the law protects a person for their age."""

    __hash__ = object.__hash__

    CHILD = "CHILD"
    MINOR = "MINOR"
    ADULT = "ADULT"


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """The first birthday, in years, that ends childhood, and the one that ends minority."""

    child_until: int
    minor_until: int


DEFAULT_LIMITS = AgeLimits(child_until=14, minor_until=18)

# Where a region's law sets other limits than the policy's own, the higher age protects.
# Majority: KR at 19 (Civil Act, article 4), TH at 20 (Civil and Commercial Code, section 19), NZ at 20 (Age of
# Majority Act 1970).
# EU states that keep the age of digital consent at 16 (GDPR, article 8) protect children until then.
REGIONAL_LIMITS = {
    "KR": AgeLimits(child_until=14, minor_until=19),
    "TH": AgeLimits(child_until=14, minor_until=20),
    "NZ": AgeLimits(child_until=14, minor_until=20),
    "DE": AgeLimits(child_until=16, minor_until=18),
    "NL": AgeLimits(child_until=16, minor_until=18),
    "IE": AgeLimits(child_until=16, minor_until=18),
    "PL": AgeLimits(child_until=16, minor_until=18),
}


def limits_in(region: str) -> AgeLimits:
    """Tell the age limits of a region.

    Args:
        region: An ISO 3166-1 alpha-2 code.
    """
    return REGIONAL_LIMITS.get(region, DEFAULT_LIMITS)


def birthday(born: date, years: int) -> date:
    """Tell the day on which somebody turns so many years old; 29 February counts as 1 March in a common year."""
    year = born.year + years
    if (born.month, born.day) == (2, 29) and not calendar.isleap(year):
        return date(year, 3, 1)
    return born.replace(year=year)


def age_band(born: date, *, on: date, region: str) -> AgeBand:
    """Tell the age band of somebody on a day of their region's calendar (P7.1)."""
    limits = limits_in(region)
    if on < birthday(born, limits.child_until):
        return AgeBand.CHILD
    if on < birthday(born, limits.minor_until):
        return AgeBand.MINOR
    return AgeBand.ADULT


def band_ends(born: date, *, on: date, region: str) -> date | None:
    """Tell the birthday on which the present age band ends; None for adults."""
    limits = limits_in(region)
    for years in (limits.child_until, limits.minor_until):
        if on < (day := birthday(born, years)):
            return day
    return None
