"""Says in lines of text how an operation would be run."""

from collections.abc import Iterator

from execution.documents import PreparedDocument, core_schema
from execution.plan import NotPlanned, ObjectPlan, Shape, Source, Step
from execution.planner import Planner, unplanned
from schema import schema

_SAID = {
    Source.CELLS: "column",
    Source.ROWS: "batch",
    Source.RESOLVER: "resolver",
    Source.TYPENAME: "name of the type",
    Source.SCHEMA: "the schema itself",
}


def outline(prepared: PreparedDocument) -> list[str]:
    """
    Outline the plans of a document's operations, with all that variables may leave out.

    Each line has a field, where its values come from and, where it is classified, by what class it is decided. What an
    interface may lead to is outlined for the types that the document names.
    """
    lines: list[str] = []
    for operation in prepared.facts.operations:
        lines.append(f"{operation.kind} {operation.name or ''}".rstrip())
        try:
            plan = Planner(core_schema(schema), prepared.fragments, _ignored).plan(operation.definition, {})
        except NotPlanned as why:
            lines.append(f"  by stock execution: {why.reason}")
        else:
            lines += _objects(plan.root, 1)
    return lines


def coverage() -> list[str]:
    """Say which fields of the schema no plan can show, with the reason, and what is never planned."""
    core = core_schema(schema)
    faults = unplanned(core)
    return [
        *(f"{name}: {reason}" for name, reason in sorted(faults.items())),
        f"{len(faults)} declared fields are without a plan.",
        "Run by stock execution are operations that ask nothing but the schema about itself, and",
        "operations whose variables do not fit.",
    ]


def _objects(plan: ObjectPlan, depth: int) -> Iterator[str]:
    for step in plan.steps:
        yield f"{'  ' * depth}{step.key}  {_said(step)}"
        shape: Shape = step.shape
        while shape.item is not None:
            shape = shape.item
        if shape.objects is None or step.whole is not None:
            continue
        for type_ in [shape.type] if shape.type is not None else shape.possible:
            inner = shape.objects(type_)
            if shape.type is not None:
                yield from _objects(inner, depth + 1)
            elif any(each.source is not Source.TYPENAME for each in inner.steps):
                yield f"{'  ' * (depth + 1)}on {type_.name}"
                yield from _objects(inner, depth + 2)


def _said(step: Step) -> str:
    said = [_SAID[step.source]]
    if step.whole is not None:
        said.append("composed whole")
    if step.guard is not None:
        said.append(f"decided as {step.guard.permission.data_class.name}")
    return ", ".join(said)


def _ignored(_: int) -> None:
    """Nothing of this is kept."""
