"""Reports what an operation withheld, and in what context it was understood, beside its data."""

from typing import Any

from strawberry.extensions import SchemaExtension


class PrivacyReport(SchemaExtension):
    """Adds `extensions.privacy.withheld` to every answer that has data."""

    def get_results(self) -> dict[str, Any]:
        """List what was withheld, where an empty list says that everything was shown, and repeat the context."""
        context = self.execution_context.context
        report: dict[str, Any] = {"privacy": {"withheld": context.withheld.listing()}}
        if said := context.asked_in.listing():
            report["context"] = said
        return report
