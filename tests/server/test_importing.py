"""`avow import`: files and standard input, a report by line, and one sentence for what cannot be read."""

import base64
import gzip
import json
import os
import re
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.embedded import Embedded
from tests.commerce.retail import file_of, odd_file, row
from tests.conftest import SECRETS

ROOT = Path(__file__).parents[2]
HEADER = "Handle,Title,Vendor,Variant Price,Published\n"


@pytest.fixture
def environment(migrated: Embedded) -> dict[str, str]:
    """Points a program at the tests' own databases."""
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": migrated.shop.app_url,
        "AVOW_KEYS_URL": migrated.keys.app_url,
        "AVOW_SECRET": base64.b64encode(SECRETS.master).decode(),
        "AVOW_KEY_ENCRYPTION_KEYS": "test:" + base64.b64encode(SECRETS.key_encryption_keys["test"]).decode(),
    }


def avow(environment: dict[str, str], *arguments: str, given: bytes = b"") -> tuple[int, str, str]:
    """Run a command: its status, what it said, and what went wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "server", "import", *arguments],
        cwd=ROOT,
        env=environment,
        input=given,
        capture_output=True,
        timeout=240,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_products_are_taken_from_files_and_standard_input_with_a_report(
    environment: dict[str, str], tmp_path: Path
) -> None:
    mark = secrets.token_hex(4)
    file = tmp_path / "goods.csv"
    file.write_bytes(
        f"\ufeff{HEADER}{mark}a,A,Maker,1.50,true\n{mark}b,B,Maker,x,true\n".encode() + b"\xff,C,Maker,1,true\n"
    )
    typed = f"{HEADER}{mark}d,D,Maker,2,true\n".encode()

    status, said, _ = avow(environment, "shopify-csv", str(file), "-", given=typed)
    _, again, _ = avow(environment, "shopify-csv", str(file), "-", given=typed)

    assert status == 0
    *refused, report = said.splitlines()
    assert sorted(refused) == [
        f"{file}:3: refused, because `Variant Price` is no amount in EUR, such as `12.50`.",
        f"{file}:3: refused, because none of its variants was taken.",
        f"{file}:4: refused, because it is not UTF-8.",
    ]
    assert report == "2 products taken, 0 changed, 0 as they were; 3 lines refused."
    assert again.splitlines()[-1] == "0 products taken, 0 changed, 2 as they were; 3 lines refused."


def test_another_dialect_is_read_by_a_mapping(environment: dict[str, str], tmp_path: Path) -> None:
    mark = secrets.token_hex(4)
    mapping = tmp_path / "mapping.json"
    mapping.write_text(
        json.dumps({"handle": "slug", "title": "name", "vendor": "brand", "price": "cost", "delimiter": ";"})
    )
    given = f"slug;name;brand;cost\n{mark};The thing;Maker;900\n".encode()

    status, said, _ = avow(environment, "shopify-csv", "-", "--mapping", str(mapping), "--currency", "JPY", given=given)

    assert (status, said) == (0, "1 products taken, 0 changed, 0 as they were; 0 lines refused.\n")


def test_categories_are_taken_plain_and_packed(environment: dict[str, str], tmp_path: Path) -> None:
    mark = secrets.token_hex(4)
    entries = [{"id": mark, "name": "Things", "path": [{"id": mark, "name": "Things"}]}, {"id": "x"}]
    packed, plain = tmp_path / "c.json.gz", tmp_path / "c.json"
    packed.write_bytes(gzip.compress(json.dumps(entries).encode()))
    plain.write_text(json.dumps(entries))

    _, first, _ = avow(environment, "categories", str(packed))
    _, second, _ = avow(environment, "categories", str(plain))

    assert first.splitlines() == [
        f"{packed}: entry 2: refused, because its `id` or `name` is missing or too long.",
        "1 categories taken, 0 changed, 0 as they were; 1 lines refused.",
    ]
    assert second.splitlines()[-1] == "0 categories taken, 0 changed, 1 as they were; 1 lines refused."


def test_orders_are_taken_by_two_programs_at_once_and_every_penny_is_accounted_for(
    environment: dict[str, str], tmp_path: Path
) -> None:
    file, path = odd_file(str(secrets.randbelow(10**9)), invoices=120), tmp_path / "lines.csv"
    path.write_text(file.text, encoding="utf-8")

    with ThreadPoolExecutor() as threads:
        begun = [threads.submit(avow, environment, "orders", str(path), "--shift-dates") for _ in range(2)]
        runs = [each.result() for each in begun]

    assert [status for status, _, _ in runs] == [0, 0]
    said = [text.splitlines() for _, text, _ in runs]
    taken = [int(lines[-1].split()[0]) for lines in said]
    assert sum(taken) == file.orders
    assert {lines[-1].split("taken, ")[1] for lines in said} == {
        f"{file.orders - own:,} as they were." for own in taken
    }
    assert re.fullmatch(r"the file +[0-9,]+ lines +[0-9.]+ GBP", said[0][-2])
    assert said[0][:-1] == said[1][:-1]


def test_orders_come_from_standard_input_too_but_not_to_be_moved(environment: dict[str, str]) -> None:
    given = file_of(row(str(secrets.randbelow(10**9)))).encode()

    status, said, _ = avow(environment, "orders", "-", given=given)
    refused, _, problem = avow(environment, "orders", "-", "--shift-dates", given=given)

    assert (status, said.splitlines()[-1]) == (0, "1 orders taken, 0 as they were.")
    assert refused == 1
    assert "name a file" in problem


@pytest.mark.parametrize(
    ("arguments", "given", "remedy"),
    [
        (("shopify-csv", "no-such.csv"), b"", "`no-such.csv` cannot be read"),
        (("shopify-csv", "-"), b"a,b\n1,2\n", "The file has no column `Handle`"),
        (("shopify-csv", "-"), b"", "The file has no column `Handle`"),
        (("shopify-csv", "-", "--currency", "XXX"), b"", "`XXX` is not a currency"),
        (("shopify-csv", "-", "--mapping", "pyproject.toml"), b"", "cannot be read as JSON"),
        (("categories", "pyproject.toml"), b"", "no JSON from some entry on"),
        (("categories", "no-such.json"), b"", "cannot be read"),
        (("orders", "-"), b"a;b\n1;2\n", "The file has no column `InvoiceNo`"),
        (("orders", "no-such.csv"), b"", "cannot be read"),
        (("orders", "-", "--currency", "XXX"), b"", "`XXX` is not a currency"),
    ],
)
def test_what_cannot_be_imported_at_all_is_one_sentence_with_the_remedy(
    environment: dict[str, str], arguments: tuple[str, ...], given: bytes, remedy: str
) -> None:
    status, _, problem = avow(environment, *arguments, given=given)

    assert status == 1
    assert remedy in problem
    assert "Traceback" not in problem


def test_a_packed_file_that_is_damaged_is_one_sentence(environment: dict[str, str], tmp_path: Path) -> None:
    damaged = tmp_path / "c.json.gz"
    damaged.write_bytes(b"no gzip at all")

    status, _, problem = avow(environment, "categories", str(damaged))

    assert status == 1
    assert "is damaged" in problem
