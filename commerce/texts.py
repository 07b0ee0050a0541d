"""What people write about themselves: bounded lines in one normal form, and countries by their code."""

import unicodedata
from functools import lru_cache
from importlib import resources

from commerce.refusals import Refusal

# Composing can shorten a text to a third (Hangul, Vietnamese), so the raw text is bounded more widely, and first.
_RAW_PER_COMPOSED = 4
# Persian and the scripts of India join and part letters by these two; every other formatting sign can only deceive.
_JOINERS = frozenset("\u200c\u200d")
# Controls, formatting signs, halves of surrogates, private use, what is no character, and breaks of lines.
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class TextNotValid(Refusal):
    """A text is empty, too long, or holds control characters."""

    code = "TEXT_NOT_VALID"

    def __init__(self, field: str, longest: int, *, least: int = 1, lines: str = "one line") -> None:
        super().__init__(
            f"Give `{field}` as {lines} of {least} to {longest} characters, without control characters.",
            field=(field,),
        )


class CountryNotKnown(Refusal):
    """A country that is no ISO 3166-1 code."""

    code = "COUNTRY_NOT_KNOWN"

    def __init__(self, field: str) -> None:
        super().__init__(f"Give `{field}` as the two letters of ISO 3166-1, such as `CN`.", field=(field,))


def line(text: str, *, field: str, longest: int) -> str:
    """
    Bring a line into its normal form (NFC, no blanks around it), so that equal texts are equal.

    Args:
        text: As it was typed.
        field: What the client calls it.
        longest: In characters of the normal form.

    Raises:
        TextNotValid: It is empty or too long, or has signs that control how others are shown.
    """
    if len(text) > longest * _RAW_PER_COMPOSED:
        raise TextNotValid(field, longest)
    normal = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(normal) <= longest or any(_is_refused(sign) for sign in normal):
        raise TextNotValid(field, longest)
    return normal


def optional_line(text: str, *, field: str, longest: int) -> str:
    """
    Bring a line into its normal form, as `line` does; it may be empty.

    Raises:
        TextNotValid: It is too long, or has signs that control how others are shown.
    """
    if not text.strip():
        return ""
    return line(text, field=field, longest=longest)


def block(text: str, *, field: str, longest: int) -> str:
    """
    Bring a text of several lines, or of none, into its normal form.

    Raises:
        TextNotValid: It is too long, or has signs that control how others are shown; breaks of lines and tabs do not.
    """
    normal = unicodedata.normalize("NFC", text[: longest * _RAW_PER_COMPOSED + 1]).strip().replace("\r\n", "\n")
    if len(text) > longest * _RAW_PER_COMPOSED or len(normal) > longest:
        raise TextNotValid(field, longest, least=0, lines="lines")
    if any(_is_refused(sign) for sign in normal if sign not in "\n\t"):
        raise TextNotValid(field, longest, least=0, lines="lines")
    return normal


def country(text: str, *, field: str) -> str:
    """
    Read a country's two letters, in upper or lower case.

    Raises:
        CountryNotKnown: ISO 3166-1 has no such code.
    """
    code = text.strip().upper() if text.isascii() else ""
    if code not in countries():
        raise CountryNotKnown(field)
    return code


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """List the countries of ISO 3166-1 by their two letters."""
    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(row.split("\t")[0] for row in table.splitlines() if row and not row.startswith("#"))


def _is_refused(sign: str) -> bool:
    return unicodedata.category(sign) in _REFUSED and sign not in _JOINERS
