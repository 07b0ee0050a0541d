"""Asks the schema as anybody, past HTTP."""

from dataclasses import dataclass
from typing import Any

from permissions import OperationContext
from permissions.context import Client
from policy.viewer import Viewer
from resolvers.cells import open_cells
from schema import schema


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answered."""

    data: Any
    errors: list[Any]
    withheld: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        """The codes of the user errors of a single mutation."""
        return [error["code"] for payload in self.data.values() for error in payload["userErrors"]]


async def ask(document: str, *, as_: Viewer, client: Client | None = None, **variables: Any) -> Answer:
    """Run an operation as a viewer."""
    context = OperationContext(open_cells=open_cells, viewer=as_, client=client or Client())
    result = await schema.execute(document, variable_values=variables, context_value=context)
    extensions: dict[str, Any] = result.extensions or {}
    return Answer(result.data, list(result.errors or ()), extensions.get("privacy", {}).get("withheld", []))
