"""Companies that have an account, and the people who act for them: subjects of their own (P1.2a)."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.account_scopes import account_scope
from models.accounts import Account, PolicyVersion
from models.columns import About, DigestField, identity, personal
from models.indexes import IndexWhere
from models.rows import Rows
from models.scoping import cleared_for, scope_for
from models.sealed import sealed
from models.third_parties import PROVEN
from policy.classes import (
    ACCOUNT,
    CONSENT,
    DISCLOSURE,
    ENTERPRISE_CONTACT,
    ENTERPRISE_CONTACT_DOCUMENT,
    ENTERPRISE_LICENCE,
)
from policy.purposes import Purpose
from policy.subjects import Subject
from policy.viewer import Viewer


class ContactRole(StrEnum):
    """As what somebody acts for a company."""

    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    PERSON_IN_CHARGE = "PERSON_IN_CHARGE"
    DIRECTOR = "DIRECTOR"
    AGENT = "AGENT"


class Enterprise(Model):
    """The company that an account is of; facts about a company, and as far as they lead to the account, about it."""

    about = About(Subject.ACCOUNT_HOLDER, by="account_id")
    id = identity()
    account: fields.OneToOneRelation[Account] = personal(
        ACCOUNT, fields.OneToOneField("shop.Account", on_delete=fields.RESTRICT, related_name="enterprise")
    )
    account_id: UUID
    name = personal(ENTERPRISE_LICENCE, fields.CharField(max_length=200))
    registration_number = personal(ENTERPRISE_LICENCE, fields.CharField(max_length=64))
    created_at = personal(ACCOUNT, fields.DatetimeField())

    class Meta(Model.Meta):
        table = "enterprise"

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[Enterprise]":
        """Scope companies to those of accounts that the policy lets the viewer know of."""
        return Rows(cls, viewer, account_scope(viewer, "t.account_id"))


class EnterpriseContact(Model):
    """
    Somebody who acts for a company: the subject is this person, not the account that gave their details (P1.2a).

    Details are never changed, only replaced: each set of them has the account's word that the person allows it (P1.2d).
    """

    about = About(Subject.CONTACT, by="id", case="enterprise__account_id")
    id = identity()
    enterprise: fields.ForeignKeyRelation[Enterprise] = personal(
        ACCOUNT, fields.ForeignKeyField("shop.Enterprise", on_delete=fields.RESTRICT, related_name="contacts")
    )
    enterprise_id: UUID
    role = personal(ENTERPRISE_CONTACT, fields.CharEnumField(ContactRole, max_length=24))
    name = sealed(ENTERPRISE_CONTACT, subject="id")
    email = sealed(ENTERPRISE_CONTACT, subject="id")
    phone = sealed(ENTERPRISE_CONTACT, subject="id")
    identity_document = sealed(ENTERPRISE_CONTACT_DOCUMENT, subject="id")
    # By which they find themselves; none where the account's holder is the contact.
    email_index: Any = personal(ENTERPRISE_CONTACT, DigestField(null=True))
    phone_index: Any = personal(ENTERPRISE_CONTACT, DigestField(null=True))
    is_account_holder = personal(ENTERPRISE_CONTACT, fields.BooleanField())
    # What the account warranted: of which version of the policy they were told, and that a child's guardian consents.
    policy_version: fields.ForeignKeyRelation[PolicyVersion] = personal(
        CONSENT,
        fields.ForeignKeyField("shop.PolicyVersion", on_delete=fields.RESTRICT, related_name="enterprise_contacts"),
    )
    policy_version_id: UUID
    is_child = personal(CONSENT, fields.BooleanField())
    created_at = personal(DISCLOSURE, fields.DatetimeField())
    objected_at = personal(DISCLOSURE, fields.DatetimeField(null=True))

    class Meta(Model.Meta):
        table = "enterprise_contact"
        indexes = (
            Index(fields=["enterprise_id", "id"], name="enterprise_contact_of_enterprise"),
            IndexWhere(fields=["email_index"], name="enterprise_contact_by_email", where="email_index IS NOT NULL"),
            IndexWhere(fields=["phone_index"], name="enterprise_contact_by_phone", where="phone_index IS NOT NULL"),
            IndexWhere(fields=["id"], name="enterprise_contact_to_erase", where="objected_at IS NOT NULL"),
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> "Rows[EnterpriseContact]":
        """
        Scope contacts to the company's account and to themselves, by a proof of their phone or e-mail address.

        An agent could be shown that there are any (P1.2a), and is not: nothing of an agent's work takes it yet.
        """
        scope = scope_for(
            viewer,
            subject="e.account_id",
            person=f"t.objected_at IS NULL AND {cleared_for(Purpose.ACCOUNT)}",
            third_party=f"t.objected_at IS NULL AND {PROVEN} IN (t.email_index, t.phone_index)",
            facts={"has_objected": "t.objected_at IS NOT NULL"},
            through="JOIN enterprise e ON e.id = t.enterprise_id",
            core=ENTERPRISE_CONTACT,
        )
        return Rows(cls, viewer, scope)
