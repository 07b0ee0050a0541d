"""The explorer's files over HTTP, and the folder that they are built from."""

import gzip
import json
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from explorer import page
from policy.decide import CODES
from tests.wanted import unavailable

SOURCE = Path(page.__file__).parent
ASSETS = ["explorer.js", "explorer.css", "icon.svg", "LICENSES.txt"]
PATHS = ["/", *(f"/explorer/assets/{name}" for name in ASSETS)]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Ask the page's routes without a network."""
    transport = httpx.ASGITransport(Starlette(routes=page.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
async def test_every_file_comes_with_the_strict_headers(client: httpx.AsyncClient, path: str):
    answer = await client.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/explorer/assets/explorer.js", "text/javascript; charset=utf-8"),
        ("/explorer/assets/explorer.css", "text/css; charset=utf-8"),
        ("/explorer/assets/icon.svg", "image/svg+xml"),
        ("/explorer/assets/LICENSES.txt", "text/plain; charset=utf-8"),
    ],
)
async def test_every_file_has_its_own_type(client: httpx.AsyncClient, path: str, media_type: str):
    answer = await client.get(path)

    assert answer.headers["content-type"] == media_type


async def test_a_file_that_the_browser_holds_is_not_sent_again(client: httpx.AsyncClient):
    first = await client.get("/explorer/assets/explorer.js")

    again = await client.get(
        "/explorer/assets/explorer.js",
        headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'},
    )
    other = await client.get("/explorer/assets/explorer.js", headers={"If-None-Match": '"other"'})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-security-policy" in again.headers
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, br", "gzip"), ("br", None), ("gzip;q=0", None), ("gzip; q=0.5", "gzip")],
)
async def test_a_file_is_compressed_for_those_who_take_it(
    client: httpx.AsyncClient, accepted: str, encoding: str | None
):
    plain = (page.DIST / "explorer.css").read_bytes()

    async with client.stream("GET", "/explorer/assets/explorer.css", headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])

    assert answer.headers.get("content-encoding") == encoding
    assert (gzip.decompress(raw) if encoding else raw) == plain
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(raw)


@pytest.mark.parametrize(
    "path",
    ["/explorer/assets/", "/explorer/assets/index.html", "/explorer/assets/..%2fpage.py", "/x"],
)
async def test_nothing_else_is_served(client: httpx.AsyncClient, path: str):
    answer = await client.get(path)

    assert answer.status_code == 404


async def test_the_files_are_only_read(client: httpx.AsyncClient):
    head = await client.head("/")
    post = await client.post("/")

    assert (head.status_code, head.content) == (200, b"")
    assert post.status_code == 405


async def _nobody(_: Request) -> Response:
    return JSONResponse([])


async def test_the_page_names_the_viewers_only_where_they_are_listed(client: httpx.AsyncClient):
    transport = httpx.ASGITransport(Starlette(routes=[*page.routes(), Route("/explorer/viewers", _nobody)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as development:
        listed = await development.get("/")
    unlisted = await client.get("/")

    assert "/explorer/viewers" in listed.text
    assert "/explorer/viewers" not in unlisted.text
    assert listed.headers["etag"] != unlisted.headers["etag"]


def test_every_reason_to_withhold_has_its_words():
    words = (SOURCE / "src" / "privacy.ts").read_text()

    assert [code for code in CODES if f"\n  {code}: " not in words] == []


def test_the_built_files_name_no_other_host():
    for name in ("index.html", "explorer.css"):
        assert re.findall(r"(?:https?:)?//[a-z0-9.]+", (page.DIST / name).read_text()) == []


def test_the_lock_holds_digests_and_no_addresses():
    lock = json.loads((SOURCE / "package-lock.json").read_text())
    packages = {name: about for name, about in lock["packages"].items() if name}

    assert [name for name, about in packages.items() if "resolved" in about] == []
    assert [name for name, about in packages.items() if "integrity" not in about] == []


def test_the_licence_of_every_bundled_package_is_there():
    licences = (page.DIST / "LICENSES.txt").read_text()

    for package in ("react", "react-dom", "graphql", "codemirror", "@graphiql/react"):
        assert re.search(rf"^{re.escape(package)} \d+\.\d+\.\d+ \(MIT\)$", licences, re.MULTILINE)


def test_the_committed_bundle_is_what_the_source_builds():
    node = shutil.which("node")
    if node is None or not (SOURCE / "node_modules" / "esbuild").is_dir():
        unavailable("Node.js or `explorer/node_modules` is missing: run `npm ci` in explorer/.")

    built = subprocess.run(
        [node, "build.mjs", "--check"],
        cwd=SOURCE,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert built.returncode == 0, built.stderr
