"""Order numbers: short enough to read out, random so that they tell nothing of how much is sold."""

import secrets as random

# A prime number of characters lets one check character find every single wrong one and every swap of two.
ALPHABET = "023456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS = 11
GROUP = 4

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_READ_AS = str.maketrans({"O": "0", "-": "", " ": ""})


class BadOrderNumber(ValueError):
    """A text that cannot be an order number: a character is missing, wrong or swapped."""

    def __init__(self) -> None:
        super().__init__("This is not an order number. Compare it with the one on the parcel, character by character.")


def new_order_number() -> str:
    """
    Make an order number: eleven random characters and a check character, in groups of four.

    One in 2.5e16, so an insert that meets the unique constraint is tried again with another.
    """
    characters = "".join(random.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return _grouped(characters + _check_character(characters))


def read_order_number(text: str) -> str:
    """
    Read an order number as a person typed it: in small letters, without hyphens, with `O` for zero.

    Raises:
        BadOrderNumber: It has a typing error.
    """
    characters = text.strip().upper().translate(_READ_AS)
    if len(characters) != RANDOM_CHARACTERS + 1 or not _VALUE.keys() >= set(characters):
        raise BadOrderNumber
    if _check_character(characters[:-1]) != characters[-1]:
        raise BadOrderNumber
    return _grouped(characters)


def _check_character(characters: str) -> str:
    weighted = sum(weight * _VALUE[character] for weight, character in enumerate(characters, start=2))
    return ALPHABET[-weighted % len(ALPHABET)]


def _grouped(characters: str) -> str:
    return "-".join(characters[start : start + GROUP] for start in range(0, len(characters), GROUP))
