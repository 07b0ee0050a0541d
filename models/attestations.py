"""What a buyer warranted about the person an order goes to."""

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.accounts import PolicyVersion
from models.columns import About, identity, personal
from models.orders import Recipient
from policy.classes import CONSENT
from policy.subjects import Subject


class RecipientAttestation(Model):
    """
    That the buyer warranted to be authorised by somebody else, who was told of a version of the policy (P1.2d).

    Added, never changed.
    """

    about = About(Subject.RECIPIENT, by="recipient_id", case="recipient__order__buyer_id")
    id = identity()
    recipient: fields.OneToOneRelation[Recipient] = personal(
        CONSENT, fields.OneToOneField("shop.Recipient", on_delete=fields.RESTRICT, related_name="attestation")
    )
    recipient_id: UUID
    policy_version: fields.ForeignKeyRelation[PolicyVersion] = personal(
        CONSENT, fields.ForeignKeyField("shop.PolicyVersion", on_delete=fields.RESTRICT, related_name="attestations")
    )
    policy_version_id: UUID
    is_for_child = personal(CONSENT, fields.BooleanField())
    attested_at = personal(CONSENT, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "recipient_attestation"

    append_only = True
