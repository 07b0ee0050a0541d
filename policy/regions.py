"""Which countries are one region, so that data may go from one to the other without crossing a border (P8.1)."""

from collections.abc import Mapping
from enum import StrEnum

from policy.enforcement import keeps

EUROPEAN_ECONOMIC_AREA = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT"),
        *("LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO"),
    }
)

AREAS: Mapping[str, frozenset[str]] = {"EEA": EUROPEAN_ECONOMIC_AREA}
"""Countries that guard personal data by one law, and let it move freely among them; no country is in two."""

_AREA_OF = {country: area for area, countries in AREAS.items() for country in countries}


class TransferGround(StrEnum):
    """
    Why data may leave a person's region; there is no fourth reason (P8.1).

    A law demands it; the person consents to it, separately and explicitly; or they deal across the border themselves,
    and it is the data of that dealing.
    """

    LAW = "LAW"
    CONSENT = "CONSENT"
    OWN_DEALING = "OWN_DEALING"


def area_of(country: str) -> str:
    """Tell the region of a country, given by its ISO 3166-1 code: the area that it shares a law with, or itself."""
    return _AREA_OF.get(country, country)


def is_abroad(country: str, *, of: str) -> bool:
    """Tell whether one country is abroad of another."""
    return area_of(country) != area_of(of)


@keeps("P8.1", otherwise=False)
def strays(region: str, *, home: str) -> bool:
    """Tell whether what the shop stores or hands over in a region would be abroad of where it belongs (P8.1)."""
    return area_of(region) != area_of(home)
