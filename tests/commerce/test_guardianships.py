"""Consents under random sequences and several processes at once: the account's bits are always the sum of the steps."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from commerce import guardianships
from commerce.guardian_challenges import RESEND_PAUSE
from models import clock, secrets
from models import database as db
from models.accounts import Account, AccountState
from models.guardianships import Guardianship
from models.ids import read_public_id
from policy.guardian_notice import ASKED
from policy.purposes import Purpose, purposes_in
from server.embedded import Embedded
from tests.graphql.wards import Somebody, challenge_of, code_of, family, invite, own, somebody
from tests.reporting import report

pytestmark = pytest.mark.usefixtures("database")

ROOT = Path(__file__).parents[2]
SEED = 20_260_601
PURPOSES = sorted(ASKED, key=lambda purpose: purpose.bit)
Order = dict[str, str]


async def sums(ward: UUID) -> dict[Purpose, int]:
    """Sum up the steps of consent for an account, by purpose."""
    rows = await db.fetch(
        """
        SELECT c.purpose, sum(CASE WHEN c.is_given THEN 1 ELSE -1 END) AS total, count(*) AS steps
        FROM guardian_consent c JOIN guardianship g ON g.id = c.guardianship_id
        WHERE g.minor_id = $1 GROUP BY c.purpose
        """,
        ward,
    )
    return {Purpose[row["purpose"]]: row["total"] for row in rows}


async def agree(ward: UUID) -> bool:
    """Tell whether an account's bits, its state and the sum of its steps agree."""
    account, steps = await Account.get(id=ward), await sums(ward)
    held = purposes_in(account.guardian_consents)
    is_open = account.state is AccountState.ACTIVE
    return (
        set(steps.values()) <= {0, 1}
        and held == frozenset(purpose for purpose, total in steps.items() if total)
        and is_open is (Purpose.ACCOUNT in held)
    )


class Program:
    """Another process of the shop."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self.running = running

    async def tell(self, text: str) -> None:
        """Send a line."""
        assert self.running.stdin is not None
        self.running.stdin.write(f"{text}\n".encode())
        await self.running.stdin.drain()

    async def hear(self) -> str:
        """Wait for a line."""
        assert self.running.stdout is not None
        async with asyncio.timeout(30):
            return (await self.running.stdout.readline()).decode().strip()

    async def do(self, *orders: Order) -> list[str]:
        """Have orders done at once, and tell how each ended."""
        await self.tell(json.dumps(orders))
        return json.loads(await self.hear())


@asynccontextmanager
async def programs(clusters: Embedded, count: int) -> AsyncIterator[list[Program]]:
    """Start other processes of the shop."""
    shared = secrets.current()
    configuration = {
        "shop_url": clusters.shop.app_url,
        "keys_url": clusters.keys.app_url,
        "master": shared.master.hex(),
        "key": shared.key_encryption_keys["test"].hex(),
    }
    started: list[Program] = []
    try:
        for _ in range(count):
            running = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.commerce.guardian_worker",
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            started.append(Program(running))
            await started[-1].tell(json.dumps(configuration))
        for program in started:
            assert await program.hear() == "ready"
        yield started
    finally:
        for program in started:
            if program.running.returncode is None:
                program.running.kill()
            await program.running.wait()


def step(random: Random, adult: Somebody, child: Somebody) -> Order:
    """Draw a change of consents."""
    chosen = random.sample(PURPOSES, random.randint(1, len(PURPOSES)))
    return {
        "do": random.choice(["give", "take"]),
        "by": str(adult.account.id),
        "ward": str(child.account.id),
        "purposes": " ".join(purpose.name for purpose in chosen),
    }


async def test_the_bits_are_the_sum_of_the_steps_after_every_change(database: object) -> None:
    random, (child, adult) = Random(SEED), await family(9, [])
    held: frozenset[Purpose] = frozenset()

    for number in range(60):
        wanted = {
            purpose: random.random() < 0.5 for purpose in random.sample(PURPOSES, random.randint(1, len(PURPOSES)))
        }
        with clock.moved_to(clock.now() + number * guardianships.PER_GUARDIAN.interval):
            await guardianships.set_consent(child.account.id, wanted, by=adult.viewer)
        held = (held | {purpose for purpose, is_given in wanted.items() if is_given}) - {
            purpose for purpose, is_given in wanted.items() if not is_given
        }
        assert await agree(child.account.id), f"seed {SEED}, change {number}"
        assert purposes_in((await Account.get(id=child.account.id)).guardian_consents) == held


async def test_several_processes_at_once_lose_and_double_no_consent(clusters: Embedded) -> None:
    random, (child, adult) = Random(SEED), await family(9, [])
    changes: list[Order] = [step(random, adult, child) for _ in range(36)]

    async with programs(clusters, 3) as started:
        ended = await asyncio.gather(*(program.do(*changes[number::3]) for number, program in enumerate(started)))

    assert Counter(code for answers in ended for code in answers) == {"DONE": 36}
    assert await agree(child.account.id), f"seed {SEED}"
    report("consents: 36 random changes from 3 processes at once, bits = sum of steps")


async def test_what_one_process_changes_the_next_statement_of_another_goes_by(clusters: Embedded) -> None:
    child, adult = await family(9, [])
    order: Order = {"by": str(adult.account.id), "ward": str(child.account.id), "purposes": "ACCOUNT"}
    seen: list[tuple[str, Any]] = []

    async with programs(clusters, 1) as (other,):
        for what in ("give", "take", "give", "take"):
            assert await other.do({**order, "do": what}) == ["DONE"]
            now = await own(child)
            profile: dict[str, Any] = now["profile"] or {}
            seen.append((now["state"], profile.get("name")))

    assert seen == [("ACTIVE", "Edda Holm"), ("LOCKED", None)] * 2


async def test_of_answers_and_withdrawals_at_once_exactly_one_counts(clusters: Embedded) -> None:
    won: Counter[str] = Counter()

    async with programs(clusters, 2) as (one, two):
        for number in range(9):
            child, adult = await somebody(9), await somebody()
            asked = await invite(child, adult.person.email)
            by, code = str(adult.account.id), code_of(asked)
            challenge = str(read_public_id(challenge_of(asked))[1])
            yes: Order = {"do": "answer", "by": by, "code": code, "accepts": "yes"}
            no = {**yes, "accepts": "no"}
            back: Order = {"do": "take back", "by": str(child.account.id), "challenge": challenge}
            first, second = ((yes, back), (no, yes), (back, no))[number % 3]

            answers = await asyncio.gather(one.do(first, yes, no), two.do(second, no, yes))

            codes = Counter(code for part in answers for code in part)
            state = (await own(child))["guardianChallenge"]["state"]
            assert codes.pop("DONE") == 1
            assert set(codes) <= {"GUARDIAN_CODE_NOT_VALID", "INVITATION_NOT_FOUND"}
            is_guarded = (await Account.get(id=child.account.id)).guardian_id is not None
            assert is_guarded is (state == "ACCEPTED")
            assert await Guardianship.filter(minor_id=child.account.id).count() == int(is_guarded)
            won[state] += 1

    report(f"invitations: 9 x 6 answers and withdrawals at once from 2 processes, one each counted: {dict(won)}")


async def test_of_ten_attempts_to_send_again_at_once_one_sends(clusters: Embedded) -> None:
    child = await somebody(9)
    challenge_id = read_public_id(challenge_of(await invite(child, "once@people.example")))[1]
    await db.execute(
        "UPDATE guardian_challenge SET sent_at = sent_at - $2::interval WHERE id = $1", challenge_id, 2 * RESEND_PAUSE
    )
    order: Order = {"do": "resend", "by": str(child.account.id), "challenge": str(challenge_id)}

    async with programs(clusters, 2) as started:
        ended = await asyncio.gather(*(program.do(*[order] * 5) for program in started))

    assert Counter(code for answers in ended for code in answers) == {"DONE": 1, "INVITATION_JUST_SENT": 9}
