"""Customer-service tickets, as far as they open an agent's sight of an account."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.accounts import Account
from models.columns import About, identity, personal
from models.indexes import IndexWhere
from models.rows import Rows
from models.scoping import cleared_for, scope_for
from policy.classes import ACCOUNT, SERVICE_RECORD
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import Viewer


class TicketState(StrEnum):
    """Whether a ticket still waits for an answer."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Ticket(Model):
    """A person's request to customer service; while it is open, its agent may ask about that person (P2.7)."""

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.ForeignKeyRelation[Account] = personal(
        ACCOUNT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="tickets")
    )
    account_id: UUID
    agent: fields.ForeignKeyRelation[Account] = personal(
        SERVICE_RECORD,
        fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="assigned_tickets"),
    )
    agent_id: UUID
    state = personal(SERVICE_RECORD, fields.CharEnumField(TicketState, max_length=8))
    membership_verified_at = personal(SERVICE_RECORD, fields.DatetimeField(null=True))
    opened_at = personal(SERVICE_RECORD, fields.DatetimeField())
    closed_at = personal(SERVICE_RECORD, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "ticket"
        constraints = (
            CheckConstraint(check="(state = 'OPEN') = (closed_at IS NULL)", name="ticket_is_closed_at_an_instant"),
        )
        indexes = (
            IndexWhere(fields=["agent_id", "account_id"], name="ticket_open_of_agent", where="state = 'OPEN'"),
            Index(fields=["account_id"], name="ticket_of_account"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Ticket]":
        """Scope tickets to the viewer's own, and for an agent to the open ones that are assigned to them (P2.7)."""
        scope = scope_for(
            viewer,
            subject="t.account_id",
            person=cleared_for(Purpose.ACCOUNT),
            agent=f"t.agent_id = :agent AND t.state = 'OPEN' AND {cleared_for(Purpose.CUSTOMER_SERVICE)}",
            core=SERVICE_RECORD,
        )
        return Rows(cls, viewer, scope)
