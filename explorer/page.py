"""Serves the explorer's built page under a strict content security policy."""

import gzip
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

DIST = Path(__file__).parent / "dist"
ASSETS = "/explorer/assets"

# The page asks for the demo viewers where this element says; where the application has no such route, it is left out.
VIEWERS = "/explorer/viewers"
_VIEWERS_META = f'<meta name="avow-viewers" content="{VIEWERS}" />'.encode()

# Nothing is allowed that is not named here, and there is no exception to any of it: no inline
# script or style, no eval, no worker, no font, no data: address, no other host. What made that
# possible is in docs/explorer.md.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{directive} {source}" for directive, source in _SOURCES.items())

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # For browsers and proxies that do not read frame-ancestors.
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Names are stable between releases, so a browser has to ask whether its copy still holds; the
    # tag makes that cheap.
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """
    A file of the page, held in memory with what every answer needs.

    Args:
        media_type: The value of Content-Type.
        body: The bytes as built.
        compressed: The same, compressed with gzip.
        tag: A digest of the bytes, the ground of both entity tags.
    """

    media_type: str
    body: bytes
    compressed: bytes
    tag: str


def _static(suffix: str, body: bytes) -> StaticFile:
    # An unknown suffix is an error: no file is served with a guessed type.
    return StaticFile(
        media_type=_MEDIA_TYPES[suffix],
        body=body,
        compressed=gzip.compress(body, mtime=0),
        tag=hashlib.sha256(body).hexdigest()[:32],
    )


def routes(prefix: str = "/") -> list[BaseRoute]:
    """
    List the routes of the page and of its assets.

    The files are read once, here. The assets are always below `/explorer/assets`, because the page names them so.

    Args:
        prefix: The path of the page itself.

    Raises:
        FileNotFoundError: The page was not built.
    """
    if not (DIST / "index.html").is_file():
        raise FileNotFoundError(f"`{DIST.name}/index.html` is missing; run `npm ci && npm run build` in `explorer/`.")
    return [
        Route(prefix, _page((DIST / "index.html").read_bytes()), methods=["GET"], name="explorer"),
        *(
            Route(f"{ASSETS}/{path.name}", _asset(_static(path.suffix, path.read_bytes())), methods=["GET"])
            for path in sorted(DIST.iterdir())
            if path.name != "index.html"
        ),
    ]


def _page(body: bytes) -> Callable[[Request], Awaitable[Response]]:
    development = _static(".html", body)
    production = _static(".html", body.replace(_VIEWERS_META, b""))

    async def serve(request: Request) -> Response:
        # A page that asked where nothing answers would leave an error in the console.
        lists_viewers = any(getattr(route, "path", None) == VIEWERS for route in request.app.routes)
        return _answer(request, development if lists_viewers else production)

    return serve


def _asset(file: StaticFile) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        return _answer(request, file)

    return serve


def _answer(request: Request, file: StaticFile) -> Response:
    gzipped = _takes_gzip(request.headers.get("accept-encoding", ""))
    tag = f'"{file.tag}-gzip"' if gzipped else f'"{file.tag}"'
    headers = HEADERS | {"ETag": tag}
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if gzipped:
        headers["Content-Encoding"] = "gzip"
    return Response(file.compressed if gzipped else file.body, headers=headers, media_type=file.media_type)


def _takes_gzip(accepted: str) -> bool:
    for coding in accepted.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return weight.strip().removeprefix("q=") not in ("0", "0.0", "0.00", "0.000")
    return False


def _tags(header: str) -> set[str]:
    # A proxy may weaken a tag; for a comparison of whole files both mean the same.
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
