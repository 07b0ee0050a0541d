"""Places for tests, in the region that the tests' servers stand in."""

from pathlib import Path

from server.places import Place, declared


def at_home(address: Path | str) -> Place:
    """Declare a folder or a server in Singapore, where the tests' databases were made."""
    return declared(str(address), region="SG", home="SG", setting="AVOW_DATA_REGION")
