"""Streams of several processes: a change that is made through one arrives at all, and so does a revocation."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from commerce import sessions
from models.access_tokens import AccessToken
from models.ids import public_id
from server.embedded import Embedded
from tests.commerce.people import Browser
from tests.graphql.officers import officer
from tests.graphql.wards import somebody
from tests.reporting import report
from tests.server.streaming import following
from tests.server.test_standing_in_workers import REVOKE
from tests.server.test_streams import bought, signed_in
from tests.server.test_withdrawal_in_workers import asked
from tests.server.worker_processes import serving

CANCEL = "mutation ($input: OrderCancelInput!) { orderCancel(input: $input) { order { status } userErrors { code } } }"
STREAMS = 8


async def test_a_change_made_at_one_worker_arrives_at_the_streams_of_all(database: Embedded, tmp_path: Path) -> None:
    buyer = await somebody()
    order, (supplier,) = await bought(buyer)
    credential = await signed_in(buyer)
    token = await AccessToken.get(id=(await sessions.authenticate(supplier)).session)
    by = await officer()
    assert by.account is not None
    revoker = (await sessions.begin(by.account, client=Browser())).credential

    async with serving(database, tmp_path) as url, AsyncExitStack() as stack:
        # Each by a connection of its own, so that several processes have some.
        streams = [await stack.enter_async_context(following(url, credential, order.number)) for _ in range(STREAMS)]
        supplied = await stack.enter_async_context(following(url, supplier, order.number))
        before = [(await stream.shown())["status"] for stream in (*streams, supplied)]
        revoked = (await asked(url, revoker, REVOKE, input={"id": public_id("AccessToken", token.id)})).json()
        began = asyncio.get_running_loop().time()
        cancelled = (await asked(url, credential, CANCEL, input={"id": public_id("Order", order.id)})).json()
        after = [(await stream.shown())["status"] for stream in streams]
        code = await supplied.code()
        took = asyncio.get_running_loop().time() - began

    assert before == ["PAID"] * (STREAMS + 1)
    assert revoked["data"]["accessTokenRevoke"]["userErrors"] == []
    assert cancelled["data"]["orderCancel"] == {"order": {"status": "CANCELLED"}, "userErrors": []}
    assert after == ["CANCELLED"] * STREAMS
    assert code == "UNAUTHENTICATED"
    report(f"streams: a change arrived at {STREAMS} streams of 4 processes within {took:.1f} s")
