"""Step-up through the schema."""

from datetime import datetime

import pytest

from commerce import step_up
from commerce.sessions import authenticate
from models import clock
from models.sessions import StepUpCode
from policy.viewer import ANONYMOUS, Viewer
from tests.commerce.people import PASSWORD, member
from tests.graphql.asking import ask

pytestmark = pytest.mark.usefixtures("database")

STEP_UP = """
  mutation ($input: StepUpInput!) {
    stepUp(input: $input) { session { isCurrent provenUntil } userErrors { code field } }
  }
"""
SEND = "mutation { stepUpCodeSend { expiresAt userErrors { code } } }"
PROVEN = "{ viewer { sessions { provenUntil } } }"


async def signed_in() -> Viewer:
    _, opened = await member()
    return await authenticate(opened.credential)


async def test_a_proof_by_password_shows_in_the_session():
    viewer = await signed_in()
    before = await ask(PROVEN, as_=viewer)

    done = await ask(STEP_UP, as_=viewer, input={"password": PASSWORD})

    assert before.data["viewer"]["sessions"] == [{"provenUntil": None}]
    proven = done.data["stepUp"]
    assert proven["userErrors"] == []
    assert proven["session"]["isCurrent"] is True
    assert datetime.fromisoformat(proven["session"]["provenUntil"]) > clock.now()
    after = await ask(PROVEN, as_=viewer)
    assert after.data["viewer"]["sessions"] == [{"provenUntil": proven["session"]["provenUntil"]}]


async def test_a_proof_by_code():
    viewer = await signed_in()

    sent = await ask(SEND, as_=viewer)
    found = await StepUpCode.get(session_id=viewer.session)
    done = await ask(STEP_UP, as_=viewer, input={"code": step_up.code_for(found.id)})

    assert datetime.fromisoformat(sent.data["stepUpCodeSend"]["expiresAt"]) > clock.now()
    assert done.data["stepUp"]["session"]["provenUntil"] is not None


@pytest.mark.parametrize(("proof", "field"), [({"password": "no"}, "password"), ({"code": "12345678"}, "code")])
async def test_what_proves_nothing_is_refused_without_saying_why(proof: dict[str, str], field: str):
    viewer = await signed_in()

    done = await ask(STEP_UP, as_=viewer, input=proof)

    assert done.data["stepUp"] == {"session": None, "userErrors": [{"code": "PROOF_NOT_VALID", "field": [field]}]}


async def test_nobody_has_nothing_to_prove():
    done = await ask(STEP_UP, as_=ANONYMOUS, input={"password": PASSWORD})
    sent = await ask(SEND, as_=ANONYMOUS)

    assert done.data["stepUp"]["userErrors"] == [{"code": "LOG_IN_NEEDED", "field": []}]
    assert sent.data["stepUpCodeSend"] == {"expiresAt": None, "userErrors": [{"code": "LOG_IN_NEEDED"}]}
