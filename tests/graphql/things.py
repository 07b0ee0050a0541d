"""Objects of the world with what they hold, whoever looks at them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from policy.classes import LEGAL_CASE, DataClass
from policy.decide import decide
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import Case, Ground, StaffRole, Viewer
from tests.graphql.world import CONSENTING, OWN_CONSENTS, Held, Paid, Sale, Subject, World


@dataclass(frozen=True, slots=True)
class Thing:
    """
    An object of some type.

    Args:
        row_id: Its primary key.
        subject: Whom it is about.
        known_by: The class by which a viewer may know of it at all.
        values: What its classified fields hold, by their name in the schema; a function of viewer and world where it
            is a list that is scoped itself.
        sale: The order it belongs to.
        is_for: Whether a viewer may know of it as far as anything else than the class decides.
        held: The ground that it is about.
        phone: Of whoever acts for a company and is its subject.
        worked_on_by: The provider that works on it, if it is a check that nobody has answered yet.
    """

    row_id: UUID
    subject: Subject
    known_by: DataClass
    values: dict[str, Any]
    sale: Sale | None = None
    is_for: Callable[[Viewer], bool] = lambda viewer: True
    held: Held | None = None
    paid: Paid | None = None
    phone: str | None = None
    worked_on_by: UUID | None = None

    def case(self, world: World, viewer: Viewer) -> Case:
        """The facts of the case."""
        case = world.case(viewer, self.subject, self.sale)
        if self.paid is not None and viewer.partner_type is PartnerType.PAYMENT:
            institutions = frozenset({world.partners["institution"].id})
            return case._replace(partners=institutions, is_window_open=self.paid.is_under_way)
        if self.worked_on_by is not None and viewer.partner_type is PartnerType.IDENTITY_VERIFICATION:
            consents = OWN_CONSENTS if self.subject.name in CONSENTING else frozenset[Purpose]()
            provider = frozenset({self.worked_on_by})
            return case._replace(partners=provider, is_window_open=True, own_consents=consents)
        if self.phone is not None:
            case = case._replace(is_third_party=viewer.proof is not None and self.phone == world.proven_phone)
        if self.held is None:
            return case
        # Officers read what is kept of a ground under the law itself (docs/decisions/0151).
        oversight = (Ground(frozenset({LEGAL_CASE}), covers_child=True),)
        is_officer = viewer.staff is StaffRole.PRIVACY_OFFICER
        grounds = world.grounds_for(viewer, self.subject, self.held.opening.order)
        return case._replace(grounds=oversight if is_officer else grounds)

    def is_known_to(self, viewer: Viewer, world: World) -> bool:
        """Whether the viewer may know of it."""
        return decide(viewer.asks(self.known_by, of=self.case(world, viewer))).is_clear and self.is_for(viewer)


def instant(value: Any) -> str | None:
    return value.isoformat() if value is not None else None
