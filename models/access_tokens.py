"""Tokens of partners: keyed hashes, and what each may be used for."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from asyncpg import Record
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.columns import DigestField, identity, not_personal
from models.database import fetch
from models.partners import Partner, agreed, partners_own, standing, today
from models.rows import Rows
from models.scoping import numbered
from policy.enforcement import keeps
from policy.viewer import Viewer


class AccessToken(Model):
    """The keyed hash of a partner's token, and what it may be used for; only its ends are written later."""

    id = identity()
    token_hash: Any = not_personal(DigestField(unique=True))
    partner: fields.ForeignKeyRelation[Partner] = not_personal(
        fields.ForeignKeyField("shop.Partner", on_delete=fields.RESTRICT, related_name="access_tokens")
    )
    partner_id: UUID
    # The token by which the partner made it for a subcontractor, and what that company is called.
    parent: fields.ForeignKeyNullableRelation["AccessToken"] = not_personal(
        cast(Any, fields.ForeignKeyField("shop.AccessToken", on_delete=fields.RESTRICT, related_name="made", null=True))
    )
    parent_id: UUID | None
    subcontractor = not_personal(fields.CharField(max_length=120, null=True))
    scopes = not_personal(fields.JSONField[list[str]]())
    purposes = not_personal(fields.JSONField[list[str]]())
    created_at = not_personal(fields.DatetimeField())
    expires_at = not_personal(fields.DatetimeField())
    revoked_at = not_personal(fields.DatetimeField(null=True))
    last_used_at = not_personal(fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "access_token"
        constraints = (
            CheckConstraint(
                check="(parent_id IS NULL) = (subcontractor IS NULL)", name="access_token_is_made_for_a_subcontractor"
            ),
        )
        indexes = (
            Index(fields=["partner_id", "id"], name="access_token_of_partner"),
            Index(fields=["parent_id"], name="access_token_of_parent"),
        )

    hidden_from_reader = True

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[AccessToken]":
        """Scope tokens to the one that a partner came by and those made by it, and to all for privacy officers."""
        own = "t.partner_id = :partner AND (t.id = :token OR t.parent_id = :token)"
        return Rows(cls, viewer, partners_own(viewer, own))


@dataclass(frozen=True, slots=True)
class Bearer:
    """
    What is known of a partner that comes with a token, at this instant.

    Args:
        agreed: The purposes of the agreement that it signed last.
        region: Where it works with data, by that agreement (P8.1).
    """

    partner: UUID
    kind: str
    supplier: UUID | None
    agreed: frozenset[str]
    region: str | None
    is_in_standing: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a token, at this instant."""

    id: UUID
    bearer: Bearer
    scopes: frozenset[str]
    purposes: frozenset[str]
    is_delegated: bool
    last_used_at: datetime | None


@keeps("P4.4", otherwise="TRUE")
def parent_lives() -> str:
    """Say in SQL that the token `t` was made by nobody's token, or by one that lives (P4.4)."""
    return """(t.parent_id IS NULL OR EXISTS (SELECT FROM access_token u
        WHERE u.id = t.parent_id AND u.revoked_at IS NULL AND u.expires_at > :now))"""


async def token_by(fingerprint: bytes, *, now: datetime) -> Known | None:
    """
    Find the token with a keyed hash, and all that bears on what it is shown, in one statement.

    Nothing of it is kept: what is suspended, ended or revoked is so for the next request, on every worker (P4.5).

    Returns:
        None where there is none, or it is revoked or has expired, or the token that it was made by is.
    """
    text, values = numbered(
        f"""SELECT t.id, t.scopes, t.purposes, t.parent_id, t.last_used_at, {_of_bearer()}
        FROM access_token t JOIN partner p ON p.id = t.partner_id
        WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND t.expires_at > :now AND {parent_lives()}""",
        {"hash": fingerprint, "now": now, "today": today()},
    )
    found = await fetch(text, *values)
    if not found:
        return None
    (row,) = found
    return Known(
        id=row["id"],
        bearer=_bearer(row),
        scopes=_listed(row["scopes"]),
        purposes=_listed(row["purposes"]),
        is_delegated=row["parent_id"] is not None,
        last_used_at=row["last_used_at"],
    )


async def bearer_of(partner_id: UUID) -> Bearer | None:
    """Find what is known of a partner that would come with a token; None where there is no such partner."""
    text, values = numbered(
        f"SELECT {_of_bearer()} FROM partner p WHERE p.id = :id", {"id": partner_id, "today": today()}
    )
    found = await fetch(text, *values)
    return _bearer(found[0]) if found else None


def _of_bearer() -> str:
    return f"""p.id AS partner_id, p.kind, p.supplier_id, {agreed("p", "x.region")} AS region,
        {agreed("p", "x.purposes")} AS agreed, {standing("p")} AS stands"""


def _bearer(row: Record) -> Bearer:
    return Bearer(
        partner=row["partner_id"],
        kind=row["kind"],
        supplier=row["supplier_id"],
        agreed=_listed(row["agreed"]),
        region=row["region"],
        is_in_standing=row["stands"],
    )


def _listed(stored: str | None) -> frozenset[str]:
    return frozenset(cast("list[str]", json.loads(stored)) if stored is not None else ())
