"""Buyers for the tests of carts and checkout."""

import itertools
import os

from models.accounts import Account
from policy.purposes import Purpose
from policy.viewer import Viewer
from server.demo_rows import add_guardianship, add_person
from tests.commerce.people import PASSWORD, policy
from tests.graphql.world import person

_numbers = itertools.count(int.from_bytes(os.urandom(3)) % 8_000_000)


async def buyer(years: int = 30) -> Viewer:
    """Write a person with an account, and act as them."""
    return Viewer(account=(await _account(years)).id)


async def ward(years: int, *consents: Purpose) -> Viewer:
    """Write somebody under age whose guardian consents to some purposes."""
    minor, guardian = await _account(years), await _account(45)
    await add_guardianship(minor, guardian, frozenset(consents))
    return Viewer(account=minor.id)


async def _account(years: int) -> Account:
    await policy()
    return await add_person(person(f"buyer-{years}", years, next(_numbers)), password=PASSWORD)
