"""Companies and their contacts through the schema."""

from typing import Any

import pytest

from commerce.acceptances import in_force
from policy.viewer import Viewer
from tests.commerce.buyers import buyer
from tests.commerce.receivers import new_phone
from tests.graphql.asking import ask

pytestmark = pytest.mark.usefixtures("database")

REGISTER = """mutation ($input: EnterpriseRegisterInput!) {
  enterpriseRegister(input: $input) { enterprise { name registrationNumber contacts { id } } userErrors { code } }
}"""
ADD = """mutation ($input: EnterpriseContactAddInput!) {
  enterpriseContactAdd(input: $input) {
    contact { id role name email phone identityDocument } userErrors { code field }
  }
}"""
REMOVE = """mutation ($input: EnterpriseContactRemoveInput!) {
  enterpriseContactRemove(input: $input) { removedId userErrors { code } }
}"""
OWN = "{ viewer { account { enterprise { name contacts { id name } } } } }"


async def company() -> Viewer:
    by = await buyer()
    done = await ask(REGISTER, as_=by, input={"name": "Brandt & Co", "registrationNumber": "HRB 7"})
    assert done.codes == []
    return by


async def given(**other: Any) -> dict[str, Any]:
    word = {"isAuthorised": True, "policyVersion": (await in_force()).version}
    contact = {"role": "DIRECTOR", "isSelf": False, "name": "Lena Brandt", "phone": new_phone(), "attestation": word}
    return contact | other


@pytest.mark.clause("P1.2a")
async def test_a_company_is_registered_and_gets_a_contact_and_loses_it():
    by = await company()
    phone = new_phone()

    added = await ask(ADD, as_=by, input=await given(phone=phone, email="Lena@Brandt.example"))
    contact = added.data["enterpriseContactAdd"]["contact"]
    between = await ask(OWN, as_=by)
    removed = await ask(REMOVE, as_=by, input={"id": contact["id"]})
    after = await ask(OWN, as_=by)

    assert contact == {
        "id": contact["id"],
        "role": "DIRECTOR",
        "name": "Lena Brandt",
        "email": "lena@brandt.example",
        "phone": phone,
        "identityDocument": None,
    }
    listed = [{"id": contact["id"], "name": "Lena Brandt"}]
    assert between.data["viewer"]["account"]["enterprise"] == {"name": "Brandt & Co", "contacts": listed}
    assert removed.data["enterpriseContactRemove"]["removedId"] == contact["id"]
    assert after.data["viewer"]["account"]["enterprise"]["contacts"] == []


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"attestation": None}, "ATTESTATION_REQUIRED"),
        ({"isChild": True}, "RECIPIENT_CONSENT_REQUIRED"),
        ({"identityDocument": "T22000129"}, "SENSITIVE_NOT_CONFIRMED"),
        ({"phone": None}, "ENTERPRISE_CONTACT_NOT_REACHABLE"),
        ({"phone": "12"}, "PHONE_NOT_VALID"),
        ({"name": " "}, "TEXT_NOT_VALID"),
    ],
)
async def test_what_is_missing_is_said_and_nothing_is_stored(other: dict[str, Any], code: str):
    by = await company()

    done = await ask(ADD, as_=by, input=await given(**other))

    assert done.codes == [code]
    assert (await ask(OWN, as_=by)).data["viewer"]["account"]["enterprise"]["contacts"] == []


async def test_a_person_of_no_company_is_told_so():
    by = await buyer()

    assert (await ask(ADD, as_=by, input=await given())).codes == ["ENTERPRISE_NEEDED"]
    assert (await ask(REMOVE, as_=by, input={"id": "nonsense"})).codes == ["ENTERPRISE_CONTACT_NOT_FOUND"]
    assert (await ask(OWN, as_=by)).data["viewer"]["account"]["enterprise"] is None
