"""What no file does, and for each of these a file that would."""

from collections.abc import Callable

import pytest

from tests.architecture import lints
from tests.architecture.sources import LAYERS, ROOT, Source, files, sources

Lint = Callable[[Source], list[str]]

BELOW_SERVER = tuple(layer for layer in LAYERS if layer != "server")
PRODUCT: tuple[str, ...] = LAYERS
EVERYTHING: tuple[str, ...] = ()
ABOVE_MODELS = tuple(layer for layer in LAYERS if layer != "models")

# Each lint, and the folders that it is for; none named is all.
LINTS: dict[Lint, tuple[str, ...]] = {
    lints.too_long: EVERYTHING,
    lints.asks_the_clock: PRODUCT,
    lints.reads_the_environment: BELOW_SERVER,
    lints.reaches_out: PRODUCT,
    lints.makes_a_place: ("server",),
    lints.bears_an_empty_name: EVERYTHING,
    lints.lacks_a_docstring: EVERYTHING,
    lints.queries_by_computed_names: PRODUCT,
    lints.composes_sql: ABOVE_MODELS,
}

_LONG = "x = 1\n" * (lints.LONGEST + 1)

# For each lint what it lets pass, and what not.
EXAMPLES: list[tuple[Lint, str, str, bool]] = [
    (lints.too_long, "policy/rules.py", _LONG[:-6], True),
    (lints.too_long, "policy/rules.py", _LONG, False),
    (lints.too_long, "models/migrations/0001_initial.py", _LONG, True),
    (lints.asks_the_clock, "commerce/orders.py", "from models import clock\ninstant = clock.now()", True),
    (lints.asks_the_clock, "commerce/orders.py", "began = time.monotonic()", True),
    (lints.asks_the_clock, "commerce/orders.py", "instant = datetime.now(UTC)", False),
    (lints.asks_the_clock, "commerce/orders.py", "instant = datetime.datetime.utcnow()", False),
    (lints.asks_the_clock, "commerce/orders.py", "made = field(default_factory=date.today)", False),
    (lints.asks_the_clock, "commerce/orders.py", "seconds = time.time()", False),
    (lints.asks_the_clock, "commerce/orders.py", 'await fetch("SELECT 1 WHERE $1 < Now()")', False),
    (lints.asks_the_clock, "commerce/orders.py", '"""Never calls now() in SQL."""', True),
    (lints.asks_the_clock, "models/clock.py", "instant = datetime.now(UTC)", True),
    (lints.reads_the_environment, "models/pool.py", "def connect(url): return os.path.join(url)", True),
    (lints.reads_the_environment, "models/pool.py", 'url = os.environ["DATABASE_URL"]', False),
    (lints.reads_the_environment, "models/pool.py", 'url = os.getenv("DATABASE_URL")', False),
    (lints.reads_the_environment, "models/pool.py", "from os import environ", False),
    (lints.reaches_out, "server/messages/smtp.py", "client = aiosmtplib.SMTP(hostname=host)", True),
    (lints.reaches_out, "commerce/orders.py", 'text = Path(name).open("r").read()', True),
    (lints.reaches_out, "commerce/orders.py", "import httpx", False),
    (lints.reaches_out, "commerce/orders.py", "from urllib.request import urlopen", False),
    (lints.reaches_out, "commerce/orders.py", "await asyncio.open_connection(host, port)", False),
    (lints.reaches_out, "commerce/orders.py", "Path(name).write_bytes(photo)", False),
    (lints.reaches_out, "commerce/orders.py", 'with folder.open("ab") as file: ...', False),
    (lints.reaches_out, "commerce/orders.py", 'with open(name, mode="w+") as file: ...', False),
    (lints.makes_a_place, "server/places.py", "place = Place(address, region)", True),
    (lints.makes_a_place, "server/storage.py", 'place = declared(url, region="SG", home="SG", setting="X")', True),
    (lints.makes_a_place, "server/storage.py", 'place = places.Place(url, "SG")', False),
    (lints.bears_an_empty_name, "models/data_classes.py", "class DataClass: ...\nclass ProcessingGround: ...", True),
    (lints.bears_an_empty_name, "models/orders.py", "process_errors = False", True),
    (lints.bears_an_empty_name, "models/order_utils.py", "", False),
    (lints.bears_an_empty_name, "models/data.py", "", False),
    (lints.bears_an_empty_name, "models/orders.py", "class OrderManager: ...", False),
    (lints.bears_an_empty_name, "models/orders.py", "class HTTPHandler: ...", False),
    (lints.lacks_a_docstring, "models/orders.py", '"""Orders."""\n', True),
    (lints.lacks_a_docstring, "models/orders.py", '"""\nOrders.\n\nAnd more of them.\n"""\n', True),
    (lints.lacks_a_docstring, "models/orders/__init__.py", "", True),
    (lints.lacks_a_docstring, "models/orders.py", "x = 1", False),
    (lints.lacks_a_docstring, "models/orders.py", '"""Orders, and\nmore of them."""', False),
    (lints.queries_by_computed_names, "commerce/orders.py", "await Order.filter(id__in=ids, status=status)", True),
    (lints.queries_by_computed_names, "commerce/orders.py", "await Order.create(**sealed_cells)", True),
    (lints.queries_by_computed_names, "commerce/orders.py", 'await Order.all().order_by("-id")', True),
    (lints.queries_by_computed_names, "commerce/orders.py", "await Order.filter(**wanted)", False),
    (lints.queries_by_computed_names, "commerce/orders.py", 'Q(**{f"{column}__gt": value})', False),
    (lints.queries_by_computed_names, "commerce/orders.py", "Order.visible_to(viewer).where(**{name: value})", False),
    (lints.queries_by_computed_names, "commerce/orders.py", "await Order.all().order_by(sort)", False),
    (lints.composes_sql, "commerce/orders.py", 'await fetch("SELECT id FROM t WHERE id = $1", order_id)', True),
    (lints.composes_sql, "commerce/orders.py", 'await fetch(f"SELECT id FROM t WHERE id = {order_id}")', False),
    (lints.composes_sql, "commerce/orders.py", 'await database.execute("DELETE FROM " + table)', False),
    (lints.composes_sql, "commerce/orders.py", 'await execute("DELETE FROM {}".format(table))', False),
]


@pytest.mark.parametrize("lint", LINTS, ids=lambda lint: lint.__name__)
def test_no_file_does_what_a_lint_finds(lint: Lint) -> None:
    assert [fault for source in sources(*LINTS[lint]) for fault in lint(source)] == []


@pytest.mark.parametrize(("lint", "path", "text", "passes"), EXAMPLES)
def test_a_lint_lets_the_good_pass_and_finds_the_bad(lint: Lint, path: str, text: str, passes: bool) -> None:
    assert (lint(Source(path, text)) == []) is passes


def test_every_lint_has_a_good_and_a_bad_example() -> None:
    assert {(lint, passes) for lint, _, _, passes in EXAMPLES} == {
        (lint, passes) for lint in LINTS for passes in (True, False)
    }


def test_no_file_of_the_front_end_is_longer_than_a_reader_reads() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in files(".ts", ".tsx", ".css", ".mjs", folders=("explorer", "examples"))
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > lints.LONGEST
    }

    assert long == {}


def test_the_lints_see_every_layer() -> None:
    assert {source.layer for source in sources()} >= {*LAYERS, "tests"}
