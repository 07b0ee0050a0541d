"""What an answer says of itself, and what is put on record before it leaves."""

from collections.abc import AsyncIterator
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from permissions.context import OperationContext
from resolvers import disclosures, legal_grounds


async def settle(context: OperationContext, operation_name: str | None) -> None:
    """
    Put on record what an answer shows of others and by which legal grounds, after its last field and before it leaves.

    If it cannot be put on record, there is no answer (P2.9, P4.1). What is run only to tell what would be shown shows
    nobody anything.
    """
    if context.viewing is not None:
        return
    if context.grounds.classes:
        await legal_grounds.note_uses(context, operation_name)
    if context.disclosures.shown:
        await disclosures.note(context, operation_name)


def report(context: OperationContext) -> dict[str, Any]:
    """
    Give what an answer's `extensions` say: what was withheld and, on request, all decisions.

    An empty list says that everything was shown. The context in which the operation was understood is repeated.
    """
    said: dict[str, Any] = {"privacy": {"withheld": context.withheld.listing()}}
    if context.decisions is not None:
        said["privacy"]["decisions"] = context.decisions.listing()
    if asked_in := context.asked_in.listing():
        said["context"] = asked_in
    return said


class PrivacyRecord(SchemaExtension):
    """Settles and reports under stock execution."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Settle when the last field is there."""
        yield
        if self.execution_context.operation_type is not OperationType.SUBSCRIPTION:
            await settle(self.execution_context.context, self.execution_context.operation_name)

    async def on_stream_result(self, result: Any) -> AsyncIterator[None]:
        """Settle what an event shows."""
        await settle(self.execution_context.context, self.execution_context.operation_name)
        yield

    def get_results(self) -> dict[str, Any]:
        """Report."""
        return report(self.execution_context.context)
