"""Makes of an operation's directives in what context it is asked, and for what purpose."""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from commerce import texts
from commerce.texts import CountryNotKnown
from execution.refusals import DocumentRefused
from permissions.context import AskedIn
from policy.enforcement import keeps
from policy.purposes import Purpose
from policy.viewer import Viewer
from schema.directives import IN_CONTEXT, PURPOSE


def asked_in(directives: Mapping[str, Mapping[str, Any]]) -> AskedIn:
    """
    Read `@inContext` and `@purpose`; an operation without them is asked in no context in particular.

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
    purpose: Purpose | None = directives.get(PURPOSE, {}).get("is")
    return AskedIn(
        country=country,
        language=_text(given.get("language")),
        currency=_text(given.get("currency")),
        purpose=purpose and purpose.name,
    )


def narrowed(viewer: Viewer, directives: Mapping[str, Mapping[str, Any]]) -> Viewer:
    """
    Narrow what a token may be used for to the purpose that an operation names; without one it stays as it is (P2.10).

    Raises:
        DocumentRefused: `PURPOSE_NOT_ALLOWED` for a purpose that the token was not made for.
    """
    purpose: Purpose | None = directives.get(PURPOSE, {}).get("is")
    if purpose is None:
        return viewer
    require_made_for(purpose, viewer)
    return replace(viewer, purpose=purpose, purposes=frozenset({purpose}))


@keeps("P2.10", otherwise=None)
def require_made_for(purpose: Purpose, viewer: Viewer) -> None:
    """
    Refuse a purpose that a token was not made for, and any of those who come without a token (P2.10).

    Raises:
        DocumentRefused: `PURPOSE_NOT_ALLOWED`.
    """
    if not viewer.is_partner or viewer.purposes is None:
        raise DocumentRefused("PURPOSE_NOT_ALLOWED", "Only a partner's token has purposes: leave `@purpose` out.")
    if purpose not in viewer.purposes:
        made_for = ", ".join(f"`{name}`" for name in sorted(each.name for each in viewer.purposes)) or "nothing"
        raise DocumentRefused(
            "PURPOSE_NOT_ALLOWED",
            f"This token was not made for `{purpose.name}`, but for {made_for}: name one of these.",
        )


def _text(value: Enum | None) -> str | None:
    return None if value is None else str(value.value)
