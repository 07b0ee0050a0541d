"""The head of a request, whose headers are read once."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope


class Head(Headers):
    """
    Headers by their names; a request asks for a dozen of them, most of which did not come.

    Args:
        scope: Of the request.
    """

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        self._by_name: dict[str, list[str]] = {}
        for name, value in self._list:
            self._by_name.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))

    def getlist(self, key: str) -> list[str]:
        """Give the values of all headers of a name."""
        return self._by_name.get(key.lower(), [])

    def __getitem__(self, key: str) -> str:
        return self._by_name[key.lower()][0]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._by_name


class HeadedRequest(Request):
    """A request with such a head."""

    @property
    def headers(self) -> Headers:
        """Its headers."""
        if not hasattr(self, "_headers"):
            self._headers = Head(self.scope)
        return self._headers
