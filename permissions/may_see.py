"""The permission class of a classified field, and the extension that masks or withholds what it does not clear."""

from collections.abc import Callable
from typing import Any

import strawberry
from graphql.pyutils import Path as ResponsePath
from strawberry.permission import BasePermission, PermissionExtension
from strawberry.schema_directive import Location

from permissions.context import OperationContext
from permissions.linkage import is_linked
from permissions.withheld import Path
from policy.classes import DataClass
from policy.decide import Sight, decide
from policy.facts import Ask
from policy.situations import Situation, Verdict
from policy.subjects import Subject
from policy.viewer import Case, Viewer


class Info(strawberry.Info[OperationContext, Any]):
    """
    What a resolver is told about the operation.

    A class and no alias, because Strawberry looks at every resolver's annotations while the schema is built, and takes
    an alias apart each time.
    """


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="personal",
    description="The field is personal data: what class of it, of which category, whom it is about, and what it may be "
    "used for.",
)
class Personal:
    data_class: str = strawberry.directive_field(name="class")
    category: str
    sensitive: bool
    subject: str
    purposes: list[str]


class MaySee(BasePermission):
    """Clear a field when the policy lets this viewer see its class of data in the case at hand."""

    message = "Withheld under the privacy policy."

    def __init__(self, data_class: DataClass) -> None:
        self.data_class = data_class
        self._said = Personal(
            data_class=data_class.name,
            category=data_class.category.name,
            sensitive=data_class.is_sensitive,
            subject="",
            purposes=sorted(purpose.name for purpose in data_class.purposes),
        )

    @property
    def schema_directive(self) -> object:
        """`@personal`, so that the class can be read in the SDL, by introspection and in the explorer (P1.0)."""
        return self._said

    def say_about(self, subject: Subject) -> None:
        """Add to `@personal` whom the field is about, which is known once it is known of which type it is."""
        self._said.subject = subject.name

    def ask(self, viewer: Viewer, case: Case, is_linked: Callable[[], bool]) -> Ask:
        """
        Put the question; pure and synchronous, because the facts came with the row.

        Args:
            is_linked: Tells whether what else the operation selects leads to a person (P2.2c).
        """
        ask = viewer.asks(self.data_class, of=case)
        if decide(ask).is_clear:
            return ask
        unlinked = ask._replace(linked=False)
        # Looked at only where it matters, because it reads what else the operation selects (P2.2c).
        return unlinked if decide(unlinked).is_clear and not is_linked() else ask

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Tell whether the value may be shown in clear."""
        return decide(self.ask(info.context.viewer, source.case, lambda: is_linked(info._raw_info))).is_clear


class PolicyExtension(PermissionExtension):
    """
    Puts one `MaySee` before a field: clear values pass, others become the class's mask or null, and are recorded.

    The value behind a withheld field is never loaded or decrypted. That a field was withheld is recorded whether or
    not there is a value, so that the record tells nothing about it.
    """

    def __init__(self, permission: MaySee) -> None:
        super().__init__([permission], fail_silently=True)
        self.permission = permission

    def verdict(
        self, viewer: Viewer, case: Case, is_linked: Callable[[], bool], situation: Situation | None = None
    ) -> Verdict:
        """
        Ask the policy.

        INVARIANT (one decision): whatever executes operations asks here, and shows what `shown` says.

        Args:
            situation: That of the case, where many are decided together; what was said in it before is not asked again.
        """
        data_class = self.permission.data_class
        known = situation.verdicts.get(data_class) if situation is not None else None
        if known is not None:
            return known
        ask = self.permission.ask(viewer, case, is_linked)
        verdict = Verdict(ask, decide(ask))
        # What is shown in clear to whoever is linked to a person never depends on what else is selected (P2.2c).
        if situation is not None and ask.linked and verdict.decision.is_clear:
            situation.verdicts[data_class] = verdict
        return verdict

    def shown(self, verdict: Verdict) -> str | None:
        """Give what stands for a value that is not clear: the class's mask, or nothing."""
        return self.permission.data_class.mask if verdict.decision.sight is Sight.MASK else None

    def record(self, context: OperationContext, path: Path, case: Case, verdict: Verdict) -> None:
        """Note how a field was decided: what was withheld, what was shown by a legal ground and, on request, all."""
        ask, decision = verdict
        if context.decisions is not None:
            context.decisions.record(path, self.permission.data_class, decision, ask.party)
        if context.viewing is not None:
            context.viewing.decided(path, self.permission.data_class, case, ask, decision)
        if not decision.is_clear:
            context.withheld.record(path, decision, ask.party)
        elif case.grounds and ask.linked:
            context.grounds.record(context.viewer, self.permission.data_class, case)

    def release(self, context: OperationContext, case: Case, verdict: Verdict) -> None:
        """Note for the ledger that a value is shown to somebody else than whom it is about."""
        if case.subject != context.viewer.person:
            context.disclosures.record(context.viewer, self.permission.data_class, case, verdict.ask, verdict.decision)

    def resolve(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        """Resolve a field whose value is at hand."""
        verdict = self._verdict(source, info)
        if not verdict.decision.is_clear:
            return self.shown(verdict)
        return self._released(source, info, verdict, next_(source, info, **kwargs))

    async def resolve_async(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        """Resolve a field whose value has to be loaded or decrypted."""
        verdict = self._verdict(source, info)
        if not verdict.decision.is_clear:
            return self.shown(verdict)
        return self._released(source, info, verdict, await next_(source, info, **kwargs))

    def _verdict(self, source: Any, info: Info) -> Verdict:
        verdict = self.verdict(info.context.viewer, source.case, lambda: is_linked(info._raw_info))
        self.record(info.context, keys_of(info.path), source.case, verdict)
        return verdict

    def _released(self, source: Any, info: Info, verdict: Verdict, value: Any) -> Any:
        if is_something(value):
            self.release(info.context, source.case, verdict)
        return value


def is_something(value: Any) -> bool:
    """Tell whether a value says anything of anybody."""
    return value is not None and value != []


def keys_of(path: ResponsePath) -> Path:
    """Give the response keys of a path, without positions in lists."""
    return tuple(key for key in path.as_list() if isinstance(key, str))
