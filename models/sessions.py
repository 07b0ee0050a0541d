"""Sessions of people, and the counters that slow down guessing."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.account_scopes import USERS_READ
from models.accounts import Account
from models.affiliates import consenting
from models.columns import About, DigestField, identity, not_personal, personal
from models.indexes import IndexWhere
from models.risk_control import account_looked_into, is_risk_control, looking_into
from models.rows import Rows
from models.scoping import cleared_for, scope_for
from policy.classes import ACCOUNT, CREDENTIAL, DEVICE, SESSION
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import Viewer


class Session(Model):
    """Where a person is signed in; it holds the least that lets them recognise it (P1.3b)."""

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity(SESSION)
    account: fields.ForeignKeyRelation[Account] = personal(
        ACCOUNT, fields.ForeignKeyField("shop.Account", on_delete=fields.RESTRICT, related_name="sessions")
    )
    account_id: UUID
    client_kind = personal(DEVICE, fields.CharField(max_length=16))
    user_agent_family = personal(DEVICE, fields.CharField(max_length=32))
    ip_hash = personal(SESSION, DigestField())
    created_at = personal(SESSION, fields.DatetimeField())
    last_seen_at = personal(SESSION, fields.DatetimeField())
    expires_at = personal(SESSION, fields.DatetimeField())
    ended_at = personal(SESSION, fields.DatetimeField(null=True))
    ended_reason = personal(SESSION, fields.CharField(max_length=32, null=True))
    proven_until = personal(SESSION, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "session"
        indexes = (IndexWhere(fields=["account_id"], name="session_open_of_account", where="ended_at IS NULL"),)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Session]":
        """Scope sessions to the viewer's own that last: where somebody is signed in concerns nobody else (P1.3b)."""
        return Rows(cls, viewer, scope_for(viewer, subject="t.account_id", person="t.ended_at IS NULL", core=SESSION))


def sightings(viewer: Viewer) -> Rows[Session]:
    """Scope sessions to those whose devices operators may look at, as long as nobody asks whose they are (P2.2c)."""
    scope = scope_for(
        viewer, subject="t.account_id", operator=f"t.ended_at IS NULL AND {cleared_for(Purpose.OPERATIONS)}"
    )
    return Rows(Session, viewer, scope)


def devices(viewer: Viewer) -> Rows[Session]:
    """Scope sessions to those by which somebody may see what kinds of devices an account is used with (P4.3)."""
    is_open = "t.ended_at IS NULL AND t.expires_at > :now"
    scope = scope_for(
        viewer,
        subject="t.account_id",
        person=is_open,
        partners={**consenting(viewer, is_open), **looking_into(viewer, f"{account_looked_into()} AND {is_open}")},
        facts={"is_window_open": account_looked_into()} if is_risk_control(viewer) else None,
        token_scopes=frozenset({USERS_READ}),
        core=DEVICE,
    )
    return Rows(Session, viewer, scope)


class SessionToken(Model):
    """The keyed hash of a token that opens a session; a rotated one that comes back ends the session."""

    about = About(Subject.ACCOUNT_HOLDER, by="session__account_id")
    token_hash: Any = personal(CREDENTIAL, DigestField(primary_key=True))
    session: fields.ForeignKeyRelation[Session] = personal(
        SESSION, fields.ForeignKeyField("shop.Session", on_delete=fields.RESTRICT, related_name="tokens")
    )
    session_id: UUID
    created_at = personal(CREDENTIAL, fields.DatetimeField())
    rotated_at = personal(CREDENTIAL, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "session_token"
        indexes = (Index(fields=["session_id"], name="session_token_of_session"),)

    hidden_from_reader = True


class StepUpCode(Model):
    """A code that was sent to whoever is signed in, so that they prove who they are; at most one for each session."""

    about = About(Subject.ACCOUNT_HOLDER, by="session__account_id")
    id = identity(CREDENTIAL)
    session: fields.OneToOneRelation[Session] = personal(
        SESSION, fields.OneToOneField("shop.Session", on_delete=fields.RESTRICT, related_name="code")
    )
    session_id: UUID
    attempts = personal(CREDENTIAL, fields.SmallIntField())
    expires_at = personal(CREDENTIAL, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "step_up_code"

    hidden_from_reader = True


class Throttle(Model):
    """How long a source of attempts has to wait; the key is a keyed hash."""

    about = About(Subject.VISITOR)
    id = identity()
    scope = not_personal(fields.CharField(max_length=32))
    key: Any = personal(SESSION, DigestField())
    full_until = personal(SESSION, fields.DatetimeField(db_index=True))

    class Meta(Model.Meta):
        table = "throttle"
        unique_together = (("scope", "key"),)

    hidden_from_reader = True


class CostBucket(Model):
    """
    How far a viewer's operations are ahead of what they may cost; the key is a keyed hash.

    The table is not logged: it changes with reads, so it must cost less than they do, and a crash only fills buckets.
    """

    about = About(Subject.VISITOR)
    key: Any = personal(SESSION, DigestField(primary_key=True))
    full_until = personal(SESSION, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "cost_bucket"

    hidden_from_reader = True
