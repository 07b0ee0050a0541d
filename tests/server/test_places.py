"""Every place that the settings name has a region, and none is abroad of the servers; a start is refused otherwise."""

from pathlib import Path

import pytest

from server.embedded import Embedded
from server.settings import read
from tests.server.commands import Shop, free_port
from tests.server.test_settings import DEVELOPMENT, PRODUCTION, faults, names, regions

# Every place that can be named, without its region; and a production environment that names them all.
PLACES = {name: PRODUCTION[name] for name in ("DATABASE_URL", "AVOW_KEYS_URL")} | {
    "AVOW_SMTP_URL": "smtps://mail.example",
    "AVOW_MAIL_FROM": "shop@example.com",
}
REGIONS = ["AVOW_REGION", "DATABASE_REGION", "AVOW_KEYS_REGION", "AVOW_SMTP_REGION"]
SENDING = PRODUCTION | PLACES | {"AVOW_SMTP_REGION": "SG"}


@pytest.mark.parametrize("region", ["DATABASE_REGION", "AVOW_KEYS_REGION", "AVOW_SMTP_REGION"])
@pytest.mark.clause("P8.1")
def test_production_asks_for_the_region_of_each_place_outside(region: str) -> None:
    (missing,) = faults(**{name: value for name, value in SENDING.items() if name != region})

    assert missing.startswith(f"{region} is missing")
    assert read(SENDING).is_production


@pytest.mark.parametrize("region", ["DATABASE_REGION", "AVOW_KEYS_REGION", "AVOW_SMTP_REGION", "AVOW_DATA_REGION"])
@pytest.mark.parametrize("others", [SENDING, DEVELOPMENT | PLACES], ids=["production", "development"])
@pytest.mark.clause("P8.1")
def test_no_place_stands_abroad_of_the_servers(others: dict[str, str], region: str) -> None:
    (refused,) = faults(**others | {region: "MY"})

    assert refused.startswith(f"{region} is `MY`")
    assert "AVOW_REGION `SG`" in refused


def test_production_says_itself_where_it_stands() -> None:
    given = {name: value for name, value in SENDING.items() if name != "AVOW_REGION"}
    (missing,) = faults(**given)

    assert missing.startswith("AVOW_REGION is missing")


def test_a_region_that_is_no_country_is_told_once_and_not_taken_for_another() -> None:
    assert names(faults(**SENDING | {"AVOW_REGION": "Asia"})) == ["AVOW_REGION"]
    assert names(faults(**SENDING | {"AVOW_KEYS_REGION": "sg"})) == ["AVOW_KEYS_REGION"]


def test_in_development_everything_stands_where_the_servers_do_unless_told(tmp_path: Path) -> None:
    own = read({"AVOW_DATA": str(tmp_path), "AVOW_REGION": "DE"})
    named = read(DEVELOPMENT | PLACES | {"AVOW_REGION": "DE", "DATABASE_REGION": "AT"})

    assert (own.data.region, own.storage_region) == ("DE", "DE")
    assert regions(named) == ["DE", "AT", "DE", "DE"]
    assert named.storage_region == "AT"


def test_serve_refuses_a_database_that_was_made_in_another_region(migrated: Embedded, tmp_path: Path) -> None:
    shop = Shop(tmp_path, free_port())
    given = SENDING | {
        "DATABASE_URL": migrated.shop.app_url,
        "AVOW_KEYS_URL": migrated.keys.app_url,
    }

    moved = shop.run("serve", **given | dict.fromkeys(REGIONS, "DE"))
    half = shop.run("serve", **given | {"AVOW_REGION": "DE"})

    assert (moved.returncode, half.returncode) == (1, 1)
    assert "was made in the region `SG`, and the configuration says `EEA`" in moved.stderr
    assert sorted(names(half.stderr.splitlines())) == ["AVOW_KEYS_REGION", "AVOW_SMTP_REGION", "DATABASE_REGION"]
    assert not any("Traceback" in ended.stderr for ended in (moved, half))
