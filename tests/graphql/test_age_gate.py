"""The question of age is neutral: nothing says before an account exists where the line is, or that there is one."""

import re
from datetime import timedelta
from typing import Any

import pytest

from models import clock
from policy.ages import DEFAULT_LIMITS, REGIONAL_LIMITS
from resolvers.outcomes import refusal_reasons
from schema import sdl
from server.messages.rendering import TEMPLATES
from tests.graphql.asking import Answer
from tests.graphql.test_accounts import register

pytestmark = pytest.mark.usefixtures("database")

LIMITS = {
    str(years)
    for limits in (DEFAULT_LIMITS, *REGIONAL_LIMITS.values())
    for years in (limits.child_until, limits.minor_until)
}
# A limit as a number of its own, not as part of a date, a code, a clause or another number, nor the bound of a list.
FIGURE = re.compile(rf"(?<![\w.,+-])(?<!At most )(?:{'|'.join(sorted(LIMITS))})(?![\w-]|[.,]\d)(?! characters)")
WORDS = re.compile(r"fourteen|sixteen|eighteen|nineteen|twenty|years? old|years of age|too young|old enough", re.I)


def _same(answer: Answer) -> Any:
    payload = answer.data["accountRegister"]
    registration = payload["registration"]
    return payload | {"registration": registration and {name: len(text) for name, text in registration.items()}}


def test_no_text_that_anybody_is_shown_names_an_age() -> None:
    texts = {"schema": sdl(), **{str(path): path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.txt")}}
    texts |= refusal_reasons()

    named = {where: [*FIGURE.findall(text), *WORDS.findall(text)] for where, text in texts.items()}

    assert {where: found for where, found in named.items() if found} == {}
    assert FIGURE.findall("Under the age of 14.")


def test_the_question_says_nothing_but_what_is_asked() -> None:
    said = re.findall(r'"""([^"]*)"""\n  birthDate: Date!', sdl())

    # Of oneself, when registering and correcting, and of somebody else.
    assert {each.strip() for each in said} == {"The day of your birth.", "The day of their birth."}


@pytest.mark.parametrize("years", [0, 9, 13, 14, 16, 18, 30, 100])
async def test_every_age_gets_the_same_answer_to_its_registration(years: int) -> None:
    born = clock.today("SE").replace(day=1) - timedelta(days=years * 366)

    answer = await register(birthDate=born.isoformat())

    assert answer.errors == []
    assert _same(answer) == _same(await register())


async def test_what_nobody_can_be_is_refused_in_the_same_words_on_either_side() -> None:
    future = await register(birthDate=(clock.today("SE") + timedelta(days=2)).isoformat())
    ancient = await register(birthDate="1800-01-01")

    assert future.data == ancient.data
    assert future.codes == ["BIRTH_DATE_NOT_POSSIBLE"]
