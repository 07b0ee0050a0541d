"""Reports what an operation withheld, beside its data."""

from typing import Any

from strawberry.extensions import SchemaExtension


class PrivacyReport(SchemaExtension):
    """Adds `extensions.privacy.withheld` to every answer that has data."""

    def get_results(self) -> dict[str, Any]:
        """List what was withheld; an empty list says that everything was shown."""
        return {"privacy": {"withheld": self.execution_context.context.withheld.listing()}}
