"""A small schema and a server of it without databases, for the tests of HTTP."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import strawberry
from graphql import GraphQLError
from starlette.applications import Starlette

from commerce.sessions import Unauthenticated
from models.faults import DatabaseUnavailable
from models.secrets import Secrets
from permissions.errors import OperationRefused
from policy.refused import Refused
from policy.viewer import Viewer
from server.app import create
from server.limits import RequestLimits
from server.metrics import Metrics
from server.settings import Environment, Settings
from server.storage import Readiness
from tests.at_home import at_home

TOKEN = "avow_token_somebody"
SOMEBODY = Viewer(account=UUID(int=7))
GRAPHQL = "application/graphql-response+json"
ORIGIN = "http://127.0.0.1"

Info = strawberry.Info[Any, None]


@strawberry.input
class LineInput:
    sku: str
    quantity: int


@strawberry.type
class Product:
    name: str = "Lantern"

    @strawberry.field
    def related(self, first: int = 1) -> "list[Product]":
        return [Product() for _ in range(first)]


@strawberry.type
class Query:
    @strawberry.field
    def product(self, name: str | None = None) -> Product:
        return Product(name=name or "Lantern")

    @strawberry.field
    def total(self, lines: list[LineInput]) -> int:
        return sum(line.quantity for line in lines)

    @strawberry.field
    def viewer_kind(self, info: Info) -> str:
        return info.context.viewer.kind

    @strawberry.field
    def client_facts(self, info: Info) -> list[str]:
        client = info.context.client
        return [client.kind, client.user_agent_family, client.ip_hash.hex()]

    @strawberry.field
    def explodes(self, secret: str | None = None) -> str | None:
        raise RuntimeError(f"no account has the address {secret}")

    @strawberry.field
    def returns_an_exception(self) -> str | None:
        return ValueError("canary in a returned exception")  # type: ignore[return-value]

    @strawberry.field
    def raises_a_graphql_error(self, secret: str | None = None) -> str | None:
        raise GraphQLError(f"about {secret}")

    @strawberry.field
    def refused(self) -> str | None:
        raise OperationRefused("INSUFFICIENT_SCOPE", "Ask for the scope `orders:read`.")

    @strawberry.field
    def refused_by_a_resolver(self) -> str | None:
        raise Refused("BAD_PAGE", "Ask for 1 to 100 rows.")

    @strawberry.field
    def never_null(self) -> str:
        return None  # type: ignore[return-value]

    @strawberry.field
    def without_database(self) -> str | None:
        raise DatabaseUnavailable("shop", "it is stopped")

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(60)
        return "late"

    @strawberry.field
    async def stubborn(self) -> str:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(2)
        return "late"

    @strawberry.field
    def long(self, characters: int) -> str:
        return "x" * characters


@strawberry.type
class Mutation:
    @strawberry.mutation
    def login(self, info: Info, password: str) -> str:
        info.context.session_cookie = "avow_session_fresh"
        return "in"

    @strawberry.mutation
    def logout(self, info: Info) -> str:
        info.context.session_cookie = None
        return "out"

    @strawberry.mutation
    def note(self, text: str) -> str:
        return "noted"

    @strawberry.mutation
    def loses_the_database(self) -> str | None:
        raise DatabaseUnavailable("shop", "it is stopped")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncGenerator[int]:
        yield 1


schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)


async def known(credential: str) -> Viewer:
    """Know one token and refuse all others, as the shop does."""
    if credential == TOKEN:
        return SOMEBODY
    raise Unauthenticated


@asynccontextmanager
async def no_databases(_: Settings, __: Metrics) -> AsyncGenerator[Readiness]:
    """Be ready at once: the small schema stores nothing."""

    async def readiness() -> dict[str, str]:
        return {}

    yield readiness


def settings(folder: Path = Path("/nonexistent"), **changes: Any) -> Settings:
    """Give a development server's settings, with changes."""
    return replace(
        Settings(
            environment=Environment.DEVELOPMENT,
            host="127.0.0.1",
            port=0,
            data=at_home(folder),
            database=None,
            database_owner_url=None,
            keys=None,
            keys_owner_url=None,
            secrets=Secrets(master=bytes(range(64)), key_encryption_keys={"k1": bytes(32)}, active="k1"),
            region="SG",
            relay=None,
            mail_from="avow@localhost.localdomain",
        ),
        **changes,
    )


def application(chosen: Settings | None = None, limits: RequestLimits | None = None) -> Starlette:
    """Make a server of the small schema."""
    return create(
        chosen or settings(),
        schema=schema,
        sensitive_mutations={"login"},
        limits=limits,
        storage=no_databases,
        authenticated_by=known,
    )


def production(**changes: Any) -> Settings:
    """Give a production server's settings."""
    return settings(environment=Environment.PRODUCTION, **changes)


def calling(app: Starlette, *, origin: str = ORIGIN) -> httpx.AsyncClient:
    """Give a client of an application in the same process."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=origin, timeout=30)


async def ask(
    client: httpx.AsyncClient,
    query: str,
    variables: Mapping[str, object] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> httpx.Response:
    """Send an operation as our own front ends do."""
    body: dict[str, object] = {"query": query, **more}
    if variables is not None:
        body["variables"] = variables
    return await client.post("/graphql", json=body, headers={"Accept": GRAPHQL, **(headers or {})})


def codes(response: httpx.Response) -> list[str]:
    """List the codes of an answer's errors; every error has one."""
    found = [error["extensions"]["code"] for error in response.json()["errors"]]
    assert all(re.fullmatch("[A-Z_]+", code) for code in found)
    return found
