"""The midnight that makes somebody of age, in several processes: the job, the guardian and the person at one moment."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from models.accounts import Account
from models.consents import Consent
from models.guardianships import GuardianConsent, Guardianship, GuardianshipState
from policy.ages import AgeBand, birthday
from policy.purposes import Purpose, purposes_in
from server.embedded import Embedded
from tests.commerce.test_guardianships import Order, programs
from tests.graphql.wards import Somebody, family
from tests.reporting import report

pytestmark = pytest.mark.usefixtures("database")

ROUNDS = 6


def midnight(minor: Somebody) -> datetime:
    """Tell when it is that birthday in Sweden, whose winter is an hour ahead of Greenwich."""
    day = birthday(minor.person.born, 18)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1)


async def test_a_guardian_a_person_and_the_job_at_midnight_leave_every_consent_with_one_of_them(
    clusters: Embedded,
) -> None:
    ended: Counter[str] = Counter()

    async with programs(clusters, 4) as (before, another, after, last):
        for number in range(ROUNDS):
            minor, guardian = await family(17)
            turn = midnight(minor)
            if number == 0:
                # Two servers are still in the old day when the other two are in the new one.
                for program, seconds in ((before, -2), (another, -1), (after, 1), (last, 2)):
                    await program.do(
                        {
                            "do": "be at",
                            "by": str(minor.account.id),
                            "instant": (turn + timedelta(seconds=seconds)).isoformat(),
                        }
                    )
            ward = {"ward": str(minor.account.id)}
            by = {"by": str(guardian.account.id), **ward}
            own = {"by": str(minor.account.id)}
            take: Order = {"do": "take", "purposes": "FULFILMENT OPERATIONS", **by}
            give: Order = {"do": "give", "purposes": "FULFILMENT", **by}
            grow: Order = {"do": "grow", "by": own["by"], **ward}
            yes: Order = {"do": "answer yes", "purposes": "PAYMENT", **own}
            no: Order = {"do": "answer no", "purposes": "CUSTOMER_SERVICE", **own}

            answers = await asyncio.gather(
                before.do(take, give), another.do(give, take), after.do(grow, yes, grow), last.do(no, grow, grow)
            )
            again = await asyncio.gather(before.do(give), after.do(grow), last.do(grow))

            codes = [code for part in answers for code in part]
            ended.update(codes)
            moved = codes.count("MOVED")
            account = await Account.get(id=minor.account.id)
            guardianship = await Guardianship.get(minor_id=minor.account.id)
            steps = await GuardianConsent.filter(guardianship_id=guardianship.id)
            closed = {step.of for step in steps if not step.is_given and step.recorded_at == guardianship.ended_at}
            asked = purposes_in(account.asked_anew)
            assert (account.age_band, account.guardian_id, account.guardian_consents) == (AgeBand.ADULT, None, 0)
            assert guardianship.state is GuardianshipState.ENDED
            # An answer moves the person on by itself where it is there before the job.
            assert moved <= 1
            assert again == [["WARD_NOT_FOUND"], ["DONE"], ["DONE"]]
            assert {each: sum(1 if step.is_given else -1 for step in steps if step.of is each) for each in Purpose} == (
                dict.fromkeys(Purpose, 0)
            )
            assert asked == closed
            assert {Purpose.ACCOUNT, Purpose.PAYMENT, Purpose.CUSTOMER_SERVICE} <= asked
            assert purposes_in(account.own_consents) == {Purpose.PAYMENT}
            assert purposes_in(account.unanswered) == asked - {Purpose.PAYMENT, Purpose.CUSTOMER_SERVICE}
            assert await Consent.filter(account_id=minor.account.id).count() == 2

    assert ended.keys() <= {"DONE", "MOVED", "WARD_NOT_FOUND"}
    report(f"Midnight in four processes: {ROUNDS} people came of age, each once; attempts ended as {dict(ended)}.")
