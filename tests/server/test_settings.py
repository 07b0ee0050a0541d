"""Settings: what is refused, what is never said, and the secrets that development makes for itself."""

import base64
import re
import stat
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from server.secret_files import KEYS_FILE, MASTER_FILE
from server.settings import Environment, Settings, SettingsFaulty, read

ROOT = Path(__file__).parents[2]
EVERYWHERE = "0.0.0.0"  # noqa: S104  # what development refuses
# Random bytes, and the same ones in every run.
RANDOM = Random(54)
SECRET, KEY, OLDER_KEY = (base64.b64encode(RANDOM.randbytes(32)).decode() for _ in range(3))
PRODUCTION = {
    "AVOW_ENV": "production",
    "AVOW_REGION": "SG",
    "DATABASE_URL": "postgresql://avow:canary-password@db.example:5432/avow",
    "DATABASE_REGION": "SG",
    "AVOW_KEYS_URL": "postgresql://avow:canary-password@keys.example:5432/avow_keys",
    "AVOW_KEYS_REGION": "SG",
    "AVOW_SECRET": SECRET,
    "AVOW_KEY_ENCRYPTION_KEYS": f"b:{KEY},a:{OLDER_KEY}",
}
DEVELOPMENT = {"AVOW_SECRET": SECRET, "AVOW_KEY_ENCRYPTION_KEYS": f"b:{KEY}"}


def faults(**environ: str) -> list[str]:
    """List what is wrong with an environment."""
    with pytest.raises(SettingsFaulty) as faulty:
        read(environ)
    return list(faulty.value.faults)


def regions(settings: Settings) -> list[str]:
    """List where the places are that settings name."""
    places = (settings.data, settings.database, settings.keys, settings.relay)
    return [place.region for place in places if place is not None]


def names(found: list[str]) -> list[str]:
    """Name the variables that sentences are about."""
    return sorted({sentence.split()[0] for sentence in found})


def test_without_any_variable_it_is_a_development_server_of_its_own(tmp_path: Path) -> None:
    settings = read({"AVOW_DATA": str(tmp_path)})

    assert settings.environment is Environment.DEVELOPMENT
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.is_embedded
    assert not settings.is_production


def test_a_whole_production_environment_is_read() -> None:
    settings = read(
        PRODUCTION
        | {
            "HOST": EVERYWHERE,
            "PORT": "80",
            "AVOW_REGION": "DE",
            "DATABASE_REGION": "IE",
            "AVOW_KEYS_REGION": "DE",
            "AVOW_SMTP_URL": "smtps://shop:canary-password@mail.example:465",
            "AVOW_SMTP_REGION": "NO",
            "AVOW_MAIL_FROM": "shop@example.com",
            "AVOW_ALLOWED_ORIGINS": "https://a.example, https://b.example",
            "AVOW_TRUSTED_PROXIES": "10.0.0.0/8,192.0.2.7",
        }
    )

    assert settings.is_production
    assert (settings.host, settings.port, settings.region) == (EVERYWHERE, 80, "DE")
    assert settings.storage_region == "IE"
    assert regions(settings) == ["DE", "IE", "DE", "NO"]
    assert settings.secrets.active == "b"
    assert settings.allowed_origins == {"https://a.example", "https://b.example"}
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.0.2.7")


def test_all_faults_are_told_at_once_and_by_name() -> None:
    found = faults(
        AVOW_ENV="production",
        PORT="eighty",
        DATABASE_URL="mysql://canary-password@db/avow",
        AVOW_REGION="Germany",
        AVOW_SMTP_URL="https://canary-password@mail",
        AVOW_MAIL_FROM="a@example.com, b@example.com",
        AVOW_ALLOWED_ORIGINS="http://shop.example",
        AVOW_TRUSTED_PROXIES="everybody",
    )

    assert names(found) == [
        "AVOW_ALLOWED_ORIGINS",
        "AVOW_KEYS_URL",
        "AVOW_KEY_ENCRYPTION_KEYS",
        "AVOW_MAIL_FROM",
        "AVOW_REGION",
        "AVOW_SECRET",
        "AVOW_SMTP_URL",
        "AVOW_TRUSTED_PROXIES",
        "DATABASE_URL",
        "PORT",
    ]
    assert not any("canary-password" in sentence for sentence in found)


@pytest.mark.parametrize("name", ["DATABASE_URL", "AVOW_KEYS_URL", "AVOW_SECRET", "AVOW_KEY_ENCRYPTION_KEYS"])
def test_production_asks_for_its_databases_and_secrets(name: str) -> None:
    (missing,) = faults(**{other: value for other, value in PRODUCTION.items() if other != name})

    assert missing.startswith(f"{name} is missing")
    assert names(faults(**PRODUCTION | {name: "  "})) == [name]


@pytest.mark.parametrize(
    "guessable",
    [
        "changeme",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        base64.b64encode(bytes(range(32))).decode(),
        base64.b64encode(b"please-change-me-before-you-sell").decode(),
        base64.b64encode(RANDOM.randbytes(16)).decode(),
        "not base64 at all, but quite long enough!",
    ],
    ids=["word", "zeros", "sequence", "readable", "short", "no base64"],
)
def test_production_takes_no_secret_that_can_be_guessed(guessable: str) -> None:
    for name, value in (("AVOW_SECRET", guessable), ("AVOW_KEY_ENCRYPTION_KEYS", f"a:{guessable}")):
        (refused,) = faults(**PRODUCTION | {name: value})

        assert refused.startswith(f"{name} is not")
        assert "openssl rand -base64 32" in refused


@pytest.mark.parametrize("keys", [",", KEY, f"a:{KEY},a:{OLDER_KEY}", f"a b:{KEY}", f"a:{KEY},b:"])
def test_a_list_of_keys_has_ids_and_each_of_them_once(keys: str) -> None:
    assert names(faults(**PRODUCTION | {"AVOW_KEY_ENCRYPTION_KEYS": keys})) == ["AVOW_KEY_ENCRYPTION_KEYS"]


def test_one_secret_is_not_used_for_two_things() -> None:
    assert names(faults(**PRODUCTION | {"AVOW_KEY_ENCRYPTION_KEYS": f"a:{SECRET}"})) == ["AVOW_SECRET"]


@pytest.mark.parametrize(
    "keys",
    [
        "postgresql://other@DB.example/avow_keys",
        "postgresql://other@db.example:5432/avow_keys",
        "postgresql://other@/avow_keys?host=db.example&port=5432",
    ],
)
def test_keys_and_shop_are_not_on_one_server(keys: str) -> None:
    assert names(faults(**PRODUCTION | {"AVOW_KEYS_URL": keys})) == ["AVOW_KEYS_URL"]


def test_one_machine_by_two_names_is_one_server() -> None:
    local = {"DATABASE_URL": "postgresql://a@localhost/avow", "AVOW_KEYS_URL": "postgresql://a@127.0.0.1/avow_keys"}

    assert names(faults(**PRODUCTION | local)) == ["AVOW_KEYS_URL"]


def test_an_odd_port_in_an_address_is_a_sentence_and_no_fault_of_ours() -> None:
    settings = read(PRODUCTION | {"AVOW_KEYS_URL": "postgresql://a@/avow_keys?host=db.example&port=none"})

    assert settings.is_production
    assert names(faults(**PRODUCTION | {"AVOW_KEYS_URL": "postgresql://a@db:none/avow"})) == ["AVOW_KEYS_URL"]


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.0.2.7", "shop.example"])
def test_development_is_not_for_others_to_reach(host: str) -> None:
    (refused,) = faults(**DEVELOPMENT | {"HOST": host})

    assert refused.startswith("HOST is")
    assert "127.0.0.1" in refused


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_development_answers_on_loopback(host: str) -> None:
    assert read(DEVELOPMENT | {"HOST": host}).host == host


def test_a_misspelt_environment_is_taken_for_production() -> None:
    assert names(faults(AVOW_ENV="prod")) == [
        "AVOW_ENV",
        "AVOW_KEYS_URL",
        "AVOW_KEY_ENCRYPTION_KEYS",
        "AVOW_REGION",
        "AVOW_SECRET",
        "DATABASE_URL",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AVOW_SMTP_URL", "smtps://canary@mail.example"),
        ("AVOW_SMTP_URL", "smtp://mail.example:465/canary"),
        ("AVOW_SMTP_URL", "smtp://:25"),
        ("AVOW_MAIL_FROM", "canary"),
        ("AVOW_MAIL_FROM", "Canary <canary@example.com>"),
        ("AVOW_MAIL_FROM", "canary@bücher.example"),
    ],
)
def test_what_sending_mail_would_fail_at_is_told_at_the_start(name: str, value: str) -> None:
    found = faults(**DEVELOPMENT | {name: value})

    assert names(found) == [name]
    assert "canary" not in found[0].lower()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AVOW_IDENTITY_URL", "http://identity.canary.example"),
        ("AVOW_IDENTITY_URL", "https://canary:canary@identity.example"),
        ("AVOW_IDENTITY_URL", "canary"),
    ],
)
def test_what_asking_for_a_check_would_fail_at_is_told_at_the_start(name: str, value: str) -> None:
    found = faults(**DEVELOPMENT | {name: value})

    assert names(found) == [name]
    assert "canary" not in found[0].lower()


def test_a_provider_of_checks_is_named_with_its_key_and_its_name_in_the_register() -> None:
    given = {
        "AVOW_IDENTITY_URL": "https://identity.example",
        "AVOW_IDENTITY_KEY": "canary",
        "AVOW_IDENTITY_PARTNER": "Proof & Co",
    }
    settings = read(DEVELOPMENT | given)

    assert (settings.identity_url, settings.identity_key, settings.identity_partner) == (*given.values(),)
    assert "canary" not in repr(settings)


def test_one_database_without_the_other_is_no_choice() -> None:
    assert names(faults(**DEVELOPMENT, DATABASE_URL="postgresql://a@db/avow")) == ["AVOW_KEYS_URL"]
    assert names(faults(**DEVELOPMENT, AVOW_KEYS_URL="postgresql://a@db/avow")) == ["DATABASE_URL"]


def test_no_value_of_a_secret_is_ever_shown() -> None:
    smtp = {
        "AVOW_SMTP_URL": "smtps://shop:canary-password@mail.example:465",
        "AVOW_SMTP_REGION": "SG",
        "AVOW_MAIL_FROM": "shop@example.com",
    }
    shown = repr(read(PRODUCTION | smtp))
    broken = {
        "DATABASE_URL": "postgres//avow:canary-password@db",
        "AVOW_KEYS_URL": "postgresql://avow:canary-password@keys:none/avow",
        "AVOW_SMTP_URL": "canary-password",
        "AVOW_SECRET": "canary-password",
        "AVOW_KEY_ENCRYPTION_KEYS": "a:canary-password",
    }
    said = "\n".join(faults(**PRODUCTION | smtp | broken))

    assert names(said.splitlines()) == sorted(broken)
    for text in (shown, said):
        assert "canary-password" not in text
        assert not any(secret.rstrip("=") in text for secret in (SECRET, KEY, OLDER_KEY))
        assert not any(repr(base64.b64decode(secret)) in text for secret in (SECRET, KEY, OLDER_KEY))


def test_development_makes_secrets_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    first, second = (read({"AVOW_DATA": str(folder)}) for _ in range(2))

    assert first.secrets.derive("test") == second.secrets.derive("test")
    assert sorted(path.name for path in folder.iterdir()) == sorted([MASTER_FILE, KEYS_FILE])
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_programs_that_start_at_once_get_the_same_secrets(tmp_path: Path) -> None:
    program = (
        "import sys; from server.settings import read; "
        "sys.stdin.read(1); print(read({'AVOW_DATA': sys.argv[1]}).secrets.derive('test').hex())"
    )
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "data")],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for each in programs:
        assert each.stdin is not None
        each.stdin.write("\n" * 2)
        each.stdin.flush()
    found = {each.communicate(timeout=20)[0] for each in programs}

    assert len(found) == 1
    assert re.fullmatch(r"[0-9a-f]{64}\n", found.pop())


@pytest.mark.parametrize(("name", "mode", "text"), [(MASTER_FILE, 0o644, SECRET), (KEYS_FILE, 0o640, f"a:{KEY}")])
def test_a_secret_that_others_can_read_is_not_used(tmp_path: Path, name: str, mode: int, text: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / name).chmod(mode)

    (refused,) = faults(AVOW_DATA=str(tmp_path))

    assert "chmod 600" in refused
    assert text not in refused


def test_a_secret_that_was_emptied_is_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / MASTER_FILE).touch(0o600)

    assert "is empty" in faults(AVOW_DATA=str(tmp_path))[0]
    assert (tmp_path / MASTER_FILE).read_text() == ""


def test_faulty_settings_write_no_secrets(tmp_path: Path) -> None:
    faults(AVOW_DATA=str(tmp_path / "data"), HOST=EVERYWHERE)

    assert not (tmp_path / "data").exists()


def test_the_page_names_exactly_the_variables_that_are_read() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    program = (ROOT / "server" / "settings.py").read_text(encoding="utf-8")
    asked: set[str] = set(re.findall(r'"(HOST|PORT|(?:AVOW|DATABASE)_[A-Z_]+)"', program))

    assert {"HOST", "AVOW_SECRET", "AVOW_SMTP_URL"} <= asked
    assert sorted(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)) == sorted(asked)


def test_the_defaults_on_the_page_are_those_of_the_program(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    told: dict[str, str] = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]+)` \|", page, re.MULTILINE))
    settings = read({"AVOW_DATA": str(tmp_path)})

    assert told == {
        "AVOW_ENV": settings.environment.value,
        "AVOW_DATA": ".data",
        "HOST": settings.host,
        "PORT": str(settings.port),
        "DATABASE_OWNER_URL": "DATABASE_URL",
        "AVOW_KEYS_OWNER_URL": "AVOW_KEYS_URL",
        "AVOW_REGION": settings.region,
        "AVOW_DATA_REGION": "AVOW_REGION",
        "AVOW_MAIL_FROM": settings.mail_from,
        "AVOW_COST_MAXIMUM": str(settings.cost_maximum),
        "AVOW_COST_PER_SECOND": str(settings.cost_per_second),
    }
    assert Settings.__dataclass_fields__["allowed_origins"].default == frozenset()


@pytest.mark.parametrize("name", ["AVOW_COST_MAXIMUM", "AVOW_COST_PER_SECOND"])
@pytest.mark.parametrize("value", ["0", "-1", "1e3", "much", "1000000000"])
def test_a_cost_that_is_no_number_in_bounds_is_refused_with_the_bounds(name: str, value: str) -> None:
    [fault] = faults(**{name: value})

    assert name in fault
    assert "999999999" in fault


def test_a_viewer_can_never_be_left_less_than_one_operation_may_cost() -> None:
    [fault] = faults(AVOW_COST_MAXIMUM="999")

    assert "1000" in fault
