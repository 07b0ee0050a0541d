"""Order numbers: typing errors are found, and nothing is told of how much is sold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.order_numbers import ALPHABET, BadOrderNumber, new_order_number, read_order_number

numbers = st.builds(new_order_number)
places = st.integers(min_value=0, max_value=11)


def _characters(number: str) -> str:
    return number.replace("-", "")


def test_a_number_has_three_groups_of_four_unmistakable_characters():
    number = new_order_number()

    assert [len(group) for group in number.split("-")] == [4, 4, 4]
    assert not set("1OILU") & set(number)


def test_numbers_do_not_repeat_nor_follow_each_other():
    made = [new_order_number() for _ in range(5_000)]

    assert len(set(made)) == len(made)
    assert {number[0] for number in made} == set(ALPHABET)
    assert made != sorted(made)


@given(numbers)
def test_a_number_is_read_as_people_type_it(number: str):
    typed = _characters(number).lower().replace("0", "o")

    assert read_order_number(typed) == number
    assert read_order_number(f" {number} ") == number


@given(numbers, places, st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(number: str, place: int, character: str):
    characters = _characters(number)
    typed = characters[:place] + character + characters[place + 1 :]

    if typed == characters:
        assert read_order_number(typed) == number
    else:
        with pytest.raises(BadOrderNumber):
            read_order_number(typed)


@given(numbers, places, places)
def test_two_swapped_characters_are_found(number: str, one: int, other: int):
    typed = list(_characters(number))
    typed[one], typed[other] = typed[other], typed[one]

    if "".join(typed) == _characters(number):
        assert read_order_number("".join(typed)) == number
    else:
        with pytest.raises(BadOrderNumber):
            read_order_number("".join(typed))


@given(st.text(max_size=20))
def test_other_texts_are_refused(text: str):
    shaped = text.upper().replace("-", "").replace(" ", "")

    if len(shaped) == 12 and set(shaped) <= set(ALPHABET + "O"):
        return
    with pytest.raises(BadOrderNumber):
        read_order_number(text)
