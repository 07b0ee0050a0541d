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
