"""Signing in and out, and the list of sessions, through the schema."""

from datetime import timedelta
from typing import Any, cast

import pytest

from commerce import sessions
from commerce.addresses import Address
from commerce.login_attempts import PER_PLACE
from commerce.sessions import OVERLAP, Unauthenticated, authenticate
from models import clock
from models.ids import public_id
from permissions import OperationContext
from permissions.context import KEEP, Client
from policy.viewer import ANONYMOUS, Viewer
from resolvers.cells import open_cells
from schema import schema
from tests.commerce.people import PASSWORD, Browser, member, somebody
from tests.graphql.asking import DOCUMENTS, ask
from tests.graphql.world import World

pytestmark = pytest.mark.usefixtures("database")

LOGIN = """
  mutation ($input: LoginInput!) {
    login(input: $input) {
      account { email }
      session { id clientKind isCurrent }
      token
      userErrors { code field message }
    }
  }
"""
LOGOUT = "mutation { logout { endedId userErrors { code } } }"
LIST = """
  {
    viewer { sessions { id clientKind userAgentFamily createdAt lastSeenAt expiresAt isCurrent } }
  }
"""
END = "mutation ($id: ID!) { sessionEnd(input: { id: $id }) { endedId userErrors { code field } } }"
END_OTHERS = "mutation { sessionEndOthers { endedCount userErrors { code } } }"
ROTATE = """
  mutation ($input: SessionRotateInput!) {
    sessionRotate(input: $input) { session { id isCurrent } token userErrors { code } }
  }
"""


async def run(document: str, viewer: Viewer = ANONYMOUS, **variables: Any) -> tuple[Any, OperationContext]:
    """Run an operation, and return what it did to its context too."""
    client = Client(user_agent_family="Firefox", ip_hash=Browser().ip_hash, kind="web")
    context = OperationContext(open_cells=open_cells, prepare=DOCUMENTS.parsed, viewer=viewer, client=client)
    result = await schema.execute(document, variable_values=variables, context_value=context)
    assert result.errors is None
    return result.data, context


async def somebody_signed_in() -> tuple[Address, Viewer]:
    address = somebody()
    _, opened = await member(address)
    return address, await authenticate(opened.credential)


async def test_a_program_gets_its_key_as_a_token():
    address, _ = await somebody_signed_in()

    data, context = await run(LOGIN, input={"address": address.text, "password": PASSWORD})

    seen = data["login"]
    assert seen["account"] == {"email": address.text}
    assert seen["session"]["isCurrent"] is True
    assert (await authenticate(seen["token"])).person is not None
    assert context.session_cookie is KEEP


async def test_a_browser_gets_its_key_as_a_cookie_and_scripts_never_see_it():
    address, _ = await somebody_signed_in()

    data, context = await run(LOGIN, input={"address": address.text, "password": PASSWORD, "delivery": "COOKIE"})

    assert data["login"]["token"] is None
    assert data["login"]["account"] == {"email": address.text}
    assert isinstance(context.session_cookie, str)
    assert context.session_cookie not in str(data)
    assert await authenticate(context.session_cookie) == context.viewer


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer():
    address, _ = await somebody_signed_in()

    wrong, first = await run(LOGIN, input={"address": address.text, "password": "wrong"})
    unknown, second = await run(LOGIN, input={"address": somebody().text, "password": "wrong"})

    assert wrong == unknown
    assert [error["code"] for error in wrong["login"]["userErrors"]] == ["CREDENTIALS_NOT_VALID"]
    assert wrong["login"]["account"] is wrong["login"]["session"] is wrong["login"]["token"] is None
    assert first.viewer == second.viewer == ANONYMOUS
    assert first.session_cookie is second.session_cookie is KEEP


async def test_signing_out_ends_the_session_and_clears_the_cookie():
    _, viewer = await somebody_signed_in()
    assert viewer.session

    data, context = await run(LOGOUT, viewer)
    again, _ = await run(LOGOUT)

    assert data["logout"] == {"endedId": public_id("Session", viewer.session), "userErrors": []}
    assert context.session_cookie is None
    assert again["logout"] == {"endedId": None, "userErrors": [{"code": "LOG_IN_NEEDED"}]}


@pytest.mark.clause("P1.3b")
async def test_people_see_where_they_are_signed_in_with_the_least_that_tells_it():
    address, viewer = await somebody_signed_in()
    await run(LOGIN, input={"address": address.text, "password": PASSWORD})

    seen = await ask(LIST, as_=viewer)

    assert seen.errors == []
    assert seen.withheld == []
    found = seen.data["viewer"]["sessions"]
    assert [session["isCurrent"] for session in found] == [False, True]
    assert [session["userAgentFamily"] for session in found] == ["Firefox", "Firefox"]
    assert all(all(value is not None for value in session.values()) for session in found)


CHANGE = """profileUpdate(input: { expectedVersion: 1, name: "Nobody", confirmsSensitive: true }) {
  profile { name } userErrors { code }
}"""


async def test_after_signing_out_the_rest_of_the_operation_is_asked_by_nobody():
    _, viewer = await somebody_signed_in()

    data, context = await run("mutation { logout { userErrors { code } } " + CHANGE + "}", viewer)

    assert data["logout"] == {"userErrors": []}
    assert data["profileUpdate"] == {"profile": None, "userErrors": [{"code": "NOT_IN_PERSON"}]}
    assert context.viewer == ANONYMOUS


@pytest.mark.parametrize("is_ended", [False, True])
async def test_after_ending_ones_own_session_the_rest_of_the_operation_is_asked_by_nobody(is_ended: bool):
    _, viewer = await somebody_signed_in()
    assert viewer.session
    own = public_id("Session", viewer.session)
    document = f'mutation {{ sessionEnd(input: {{ id: "{own}" }}) {{ endedId }} {CHANGE} }}'

    if is_ended:
        await sessions.end(viewer.session, by=viewer)

    data, context = await run(document, viewer)

    assert data["sessionEnd"] == {"endedId": None if is_ended else own}
    assert data["profileUpdate"] == {"profile": None, "userErrors": [{"code": "NOT_IN_PERSON"}]}
    assert (context.viewer, context.session_cookie) == (ANONYMOUS, None)


async def test_after_ending_another_session_the_rest_of_the_operation_goes_on():
    address, viewer = await somebody_signed_in()
    other, _ = await run(LOGIN, input={"address": address.text, "password": PASSWORD})
    document = "mutation ($id: ID!) { sessionEnd(input: { id: $id }) { endedId } " + CHANGE + "}"

    data, context = await run(document, viewer, id=other["login"]["session"]["id"])

    assert data["profileUpdate"] == {"profile": {"name": "Nobody"}, "userErrors": []}
    assert (context.viewer, context.session_cookie) == (viewer, KEEP)


async def test_a_partner_who_signs_out_stays_the_partner(world: World):
    partner = next(viewer for viewer in world.viewers.values() if viewer.supplier is not None)

    data, context = await run(LOGOUT, partner)

    assert data["logout"]["userErrors"] == [{"code": "LOG_IN_NEEDED"}]
    assert context.viewer == partner


async def test_too_many_attempts_tell_how_long_to_wait():
    address, client = somebody(), Browser()
    document = """
      mutation ($input: LoginInput!) {
        login(input: $input) { userErrors { __typename code ... on TooManyAttempts { waitSeconds } } }
      }
    """
    given = {"address": address.text, "password": "wrong"}

    for _ in range(PER_PLACE.burst):
        answer = await ask(document, as_=ANONYMOUS, client=cast(Any, client), input=given)
        assert answer.codes == ["CREDENTIALS_NOT_VALID"]
    refused = await ask(document, as_=ANONYMOUS, client=cast(Any, client), input=given)

    (error,) = refused.data["login"]["userErrors"]
    assert (error["__typename"], error["code"]) == ("TooManyAttempts", "TOO_MANY_ATTEMPTS")
    assert 0 < error["waitSeconds"] <= PER_PLACE.interval.seconds


async def test_nobody_else_sees_or_ends_a_session(world: World):
    _, viewer = await somebody_signed_in()
    assert viewer.session
    session_id = public_id("Session", viewer.session)

    for other in [ANONYMOUS, *world.viewers.values(), (await somebody_signed_in())[1]]:
        shown = await ask("query ($id: ID!) { node(id: $id) { id } }", as_=other, id=session_id)
        ended = await ask(END, as_=other, id=session_id)
        assert shown.data == {"node": None}
        assert ended.codes in (["SESSION_NOT_FOUND"], ["LOG_IN_NEEDED"])

    assert [session["id"] for session in (await ask(LIST, as_=viewer)).data["viewer"]["sessions"]] == [session_id]


@pytest.mark.parametrize("viewer", [ANONYMOUS])
async def test_a_stranger_is_signed_in_nowhere(viewer: Viewer):
    assert (await ask(LIST, as_=viewer)).data == {"viewer": {"sessions": []}}


async def test_people_end_a_session_of_theirs_and_hidden_ones_look_unknown():
    address, viewer = await somebody_signed_in()
    other, _ = await run(LOGIN, input={"address": address.text, "password": PASSWORD})
    _, foreign = await somebody_signed_in()
    assert foreign.session
    other_id = other["login"]["session"]["id"]

    ended = await ask(END, as_=viewer, id=other_id)
    hidden = [
        await ask(END, as_=viewer, id=unknown)
        for unknown in (other_id, public_id("Session", foreign.session), "nonsense", public_id("User", foreign.session))
    ]

    assert ended.data["sessionEnd"] == {"endedId": other_id, "userErrors": []}
    with pytest.raises(Unauthenticated):
        await authenticate(other["login"]["token"])
    assert all(answer == hidden[0] for answer in hidden)
    assert hidden[0].codes == ["SESSION_NOT_FOUND"]


async def test_people_end_all_other_sessions_at_once():
    address, viewer = await somebody_signed_in()
    for _ in range(2):
        await run(LOGIN, input={"address": address.text, "password": PASSWORD})

    ended = await ask(END_OTHERS, as_=viewer)

    assert ended.data["sessionEndOthers"] == {"endedCount": 2, "userErrors": []}
    assert len((await ask(LIST, as_=viewer)).data["viewer"]["sessions"]) == 1


async def test_a_key_is_replaced_and_the_session_keeps_its_id():
    _, viewer = await somebody_signed_in()
    assert viewer.session

    too_early = await ask(ROTATE, as_=viewer, input={})
    with clock.moved_to(clock.now() + OVERLAP + timedelta(seconds=1)):
        data, context = await run(ROTATE, viewer, input={"delivery": "COOKIE"})
        assert isinstance(context.session_cookie, str)
        assert await authenticate(context.session_cookie) == viewer

    assert too_early.codes == ["SESSION_JUST_ROTATED"]
    session = {"id": public_id("Session", viewer.session), "isCurrent": True}
    assert data["sessionRotate"] == {"session": session, "token": None, "userErrors": []}


async def test_idle_sessions_are_not_listed():
    _, viewer = await somebody_signed_in()

    with clock.moved_to(clock.now() + sessions.IDLE_END + timedelta(minutes=1)):
        seen = await ask(LIST, as_=viewer)

    assert seen.data == {"viewer": {"sessions": []}}
