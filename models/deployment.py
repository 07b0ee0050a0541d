"""Where this program stores what it holds: told once at start, shown to people, and read by no decision (P8.2)."""

_DEFAULT = "SG"
_regions = [_DEFAULT]


def stand_in(region: str) -> None:
    """Tell, once at start, in which country the shop's database stands, by its ISO 3166-1 code."""
    _regions[:] = [region]


def region() -> str:
    """Tell in which country the shop's database stands."""
    return _regions[0]
