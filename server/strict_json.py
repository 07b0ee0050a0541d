"""Reads JSON without forgiving anything: what two programs could read in two ways is refused."""

import json
import math
from typing import TypeAlias

from execution.limits import DocumentLimits
from server.refusals import RequestRefused

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_LONGEST_NUMBER = 40
_LARGEST_INTEGER = 2**63 - 1


class _Odd(ValueError):
    """Something in the text that JSON, or this server, does not allow."""


def read(body: bytes, *, depth: int, limits: DocumentLimits) -> Json:
    """
    Read a body or a parameter.

    Args:
        body: The bytes as received.
        depth: How many arrays and objects may be open at once.
        limits: Where the bound of lists is taken from.

    Raises:
        RequestRefused: 400 `BAD_JSON` for text that is not JSON, `BAD_ENCODING` for bytes that are not UTF-8 or
            characters that no text can hold, `BAD_NUMBER`, `DUPLICATE_KEY`, `JSON_TOO_DEEP`, `LIST_TOO_LONG`.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise RequestRefused(400, "BAD_ENCODING", "The text is not UTF-8: encode it as UTF-8.") from None
    try:
        value: Json = _DECODER.decode(text)
    except _Odd as odd:
        raise _refusal(str(odd)) from None
    except RecursionError:
        raise _refusal("JSON_TOO_DEEP") from None
    except ValueError:
        # The decoder's own message quotes nothing, but says where; the place is of no use to a program.
        raise RequestRefused(
            400, "BAD_JSON", "The text is not JSON: let a library write it.", is_well_formed=True
        ) from None
    _check(value, depth=depth, longest_list=limits.list_items, escapes="\\u" in text)
    return value


def _check(value: Json, *, depth: int, longest_list: int, escapes: bool) -> None:
    """
    Look at depth, lists and characters, without recursion.

    Args:
        escapes: Whether the text had escapes, by which alone a forbidden character can come in.
    """
    pending: list[tuple[Json, int]] = [(value, 0)]
    while pending:
        item, level = pending.pop()
        if isinstance(item, str):
            if escapes:
                _check_characters(item)
        elif isinstance(item, list | dict):
            if level >= depth:
                raise _refusal("JSON_TOO_DEEP")
            if isinstance(item, list):
                if len(item) > longest_list:
                    raise _refusal("LIST_TOO_LONG")
                pending.extend((entry, level + 1) for entry in item)
            else:
                for key, entry in item.items():
                    if escapes:
                        _check_characters(key)
                    pending.append((entry, level + 1))


def _check_characters(text: str) -> None:
    if "\x00" in text:
        raise _refusal("BAD_ENCODING")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _refusal("BAD_ENCODING") from None


_MESSAGES = {
    "BAD_ENCODING": "A text holds U+0000 or half of a surrogate pair, which no text here can hold: leave it out.",
    "BAD_NUMBER": "A number is not finite or is larger than 64 bits: send it as a string where the schema takes one.",
    "DUPLICATE_KEY": "An object has the same key twice: send each key once.",
    "JSON_TOO_DEEP": "Arrays and objects are nested too deeply: send a flatter value.",
    "LIST_TOO_LONG": "A list has too many entries: send it in several requests.",
}


def _refusal(code: str) -> RequestRefused:
    return RequestRefused(400, code, _MESSAGES[code])


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Odd("DUPLICATE_KEY")
    return found


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER or abs(number := int(text)) > _LARGEST_INTEGER:
        raise _Odd("BAD_NUMBER")
    return number


def _float(text: str) -> float:
    if len(text) > _LONGEST_NUMBER or not math.isfinite(number := float(text)):
        raise _Odd("BAD_NUMBER")
    return number


def _constant(_: str) -> float:
    raise _Odd("BAD_NUMBER")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant)
