"""Pictures for the demo's products: a tile for each, drawn from its handle, so that pages look as they will."""

import re
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_HANDLE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){0,9}")
_LONGEST = 100
_TILE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img">
<rect width="400" height="400" fill="hsl({hue} 45% 86%)"/>
<circle cx="{x}" cy="{y}" r="{radius}" fill="hsl({hue} 40% 72%)"/>
<text x="200" y="200" text-anchor="middle" dominant-baseline="central" font-family="sans-serif" font-size="120"
 fill="hsl({hue} 45% 28%)">{initials}</text>
</svg>
"""


def routes() -> list[Route]:
    """List the route of the pictures; a server in production has none, its suppliers name pictures of their own."""
    return [Route("/media/{handle}.svg", _picture)]


async def _picture(request: Request) -> Response:
    handle = str(request.path_params["handle"])
    if len(handle) > _LONGEST or not _HANDLE.fullmatch(handle):
        return PlainTextResponse("There is no such picture.", 404)
    return Response(
        _drawn(handle),
        media_type="image/svg+xml",
        headers={"cache-control": "public, max-age=86400", "content-security-policy": "default-src 'none'; sandbox"},
    )


def _drawn(handle: str) -> str:
    signs = sha256(handle.encode()).digest()
    initials = "".join(word[0] for word in handle.split("-")[:2]).upper()
    return _TILE.format(
        hue=signs[0] * 360 // 256, x=80 + signs[1], y=80 + signs[2], radius=60 + signs[3] // 2, initials=initials
    )
