"""Makes of an operation's directives in what country, language and currency it is asked."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from commerce import texts
from commerce.texts import CountryNotKnown
from execution.refusals import DocumentRefused
from permissions.context import AskedIn
from schema.directives import IN_CONTEXT


def asked_in(directives: Mapping[str, Mapping[str, Any]]) -> AskedIn:
    """
    Read `@inContext`; an operation without it is asked in no context in particular.

    Raises:
        DocumentRefused: `BAD_ARGUMENT` for a country that ISO 3166-1 does not know.
    """
    given = directives.get(IN_CONTEXT, {})
    try:
        country = None if given.get("country") is None else texts.country(given["country"], field="country")
    except CountryNotKnown:
        raise DocumentRefused(
            "BAD_ARGUMENT", "`country` of `@inContext` is no ISO 3166-1 code: give two letters, such as `CN`."
        ) from None
    return AskedIn(country=country, language=_text(given.get("language")), currency=_text(given.get("currency")))


def _text(value: Enum | None) -> str | None:
    return None if value is None else str(value.value)
