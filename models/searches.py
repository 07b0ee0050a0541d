"""What was searched for: of people who consent to it as theirs, and of everybody else without anybody (P2.2c)."""

from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.accounts import Account
from models.columns import About, identity, personal
from models.rows import Rows
from models.scoping import EVERYTHING, NOTHING, Scope, cleared_for, scope_for
from models.sealed import sealed
from policy.classes import DEVICE, SEARCH
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import StaffRole, Viewer


class Search(Model):
    """One search of somebody who consents to be recommended by what they did before."""

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.ForeignKeyRelation[Account] = personal(
        SEARCH, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="searches")
    )
    account_id: UUID
    words = sealed(SEARCH, subject="account_id", null=False)
    searched_at = personal(SEARCH, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "search"
        indexes = (Index(fields=["account_id", "id"], name="search_of_account"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Search]":
        """Scope searches to the viewer's own; a legal ground that names them may open those of others (P2.9)."""
        person = cleared_for(Purpose.ACCOUNT)
        return Rows(cls, viewer, scope_for(viewer, subject="t.account_id", person=person, core=SEARCH))


class UnlinkedSearch(Model):
    """
    One search of nobody in particular.

    INVARIANT (nothing leads back): a row has no account, session, address or instant, and its id holds the day alone,
    so that no later knowledge can tie it to somebody (docs/decisions/0166).
    """

    about = About(Subject.VISITOR)
    id = identity()
    words = personal(SEARCH, fields.TextField())
    searched_on = personal(SEARCH, fields.DateField())
    client_kind = personal(DEVICE, fields.CharField(max_length=16))
    user_agent_family = personal(DEVICE, fields.CharField(max_length=32))

    class Meta(Model.Meta):
        table = "unlinked_search"

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[UnlinkedSearch]":
        """Let operators with valid training know of them; there is nobody whose own they were (P2.2c, P5.1)."""
        is_operator = viewer.staff is StaffRole.OPERATOR and viewer.is_trained
        return Rows(cls, viewer, Scope("", EVERYTHING if is_operator else NOTHING, {}))
