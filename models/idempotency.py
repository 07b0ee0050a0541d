"""What was answered to a request that may be repeated."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.columns import DigestField, not_personal


class IdempotentAnswer(Model):
    """
    That a request was carried out, and the ids of what it made.

    Nothing in it tells who asked or for what: the key is a keyed hash of the actor and of the key they chose, and the
    fingerprint one of the input.
    """

    id: Any = not_personal(DigestField(primary_key=True))
    fingerprint: Any = not_personal(DigestField())
    answer: Any = not_personal(fields.JSONField[dict[str, Any]](null=True))
    created_at = not_personal(fields.DatetimeField(db_index=True))

    class Meta(Model.Meta):
        table = "idempotent_answer"
