"""Documents with all that a client may write: arguments of every type, pages, several operations, introspection."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_input_object_type,
    is_leaf_type,
    is_required_argument,
)

from tests.graphql.random_operations import CORE, Drawing, Drawn
from tests.graphql.random_values import Values, is_list, is_needed, literal, without_null

LEFT_OUT = frozenset({"Query.viewAs", "Query.deviceSightings", "Query.searches"})
"""What puts on record that it was asked, and what comes in an order of chance (P2.2c)."""
PAGE = frozenset({"first", "after", "last", "before"})
SIZES = (1, 2, 3, 5, 20, 100)
BROKEN_SIZES = (0, -1, 101, None)
BROKEN_CURSORS = ("nonsense", "", "A" * 300)
NAMED = ("Order", "Node", "ProductFilter", "Decimal", "Nothing")
_CURSOR = re.compile(r'"(cursor\d+)"')
_SPREAD, _VARIABLE = re.compile(r"\.\.\.(F\d+)"), re.compile(r"\$(v\d+)")


@dataclass(frozen=True, slots=True)
class Paged:
    """
    A drawn operation that can go on where its answer ends.

    Args:
        template: The document, in which names of cursors stand.
        given: Its variables, in which they stand too.
    """

    template: str
    given: dict[str, Any]
    name: str | None

    def at(self, cursors: Mapping[str, str]) -> Drawn:
        """Write it with the cursors that are known; all others are null."""
        text = _CURSOR.sub(lambda found: json.dumps(cursors.get(found[1])), self.template)
        sent = {name: cursors.get(value) if _is_mark(value) else value for name, value in self.given.items()}
        return Drawn(text, sent, self.name)

    def after(self, data: Any) -> Drawn | None:
        """Write it for the next pages of what it answered; None where there is none to go on from."""
        found = dict(_cursors(data))
        return self.at(found) if found else None


def _is_mark(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("cursor")


def _cursors(data: Any) -> Sequence[tuple[str, str]]:
    if isinstance(data, list):
        return [each for item in cast(list[Any], data) for each in _cursors(item)]
    found: list[tuple[str, str]] = []
    for key, value in cast(dict[str, Any], data).items() if isinstance(data, dict) else ():
        if key.startswith("cursor") and isinstance(value, dict):
            found += [(key, each) for each in cast(dict[str, Any], value).values() if each is not None]
        else:
            found += _cursors(value)
    return found


# Without slots, so that `super()` works on Python 3.11.
@dataclass
class WideDrawing(Drawing):
    """Draws one document, of one operation or of several; `given` is of no use to it, because `values` has that."""

    values: Values = field(kw_only=True)
    _declared: dict[str, tuple[str, Any]] = field(default_factory=dict[str, tuple[str, Any]])
    """The variables of all operations, whose names differ."""
    _types: list[str] = field(default_factory=list[str])
    """Of which type each fragment is."""
    _finished: int = 0
    """How many fragments are of earlier operations."""
    _marks: int = 0
    _paged: tuple[str, str] | None = None
    """The cursor of the list whose selection is written next, and which one of its page it is."""

    def document(self) -> Paged:
        """Write a document and choose the operation to run."""
        count = 1 if self.draw.random() < 0.7 else self.draw.randint(2, 3)
        is_named = count > 1 or self.draw.random() < 0.3
        written: list[str] = []
        sent: list[dict[str, Any]] = []
        for number in range(count):
            self.variables, self._finished, self._left = {}, len(self.fragments), 60 // count
            body = self._body()
            declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
            name = f"Operation{number}" if is_named else ""
            written.append(f"{self._kind()} {name}{f'({declared})' if declared else ''} {{ {body} }}")
            sent.append({name: value for name, (_, value) in self.variables.items() if value is not ...})
        chosen = self.draw.randrange(count)
        # Values that are of no variable of this operation are left alone.
        given = {name: value for each in sent for name, value in each.items()} if self.draw.random() < 0.2 else {}
        parts = [*self.fragments, *written] if self.draw.random() < 0.2 else [*written, *self.fragments]
        name = f"Operation{chosen}" if count > 1 or (is_named and self.draw.random() < 0.5) else None
        return Paged(" ".join(parts), given | sent[chosen], name)

    def _kind(self) -> str:
        return "query"

    def _body(self) -> str:
        query = CORE.query_type
        assert query is not None
        names = [self.draw.choice(sorted(query.fields)) for _ in range(self.draw.randint(1, 4))]
        parts = [f"r{place}: {said}" for place, name in enumerate(names) if (said := self._field(query, name, 0))]
        if self.draw.random() < 0.06:
            parts.insert(self.draw.randrange(len(parts) + 1), self._introspection())
        return " ".join(parts) or "__typename"

    def _introspection(self) -> str:
        if self.draw.random() < 0.3:
            return "schema: __schema { queryType { name } }"
        name = self._written(CORE.type_map["String"], self.draw.choice(NAMED), has_to_be=True)
        return f"type: __type(name: {name}) {{ __typename name kind fields {{ name isDeprecated }} }}"

    def _selection(self, type_: Any, depth: int) -> str:
        paged, self._paged = self._paged, None
        if self._left > 0 and self.draw.random() < 0.15 and (again := self._earlier(type_)):
            return again
        parts = [super()._selection(type_, depth)]
        # It writes one of its own at most, after those inside of it.
        if len(self.fragments) > len(self._types):
            self._types.append(type_.name)
        if isinstance(type_, GraphQLInterfaceType) and self.draw.random() < 0.6:
            parts.append(self._of_interface(type_))
        if isinstance(type_, GraphQLObjectType):
            for each in type_.interfaces:
                if self.draw.random() < 0.25:
                    parts += [f"... on {each.name} {self._condition()} {{ {self._of_interface(each)} }}"]
        if paged is not None:
            parts.append(f"{paged[0]}: pageInfo {{ {paged[1]} }}")
        return " ".join(parts)

    def _earlier(self, type_: Any) -> str:
        """Spread a fragment of an earlier operation, which then is of this one too, with its variables."""
        found = [f"F{place}" for place in range(self._finished) if self._types[place] == type_.name]
        if not found:
            return ""
        name = self.draw.choice(found)
        pending, seen = [name], set[str]()
        while pending:
            each = pending.pop()
            if each not in seen:
                seen.add(each)
                text = self.fragments[int(each[1:])]
                pending += _SPREAD.findall(text)
                self.variables |= {used: self._declared[used] for used in _VARIABLE.findall(text)}
        return f"...{name}"

    def _of_interface(self, type_: GraphQLInterfaceType) -> str:
        names = [name for name, found in type_.fields.items() if is_leaf_type(without_null(found.type))]
        chosen = self.draw.sample(sorted(names), k=self.draw.randint(1, len(names)))
        return " ".join(f"n{name}: {name}" if self.draw.random() < 0.3 else name for name in chosen)

    def _arguments(self, type_: GraphQLObjectType, name: str, found: GraphQLField) -> str | None:
        key = f"{type_.name}.{name}"
        if key in LEFT_OUT:
            return None
        written = self._page(found) if "last" in found.args else []
        for each, argument in found.args.items():
            if "last" in found.args and each in PAGE:
                continue
            has_to_be = is_required_argument(argument)
            if not has_to_be and is_needed(argument.type) and self.draw.random() < 0.1:
                # It may be null for the default of its place, and is refused if it is sent so.
                written.append(
                    f"{each}: {self._variable(str(without_null(argument.type)), self.draw.choice([None, ...]))}"
                )
            elif has_to_be or self.draw.random() < 0.5:
                value = self.values.of(argument.type, f"{key}.{each}")
                written.append(f"{each}: {self._written(argument.type, value, has_to_be=has_to_be)}")
        return f"({', '.join(written)})" if written else ""

    def _page(self, found: GraphQLField) -> list[str]:
        """Write which page of a list is asked for: mostly one that there is."""
        is_forwards = self.draw.random() < 0.7
        size, cursor = ("first", "after") if is_forwards else ("last", "before")
        chance = self.draw.random()
        sizes = {size: self.draw.choice(BROKEN_SIZES if chance < 0.012 else SIZES)}
        cursors: dict[str, str | None] = {}
        if 0.012 < chance < 0.024:
            sizes = {} if self.draw.random() < 0.5 else {"first": 2, "last": 2}
        elif 0.024 < chance < 0.036:
            cursors[self.draw.choice(["after", "before"])] = self.draw.choice(BROKEN_CURSORS)
        elif chance < 0.4:
            self._marks += 1
            mark = f"cursor{self._marks}"
            cursors[cursor if chance > 0.06 else "before" if is_forwards else "after"] = mark
            self._paged = mark, "endCursor" if is_forwards else "startCursor"
        elif chance < 0.45:
            cursors[cursor] = None
        return [
            f"{name}: {self._written(found.args[name].type, value, has_to_be=False)}"
            for name, value in (sizes | cursors).items()
        ]

    def _condition(self) -> str:
        if self.draw.random() > 0.12:
            return ""
        says = self.draw.random() < 0.5
        chance = self.draw.random()
        if chance < 0.35:
            written = "true" if says else "false"
        elif chance < 0.45:
            # A default makes a variable fit that may be null, and that is null if it is sent so.
            written = self._variable(f"Boolean = {str(says).lower()}", None if self.draw.random() < 0.07 else says)
        else:
            written = self._written(CORE.type_map["Boolean"], says, has_to_be=True)
        return f"@{self.draw.choice(['skip', 'include'])}(if: {written})"

    def _written(self, type_: Any, value: Any, *, has_to_be: bool) -> str:
        """Write a value: as a literal, as a variable, or as a literal with variables inside."""
        inner = without_null(type_)
        if self.draw.random() < 0.4:
            return self._sent(inner, value, has_to_be=has_to_be or is_needed(type_))
        if is_input_object_type(inner) and isinstance(value, dict):
            fields = [
                f"{name}: {self._written(inner.fields[name].type, each, has_to_be=inner.is_one_of)}"
                for name, each in cast(dict[str, Any], value).items()
            ]
            return f"{{{', '.join(fields)}}}"
        if is_list(inner) and isinstance(value, list):
            items = [self._written(cast(Any, inner).of_type, each, has_to_be=False) for each in cast(list[Any], value)]
            return f"[{', '.join(items)}]"
        return literal(inner, value)

    def _sent(self, type_: Any, value: Any, *, has_to_be: bool) -> str:
        """Make a variable: one that is sent, one that has the value by default, or one that is left out."""
        chance = self.draw.random()
        if _is_mark(value):
            return self._variable(str(type_), value)
        if chance > 0.997:
            # It is not sent though it has to be.
            return self._variable(f"{type_}!", ...)
        if chance < 0.3:
            return self._variable(f"{type_} = {literal(type_, value)}", value if chance < 0.08 else ...)
        if has_to_be or (chance < 0.5 and value is not None):
            return self._variable(f"{type_}!", value)
        return self._variable(str(type_), ... if chance < 0.55 else value)

    def _variable(self, type_: str, value: Any) -> str:
        name = f"v{len(self._declared)}"
        self.variables[name] = self._declared[name] = (type_, value)
        return f"${name}"
