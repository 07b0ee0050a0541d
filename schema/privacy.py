"""Reports what an operation withheld, and in what context it was understood, and notes by which grounds it answers."""

from collections.abc import AsyncIterator
from typing import Any

from strawberry.extensions import SchemaExtension

from resolvers import disclosures, legal_grounds


class PrivacyReport(SchemaExtension):
    """Adds `extensions.privacy` to every answer that has data: what was withheld and, on request, all decisions."""

    def get_results(self) -> dict[str, Any]:
        """List what was withheld, where an empty list says that everything was shown, and repeat the context."""
        context = self.execution_context.context
        report: dict[str, Any] = {"privacy": {"withheld": context.withheld.listing()}}
        if context.decisions is not None:
            report["privacy"]["decisions"] = context.decisions.listing()
        if said := context.asked_in.listing():
            report["context"] = said
        return report


class GroundUses(SchemaExtension):
    """Notes the uses of legal grounds before an answer leaves; if they cannot be noted, there is none (P2.9)."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Note them after the last field, and before anybody is given what it shows."""
        yield
        context = self.execution_context.context
        if context.grounds.classes:
            await legal_grounds.note_uses(context, self.execution_context.operation_name)


class DisclosureRecord(SchemaExtension):
    """Puts what an answer shows of others on record before it leaves; if it cannot be, there is none (P4.1)."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Write the ledger after the last field, and before anybody is given what it shows."""
        yield
        context = self.execution_context.context
        if context.disclosures.shown:
            await disclosures.note(context, self.execution_context.operation_name)
