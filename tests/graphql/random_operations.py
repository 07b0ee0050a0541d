"""Queries of the shop's schema that nobody would write, drawn by chance: they fit the schema and are of every shape."""

import random
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

from execution.documents import core_schema
from models.ids import public_id
from schema import schema
from tests.graphql.shelves import Shelves
from tests.graphql.world import World

CORE = core_schema(schema)
DEEPEST = 5
_named: Any = get_named_type


@dataclass(slots=True)
class Drawn:
    """
    An operation with its variables.

    Args:
        name: Which one is to run, if the document has several.
    """

    text: str
    variables: dict[str, Any]
    name: str | None = None


@dataclass(slots=True)
class Drawing:
    """
    Draws one operation.

    Args:
        draw: Where chance comes from.
        given: Values of arguments that have to be given, by `Type.field`; a field whose are not is left out.
    """

    draw: random.Random
    given: dict[str, str]
    variables: dict[str, tuple[str, Any]] = field(default_factory=dict[str, tuple[str, Any]])
    fragments: list[str] = field(default_factory=list[str])
    _left: int = 60

    def operation(self) -> Drawn:
        """Write the operation, its fragments and its variables."""
        query = CORE.query_type
        assert query is not None
        body = " ".join(
            f"r{place}: {written}"
            for place in range(self.draw.randint(1, 4))
            if (written := self._field(query, self.draw.choice(sorted(query.fields)), 0))
        )
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        text = f"query{f' ({declared})' if declared else ''} {{ {body or '__typename'} }} {' '.join(self.fragments)}"
        return Drawn(text, {name: value for name, (_, value) in self.variables.items() if value is not ...})

    def subscription(self, name: str, query: str) -> tuple[Drawn, Drawn]:
        """Write a subscription, and the query that asks the same."""
        root = CORE.subscription_type
        assert root is not None
        key = f"{root.name}.{name}"
        selected = self._selection(_named(root.fields[name].type), 1)
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        sent = {name: value for name, (_, value) in self.variables.items() if value is not ...}
        rest = f"{{ {selected} }} }} {' '.join(self.fragments)}"
        given = f" ({declared})" if declared else ""
        return (
            Drawn(f"subscription{given} {{ {name}({self.given[key]}) {rest}", sent),
            Drawn(f"query{given} {{ {name}: {query}({self.given[key]}) {rest}", sent),
        )

    def _selection(self, type_: Any, depth: int) -> str:
        """Select something of a type: fields, and fields by fragments of both kinds."""
        if is_abstract_type(type_):
            objects = [each for each in CORE.get_possible_types(type_) if self.draw.random() < 0.2]
            return " ".join(
                ["__typename", *(f"... on {each.name} {{ {self._selection(each, depth)} }}" for each in objects)]
            )
        names = self.draw.sample(sorted(type_.fields), k=min(len(type_.fields), self.draw.randint(1, 7)))
        if type_.name.endswith("Connection") and self.draw.random() < 0.9:
            names.append("nodes")
        parts = ["__typename", *filter(None, (self._field(type_, name, depth) for name in dict.fromkeys(names)))]
        chance = self.draw.random()
        if chance < 0.15:
            inner = " ".join(parts)
            parts = [f"... on {type_.name} {self._condition()} {{ {inner} }}", self.draw.choice(parts)]
        elif chance < 0.4:
            name = f"F{len(self.fragments)}"
            self.fragments.append("")
            self.fragments[int(name[1:])] = f"fragment {name} on {type_.name} {{ {' '.join(parts)} }}"
            parts = [f"...{name} {self._condition()}"] * self.draw.randint(1, 2)
        return " ".join(parts)

    def _field(self, type_: GraphQLObjectType, name: str, depth: int) -> str:
        found: GraphQLField = type_.fields[name]
        named, self._left = _named(found.type), self._left - 1
        if self._left < 0 or (depth >= DEEPEST and not is_leaf_type(named)):
            return ""
        arguments = self._arguments(type_, name, found)
        if arguments is None:
            return ""
        # Under a name of its own where it has arguments: fields of one name have to have the same.
        alias = f"a{self.draw.randrange(10**6)}: " if arguments and depth else ""
        head = f"{alias}{name}{arguments} {self._condition()}"
        if is_leaf_type(named):
            return head
        is_wrapper = name in ("nodes", "edges", "node") and type_.name.endswith(("Connection", "Edge"))
        return f"{head} {{ {self._selection(named, depth if is_wrapper else depth + 1)} }}"

    def _arguments(self, type_: GraphQLObjectType, name: str, found: GraphQLField) -> str | None:
        key = f"{type_.name}.{name}"
        written = [self.given[key]] if key in self.given else []
        if "first" in found.args and key not in self.given:
            size = self.draw.choice([1, 2, 3, 5, 20, 100])
            written.append(
                f"{self.draw.choice(['first', 'last']) if 'last' in found.args else 'first'}: {self._int(size)}"
            )
        needed = [each for each in found.args if str(cast(Any, found.args[each].type)).endswith("!")]
        if any(not any(text.startswith(f"{each}:") or f" {each}:" in text for text in written) for each in needed):
            return None
        return f"({', '.join(written)})" if written else ""

    def _int(self, value: int) -> str:
        return str(value) if self.draw.random() < 0.5 else self._variable("Int", value)

    def _condition(self) -> str:
        if self.draw.random() > 0.12:
            return ""
        says = self.draw.random() < 0.5
        written = ("true" if says else "false") if self.draw.random() < 0.4 else self._variable("Boolean!", says)
        return f"@{self.draw.choice(['skip', 'include'])}(if: {written})"

    def _variable(self, type_: str, value: Any) -> str:
        """Make a variable that is sent, or that has the value by default."""
        name = f"v{len(self.variables)}"
        if self.draw.random() < 0.3:
            default = str(value).lower()
            self.variables[name] = (f"{type_} = {default}", ...)
        else:
            self.variables[name] = (type_, value)
        return f"${name}"


def arguments(world: World, shelves: Shelves) -> dict[str, str]:
    """Say with what arguments the ways in are asked, so that they lead somewhere."""
    adult = world.subjects["adult"].account.id
    product = shelves.products["teapot"]
    ids = [
        public_id("User", adult),
        public_id("Product", product.id),
        *(public_id("Order", sale.order.id) for sale in world.sales),
        *(public_id("User", subject.account.id) for subject in world.subjects.values()),
    ]
    return {
        "Query.node": f'id: "{ids[1]}"',
        "Query.nodes": 'ids: ["' + '", "'.join(ids) + '"]',
        "Query.order": f'number: "{world.sales[0].order.number}"',
        "Query.product": f'handle: "{product.handle}"',
        "Query.category": f'slug: "{shelves.categories["tea"].slug}"',
        "Query.supplier": f'slug: "{shelves.suppliers[0].slug}"',
        "Query.search": f'query: "{shelves.mark}", first: 10',
        "Query.fieldPrivacy": 'path: "Order.number"',
        "Query.explainAccess": 'path: "Order.number", as: SUPPLIER',
        "Query.deviceSightings": "first: 10",
        "Query.searches": "first: 10",
    }
