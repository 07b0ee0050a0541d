"""The permission class of a classified field, and the extension that masks or withholds what it does not clear."""

from typing import Any

import strawberry
from graphql.pyutils import Path as ResponsePath
from strawberry.permission import BasePermission, PermissionExtension
from strawberry.schema_directive import Location

from permissions.context import OperationContext
from permissions.linkage import is_linked
from permissions.withheld import Path
from policy.classes import DataClass
from policy.decide import Decision, Sight, decide
from policy.facts import Ask
from policy.parties import Party
from policy.seen import Seen

Info = strawberry.Info[OperationContext, Any]


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="personal",
    description="The field is personal data: what class of it, of which category, and what it may be used for.",
)
class Personal:
    data_class: str = strawberry.directive_field(name="class")
    category: str
    sensitive: bool
    purposes: list[str]


class MaySee(BasePermission):
    """Clear a field when the policy lets this viewer see its class of data in the case at hand."""

    message = "Withheld under the privacy policy."

    def __init__(self, data_class: DataClass) -> None:
        self.data_class = data_class

    @property
    def schema_directive(self) -> object:
        """`@personal`, so that the class can be read in the SDL, by introspection and in the explorer (P1.0)."""
        return Personal(
            data_class=self.data_class.name,
            category=self.data_class.category.name,
            sensitive=self.data_class.is_sensitive,
            purposes=sorted(purpose.name for purpose in self.data_class.purposes),
        )

    def ask(self, source: Seen[Any], info: Info) -> Ask:
        """Put the question; pure and synchronous, because the facts came with the row."""
        ask = info.context.viewer.asks(self.data_class, of=source.case)
        unlinked = ask._replace(linked=False)
        # Looked at only where it matters, because it reads what else the operation selects (P2.2c).
        if decide(unlinked).is_clear and not decide(ask).is_clear and not is_linked(info._raw_info):
            return unlinked
        return ask

    def decision(self, source: Seen[Any], info: Info) -> tuple[Decision, Party]:
        """Ask the policy."""
        ask = self.ask(source, info)
        return decide(ask), ask.party

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Tell whether the value may be shown in clear."""
        return self.decision(source, info)[0].is_clear


class PolicyExtension(PermissionExtension):
    """
    Puts one `MaySee` before a field: clear values pass, others become the class's mask or null, and are recorded.

    The value behind a withheld field is never loaded or decrypted. That a field was withheld is recorded whether or
    not there is a value, so that the record tells nothing about it.
    """

    def __init__(self, permission: MaySee) -> None:
        super().__init__([permission], fail_silently=True)
        self.permission = permission

    def _withheld(self, source: Any, info: Info) -> tuple[bool, str | None]:
        decision, party = self.permission.decision(source, info)
        if info.context.decisions is not None:
            info.context.decisions.record(_keys(info.path), self.permission.data_class, decision, party)
        if decision.is_clear:
            if source.case.grounds and self.permission.ask(source, info).linked:
                info.context.grounds.record(info.context.viewer, self.permission.data_class, source.case)
            return False, None
        info.context.withheld.record(_keys(info.path), decision, party)
        return True, self.permission.data_class.mask if decision.sight is Sight.MASK else None

    def resolve(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        """Resolve a field whose value is at hand."""
        withheld, shown = self._withheld(source, info)
        return shown if withheld else self._released(source, info, next_(source, info, **kwargs))

    async def resolve_async(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        """Resolve a field whose value has to be loaded or decrypted."""
        withheld, shown = self._withheld(source, info)
        return shown if withheld else self._released(source, info, await next_(source, info, **kwargs))

    def _released(self, source: Any, info: Info, value: Any) -> Any:
        """Note for the ledger that a value is shown to somebody else than whom it is about."""
        viewer = info.context.viewer
        if value is not None and value != [] and source.case.subject != viewer.person:
            ask = self.permission.ask(source, info)
            decision = decide(ask)
            if decision.is_clear:
                info.context.disclosures.record(viewer, self.permission.data_class, source.case, ask, decision)
        return value


def _keys(path: ResponsePath) -> Path:
    return tuple(key for key in path.as_list() if isinstance(key, str))
