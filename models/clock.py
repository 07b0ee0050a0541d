"""The one place that reads the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

# Where no country is known, the date of the last place on earth to reach it.
LAST_PLACE_ON_EARTH = timezone(timedelta(hours=-12))

_moved_to: datetime | None = None


def now() -> datetime:
    """Return the present instant in UTC."""
    return _moved_to or datetime.now(UTC)


def today(region: str | None) -> date:
    """
    Return the date in a region, where it spans several time zones the earliest of its dates.

    Ages are counted by it, so nobody comes of age while it is still yesterday anywhere in their country (P7.1).

    Args:
        region: ISO 3166-1 code of the country; for an unknown one the last place on earth to reach a date counts.
    """
    instant = now()
    zones = _zones_by_region().get((region or "").upper())
    if not zones:
        return instant.astimezone(LAST_PLACE_ON_EARTH).date()
    return min(instant.astimezone(zone).date() for zone in zones)


def dates() -> tuple[date, str]:
    """
    Tell every region's date at once, for SQL.

    Returns:
        The date of the last place on earth, and a list of the regions that are one or two days ahead of it, each
        followed by how many: `"JP1KI2"`. A region that is not listed has the first date, as `today` has it.
    """
    return _dates(now().replace(second=0, microsecond=0))


# Offsets from UTC are whole minutes, so what was worked out holds for the minute.
@lru_cache(maxsize=8)
def _dates(instant: datetime) -> tuple[date, str]:
    first = instant.astimezone(LAST_PLACE_ON_EARTH).date()
    ahead = {
        region: (min(instant.astimezone(zone).date() for zone in zones) - first).days
        for region, zones in _zones_by_region().items()
    }
    return first, "".join(f"{region}{days}" for region, days in sorted(ahead.items()) if days > 0)


@contextmanager
def moved_to(instant: datetime) -> Iterator[None]:
    """
    Stop the clock at an instant for the whole of this program, for tests.

    Raises:
        ValueError: The instant has no time zone.
    """
    global _moved_to  # noqa: PLW0603 -- a program has one clock
    if instant.tzinfo is None:
        raise ValueError("The clock moves only to an instant with a time zone; add `tzinfo=UTC`.")
    before, _moved_to = _moved_to, instant.astimezone(UTC)
    try:
        yield
    finally:
        _moved_to = before


@lru_cache(maxsize=1)
def _zones_by_region() -> dict[str, tuple[ZoneInfo, ...]]:
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    names: dict[str, list[str]] = {}
    for line in table.splitlines():
        if not line.startswith("#"):
            region, _, name, *_ = line.split("\t")
            names.setdefault(region, []).append(name)
    return {region: tuple(ZoneInfo(name) for name in sorted(zones)) for region, zones in names.items()}
