"""People whose own profile and address book are changed, and the documents that do it."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from models import clock
from models import database as db
from models.accounts import Account, Address, UserProfile
from models.ids import public_id
from policy.purposes import Purpose
from policy.viewer import Viewer
from server.demo_rows import Person, add_guardianship, add_person
from tests.graphql.asking import Answer, ask

PROFILE = """
  name gender nationality identityDocument paymentAccount contactPerson birthDate updatedAt version
"""
ADDRESS = "id name phone street city postalCode country isDefault version"
ERRORS = "userErrors { code field message }"
UPDATE_PROFILE = f"""
  mutation ($input: ProfileUpdateInput!) {{ profileUpdate(input: $input) {{ profile {{ {PROFILE} }} {ERRORS} }} }}
"""
CREATE = f"""
  mutation ($input: AddressCreateInput!) {{ addressCreate(input: $input) {{ address {{ {ADDRESS} }} {ERRORS} }} }}
"""
UPDATE = f"""
  mutation ($input: AddressUpdateInput!) {{ addressUpdate(input: $input) {{ address {{ {ADDRESS} }} {ERRORS} }} }}
"""
DELETE = f"mutation ($input: AddressDeleteInput!) {{ addressDelete(input: $input) {{ deletedId {ERRORS} }} }}"
CHOOSE = f"""
  mutation ($input: AddressDefaultSetInput!) {{
    addressDefaultSet(input: $input) {{ address {{ {ADDRESS} }} {ERRORS} }}
  }}
"""
READ = f"{{ viewer {{ account {{ profile {{ {PROFILE} }} addresses {{ {ADDRESS} }} }} }} }}"

HOME = {"name": "Edda Holm", "street": "Norra gatan 4", "city": "Umeå", "country": "SE", "postalCode": "90325"}
CANARY = "CANARY-7f3a"
_numbers = count(1)


def invented(years: int = 40) -> Person:
    """Invent a person whom no other test knows."""
    number = next(_numbers)
    born = date(clock.today("SE").year - years, 1, 1) - timedelta(days=1)
    return Person(
        f"own-{number}@people.example",
        "Edda Holm",
        born,
        "SE",
        f"+4672{number:07d}",
        "Gata 1",
        "Lund",
        "22100",
        gender="woman",
        identity_document="SE-1",
        payment_account="SE35",
        contact_person="Ivar",
    )


async def somebody(years: int = 40) -> Account:
    """Write a person."""
    return await add_person(invented(years), password="a password of nobody 4417")


async def child(*, years: int = 9, consents: frozenset[Purpose] = frozenset()) -> tuple[Account, Account]:
    """Write a child, or somebody else under age, and its guardian."""
    ward, guardian = await somebody(years=years), await somebody()
    await add_guardianship(ward, guardian, consents)
    return ward, guardian


async def held(account: Account) -> list[tuple[Any, ...]]:
    """Read all that is stored of somebody's profile and addresses, sealed as it is."""
    profile = await db.fetch("SELECT * FROM user_profile WHERE account_id = $1", account.id)
    book = await db.fetch("SELECT * FROM address WHERE account_id = $1 ORDER BY id", account.id)
    return [tuple(row) for row in (*profile, *book)]


async def first_address(account: Account) -> Address:
    """Read somebody's first address."""
    return await Address.filter(account_id=account.id).order_by("id").get()


def id_of(address: Address) -> str:
    """Make the id of an address, as its owner knows it."""
    return public_id("Address", address.id)


async def every_change(account: Account, address: Address, viewer: Viewer) -> dict[str, Answer]:
    """Try every mutation on somebody's profile and address, with an input that would be taken from them."""
    version = (await UserProfile.get(account_id=account.id)).version
    given = {**HOME, "confirmsSensitive": True}
    chosen = {"id": id_of(address)}
    profile = {"expectedVersion": version, "name": "Else", "confirmsSensitive": True}
    changes = {**chosen, "expectedVersion": address.version, **given}
    return {
        "profileUpdate": await ask(UPDATE_PROFILE, as_=viewer, input=profile),
        "addressCreate": await ask(CREATE, as_=viewer, input=given),
        "addressUpdate": await ask(UPDATE, as_=viewer, input=changes),
        "addressDefaultSet": await ask(CHOOSE, as_=viewer, input=chosen),
        "addressDelete": await ask(DELETE, as_=viewer, input=chosen),
    }
