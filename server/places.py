"""Declares where personal data is stored and handed over: no such place is without a region, and none abroad (P8.1)."""

from dataclasses import dataclass, field
from pathlib import Path

from policy.enforcement import keeps
from policy.regions import strays


@dataclass(frozen=True, slots=True)
class Place:
    """
    Somewhere that personal data is written or sent to, and the country that it stands in.

    `declared` makes them, and nothing else does: what takes an address takes a place, so that none is without a region.
    """

    address: str = field(repr=False)
    region: str

    def below(self, name: str) -> "Place":
        """Give a folder within this one; it stands where this one does."""
        return Place(str(Path(self.address) / name), self.region)


class PlaceRefused(Exception):
    """A place whose region nobody said, or that stands abroad; the text names the setting and the remedy."""


def declared(address: str, *, region: str | None, home: str, setting: str) -> Place:
    """
    Declare a place.

    Args:
        address: A folder or a URL.
        region: ISO 3166-1 code of the country that it stands in; None if nobody said it.
        home: That of the country that the servers stand in.
        setting: What the region is configured by.

    Raises:
        PlaceRefused: Its region was not said, or is abroad of the servers' (P8.1).
    """
    fault = fault_of(region, home=home, setting=setting)
    if fault is not None:
        raise PlaceRefused(fault)
    return Place(address, region or home)


@keeps("P8.1", otherwise=None)
def fault_of(region: str | None, *, home: str, setting: str) -> str | None:
    """
    Tell why a place may not be used, None if it may.

    None of the three grounds lets data be kept abroad of the servers or go out through there: laws and consents are of
    one person's data each, and a person's own dealing is not with whoever keeps the shop's disks (docs/decisions/0171).
    """
    if region is None:
        return f"{setting} is missing: set it to the country code of where that stands, such as `{home}`."
    if strays(region, home=home):
        return (
            f"{setting} is `{region}`, which is abroad of AVOW_REGION `{home}`: personal data stays in the region that "
            "the servers stand in, so name a place there, or run a deployment of its own in the other region."
        )
    return None
