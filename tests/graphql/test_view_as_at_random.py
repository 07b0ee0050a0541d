"""Whatever is asked, staff are told of each viewer what this viewer is answered."""

import json
import os
import random
from dataclasses import replace
from typing import Any

import pytest_asyncio

from commerce import sessions
from commerce.access_tokens import SCOPES
from models.database import execute
from models.ids import public_id
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import ANONYMOUS, Viewer
from server.demo_partners import add_partner_token
from tests.commerce.goods import add_goods
from tests.graphql.asking import ask
from tests.graphql.random_operations import Drawing, arguments
from tests.graphql.shelves import Shelves
from tests.graphql.shelves import build as build_shelves
from tests.graphql.viewing import account, objects_at, shown, view, view_by_stock
from tests.graphql.world import World
from tests.reporting import report

SEED, OPERATIONS = 20_261_128, int(os.environ.get("AVOW_VIEWS", "24"))
# In an order of chance, or so large that some dozens of operations would take minutes.
LEFT_OUT = ("privacySchema", "policyMatrix", "deviceSightings", "searches(first: 10)", "policyVersionImpact")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelves(world: World) -> Shelves:
    await add_goods(stock_at=(1, 1, 1))
    return await build_shelves()


async def viewers_of(world: World) -> dict[str, tuple[dict[str, Any], Viewer]]:
    """Name viewers as `viewAs` does, beside who asks when they ask themselves."""
    supplier = world.partners["supplier"]
    credential = await add_partner_token(supplier, tuple(sorted(SCOPES[PartnerType.SUPPLIER])))
    agent = world.viewers["agent"]
    assert agent.account is not None
    people = ("adult", "consented_child", "minor", "guardian")
    return {name: (account(world.subjects[name]), world.viewers[name]) for name in people} | {
        # No token was made for the look, so none finds itself among the tokens.
        "supplier": (
            {"partner": {"id": public_id("Partner", supplier.id)}},
            replace(await sessions.authenticate(credential), session=None),
        ),
        "agent": ({"staffId": public_id("Staff", agent.account)}, agent),
        "nobody": ({"isAnonymous": True}, ANONYMOUS),
    }


async def test_what_is_told_is_what_each_viewer_is_answered(world: World, shelves: Shelves) -> None:
    # Of a child whose guardian does not consent to it nothing is told, and then the two differ.
    await execute(
        "UPDATE account SET guardian_consents = guardian_consents | $1 WHERE age_band = 'CHILD'", Purpose.PRIVACY.bit
    )
    draw, given, viewers = random.Random(SEED), arguments(world, shelves), await viewers_of(world)
    officer, compared, places = world.viewers["officer"], 0, 0
    for turn in range(OPERATIONS):
        drawn = Drawing(draw, given).operation()
        chosen = draw.sample(sorted(viewers), k=3)
        if any(name in drawn.text for name in LEFT_OUT):
            continue
        named = [viewers[name][0] for name in chosen]
        told = await view(drawn.text, *named, by=officer, variables=drawn.variables)
        what = f"seed {SEED}, operation {turn}, {chosen}: {drawn.text} {drawn.variables}"
        if told.errors:
            assert told.code.startswith("QUERY_TOO_") or told.code == "GRAPHQL_VALIDATION_FAILED", what
            continue
        # Where a field fails, stock execution drops what it has begun beside it.
        if turn % 2 == 0 and '"ERROR"' not in json.dumps(told.told):
            again = await view_by_stock(drawn.text, *named, by=officer, variables=drawn.variables)
            assert again.told == told.told, what
        for place, name in enumerate(chosen):
            answer = await ask(drawn.text, as_=viewers[name][1], explained=True, **drawn.variables)
            if answer.errors:
                continue
            assert told.fields(place) == shown(answer), f"{name}, {what}"
            for path, outcomes in told.objects(place).items():
                found = objects_at(answer.data, path)
                # The answer does not say what is on a page of which only the counts are asked, or nothing at all.
                if not any(each == {} or _is_page(each) for each in found):
                    assert outcomes == ({"SHOWN"} if found else {"NULL"}), f"{path}, {name}, {what}"
            compared, places = compared + 1, places + len(told.fields(place))

    report(f"viewAs: {compared} answers to random operations, {places:,} classified places told as they are shown")
    assert compared > OPERATIONS
    assert places > OPERATIONS


def _is_page(found: dict[str, Any] | None) -> bool:
    return found is not None and found.get("__typename", "").endswith("Connection")
