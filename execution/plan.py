"""What an operation is compiled to: steps by field, with everything in them that no request changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, OperationDefinitionNode

from permissions.fields import BatchRows, FieldPlan
from permissions.may_see import PolicyExtension

if TYPE_CHECKING:
    from execution.lookahead import Wanted, WantedOfAny

Path = tuple[str, ...]
"""Response keys from the root to a field, without places in lists."""


class Source(Enum):
    """Where a field's values come from."""

    TYPENAME = "the name of the type"
    SCHEMA = "what the schema says of itself"
    CELLS = "columns of the row"
    ROWS = "a batch function, for all parents at once"
    RESOLVER = "a resolver of its own, for each parent: the ways into the graph"


@dataclass(frozen=True, slots=True)
class Shape:
    """
    What a field's values are completed to, from the outermost wrapper to what is inside.

    Args:
        is_nullable: Whether a null may stand here; where it may not, the object around it is null.
        item: The shape of a list's items; None where it is no list.
        leaf: Completes many leaves at once; None for objects.
        objects: Gives the plan for objects of a type by name.
        type: The object type; None for leaves and for interfaces.
        possible: The types that an object of an interface may be of.
    """

    is_nullable: bool
    item: "Shape | None" = None
    leaf: "Callable[[list[Any]], list[Any]] | None" = None
    objects: "Callable[[GraphQLObjectType], ObjectPlan] | None" = None
    type: GraphQLObjectType | None = None
    possible: Sequence[GraphQLObjectType] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """
    One field of one type of object, under one response key.

    Args:
        key: Under which the answer has it.
        path: Where that is.
        source: Where its values come from.
        shape: What they are completed to.
        name: As it is reported where it may not be null, as `Type.field`.
        nodes: Where the document asks for it.
        field: Its definition in the schema.
        declared: How it was declared; None for the name of the type and what the schema says of itself.
        read: Reads it of many rows at once.
        whole: The same for what is pure, but already as the answer shows it.
        columns: Which columns `read` reads.
        rows: Its batch function.
        guard: What decides a classified field.
        width: How many fields are asked for of each object that it leads to.
        wanted: What is looked at of the rows that it leads to; None where that is not known before.
        asks: Whether it, or what is below it, asks the database for more than came with its objects.
        is_linked: Tells whether the operation leads from it to a person (P2.2c).
    """

    key: str
    path: Path
    source: Source
    shape: Shape
    name: str
    nodes: list[FieldNode]
    field: GraphQLField | None = None
    declared: FieldPlan | None = None
    read: Callable[[Sequence[Any]], list[Any]] | None = None
    whole: Callable[[Sequence[Any]], list[Any]] | None = None
    columns: tuple[str, ...] = ()
    rows: BatchRows | None = None
    guard: PolicyExtension | None = None
    width: int = 1
    wanted: "Wanted | WantedOfAny | None" = None
    asks: bool = False
    is_linked: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True, eq=False)
class ObjectPlan:
    """
    The steps that make objects of one type, in the order of the answer's keys.

    Args:
        decides: The steps whose values are cells that the policy decides: those that may be sealed.
        branches: How many of the steps ask the database.
    """

    type: GraphQLObjectType
    keys: tuple[str, ...]
    steps: tuple[Step, ...]
    decides: tuple[Step, ...]
    branches: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class OperationPlan:
    """A compiled operation."""

    operation: OperationDefinitionNode
    root: ObjectPlan
    is_mutation: bool


class NotPlanned(Exception):
    """An operation has something that no plan can be made of; stock execution runs it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
