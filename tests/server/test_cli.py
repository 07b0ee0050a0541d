"""Every command as people run it: in a process of its own, on a real PostgreSQL of its own."""

import base64
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server import demo_partners
from server.embedded import hold
from server.generated import TEXTS
from tests.reporting import report
from tests.server.commands import ROOT, Shop, free_port

VIEWERS = [
    "affiliate",
    "affiliate_provider",
    "agent",
    "auditor",
    "carrier",
    "child",
    "child_waiting",
    "child_with_consent",
    "customer",
    "guardian",
    "institution",
    "minor",
    "officer",
    "operator",
    "other_customer",
    "other_officer",
    "other_supplier",
    "risk_control",
    "supplier",
    "verifier",
]
SECRET, KEY, OTHER_KEY = (base64.b64encode(os.urandom(32)).decode() for _ in range(3))
Ended = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A data folder whose databases run for the whole module, so that no command has to start them."""
    folder = Path(tempfile.mkdtemp(prefix="avow-cli-"))
    os.chmod(folder, 0o711)  # noqa: S103  # to be passed through by the database's account, not read
    found = Shop(folder, free_port())
    try:
        with hold(found.data, durable=False):
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Filled:
    """What the commands said that make a shop and fill it."""

    shop: Shop
    migrated: Ended
    migrated_again: Ended
    loaded: Ended
    tokens: Path


@pytest.fixture(scope="module")
def filled(shop: Shop) -> Filled:
    """The shop, migrated twice and filled once."""
    tokens = shop.folder / "tokens.json"
    return Filled(shop, shop.run("migrate"), shop.run("migrate"), shop.run("demo", "--json", str(tokens)), tokens)


def said(ended: Ended, status: int) -> str:
    """Give the one sentence that a command ended with, and look that it is no traceback."""
    assert ended.returncode == status, ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    (sentence,) = ended.stderr.splitlines()
    return sentence


def test_help_lists_the_commands_in_a_moment(shop: Shop) -> None:
    began = time.monotonic()
    ended = shop.run("--help")
    report(f"start: `avow --help` {time.monotonic() - began:.2f} s")

    assert ended.returncode == 0
    for command in ("serve", "migrate", "demo", "schema", "policy", "keys"):
        assert re.search(rf"^ *{command} ", ended.stdout, re.MULTILINE)


def test_a_command_line_without_a_command_gets_the_help(shop: Shop) -> None:
    ended = shop.run()

    assert ended.returncode == 2
    assert ended.stderr.startswith("Usage: avow ")


@pytest.mark.parametrize(
    "misused",
    [("serve", "--wrokers", "2"), ("sevre",), ("serve", "--workers", "0"), ("policy", "explain", "supplier")],
    ids=["option", "command", "figure", "argument"],
)
def test_a_misused_command_line_is_one_sentence(shop: Shop, misused: tuple[str, ...]) -> None:
    sentence = said(shop.run(*misused), 2)

    assert sentence.endswith("`avow --help` shows what there is.")


def test_faulty_settings_are_sentences_by_name(shop: Shop) -> None:
    ended = shop.run("migrate", AVOW_ENV="production", PORT="http")

    assert ended.returncode == 1
    assert [line.split()[0] for line in ended.stderr.splitlines()] == [
        "PORT",
        "AVOW_REGION",
        "DATABASE_URL",
        "AVOW_KEYS_URL",
        "AVOW_SECRET",
        "AVOW_KEY_ENCRYPTION_KEYS",
    ]


def test_the_schema_is_printed_as_it_is_checked_in(shop: Shop) -> None:
    ended = shop.run("schema")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8")


def test_how_operations_are_run_is_outlined(shop: Shop, tmp_path: Path) -> None:
    document = tmp_path / "own.graphql"
    document.write_text("query Own { viewer { account { email } } }", encoding="utf-8")
    faulty = tmp_path / "faulty.graphql"
    faulty.write_text("{ nothing }", encoding="utf-8")

    outlined = shop.run("schema", "plan", str(document))
    covered = shop.run("schema", "plan")
    refused = shop.run("schema", "plan", str(faulty))

    assert (
        outlined.stdout == "query Own\n  viewer  resolver\n    account  batch\n      email  column, decided as EMAIL\n"
    )
    assert "0 declared fields are without a plan." in covered.stdout
    assert "nothing" in said(refused, 1)


def test_writing_the_generated_texts_again_changes_nothing(shop: Shop) -> None:
    # Looked at first, so that this test itself never writes into the repository.
    stale = [name for name, make in TEXTS.items() if (ROOT / name).read_text(encoding="utf-8") != make()]
    assert stale == []
    before = {name: (ROOT / name).stat().st_mtime_ns for name in TEXTS}

    assert said(shop.run("schema", "--write"), 0) == "Wrote nothing; all texts are up to date."
    assert {name: (ROOT / name).stat().st_mtime_ns for name in TEXTS} == before


def test_the_policy_is_explained(shop: Shop) -> None:
    ended = shop.run("policy", "explain", "supplier", "recipient_phone")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("SUPPLIER (")
    assert "RECIPIENT_PHONE" in ended.stdout
    assert re.search(r"P\d", ended.stdout)


def test_an_unknown_word_of_the_policy_is_answered_with_those_there_are(shop: Shop) -> None:
    assert "SUPPLIER" in said(shop.run("policy", "explain", "suplier", "recipient_phone"), 1)
    assert "RECIPIENT_PHONE" in said(shop.run("policy", "explain", "supplier", "[bold]phone"), 1)


def test_the_matrix_is_printed_as_it_is_checked_in(shop: Shop) -> None:
    ended = shop.run("policy", "matrix")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == (ROOT / "policy" / "matrix.txt").read_text(encoding="utf-8")


def test_migrating_says_what_it_did_and_the_second_time_nothing(filled: Filled) -> None:
    assert said(filled.migrated, 0).startswith("Migrated: ")
    assert (filled.migrated_again.returncode, filled.migrated_again.stderr) == (0, "")


def test_the_demo_has_a_token_for_everybody(filled: Filled) -> None:
    assert filled.loaded.returncode == 0, filled.loaded.stderr
    viewers = json.loads(filled.tokens.read_text())

    assert sorted(viewers) == VIEWERS
    assert {tuple(sorted(viewer)) for viewer in viewers.values()} == {("id", "token")}
    assert len({viewer["token"] for viewer in viewers.values()}) == len(VIEWERS)
    for file in (filled.tokens, filled.shop.data / "demo-viewers.json"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(viewer["token"] in filled.loaded.stderr for viewer in viewers.values())


def test_a_second_demo_says_that_there_is_one_and_how_to_begin_anew(filled: Filled) -> None:
    before = filled.tokens.read_text()

    sentence = said(filled.shop.run("demo", "--json", str(filled.tokens)), 1)

    assert "holds accounts already" in sentence
    assert "begin anew" in sentence
    assert "AVOW_DATA" in sentence
    assert filled.tokens.read_text() == before


def test_a_demo_whose_tokens_cannot_be_written_is_not_begun(shop: Shop) -> None:
    sentence = said(shop.run("demo", "--json", str(shop.folder / "nowhere" / "tokens.json")), 1)

    assert "cannot be written" in sentence


def test_production_has_no_demo(shop: Shop) -> None:
    production = {
        "AVOW_ENV": "production",
        "AVOW_REGION": "SG",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/avow",
        "DATABASE_REGION": "SG",
        "AVOW_KEYS_URL": "postgresql://nobody@127.0.0.1:2/avow",
        "AVOW_KEYS_REGION": "SG",
        "AVOW_SECRET": SECRET,
        "AVOW_KEY_ENCRYPTION_KEYS": f"a:{KEY}",
    }

    assert "development only" in said(shop.run("demo", **production), 1)


def test_a_database_that_does_not_answer_is_a_sentence_without_its_password(shop: Shop) -> None:
    away = {
        "DATABASE_URL": "postgresql://nobody:canary-password@127.0.0.1:1/avow",
        "AVOW_KEYS_URL": "postgresql://nobody:canary-password@127.0.0.1:2/avow",
    }

    sentence = said(shop.run("migrate", **away), 1)

    assert "database cannot serve" in sentence
    assert "canary-password" not in sentence


def test_keys_are_wrapped_anew_by_the_active_one(filled: Filled) -> None:
    first = (filled.shop.data / "key-encryption-keys.secret").read_text().strip()

    forth = said(filled.shop.run("keys", "rotate", AVOW_KEY_ENCRYPTION_KEYS=f"next:{OTHER_KEY},{first}"), 0)
    again = said(filled.shop.run("keys", "rotate", AVOW_KEY_ENCRYPTION_KEYS=f"next:{OTHER_KEY}"), 0)
    back = said(filled.shop.run("keys", "rotate", AVOW_KEY_ENCRYPTION_KEYS=f"{first},next:{OTHER_KEY}"), 0)

    assert re.match(r"[1-9]\d* keys are now wrapped with `next`", forth)
    assert again.startswith("0 keys")
    assert back.split(" keys", 1)[0] == forth.split(" keys", 1)[0]
    assert "`dev1`" in back


RENEWING = """
import asyncio, json, os, sys
from datetime import timedelta
from pathlib import Path
from models import clock
from server import demo, settings
from server.storage import connected

async def renewed(days):
    with clock.moved_to(clock.now() + timedelta(days=days)):
        return await demo.renew(Path(os.environ["AVOW_DATA"]))

async def main():
    async with connected(settings.read(os.environ)):
        print(json.dumps([await renewed(int(days)) for days in sys.argv[1:]]))

asyncio.run(main())
"""


def renewed(shop: Shop, *days: int) -> list[list[str]]:
    """Tell whose credentials are renewed by a program that runs on later days, one after the other."""
    ended = subprocess.run(
        [sys.executable, "-c", RENEWING, *map(str, days)],
        cwd=ROOT,
        env=shop.environ(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    found: list[list[str]] = json.loads(ended.stdout)
    return found


def test_viewers_whose_credentials_have_ended_get_new_ones_and_the_others_keep_theirs(filled: Filled) -> None:
    file = filled.shop.data / "demo-viewers.json"
    before = {viewer["name"]: viewer for viewer in json.loads(file.read_text())}
    partners = ["supplier", "other_supplier", *demo_partners.ABOUT]

    at_once, after_idling, after_a_quarter, on_the_same_day = renewed(filled.shop, 0, 15, 91, 91)
    after = {viewer["name"]: viewer for viewer in json.loads(file.read_text())}

    assert at_once == on_the_same_day == []
    assert sorted(after_idling) == sorted(set(VIEWERS) - set(partners))
    assert sorted(after_a_quarter) == VIEWERS
    assert list(after) == list(before)
    assert all(after[name]["id"] == before[name]["id"] for name in VIEWERS)
    assert all(after[name]["token"] != before[name]["token"] for name in VIEWERS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("spoilt", [None, '[{"name": "customer"}]'])
def test_a_list_of_viewers_that_was_lost_or_spoilt_is_made_anew(filled: Filled, spoilt: str | None) -> None:
    file = filled.shop.data / "demo-viewers.json"
    if spoilt is None:
        file.unlink()
    else:
        file.write_text(spoilt)

    assert sorted(*renewed(filled.shop, 0)) == VIEWERS
    assert sorted(viewer["name"] for viewer in json.loads(file.read_text())) == VIEWERS


def test_a_port_in_use_is_a_sentence(filled: Filled) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        ended = filled.shop.run("serve", PORT=str(port))

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    sentence = ended.stderr.splitlines()[-1]
    assert sentence.startswith(f"Port {port} of 127.0.0.1 cannot be used")
    assert "set PORT" in sentence
