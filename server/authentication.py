"""Who asks: a bearer token or a session cookie becomes a viewer, or the request is refused."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request

from policy.viewer import ANONYMOUS, Viewer
from server.client import CLIENT_HEADER
from server.refusals import RequestRefused
from server.settings import Settings

Authenticate = Callable[[str], Awaitable[Viewer]]
"""Looks a credential up; raises `commerce.sessions.Unauthenticated` for one that opens nothing."""

_CREDENTIAL = re.compile(r"[A-Za-z0-9_.~+/-]{1,200}=*")
_PRODUCTION_COOKIE = "__Host-avow_session"
_DEVELOPMENT_COOKIE = "avow_session"


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as it came, before anybody looked it up."""

    text: str
    is_cookie: bool


class Authentication:
    """Finds the credential of a request, and the viewer behind it."""

    def __init__(self, settings: Settings, authenticate: Authenticate, refused: type[Exception]) -> None:
        """
        Args:
            authenticate: Looks up a credential.
            refused: What `authenticate` raises for one that opens nothing.
        """
        self._settings = settings
        self._authenticate = authenticate
        self._refused = refused
        self.cookie_name = _PRODUCTION_COOKIE if settings.is_production else _DEVELOPMENT_COOKIE

    def credential(self, request: Request) -> Credential | None:
        """
        Find the credential, and refuse one that a foreign page may have made a browser send.

        Raises:
            RequestRefused: 400 `CREDENTIALS_AMBIGUOUS`, 401 `UNAUTHENTICATED` or 403 `CSRF_REFUSED`.
        """
        headers = request.headers.getlist("authorization")
        cookies = self._cookies(request)
        if len(headers) + len(cookies) > 1:
            raise RequestRefused(
                400,
                "CREDENTIALS_AMBIGUOUS",
                "The request has more than one credential: send either a bearer token or the session cookie.",
            )
        if cookies:
            self._refuse_foreign_page(request)
            return self._checked(Credential(cookies[0], is_cookie=True))
        if headers:
            scheme, _, text = headers[0].strip().partition(" ")
            return self._checked(Credential(text.strip() if scheme.lower() == "bearer" else "", is_cookie=False))
        return None

    async def viewer(self, credential: Credential | None) -> Viewer:
        """
        Look up who a credential belongs to; without one it is nobody in particular.

        Raises:
            RequestRefused: 401 `UNAUTHENTICATED`.
        """
        if credential is None:
            return ANONYMOUS
        try:
            return await self._authenticate(credential.text)
        except self._refused:
            raise self.unauthenticated(credential) from None

    def set_cookie(self, credential: str | None) -> str:
        """
        Write the header that gives a browser a session, or takes it away.

        The cookie ends with the browser; how long the session itself lasts is the server's to say.
        """
        attributes = "; Path=/; HttpOnly; SameSite=Lax"
        if self._settings.is_production:
            attributes += "; Secure"
        if credential is None:
            return f"{self.cookie_name}={attributes}; Max-Age=0"
        return f"{self.cookie_name}={credential}{attributes}"

    def _checked(self, credential: Credential) -> Credential:
        if not _CREDENTIAL.fullmatch(credential.text):
            raise self.unauthenticated(credential)
        return credential

    def unauthenticated(self, credential: Credential | None = None) -> RequestRefused:
        """Refuse a credential that opens nothing."""
        headers = {"WWW-Authenticate": "Bearer"}
        if credential is not None and credential.is_cookie:
            # Else a browser with an ended session could never get as far as logging in again.
            headers["Set-Cookie"] = self.set_cookie(None)
        return RequestRefused(
            401,
            "UNAUTHENTICATED",
            "The credential opens nothing: log in again, or ask without one.",
            headers=headers,
        )

    def _cookies(self, request: Request) -> list[str]:
        found: list[str] = []
        for header in request.headers.getlist("cookie"):
            for pair in header.split(";"):
                name, _, value = pair.strip().partition("=")
                if name == self.cookie_name and value:
                    found.append(value.strip())
        return found

    def _refuse_foreign_page(self, request: Request) -> None:
        """
        Refuse a request with the cookie unless it shows that it comes from a page of ours.

        A browser sends an unusual header to another host only after asking that host, and it always names the page's
        origin truthfully; either shows it. The type of a POST's body was looked at before.
        """
        origin = request.headers.get("origin")
        if origin is not None:
            scheme = "https" if self._settings.is_production else request.url.scheme
            own = f"{scheme}://{request.headers.get('host', '')}".lower()
            if origin.lower() == own or origin.lower() in self._settings.allowed_origins:
                return
        elif CLIENT_HEADER in request.headers and request.headers.get("sec-fetch-site", "same-origin") in (
            "same-origin",
            "none",
        ):
            return
        raise RequestRefused(
            403,
            "CSRF_REFUSED",
            "A request with the session cookie has to come from an allowed page: send the header `Avow-Client: web` "
            "from the shop's own page, or add the page's origin to AVOW_ALLOWED_ORIGINS.",
        )
