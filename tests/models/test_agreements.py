"""What waits for people's consent by the version that they accepted: read once, and never too little."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from models import agreements
from models.accounts import PolicyVersion
from models.database import transaction
from models.ids import new_id
from models.pool import counting_statements
from policy.ages import AgeBand
from policy.classes import RECIPIENT_PHONE
from policy.parties import Party
from policy.versions import snapshot
from policy.viewer import Case, Viewer
from tests.graphql.policies import version_of_the_past, without

pytestmark = pytest.mark.usefixtures("database")


class _UndoneError(Exception):
    pass


def is_pending(version: int | None) -> bool:
    supplier = new_id()
    case = Case(
        new_id(),
        AgeBand.ADULT,
        suppliers=frozenset({supplier}),
        is_window_open=True,
        pending_uses=agreements.pending_for(version),
    )
    return Viewer(supplier=supplier).asks(RECIPIENT_PHONE, of=case).version_pending


async def test_what_a_version_says_is_read_once_for_all_rows() -> None:
    narrower, same = await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE)), await version_of_the_past()

    await agreements.know({narrower.version, same.version})
    with counting_statements() as statements:
        await agreements.know({narrower.version, same.version})

    assert statements.shop == []
    assert is_pending(narrower.version)
    assert not is_pending(same.version)


async def test_the_programs_rules_are_read_from_the_version_that_says_them() -> None:
    await version_of_the_past()

    assert await agreements.program_snapshot() == snapshot()


@pytest.mark.parametrize("version", [None, -7])
async def test_whoever_accepted_none_is_held_to_the_first(version: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[Any, Any] = {}
    monkeypatch.setattr(agreements, "_pending", known)
    held = False
    with suppress(_UndoneError):
        async with transaction():
            first = await version_of_the_past(without(Party.SUPPLIER, RECIPIENT_PHONE))
            await PolicyVersion.filter(id=first.id).update(effective_at=datetime(2019, 1, 1, tzinfo=UTC))

            await agreements.know({version})

            held = is_pending(version)
            raise _UndoneError

    assert held


async def test_what_nobody_wrote_cannot_be_compared() -> None:
    with pytest.raises(LookupError):
        await agreements.differing("0" * 64, "1" * 64)
