"""A small real server: the explorer's page, a schema in the shape of Avow's, a few viewers."""

import json
from dataclasses import dataclass

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from strawberry import Info

from explorer import page

VIEWERS = [
    {
        "name": "customer",
        "about": "An adult who has bought things.",
        "token": "avow_session_of-the-customer",
    },
    {
        "name": "supplier",
        "about": "Fulfils some of the lines of an order.",
        "token": "avow_session_of-the-supplier",
    },
    {
        "name": "agent",
        "about": "Support staff without an open ticket.",
        "token": "avow_session_of-the-agent",
    },
]
_RECIPIENT = ["orders", "nodes", "recipient"]
_WITHHELD: dict[str, list[dict[str, object]]] = {
    "supplier": [
        {"path": [*_RECIPIENT, "name"], "effect": "MASK", "code": "WINDOW_CLOSED"},
        {"path": [*_RECIPIENT, "phone"], "effect": "NULL", "code": "WINDOW_CLOSED"},
    ],
    "agent": [
        {
            "path": [*_RECIPIENT, "phone"],
            "effect": "NULL",
            "code": "TICKET_NOT_OPEN",
            "clauses": ["P2.6"],
            "missing": ["ticket"],
        }
    ],
}
_NAMES = {"customer": "Wen Li", "supplier": "W•••", "agent": "Wen Li"}


@strawberry.type(description="The holder of an account.")
class Account:
    id: strawberry.ID
    email: str | None = strawberry.field(description="Where messages go.")
    phone: str | None = strawberry.field(description="Whom the shop calls.")


@strawberry.type(description="Who asks.")
class Viewer:
    account: Account | None


@strawberry.type(description="Whom the courier looks for.")
class Recipient:
    name: str | None
    phone: str | None


@strawberry.type(description="One product in an order.")
class OrderLine:
    title: str
    quantity: int


@strawberry.type
class OrderLineConnection:
    nodes: list[OrderLine]


@strawberry.type(description="A purchase a buyer has confirmed.")
class Order:
    number: str | None
    status: str | None
    recipient: Recipient | None
    lines: OrderLineConnection


@strawberry.type
class OrderConnection:
    nodes: list[Order]


@strawberry.type
class Query:
    @strawberry.field(description="The one who asks.")
    def viewer(self, info: Info[str, None]) -> Viewer:
        if info.context != "customer":
            return Viewer(account=None)
        return Viewer(
            account=Account(
                id=strawberry.ID("a1"), email="wen@shop.example", phone="+86 10 5555 0100"
            )
        )

    @strawberry.field(description="The orders that the viewer may see.")
    def orders(self, info: Info[str, None], first: int) -> OrderConnection:
        if info.context == "anonymous":
            return OrderConnection(nodes=[])
        phone = "+86 10 5555 0100" if info.context == "customer" else None
        lines = OrderLineConnection(nodes=[OrderLine(title="Canvas tote", quantity=2)])
        recipient = Recipient(name=_NAMES[info.context], phone=phone)
        return OrderConnection(
            nodes=[Order(number="AV-7Q2M-41", status="SHIPPED", recipient=recipient, lines=lines)][
                :first
            ]
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """A request to /graphql, as the server saw it."""

    authorization: str | None
    cookie: str | None
    operation: str | None


class StandIn:
    """
    The server, and what it was asked.

    Args:
        lists_viewers: Whether /explorer/viewers exists, as in development; production has none.
    """

    def __init__(self, *, lists_viewers: bool) -> None:
        self.seen: list[Seen] = []
        self._schema = strawberry.Schema(Query)
        viewers = [Route("/explorer/viewers", self._viewers)] if lists_viewers else []
        self.app = Starlette(
            routes=[
                *page.routes(lists_viewers=lists_viewers),
                *viewers,
                Route("/graphql", self._graphql, methods=["POST"]),
            ],
        )

    async def _viewers(self, _: Request) -> Response:
        return JSONResponse(VIEWERS)

    async def _graphql(self, request: Request) -> Response:
        ask = json.loads(await request.body())
        authorization = request.headers.get("authorization")
        self.seen.append(
            Seen(authorization, request.headers.get("cookie"), ask.get("operationName"))
        )
        names = {f"Bearer {viewer['token']}": viewer["name"] for viewer in VIEWERS}
        name = "anonymous" if authorization is None else names.get(authorization)
        if name is None:
            errors = [
                {"message": "The token is not known.", "extensions": {"code": "UNAUTHENTICATED"}}
            ]
            return JSONResponse({"errors": errors}, status_code=401)
        result = await self._schema.execute(
            ask["query"], ask.get("variables"), name, operation_name=ask["operationName"]
        )
        withheld = _WITHHELD.get(name, []) if "recipient" in ask["query"] else []
        answer: dict[str, object] = {
            "data": result.data,
            "extensions": {"privacy": {"withheld": withheld}},
        }
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return JSONResponse(answer, media_type="application/graphql-response+json")
