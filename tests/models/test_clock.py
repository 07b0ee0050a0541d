"""The clock: UTC, dates by region, and a hand to move it by."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from models import clock


def test_it_is_now_in_utc():
    before = datetime.now(UTC)

    instant = clock.now()

    assert instant.tzinfo is UTC
    assert before <= instant <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("JP", date(2026, 3, 2)),
        ("CN", date(2026, 3, 2)),
        ("DE", date(2026, 3, 1)),
        # Hawaii, not Guam or New York, is the last of its places to reach a date.
        ("US", date(2026, 3, 1)),
        ("us", date(2026, 3, 1)),
        ("ZZ", date(2026, 3, 1)),
        (None, date(2026, 3, 1)),
    ],
)
def test_today_is_the_date_of_the_region(region: str | None, expected: date):
    with clock.moved_to(datetime(2026, 3, 1, 18, 30, tzinfo=UTC)):
        assert clock.today(region) == expected


def test_a_region_with_several_dates_has_the_earliest():
    with clock.moved_to(datetime(2026, 3, 1, 9, 30, tzinfo=UTC)):
        assert clock.today("US") == date(2026, 2, 28)
        assert clock.today("PF") == date(2026, 2, 28)
        assert clock.today("FR") == date(2026, 3, 1)


def test_without_a_region_nobody_is_older_than_anywhere_on_earth():
    with clock.moved_to(datetime(2026, 3, 1, 11, 59, tzinfo=UTC)):
        assert clock.today(None) == date(2026, 2, 28)


def test_a_moved_clock_stands_still_and_comes_back():
    there = datetime(2031, 5, 6, 7, 8, tzinfo=timezone(timedelta(hours=8)))

    with clock.moved_to(there):
        with clock.moved_to(there + timedelta(days=1)):
            assert clock.now() == there + timedelta(days=1)
        assert clock.now() == there
        assert clock.now().tzinfo is UTC

    assert clock.now() != there


def test_the_clock_does_not_move_to_an_instant_without_time_zone():
    with pytest.raises(ValueError, match="time zone"), clock.moved_to(datetime(2026, 1, 1)):  # noqa: DTZ001
        raise AssertionError("unreachable")


@pytest.mark.parametrize("hour", range(24))
def test_the_dates_of_all_regions_at_once_are_those_of_each(hour: int):
    with clock.moved_to(datetime(2028, 2, 29, hour, 30, tzinfo=UTC)):
        first, ahead = clock.dates()
        days = {ahead[place : place + 2]: int(ahead[place + 2]) for place in range(0, len(ahead), 3)}

        for region in ("JP", "US", "SE", "TO", "KI", "NP", "UM", "AS", "XX", "FR"):
            assert first + timedelta(days=days.get(region, 0)) == clock.today(region)
        assert set(days.values()) <= {1, 2}
