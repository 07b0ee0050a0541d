"""A schema with every shape that a document can go wrong on."""

import strawberry


@strawberry.input
class Range:
    least: int | None = None
    most: int | None = None
    inner: "Range | None" = None


@strawberry.type
class Node:
    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID("1")

    @strawberry.field
    def name(self, text: str | None = None, number: int | None = None, numbers: list[int] | None = None) -> str:
        return "node"

    @strawberry.field
    def child(self, number: int | None = None, within: Range | None = None) -> "Node":
        return Node()

    @strawberry.field
    def children(self) -> "Connection":
        return Connection()


@strawberry.type
class Edge:
    @strawberry.field
    def node(self) -> Node:
        return Node()


@strawberry.type
class Connection:
    @strawberry.field
    def edges(self) -> list[Edge]:
        return [Edge()]

    @strawberry.field
    def nodes(self) -> list[Node]:
        return [Node()]


@strawberry.type
class Query:
    @strawberry.field
    def item(self, ids: list[int] | None = None) -> Node:
        return Node()


@strawberry.type
class Mutation:
    @strawberry.mutation
    def first(self, text: str | None = None) -> str:
        return "first"

    @strawberry.mutation
    def second(self) -> str:
        return "second"


schema = strawberry.Schema(query=Query, mutation=Mutation)
