"""The server as people run it: from its start to its end, a person's first steps over HTTP, and several workers."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.reporting import report
from tests.server.commands import ROOT, Shop, free_port, workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="It looks for left-over processes in /proc.")

ENDS_WITHIN_S = 20
EMAIL, PASSWORD = "nadia.canary@mail.example", "plum tractor umbrella 14"
REGISTER = """mutation ($input: AccountRegisterInput!) {
  accountRegister(input: $input) { registration { id } userErrors { code } }
}"""
CONFIRM = """mutation ($input: AccountConfirmInput!) {
  accountConfirm(input: $input) { token userErrors { code } }
}"""
LOGIN = """mutation ($input: LoginInput!) {
  login(input: $input) { token userErrors { code } }
}"""
ACCOUNT = "{ viewer { kind account { email } } }"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A data folder that is empty at first, and served by one server after the other."""
    folder = Path(tempfile.mkdtemp(prefix="avow-serving-"))
    os.chmod(folder, 0o711)  # noqa: S103  # to be passed through by the database's account, not read
    yield Shop(folder, free_port())
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(shop: Shop) -> Iterator[subprocess.Popen[bytes]]:
    """One server with one worker; the tests that need it come first, and the last of them ends it."""
    began = time.monotonic()
    started = shop.start()
    report(f"start: `avow serve` from an empty folder to its first answer {time.monotonic() - began:.1f} s")
    yield started
    end_at_all_costs(started)


def end_at_all_costs(server: subprocess.Popen[bytes]) -> None:
    """Leave no process behind, whatever a test did."""
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def ended(shop: Shop, server: subprocess.Popen[bytes]) -> int:
    """Wait until a server and its databases are gone, and give its exit status."""
    status = server.wait(ENDS_WITHIN_S)
    deadline = time.monotonic() + ENDS_WITHIN_S
    while shop.databases():
        assert time.monotonic() < deadline, "A database outlives its server."
        time.sleep(0.05)
    return status


def ask(shop: Shop, query: str, *, token: str | None = None, **wanted: Any) -> Any:
    """Ask over HTTP, and give the data."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body: dict[str, Any] = {"query": query, "variables": {"input": wanted} if wanted else {}}
    answer = httpx.post(f"{shop.url}/graphql", json=body, headers=headers, timeout=30).json()
    assert "errors" not in answer, answer
    return answer["data"]


def register(shop: Shop, *, region: str, **contact: str) -> Any:
    """Begin to register as somebody who accepts the policy that is in force."""
    policy = ask(shop, "{ privacyPolicy { version highlightedTerms { id } } }")["privacyPolicy"]
    terms = [term["id"] for term in policy["highlightedTerms"]]
    acceptance = {"version": policy["version"], "highlightedTerms": terms}
    wanted: dict[str, Any] = {"region": region, "birthDate": "1990-04-12", "password": PASSWORD}
    return ask(shop, REGISTER, contact=contact, acceptance=acceptance, **wanted)["accountRegister"]


def letter(shop: Shop, to: str) -> Path:
    """Wait for a message to somebody."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for file in (shop.data / "outbox").glob("[!.]*.eml"):
            if f"To: {to}" in file.read_text():
                return file
        time.sleep(0.05)
    raise AssertionError("No message has come.")


def test_a_person_registers_by_the_code_in_the_message_and_logs_in(shop: Shop, server: subprocess.Popen[bytes]) -> None:
    registered = register(shop, region="SE", email=EMAIL)
    assert registered["userErrors"] == []

    file = letter(shop, EMAIL)
    (code,) = set(re.findall(r"\b\d{8}\b", file.read_text()))
    confirmed = ask(shop, CONFIRM, registrationId=registered["registration"]["id"], code=code)["accountConfirm"]
    entered = ask(shop, LOGIN, address=EMAIL, password=PASSWORD)["login"]

    assert confirmed["userErrors"] == entered["userErrors"] == []
    for token in (confirmed["token"], entered["token"]):
        assert ask(shop, ACCOUNT, token=token)["viewer"]["account"]["email"] == EMAIL
    assert file.stat().st_mode & 0o077 == 0
    assert f"`{file.parent.name}`" in (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")


def test_a_search_is_written_soon_after_its_answer(shop: Shop, server: subprocess.Popen[bytes]) -> None:
    token = ask(shop, LOGIN, address=EMAIL, password=PASSWORD)["login"]["token"]
    give = "mutation ($input: ConsentGiveInput!) { consentGive(input: $input) { userErrors { code } } }"
    ask(shop, give, token=token, purposes=["PERSONALISATION"])

    ask(shop, '{ search(query: "plum tractor", first: 1) { totalCount } }', token=token)
    kept, deadline = list[Any](), time.monotonic() + 10
    while not kept and time.monotonic() < deadline:
        time.sleep(0.2)
        own = ask(shop, "{ viewer { account { searches(first: 9) { nodes { words } } } } }", token=token)
        kept = own["viewer"]["account"]["searches"]["nodes"]

    assert kept == [{"words": "plum tractor"}]


def test_text_messages_are_served_where_they_are_written_into_files(
    shop: Shop, server: subprocess.Popen[bytes]
) -> None:
    registered = register(shop, region="CN", phone="+8613800138000")

    assert registered["userErrors"] == []


def test_the_metrics_count_jobs_and_are_those_on_the_page(shop: Shop, server: subprocess.Popen[bytes]) -> None:
    ask(shop, ACCOUNT)
    deadline = time.monotonic() + 10
    while "\navow_jobs{" not in (text := httpx.get(f"{shop.url}/metrics", timeout=5).text):
        assert time.monotonic() < deadline, "The queue is not counted."
        time.sleep(0.1)
    page = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(avow_\w+)` \| (\w+) \|", page, re.MULTILINE))

    assert re.search(r'^avow_requests_total\{kind="query",status="200"\} ', text, re.MULTILINE)
    assert EMAIL not in text
    types: list[tuple[str, str]] = re.findall(r"^# TYPE (avow_\w+) (\w+)$", text, re.MULTILINE)
    assert told == {name: kind for name, kind in types if not name.endswith("_created")}


def test_a_server_that_is_told_to_end_leaves_nothing_running(shop: Shop, server: subprocess.Popen[bytes]) -> None:
    assert len(shop.databases()) == 2

    began = time.monotonic()
    server.terminate()

    assert ended(shop, server) == 0
    report(f"end: `avow serve` with its databases {time.monotonic() - began:.1f} s after SIGTERM")
    assert "Traceback" not in shop.log()
    assert EMAIL not in shop.log()


def test_workers_share_the_work_and_one_that_is_killed_is_replaced(shop: Shop) -> None:
    viewers = shop.data / "demo-viewers.json"
    viewers.unlink(missing_ok=True)
    began = time.monotonic()
    server = shop.start("--workers", "2")
    report(f"start: `avow serve --workers 2` of a full shop to its first answer {time.monotonic() - began:.1f} s")
    try:
        token = next(each["token"] for each in json.loads(viewers.read_text()) if each["name"] == "customer")
        assert ask(shop, ACCOUNT, token=token)["viewer"]["account"]["email"] == "mara@example.com"
        before = wait_for_workers(server)
        os.kill(before[0], signal.SIGKILL)
        after = wait_for_workers(server, without=before[0])

        assert before[1] in after
        assert '"event":"worker replaced"' in shop.log()
        for _ in range(20):
            assert ask(shop, ACCOUNT, token=token)["viewer"]["kind"] == "PERSON"
        assert "avow_requests_total" in httpx.get(f"{shop.url}/metrics", timeout=5).text

        os.killpg(server.pid, signal.SIGINT)
        assert ended(shop, server) in (0, 130)
        assert not any(Path(f"/proc/{pid}").exists() for pid in after)
    finally:
        end_at_all_costs(server)


def wait_for_workers(server: subprocess.Popen[bytes], *, without: int = 0) -> list[int]:
    """Wait until there are two workers, and a certain one is not among them."""
    deadline = time.monotonic() + 20
    while len(found := workers(server)) != 2 or without in found:
        assert time.monotonic() < deadline, f"There are {len(found)} workers."
        time.sleep(0.05)
    return found


def test_a_server_that_ctrl_c_ends_leaves_nothing_running(shop: Shop) -> None:
    server = shop.start()
    try:
        os.killpg(server.pid, signal.SIGINT)

        assert ended(shop, server) in (0, 130)
        assert "Traceback" not in shop.log()
    finally:
        end_at_all_costs(server)
