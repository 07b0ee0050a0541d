"""The address book: its owner adds, corrects, deletes and chooses; somebody else's address looks like none."""

import json

import pytest

from models.accounts import Address
from models.ids import new_id, public_id
from policy.purposes import Purpose
from policy.viewer import Viewer
from tests.graphql.asking import Answer, ask
from tests.graphql.own_profiles import (
    CHOOSE,
    CREATE,
    DELETE,
    HOME,
    READ,
    UPDATE,
    child,
    every_change,
    first_address,
    held,
    id_of,
    somebody,
)

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.clause("P2.10")
async def test_an_address_is_stored_only_when_confirmed() -> None:
    account = await somebody()
    before, viewer = await held(account), Viewer(account=account.id)
    changes = {"id": id_of(await first_address(account)), "expectedVersion": 1, "city": "Kiruna"}

    created = await ask(CREATE, as_=viewer, input=HOME)
    updated = await ask(UPDATE, as_=viewer, input=changes)

    assert (created.codes, updated.codes) == (["SENSITIVE_NOT_CONFIRMED"], ["SENSITIVE_NOT_CONFIRMED"])
    assert await held(account) == before


async def test_somebody_elses_address_and_a_wards_look_like_none() -> None:
    account = await somebody()
    ward, guardian = await child(consents=frozenset(Purpose))
    other = await first_address(await somebody())
    unknown = Address(id=new_id(), version=1)
    malformed = public_id("Order", other.id)
    before = [await held(ward), await held(guardian)]

    def told(answers: dict[str, Answer]) -> str:
        named = {
            name: answer.data for name, answer in answers.items() if name not in ("profileUpdate", "addressCreate")
        }
        return json.dumps(named)

    nothing = told(await every_change(account, unknown, Viewer(account=account.id)))
    assert nothing.count("ADDRESS_NOT_FOUND") == 3
    assert told(await every_change(account, other, Viewer(account=account.id))) == nothing
    address = await first_address(ward)
    assert told(await every_change(guardian, address, Viewer(account=guardian.id))) == nothing
    answer = await ask(DELETE, as_=Viewer(account=account.id), input={"id": malformed})
    assert answer.codes == ["ADDRESS_NOT_FOUND"]
    assert await held(ward) == before[0]
    assert len(await held(guardian)) == len(before[1]) + 1


@pytest.mark.parametrize("name", ["name", "street", "city", "country"])
async def test_what_an_address_needs_is_not_cleared(name: str) -> None:
    account = await somebody()
    before, viewer = await held(account), Viewer(account=account.id)
    wanted = {"id": id_of(await first_address(account)), "expectedVersion": 1, name: None}

    answer = await ask(UPDATE, as_=viewer, input=wanted)

    assert answer.codes in (["TEXT_NOT_VALID"], ["COUNTRY_NOT_KNOWN"])
    assert answer.data["addressUpdate"]["userErrors"][0]["field"] == [name]
    assert await held(account) == before


async def test_an_address_is_added_corrected_and_deleted() -> None:
    account = await somebody()
    viewer, sure = Viewer(account=account.id), {"confirmsSensitive": True}

    created = await ask(CREATE, as_=viewer, input={**HOME, "country": "se", "phone": "070-174 06 01", **sure})
    address = created.data["addressCreate"]["address"]
    changes = {"id": address["id"], "expectedVersion": 1, "city": "Pite\u0061\u030a", "postalCode": None, **sure}
    updated = await ask(UPDATE, as_=viewer, input=changes)
    seen = await ask(READ, as_=viewer)
    deleted = await ask(DELETE, as_=viewer, input={"id": address["id"]})
    again = await ask(DELETE, as_=viewer, input={"id": address["id"]})

    expected = {**HOME, "phone": "+46701740601", "isDefault": False, "version": 1, "id": address["id"]}
    assert address == expected
    corrected = {**expected, "city": "Piteå", "postalCode": None, "version": 2}
    assert updated.data["addressUpdate"]["address"] == corrected
    assert corrected in seen.data["viewer"]["account"]["addresses"]
    assert deleted.data["addressDelete"] == {"deletedId": address["id"], "userErrors": []}
    assert again.codes == ["ADDRESS_NOT_FOUND"]
    assert len((await ask(READ, as_=viewer)).data["viewer"]["account"]["addresses"]) == 1


async def test_one_address_at_most_is_the_default() -> None:
    account = await somebody()
    viewer, first = Viewer(account=account.id), id_of(await first_address(account))
    created = await ask(CREATE, as_=viewer, input={**HOME, "confirmsSensitive": True})
    second = created.data["addressCreate"]["address"]["id"]

    chosen = await ask(CHOOSE, as_=viewer, input={"id": second})
    repeated = await ask(CHOOSE, as_=viewer, input={"id": second})

    assert chosen.data["addressDefaultSet"]["address"]["isDefault"] is True
    assert repeated.data == chosen.data
    book = (await ask(READ, as_=viewer)).data["viewer"]["account"]["addresses"]
    assert {address["id"]: (address["isDefault"], address["version"]) for address in book} == {
        first: (False, 2),
        second: (True, 2),
    }


async def test_a_default_that_is_not_found_leaves_the_present_one() -> None:
    account = await somebody()
    before, viewer = await held(account), Viewer(account=account.id)
    other = await first_address(await somebody())

    answer = await ask(CHOOSE, as_=viewer, input={"id": id_of(other)})

    assert answer.codes == ["ADDRESS_NOT_FOUND"]
    assert await held(account) == before
