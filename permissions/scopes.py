"""What a token may be used for, apart from whose data it may see."""

from typing import Any

from strawberry.permission import BasePermission, PermissionExtension

from permissions.errors import OperationRefused
from permissions.may_see import Info

ORDERS_READ = "orders:read"
FULFILLMENT_ORDERS_READ = "fulfillment_orders:read"
FULFILLMENT_ORDERS_WRITE = "fulfillment_orders:write"
SHIPMENTS_WRITE = "shipments:write"
PAYMENTS_READ = "payments:read"
IDENTITY_CHECKS_READ = "identity_checks:read"
USERS_READ = "users:read"
ACCESS_TOKENS_WRITE = "access_tokens:write"


class HasScope(BasePermission):
    """
    Let a token through if it has a scope.

    People and strangers pass: what they see is decided row by row and field by field. A scope never implies sight of
    personal data, and without it a token's rows are hidden as well (`models.scoping`).
    """

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Tell whether the credential may be used here."""
        scopes = info.context.viewer.scopes
        return scopes is None or self.scope in scopes

    def on_unauthorized(self) -> None:
        """Name the scope that is missing: it is the token's own, not a secret."""
        raise OperationRefused(
            "INSUFFICIENT_SCOPE", f"This token lacks the scope `{self.scope}`; use one that was made with it."
        )


def needs(scope: str) -> PermissionExtension:
    """Require a scope of the tokens that call a root field."""
    return PermissionExtension([HasScope(scope)], use_directives=False)
