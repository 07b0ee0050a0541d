"""People correct their profile; nobody else does, and nothing is taken that may not be."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from models import clock
from models.accounts import Account, AccountState, Address, UserProfile
from models.ids import new_id
from policy.purposes import Purpose
from policy.viewer import ANONYMOUS, StaffRole, Viewer
from server.demo_rows import add_staff
from tests.graphql.asking import Answer, ask
from tests.graphql.own_profiles import (
    CANARY,
    CREATE,
    DELETE,
    HOME,
    READ,
    UPDATE,
    UPDATE_PROFILE,
    child,
    every_change,
    first_address,
    held,
    id_of,
    invented,
    somebody,
)

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.clause("P6.1")
async def test_a_person_corrects_and_supplements_their_profile() -> None:
    account = await somebody()
    changes = {
        "name": "Edda Holm-Lind",
        "gender": "kvinna",
        "nationality": "fi",
        "identityDocument": "FI 4471",
        "paymentAccount": "FI21 1234",
        "contactPerson": "Ivar Lind",
    }

    with clock.moved_to(datetime(2031, 5, 6, 7, 8, tzinfo=UTC)):
        done = await ask(
            UPDATE_PROFILE,
            as_=Viewer(account=account.id),
            input={"expectedVersion": 1, **changes, "confirmsSensitive": True},
        )
    seen = await ask(READ, as_=Viewer(account=account.id))

    profile = done.data["profileUpdate"]["profile"]
    assert (done.errors, done.codes) == ([], [])
    assert {name: profile[name] for name in changes} == {**changes, "nationality": "FI"}
    assert (profile["version"], profile["updatedAt"]) == (2, "2031-05-06T07:08:00+00:00")
    assert seen.data["viewer"]["account"]["profile"] == profile


async def test_null_clears_a_field_and_what_is_left_out_stays() -> None:
    account = await somebody()

    done = await ask(
        UPDATE_PROFILE,
        as_=Viewer(account=account.id),
        input={"expectedVersion": 1, "gender": None, "identityDocument": None},
    )

    profile = done.data["profileUpdate"]["profile"]
    assert (profile["gender"], profile["identityDocument"]) == (None, None)
    assert (profile["name"], profile["paymentAccount"], profile["contactPerson"]) == ("Edda Holm", "SE35", "Ivar")


async def test_what_is_stored_is_sealed() -> None:
    account = await somebody()
    by = Viewer(account=account.id)
    await ask(UPDATE_PROFILE, as_=by, input={"expectedVersion": 1, "name": CANARY})
    await ask(CREATE, as_=by, input={**HOME, "street": CANARY, "confirmsSensitive": True})

    stored = repr(await held(account))

    assert len(await held(account)) == 3
    assert CANARY not in stored
    assert CANARY.encode().hex() not in stored


async def test_the_birth_date_is_no_input() -> None:
    account = await somebody()

    answer = await ask(
        UPDATE_PROFILE, as_=Viewer(account=account.id), input={"expectedVersion": 1, "birthDate": "1990-01-01"}
    )

    assert answer.data is None
    assert "birthDate" in str(answer.errors[0])


@pytest.mark.clause("P2.10")
@pytest.mark.parametrize("name", ["identityDocument", "paymentAccount"])
async def test_sensitive_data_of_a_profile_is_stored_only_when_confirmed(name: str) -> None:
    account = await somebody()
    before, viewer = await held(account), Viewer(account=account.id)
    wanted = {"expectedVersion": 1, "gender": "other", name: "A-1"}

    refused = await ask(UPDATE_PROFILE, as_=viewer, input=wanted)
    between = await held(account)
    done = await ask(UPDATE_PROFILE, as_=viewer, input={**wanted, "confirmsSensitive": True})

    assert refused.codes == ["SENSITIVE_NOT_CONFIRMED"]
    assert refused.data["profileUpdate"]["profile"] is None
    assert between == before
    assert (done.codes, done.data["profileUpdate"]["profile"][name]) == ([], "A-1")


@pytest.mark.clause("P2.10")
async def test_whatever_a_child_gives_is_sensitive() -> None:
    ward, _ = await child(consents=frozenset({Purpose.ACCOUNT}))
    before, viewer = await held(ward), Viewer(account=ward.id)
    wanted = {"expectedVersion": 1, "gender": "girl"}

    refused = await ask(UPDATE_PROFILE, as_=viewer, input=wanted)
    between = await held(ward)
    done = await ask(UPDATE_PROFILE, as_=viewer, input={**wanted, "confirmsSensitive": True})

    assert refused.codes == ["SENSITIVE_NOT_CONFIRMED"]
    assert between == before
    assert done.data["profileUpdate"]["profile"]["gender"] == "girl"


@pytest.mark.clause("P1.2f")
@pytest.mark.clause("P7.3")
@pytest.mark.parametrize(
    "consents", [frozenset[Purpose](), frozenset(Purpose) - {Purpose.ACCOUNT}], ids=["none", "all but one"]
)
async def test_a_child_gives_no_data_before_the_guardian_consents_to_the_account(consents: frozenset[Purpose]) -> None:
    ward, _ = await child(consents=consents)
    before, address = await held(ward), await first_address(ward)

    answers = await every_change(ward, address, Viewer(account=ward.id))

    refused = {name: answer.codes for name, answer in answers.items() if name != "addressDelete"}
    assert refused == {name: ["GUARDIAN_CONSENT_REQUIRED"] for name in refused}
    assert (await held(ward))[:1] == before[:1]


async def test_a_child_takes_data_away_without_consent() -> None:
    ward, _ = await child()
    viewer, address = Viewer(account=ward.id), await first_address(ward)

    cleared = await ask(UPDATE_PROFILE, as_=viewer, input={"expectedVersion": 1, "name": None, "paymentAccount": None})
    deleted = await ask(DELETE, as_=viewer, input={"id": id_of(address)})

    assert (cleared.codes, deleted.codes) == ([], [])
    profile = await UserProfile.get(account_id=ward.id)
    assert (profile.name, profile.payment_account, profile.version) == (None, None, 2)
    assert not await Address.filter(account_id=ward.id).exists()


@pytest.mark.parametrize("years", [9, 16])
async def test_a_child_and_a_minor_give_data_with_consent(years: int) -> None:
    ward, _ = await child(years=years, consents=frozenset({Purpose.ACCOUNT}))

    answers = await every_change(ward, await first_address(ward), Viewer(account=ward.id))

    assert [answer.codes for answer in answers.values()] == [[]] * 5


@pytest.mark.clause("P7.1")
async def test_a_minor_gives_what_is_sensitive_only_with_the_guardians_consent() -> None:
    minor, _ = await child(years=16)
    viewer, address = Viewer(account=minor.id), await first_address(minor)
    document = {"expectedVersion": 1, "identityDocument": "A-1", "confirmsSensitive": True}

    refused = await ask(UPDATE_PROFILE, as_=viewer, input=document)
    answers = await every_change(minor, address, viewer)

    assert refused.codes == ["GUARDIAN_CONSENT_REQUIRED"]
    assert {name: answer.codes for name, answer in answers.items()} == {
        "profileUpdate": [],
        "addressCreate": ["GUARDIAN_CONSENT_REQUIRED"],
        "addressUpdate": ["GUARDIAN_CONSENT_REQUIRED"],
        "addressDefaultSet": [],
        "addressDelete": [],
    }
    assert (await UserProfile.get(account_id=minor.id)).version == 2
    assert not await Address.filter(account_id=minor.id).exists()


@pytest.mark.clause("P1.1")
async def test_nothing_is_added_to_a_cancelled_account() -> None:
    account = await somebody()
    before, address = await held(account), await first_address(account)
    await Account.filter(id=account.id).update(state=AccountState.CANCELLED)

    answers = await every_change(account, address, Viewer(account=account.id))

    refused = {name: answer.codes for name, answer in answers.items() if name != "addressDelete"}
    assert refused == {name: ["ACCOUNT_CANCELLED"] for name in refused}
    assert (await held(account))[:1] == before[:1]


async def strangers(account: Account) -> AsyncIterator[Viewer]:
    """List viewers who are not the person in person, one of them by a token of their account."""
    for role in StaffRole:
        member = await add_staff(invented(), role, password="a password of nobody 4417")
        yield Viewer(account=member.id, staff=role, is_trained=True)
        yield Viewer(account=account.id, staff=role, is_trained=True)
    yield Viewer(supplier=new_id(), scopes=frozenset({"orders:read"}))
    yield Viewer(account=account.id, scopes=frozenset({"account:write"}))
    yield ANONYMOUS


async def test_neither_staff_nor_tokens_nor_strangers_change_anything() -> None:
    account = await somebody()
    before, address = await held(account), await first_address(account)

    async for viewer in strangers(account):
        answers = await every_change(account, address, viewer)

        assert [answer.codes for answer in answers.values()] == [["NOT_IN_PERSON"]] * 5, viewer
    assert await held(account) == before


@pytest.mark.parametrize("version", [0, 2, -1, 2_147_483_647])
async def test_a_change_to_another_version_is_refused(version: int) -> None:
    account = await somebody()
    before, viewer = await held(account), Viewer(account=account.id)
    address = id_of(await first_address(account))

    profile = await ask(UPDATE_PROFILE, as_=viewer, input={"expectedVersion": version, "name": "Else"})
    book = await ask(UPDATE, as_=viewer, input={"id": address, "expectedVersion": version, "name": "Else"})

    assert (profile.codes, book.codes) == (["STALE_OBJECT"], ["STALE_OBJECT"])
    assert profile.data["profileUpdate"]["userErrors"][0]["field"] == ["expectedVersion"]
    assert await held(account) == before


async def test_a_change_of_nothing_is_refused() -> None:
    account = await somebody()
    before, viewer = await held(account), Viewer(account=account.id)
    address = id_of(await first_address(account))

    profile = await ask(UPDATE_PROFILE, as_=viewer, input={"expectedVersion": 1})
    book = await ask(UPDATE, as_=viewer, input={"id": address, "expectedVersion": 1, "confirmsSensitive": True})

    assert (profile.codes, book.codes) == (["NOTHING_TO_CHANGE"], ["NOTHING_TO_CHANGE"])
    assert await held(account) == before


BAD_TEXTS = [f"{CANARY}\n.", f"\u202e{CANARY}", CANARY * 40, f"\ud800{CANARY}", f"{CANARY}\x00", " ", ""]
PROFILE_LINES = ["name", "gender", "identityDocument", "paymentAccount", "contactPerson"]


def mentions_input(answer: Answer) -> bool:
    """Tell whether anything of the input is in an answer, apart from data that was stored."""
    return CANARY in json.dumps([answer.data, [str(error) for error in answer.errors]])


@pytest.mark.parametrize("text", BAD_TEXTS, ids=repr)
async def test_a_bad_text_is_refused_by_its_field_and_not_repeated(text: str) -> None:
    account = await somebody()
    before, viewer = await held(account), Viewer(account=account.id)
    address = id_of(await first_address(account))
    sure = {"confirmsSensitive": True}
    changes: Sequence[tuple[str, str, dict[str, Any]]] = [
        *((name, UPDATE_PROFILE, {"expectedVersion": 1, name: text, **sure}) for name in PROFILE_LINES),
        *((name, CREATE, {**HOME, name: text, **sure}) for name in ("name", "street", "city", "postalCode")),
        *((name, UPDATE, {"id": address, "expectedVersion": 1, name: text, **sure}) for name in ("name", "postalCode")),
    ]

    for name, document, wanted in changes:
        answer = await ask(document, as_=viewer, input=wanted)

        assert answer.codes == ["TEXT_NOT_VALID"], name
        (payload,) = answer.data.values()
        assert payload["userErrors"][0]["field"] == [name]
        assert not mentions_input(answer)
    assert await held(account) == before


@pytest.mark.parametrize(
    ("document", "wanted", "code"),
    [
        (UPDATE_PROFILE, {"expectedVersion": 1, "nationality": CANARY}, "COUNTRY_NOT_KNOWN"),
        (UPDATE_PROFILE, {"expectedVersion": 1, "nationality": "XK"}, "COUNTRY_NOT_KNOWN"),
        (CREATE, {**HOME, "country": CANARY}, "COUNTRY_NOT_KNOWN"),
        (CREATE, {**HOME, "phone": CANARY}, "PHONE_NOT_VALID"),
        (CREATE, {**HOME, "phone": "+46 1"}, "PHONE_NOT_VALID"),
    ],
)
async def test_a_country_or_phone_that_is_none_is_refused_and_not_repeated(
    document: str, wanted: dict[str, Any], code: str
) -> None:
    account = await somebody()
    before = await held(account)

    answer = await ask(document, as_=Viewer(account=account.id), input={**wanted, "confirmsSensitive": True})

    assert answer.codes == [code]
    assert not mentions_input(answer)
    assert await held(account) == before
