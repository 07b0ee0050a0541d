"""Whether an operation leads from a device or a search to a person, decided on what is selected (P2.2c)."""

from collections.abc import Iterator
from typing import Any, cast

from graphql import FieldNode, FragmentSpreadNode, get_named_type, is_object_type

from policy.classes import DEVICE, SEARCH, DataClass
from policy.enforcement import keeps

METADATA_KEY = "avow"
"""Under which a field of the schema keeps its declaration."""

_TYPENAME = "__typename"
_UNLINKED = frozenset({DEVICE, SEARCH})
_named_type: Any = get_named_type


@keeps("P2.2c", otherwise=False)
def is_linked(raw: Any) -> bool:
    """
    Tell whether something beside a field, or on the way to it, leads to a person.

    It does unless every field on the way is declared as about nobody, and everything that is selected beside them and
    beside the field, under whatever alias and in whatever fragment, is so too or of class `DEVICE` or `SEARCH`. What a
    directive may leave out counts as selected: whether it does is a matter of variables.

    Beside what was searched for, nothing of the whole operation may lead to a person: thousands share a browser, and
    the words may be those of one customer on that day.

    INVARIANT (one reading): whatever executes operations asks this function, and none of its own.

    Args:
        raw: graphql-core's information on the field.
    """
    keys = [key for key in raw.path.as_list() if isinstance(key, str)]
    type_: Any = raw.schema.get_root_type(raw.operation.operation)
    root, type_of_root = list(_selected([raw.operation.selection_set], raw)), type_
    nodes = root
    for depth, key in enumerate(keys):
        entered = [node for node in nodes if _key(node) == key]
        # What other root fields lead to has no place in common with this one's: lists of nobody come shuffled.
        if not all(_leads_to_nobody(node, type_) for node in (entered if depth == 0 else nodes)):
            return True
        if depth < len(keys) - 1:
            type_ = _named_type(type_.fields[entered[0].name.value].type)
            nodes = list(_selected([node.selection_set for node in entered], raw))
        elif any(_class_of(node, type_) is SEARCH for node in entered):
            return not _leads_nowhere(root, type_of_root, raw)
    return False


def _leads_nowhere(nodes: list[FieldNode], type_: Any, raw: Any) -> bool:
    """Tell whether nothing of a selection leads to a person, however deep."""
    return all(
        _leads_to_nobody(node, type_)
        and (
            node.selection_set is None
            or _leads_nowhere(
                list(_selected([node.selection_set], raw)), _named_type(type_.fields[node.name.value].type), raw
            )
        )
        for node in nodes
    )


def _leads_to_nobody(node: FieldNode, type_: Any) -> bool:
    if node.name.value == _TYPENAME:
        return True
    fields = cast(dict[str, Any], getattr(type_, "fields", {}))
    if node.name.value not in fields or not is_object_type(type_):
        return False
    plan = _plan_of(node, type_)
    return plan is not None and bool(plan.is_about_nobody or plan.data_class in _UNLINKED)


def _class_of(node: FieldNode, type_: Any) -> DataClass | None:
    plan = _plan_of(node, type_)
    return plan.data_class if plan is not None else None


def _plan_of(node: FieldNode, type_: Any) -> Any:
    extensions = cast(dict[str, Any], type_.fields[node.name.value].extensions or {})
    definition = cast(Any, extensions.get("strawberry-definition"))
    return definition.metadata.get(METADATA_KEY) if definition is not None else None


def _selected(sets: list[Any], raw: Any) -> Iterator[FieldNode]:
    """List the fields of selections, those in fragments included."""
    for selection_set in sets:
        for selection in selection_set.selections if selection_set is not None else ():
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, FragmentSpreadNode):
                yield from _selected([raw.fragments[selection.name.value].selection_set], raw)
            else:
                yield from _selected([selection.selection_set], raw)


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias is not None else node.name.value
