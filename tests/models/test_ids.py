"""Ids: sorted inside, opaque outside, and not comparable between partners."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import clock, secrets
from models.ids import (
    BadCursor,
    BadId,
    new_id,
    open_cursor,
    public_id,
    read_public_id,
    seal_cursor,
)
from models.secrets import Secrets

ROW = UUID("01920000-0000-7000-8000-000000000001")
audiences = st.none() | st.text(max_size=20)


@pytest.fixture(autouse=True)
def own_secrets() -> Iterator[None]:
    before = secrets._current  # pyright: ignore[reportPrivateUsage]
    secrets.configure(Secrets(b"m" * 32, {"first": b"k" * 32}, "first"))
    yield
    secrets.configure(before)


def test_a_new_id_is_of_version_7_and_tells_the_millisecond():
    instant = datetime(2026, 7, 1, 12, 0, 0, 123_456, tzinfo=UTC)

    with clock.moved_to(instant):
        made = new_id()

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(instant.timestamp()) * 1_000 + 123


def test_new_ids_sort_by_the_microsecond_and_never_repeat():
    instant = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    made: list[UUID] = []

    for microseconds in range(0, 5_000, 7):
        with clock.moved_to(instant + timedelta(microseconds=microseconds)):
            made += [new_id(), new_id()]

    assert sorted(made, key=lambda one: one.int >> 64) == made
    assert len(set(made)) == len(made)


@given(st.uuids(), st.sampled_from(["Order", "Account", "O"]), audiences)
def test_a_public_id_is_read_back_by_its_audience(row: UUID, name: str, audience: str | None):
    text = public_id(name, row, audience)

    assert read_public_id(text, audience) == (name, row)
    assert public_id(name, row, audience) == text


@given(st.uuids(), audiences, audiences)
def test_ids_of_two_audiences_have_nothing_in_common(row: UUID, one: str | None, other: str | None):
    if one == other:
        return

    assert public_id("Account", row, one) != public_id("Account", row, other)
    with pytest.raises(BadId):
        read_public_id(public_id("Account", row, one), other)


def test_a_public_id_shows_neither_row_nor_type():
    text = public_id("Order", ROW)

    raw = base64.urlsafe_b64decode(text + "==")
    assert b"Order" not in raw
    assert ROW.bytes not in raw
    assert ROW.bytes[:6] not in raw


@given(st.integers(min_value=0), st.sampled_from("ABCdef019-_"))
def test_changing_any_character_of_an_id_is_noticed(place: int, character: str):
    text = public_id("Order", ROW)
    place %= len(text)
    changed = text[:place] + character + text[place + 1 :]

    if changed == text:
        assert read_public_id(changed) == ("Order", ROW)
    else:
        with pytest.raises(BadId):
            read_public_id(changed)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_every_bad_id_gives_the_same_answer(text: str):
    with pytest.raises(BadId) as caught:
        read_public_id(text)

    assert str(caught.value) == str(BadId())


@pytest.mark.parametrize(("before", "after"), [("", "="), ("", "\n"), (" ", ""), ("", "A")])
def test_an_id_has_exactly_one_text(before: str, after: str):
    with pytest.raises(BadId):
        read_public_id(before + public_id("Order", ROW) + after)


def test_an_id_of_another_master_secret_is_unknown():
    text = public_id("Order", ROW)
    secrets.configure(Secrets(b"n" * 32, {"first": b"k" * 32}, "first"))

    with pytest.raises(BadId):
        read_public_id(text)


@given(st.binary(max_size=64), st.text(max_size=20))
def test_a_cursor_opens_in_its_list_alone(payload: bytes, context: str):
    cursor = seal_cursor(payload, context)

    assert open_cursor(cursor, context) == payload
    with pytest.raises(BadCursor):
        open_cursor(cursor, context + "x")


def test_an_id_is_no_cursor_and_a_cursor_no_id():
    with pytest.raises(BadCursor):
        open_cursor(public_id("Order", ROW, "list"), "list")
    with pytest.raises(BadId):
        read_public_id(seal_cursor(ROW.bytes + b"Order", "list"), "list")
