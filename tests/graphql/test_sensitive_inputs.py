"""
Whatever takes sensitive data in asks for its confirmation, and stores nothing without it (P2.10).

What a text of an input holds cannot be read from its type, so each is listed here with its class; one that is missing
fails the run, and so does an action that takes a sensitive one without asking.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
from graphql import GraphQLInputObjectType, GraphQLScalarType, get_named_type

from commerce.acceptances import in_force
from models.database import fetch
from models.ids import public_id
from models.migrating import declared_models
from models.sealed import SealedField
from policy.classes import (
    ACCOUNT,
    BIRTH_DATE,
    CONTACT_PERSON,
    CREDENTIAL,
    EMAIL,
    ENTERPRISE_CONTACT,
    ENTERPRISE_CONTACT_DOCUMENT,
    ENTERPRISE_LICENCE,
    GENDER,
    IDENTITY_DOCUMENT,
    LEGAL_CASE,
    NATIONALITY,
    OF_OTHERS,
    PAYMENT_ACCOUNT,
    PERSON_NAME,
    PHONE,
    POSTAL_ADDRESS,
    RECIPIENT_ADDRESS,
    RECIPIENT_NAME,
    RECIPIENT_PHONE,
    DataClass,
)
from policy.viewer import Viewer
from schema import schema
from tests.commerce.buyers import buyer
from tests.commerce.goods import add_goods, filled_cart
from tests.commerce.receivers import new_phone
from tests.graphql.asking import ask
from tests.graphql.own_profiles import HOME, first_address, id_of, somebody

pytestmark = pytest.mark.usefixtures("database")

PERSONAL: dict[str, dict[str, DataClass]] = {
    "AccountAgeCorrectInput": {"birthDate": BIRTH_DATE, "reason": BIRTH_DATE},
    "AccountConfirmInput": {"code": CREDENTIAL, "cartToken": CREDENTIAL},
    "AccountRegisterInput": {"password": CREDENTIAL, "birthDate": BIRTH_DATE, "region": ACCOUNT},
    "AddressCreateInput": {
        "name": PERSON_NAME,
        "phone": PHONE,
        **dict.fromkeys(("street", "city", "postalCode", "country"), POSTAL_ADDRESS),
    },
    "AddressUpdateInput": {
        "name": PERSON_NAME,
        "phone": PHONE,
        **dict.fromkeys(("street", "city", "postalCode", "country"), POSTAL_ADDRESS),
    },
    "BirthDateCorrectInput": {"birthDate": BIRTH_DATE},
    "CartLinesAddInput": {"cartToken": CREDENTIAL},
    "CartLinesRemoveInput": {"cartToken": CREDENTIAL},
    "CartLinesUpdateInput": {"cartToken": CREDENTIAL},
    "CartMergeInput": {"cartToken": CREDENTIAL},
    "ContactInput": {"email": EMAIL, "phone": PHONE},
    "EnterpriseContactAddInput": {
        "name": ENTERPRISE_CONTACT,
        "email": ENTERPRISE_CONTACT,
        "phone": ENTERPRISE_CONTACT,
        "identityDocument": ENTERPRISE_CONTACT_DOCUMENT,
    },
    "EnterpriseRegisterInput": {"name": ENTERPRISE_LICENCE, "registrationNumber": ENTERPRISE_LICENCE},
    "GuardianChallengeRespondInput": {"code": CREDENTIAL, "guardianName": PERSON_NAME},
    "GuardianInviteInput": {"firstName": PERSON_NAME},
    "IdentityVerifyInput": {"name": PERSON_NAME, "identityNumber": IDENTITY_DOCUMENT},
    "LegalGroundOpenInput": {"caseReference": LEGAL_CASE},
    "LoginInput": {"address": EMAIL, "password": CREDENTIAL, "cartToken": CREDENTIAL},
    # An account that nobody signs in to gets these; they say where the source's buyer is, and name nobody.
    "OrderImportInput": {"buyerReference": ACCOUNT, "country": ACCOUNT},
    "PasswordChangeInput": {"currentPassword": CREDENTIAL, "newPassword": CREDENTIAL},
    "ProfileUpdateInput": {
        "name": PERSON_NAME,
        "gender": GENDER,
        "nationality": NATIONALITY,
        "identityDocument": IDENTITY_DOCUMENT,
        "paymentAccount": PAYMENT_ACCOUNT,
        "contactPerson": CONTACT_PERSON,
    },
    "RecipientInput": {
        "name": RECIPIENT_NAME,
        "phone": RECIPIENT_PHONE,
        **dict.fromkeys(("street", "city", "postalCode", "country"), RECIPIENT_ADDRESS),
    },
    "ShipmentCreateInput": {"trackingNumber": RECIPIENT_ADDRESS},
    "ShipmentTrackingReportInput": {"country": RECIPIENT_ADDRESS},
    "StepUpInput": {"password": CREDENTIAL, "code": CREDENTIAL},
    "ThirdPartyProveInput": {"code": CREDENTIAL},
}
NOT_PERSONAL: dict[str, frozenset[str]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "AccessTokenCreateInput": "scopes idempotencyKey",
        "AccessTokenDelegateInput": "subcontractor scopes idempotencyKey",
        "AgreementSignInput": "textVersion signedOn expiresOn region",
        "CategoryCreateInput": "name slug",
        "CategoryUpdateInput": "name slug",
        "CheckoutCompleteInput": "idempotencyKey",
        "ExternalAttributeInput": "name value",
        "FulfillmentOrderAcceptInput": "idempotencyKey",
        "FulfillmentOrderRejectInput": "idempotencyKey",
        "HighlightedTermInput": "title",
        "InventoryAdjustInput": "idempotencyKey",
        "OrderImportInput": "source externalReference idempotencyKey",
        "OrderImportLineInput": "sku title",
        "PartnerRegisterInput": "name region policyUrl",
        "PartnerUpdateInput": "name policyUrl",
        "ProductCreateInput": "title handle description vendor productType tags options",
        "ProductUpdateInput": "title handle description vendor productType tags",
        "ProductVariantCreateInput": "optionValues sku barcode",
        "ProductVariantUpdateInput": "optionValues sku barcode",
        "SecurityReviewRecordInput": "reviewedOn expiresOn",
        "ShipmentCreateInput": "carrier idempotencyKey",
        "ShipmentTrackingReportInput": "idempotencyKey",
    }.items()
}
# What suppliers and carriers say themselves of a parcel whose address the buyer has confirmed: nobody is asked for it.
MADE_BY_PARTNERS = frozenset({"ShipmentCreateInput.trackingNumber", "ShipmentTrackingReportInput.country"})
TEXTS = ("String", "Date")
FINGERPRINT = """SELECT md5(string_agg(t::text, '' ORDER BY t::text)) AS told FROM "{}" t"""


def _named(type_: Any) -> Any:
    return cast(Any, get_named_type)(type_)


def _texts(type_: Any) -> Iterator[tuple[str, str]]:
    """List the texts that an input takes, also inside of others, each by its type and name."""
    if isinstance(type_, GraphQLInputObjectType):
        for name, field in type_.fields.items():
            below = _named(field.type)
            if isinstance(below, GraphQLScalarType) and below.name in TEXTS:
                yield type_.name, name
            else:
                yield from _texts(below)


def _input(mutation: Any) -> Any:
    return _named(mutation.args["input"].type) if "input" in mutation.args else None


MUTATIONS: dict[str, Any] = dict(getattr(schema._schema.mutation_type, "fields", {}))
TAKEN = {name: sorted(set(_texts(_input(mutation)))) for name, mutation in MUTATIONS.items()}


def _takes_sensitive(texts: list[tuple[str, str]]) -> bool:
    return any(
        PERSONAL.get(type_, {}).get(name, ACCOUNT).is_sensitive and f"{type_}.{name}" not in MADE_BY_PARTNERS
        for type_, name in texts
    )


SENSITIVE = sorted(name for name, texts in TAKEN.items() if _takes_sensitive(texts))


def test_every_text_that_is_taken_in_is_listed_with_its_class() -> None:
    taken = {text for texts in TAKEN.values() for text in texts}
    personal = {(type_, name) for type_, classes in PERSONAL.items() for name in classes}
    not_personal = {(type_, name) for type_, names in NOT_PERSONAL.items() for name in names}

    assert taken == personal | not_personal
    assert personal & not_personal == set()


@pytest.mark.parametrize("name", SENSITIVE)
def test_an_action_that_takes_sensitive_data_asks_for_its_confirmation(name: str) -> None:
    confirmation = _input(MUTATIONS[name]).fields["confirmsSensitive"]

    assert str(confirmation.type) == "Boolean!"
    assert confirmation.default_value is False


def test_no_other_action_asks_for_what_it_does_not_need() -> None:
    fields = {name: getattr(_input(mutation), "fields", {}) for name, mutation in MUTATIONS.items()}
    asking = {name for name, taken in fields.items() if "confirmsSensitive" in taken}

    assert asking == set(SENSITIVE)


def _names_others(texts: list[tuple[str, str]]) -> bool:
    return any(
        PERSONAL.get(type_, {}).get(name) in OF_OTHERS and f"{type_}.{name}" not in MADE_BY_PARTNERS
        for type_, name in texts
    )


def _fields(type_: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(type_, GraphQLInputObjectType):
        for name, field in type_.fields.items():
            yield name, field
            yield from _fields(_named(field.type))


def test_whatever_takes_in_somebody_elses_details_takes_the_word_for_them_and_asks_for_children() -> None:
    naming = [name for name, texts in TAKEN.items() if _names_others(texts)]

    assert len(naming) >= 2
    for name in naming:
        taken = dict(_fields(_input(MUTATIONS[name])))
        assert _named(taken["attestation"].type).name == "AttestationInput", name
        assert {"isAuthorised", "policyVersion", "guardianConsentAttested", "isSelf"} <= set(taken), name
        assert not {"isChild", "isRecipientChild"}.isdisjoint(taken), name


def _document(name: str) -> str:
    taken = _input(MUTATIONS[name]).name
    return f"mutation ($input: {taken}!) {{ {name}(input: $input) {{ userErrors {{ code field }} }} }}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Sensitive data as somebody sends it, without a word that it is to be stored."""

    by: Viewer
    given: dict[str, Any]


async def _profile() -> Attempt:
    account = await somebody()
    return Attempt(Viewer(account=account.id), {"expectedVersion": 1, "identityDocument": "A-1"})


async def _new_address() -> Attempt:
    account = await somebody()
    return Attempt(Viewer(account=account.id), dict(HOME))


async def _changed_address() -> Attempt:
    account = await somebody()
    given = {"id": id_of(await first_address(account)), "expectedVersion": 1, "street": "Gata 2"}
    return Attempt(Viewer(account=account.id), given)


async def _contact() -> Attempt:
    by = await buyer()
    await ask(_document("enterpriseRegister"), as_=by, input={"name": "Brandt & Co", "registrationNumber": "HRB 7"})
    word = {"isAuthorised": True, "policyVersion": (await in_force()).version}
    contact = {"role": "DIRECTOR", "isSelf": False, "name": "Lena Brandt", "phone": new_phone(), "attestation": word}
    return Attempt(by, {**contact, "identityDocument": "T22000129"})


async def _check() -> Attempt:
    return Attempt(await buyer(), {"name": "Ada Holm", "identityNumber": "P 4471"})


async def _order() -> Attempt:
    by = await buyer()
    cart = await filled_cart(by, (await add_goods(), 1))
    recipient = {
        "isSelf": True,
        "name": "Mara de Wit",
        "phone": "+31612345678",
        "street": "Dam 1",
        "city": "Amsterdam",
        "country": "NL",
    }
    given = {
        "cartId": public_id("Cart", cart),
        "recipient": recipient,
        "expectedTotal": {"amount": "12.50", "currencyCode": "EUR"},
        "payment": {"institution": "SANDBOX"},
        "idempotencyKey": "a key",
    }
    return Attempt(by, given)


ATTEMPTS: dict[str, Callable[[], Awaitable[Attempt]]] = {
    "profileUpdate": _profile,
    "addressCreate": _new_address,
    "addressUpdate": _changed_address,
    "enterpriseContactAdd": _contact,
    "identityVerify": _check,
    "checkoutComplete": _order,
}


def test_every_action_that_takes_sensitive_data_is_tried() -> None:
    assert set(ATTEMPTS) == set(SENSITIVE)


async def _stored() -> dict[str, str]:
    """Fingerprint every table that holds something sealed, and what an order leaves behind."""
    names = {model._meta.db_table for model in declared_models() if _has_sealed(model)}
    stored: dict[str, str] = {}
    for name in sorted(names | {"order", "order_line", "idempotent_answer", "identity_verification", "cart"}):
        (row,) = await fetch(FINGERPRINT.format(name))
        stored[name] = row["told"]
    return stored


def _has_sealed(model: Any) -> bool:
    return any(isinstance(field, SealedField) for field in model._meta.fields_map.values())


@pytest.mark.clause("P2.10")
@pytest.mark.parametrize("name", list(ATTEMPTS))
async def test_without_the_confirmation_nothing_of_it_is_stored(name: str) -> None:
    attempt = await ATTEMPTS[name]()
    before = await _stored()

    answer = await ask(_document(name), as_=attempt.by, input=attempt.given)

    assert answer.data[name]["userErrors"] == [{"code": "SENSITIVE_NOT_CONFIRMED", "field": ["confirmsSensitive"]}]
    assert await _stored() == before
