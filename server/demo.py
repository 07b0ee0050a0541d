"""The demonstration shop: invented people and orders, rich enough that every type and state has an example."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from commerce import consents, sessions
from models import clock
from models.accounts import Account, AccountState
from models.anomalies import AnomalyKind
from models.guardianships import ChallengeState
from models.ids import public_id
from models.orders import OrderStatus
from models.partners import Partner
from models.payments import PaymentState
from models.sealed import blind_index
from models.suppliers import Supplier
from models.tracking import TrackingStatus
from permissions.context import Client
from policy.guardian_notice import ASKED
from policy.purposes import Purpose
from policy.viewer import StaffRole, Viewer
from server import demo_catalogue, demo_grounds, demo_minors, demo_partners, demo_policies, demo_stock
from server.demo_rows import (
    Line,
    Parcel,
    Person,
    Purchase,
    add_guardian_challenge,
    add_guardianship,
    add_order,
    add_payment,
    add_person,
    add_policy_version,
    add_shipment,
    add_staff,
    add_supplier,
    add_supplier_token,
    add_ticket,
)
from server.demo_tracking import add_tracking_event
from server.secret_files import write_private

VIEWERS_FILE = "demo-viewers.json"
PASSWORD = "violet-harbour-lantern-42"  # noqa: S105  # the demonstration is for development alone
CHILD_PURPOSES = ASKED


@dataclass(frozen=True, slots=True)
class DemoViewer:
    """Somebody to look at the shop as."""

    name: str
    about: str
    token: str
    id: str


def _born(years: int) -> date:
    # The tenth day of a month exists in every month, so an age can be counted back from today without a special case.
    today = clock.today("SE")
    return today.replace(year=today.year - years, day=10) - timedelta(days=60)


def _people() -> dict[str, Person]:
    return {
        "customer": Person(
            "mara@example.com",
            "Mara Lindqvist",
            _born(34),
            "SE",
            "+46701740601",
            "Björkvägen 12",
            "Uppsala",
            "75323",
            gender="woman",
            identity_document="SE-19910314-2381",
            payment_account="SE3550000000054910000003",
            contact_person="Jonas Lindqvist",
        ),
        "other_customer": Person(
            "tomas@example.com", "Tomás Rey", _born(41), "ES", "+34655000142", "Calle del Olivo 8", "Zaragoza", "50003"
        ),
        "guardian": Person(
            "ingrid@example.com", "Ingrid Vogel", _born(45), "AT", "+436641234507", "Lindengasse 3", "Graz", "8010"
        ),
        "minor": Person(
            "felix@example.com", "Felix Vogel", _born(16), "AT", "+436641234508", "Lindengasse 3", "Graz", "8010"
        ),
        "child": Person(
            "lena@example.com", "Lena Vogel", _born(10), "AT", "+436641234509", "Lindengasse 3", "Graz", "8010"
        ),
        "child_with_consent": Person(
            "paul@example.com", "Paul Vogel", _born(11), "AT", "+436641234510", "Lindengasse 3", "Graz", "8010"
        ),
        "child_waiting": Person(
            "nele@example.com", "Nele Vogel", _born(12), "AT", "+436641234511", "Lindengasse 3", "Graz", "8010"
        ),
        "agent": Person(
            "agnes@example.com", "Agnes Okoro", _born(29), "IE", "+353851234567", "Mill Street 4", "Galway", "H91E2K3"
        ),
        "operator": Person(
            "oskar@example.com", "Oskar Brandt", _born(38), "DE", "+4915112345678", "Hafenweg 21", "Münster", "48155"
        ),
        "officer": Person(
            "petra@example.com", "Petra Sand", _born(44), "DE", "+4915112345679", "Am Wall 2", "Bremen", "28195"
        ),
        "other_officer": Person(
            "omar@example.com", "Omar Haddad", _born(51), "FR", "+33639981234", "Rue du Port 9", "Nantes", "44000"
        ),
        "auditor": Person(
            "ada@example.com", "Ada Lindqvist", _born(47), "SE", "+46701234599", "Kungsgatan 3", "Uppsala", "75321"
        ),
    }


async def is_empty() -> bool:
    """Tell whether the database holds no account yet."""
    return not await Account.exists()


async def load(folder: Path) -> dict[str, dict[str, str]]:
    """
    Write the demonstration into an empty database, and mint a credential for each of its viewers.

    Args:
        folder: Where `demo-viewers.json` goes, from which the explorer offers the viewers.

    Returns:
        The token and the id of each viewer, by name.

    Raises:
        DemoLoaded: There are accounts already; nothing is written.
    """
    if not await is_empty():
        raise DemoLoaded
    viewers = await fill()
    _write_viewers(folder / VIEWERS_FILE, viewers)
    return {viewer.name: {"token": viewer.token, "id": viewer.id} for viewer in viewers}


async def renew(folder: Path) -> list[str]:
    """
    Mint credentials for the viewers whose own open nothing any more: sessions and tokens of the demonstration end too.

    Viewers that are not in the database, or whose account is cancelled, stay as they are; in a shop that is not the
    demonstration nothing happens.

    Args:
        folder: Where `demo-viewers.json` is, or was.

    Returns:
        The names of the viewers with a new credential.
    """
    path = folder / VIEWERS_FILE
    known, renewed = _read_viewers(path), dict[str, DemoViewer]()
    for name in _ABOUT:
        if name not in known or not await _opens(known[name].token):
            fresh = await _find(name)
            if fresh is not None:
                renewed[name] = fresh
    if renewed:
        _write_viewers(path, [viewer for name in _ABOUT if (viewer := renewed.get(name) or known.get(name))])
    return list(renewed)


async def fill() -> list[DemoViewer]:
    """Write the demonstration, and list its viewers."""
    await add_policy_version()
    people, accounts = _people(), dict[str, Account]()
    for name, person in people.items():
        if name in _ROLES:
            accounts[name] = await add_staff(person, _ROLES[name], password=PASSWORD)
        else:
            accounts[name] = await add_person(person, password=PASSWORD)
    await demo_minors.verify(accounts["guardian"])
    nothing = frozenset[Purpose]()
    for name, given in (("minor", nothing), ("child", nothing), ("child_with_consent", CHILD_PURPOSES)):
        await add_guardianship(accounts[name], accounts["guardian"], given, guardian_name="Ingrid")
    await add_guardian_challenge(accounts["child_with_consent"], "ingrid@example.com", "Paul", ChallengeState.ACCEPTED)
    await _invite_again_and_again(accounts["child_waiting"])
    textiles = await add_supplier("Nordhof Textil", _SUPPLIERS["supplier"], "DE")
    lamps = await add_supplier("Lumen & Daughters", _SUPPLIERS["other_supplier"], "NL")
    await demo_catalogue.fill(textiles, lamps)
    await demo_stock.fill()
    partners = await demo_partners.fill()
    await consents.give(demo_partners.CONSENTED, by=Viewer(account=accounts["customer"].id))
    await _add_orders(accounts, people, textiles, lamps, partners["carrier"])
    await add_ticket(accounts["customer"], accounts["agent"], is_verified=True)
    await add_ticket(accounts["other_customer"], accounts["agent"], is_verified=False)
    await add_ticket(accounts["minor"], accounts["agent"], is_verified=True, is_open=False)
    await demo_grounds.fill(accounts)
    await demo_policies.fill(accounts)
    return await _viewers(accounts, textiles, lamps, partners)


async def _invite_again_and_again(child: Account) -> None:
    """Write invitations in every other state; the last one is open, and its code is with the messages."""
    for state in (ChallengeState.WITHDRAWN, ChallengeState.EXPIRED, ChallengeState.REFUSED, ChallengeState.PENDING):
        await add_guardian_challenge(child, "ingrid@example.com", "Nele", state)


class DemoLoaded(Exception):
    """The database holds accounts, so the demonstration is not written over them."""

    def __init__(self) -> None:
        super().__init__(
            "The database holds accounts already, and nothing was changed. To begin anew remove the folder that "
            "`AVOW_DATA` names, or name an empty database."
        )


async def _add_orders(
    accounts: dict[str, Account], people: dict[str, Person], textiles: Supplier, lamps: Supplier, carrier: Partner
) -> None:
    blanket = Line(textiles.id, "NT-1042", "Lambswool blanket, heather", 2, 5_990)
    towels = Line(textiles.id, "NT-2210", "Linen towels, set of four", 1, 3_450)
    lamp = Line(lamps.id, "LD-0077", "Desk lamp, brass", 1, 8_900)
    friend = Parcel("Noor de Wit", "+31620481516", "Prinsengracht 1071", "Amsterdam", "1017 JG", "NL")

    def home(name: str) -> Parcel:
        person = people[name]
        return Parcel(person.name, person.phone, person.street, person.city, person.postal_code, person.region, True)

    now = clock.now()
    later, earlier = now + timedelta(days=30), now - timedelta(days=40)
    for buyer, parcel, lines, status, placed, closes in (
        ("customer", friend, (blanket, lamp), OrderStatus.PAID, now - timedelta(days=1), None),
        ("customer", home("customer"), (towels,), OrderStatus.PLACED, now - timedelta(hours=3), None),
        ("customer", home("customer"), (lamp,), OrderStatus.SHIPPED, now - timedelta(days=4), None),
        ("customer", friend, (towels, lamp), OrderStatus.DELIVERED, earlier, now - timedelta(days=5)),
        ("customer", friend, (blanket,), OrderStatus.CANCELLED, earlier, None),
        ("other_customer", home("other_customer"), (lamp,), OrderStatus.DELIVERED, now - timedelta(days=6), later),
        ("minor", home("minor"), (towels,), OrderStatus.CANCELLED, now - timedelta(days=2), None),
        ("child", home("child"), (blanket,), OrderStatus.CANCELLED, earlier, None),
        ("child_with_consent", home("child_with_consent"), (lamp,), OrderStatus.PAID, now - timedelta(days=2), None),
    ):
        order = await add_order(Purchase(accounts[buyer].id, parcel, lines, status, "EUR", placed, closes))
        if status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
            for supplier in dict.fromkeys(line.supplier for line in lines):
                sent = await add_shipment(
                    order, supplier, carrier="Postbode", tracking_number="3SDEMO0067NL", carrier_partner=carrier.id
                )
                await add_tracking_event(sent, TrackingStatus.IN_TRANSIT, "DE")
                is_over = status is OrderStatus.DELIVERED
                await add_tracking_event(
                    sent, TrackingStatus.DELIVERED if is_over else TrackingStatus.OUT_FOR_DELIVERY, "NL"
                )
        if buyer == "other_customer":
            await demo_partners.add_anomaly(order, AnomalyKind.AMOUNT, noticed_at=placed + timedelta(minutes=1))
        if status is not OrderStatus.PLACED:
            refunded = status is OrderStatus.CANCELLED
            await add_payment(order, PaymentState.REFUNDED if refunded else PaymentState.PAID)
    await demo_minors.ask_for_approval(accounts["child_with_consent"], (blanket,))


_ABOUT = {
    "customer": "An adult with orders in every state, one of them sent to a friend.",
    "other_customer": "Another adult: a stranger to everybody else here.",
    "minor": "Sixteen, no consents: sees their own things; what is sensitive goes to nobody else.",
    "child": "Ten, and the guardian has not consented: sees what is needed to ask, and no more.",
    "child_with_consent": "Eleven, and the guardian consents. One order waits for her approval.",
    "child_waiting": "Twelve, and has invited the guardian, who has not answered yet.",
    "guardian": "Watches over the minor and two children; a third has invited her.",
    "supplier": "A token of Nordhof Textil: its own lines, and whom to send them to while the window is open.",
    "other_supplier": "A token of Lumen & Daughters.",
    **demo_partners.ABOUT,
    "agent": "Customer service, with the customer's ticket (verified) and the other customer's (not yet).",
    "operator": "Runs the shop: orders and amounts, no names; the other customer's name under a legal ground.",
    "officer": "A privacy officer: opens legal grounds; one, and a draft of the privacy policy, wait for her.",
    "other_officer": "The second privacy officer, whom every ground needs.",
    "auditor": "Reads what was shown to whom: `disclosures`, `transfers`, `legalGrounds`; and is in it herself.",
}


_ROLES = {
    "agent": StaffRole.AGENT,
    "operator": StaffRole.OPERATOR,
    "officer": StaffRole.PRIVACY_OFFICER,
    "other_officer": StaffRole.PRIVACY_OFFICER,
    "auditor": StaffRole.AUDITOR,
}
_SUPPLIERS = {"supplier": "nordhof-textil", "other_supplier": "lumen-daughters"}


async def _viewers(
    accounts: dict[str, Account], textiles: Supplier, lamps: Supplier, partners: dict[str, Partner]
) -> list[DemoViewer]:
    found = [await _of_account(name, account) for name, account in accounts.items()]
    found += [await _of_supplier("supplier", textiles), await _of_supplier("other_supplier", lamps)]
    found += [await _of_partner(name, partner) for name, partner in partners.items()]
    by_name = {viewer.name: viewer for viewer in found}
    return [by_name[name] for name in _ABOUT]


async def _of_account(name: str, account: Account) -> DemoViewer:
    client = Client(user_agent_family="Demo", ip_hash=bytes(32), kind="web")
    opened = await sessions.begin(account.id, client=client)
    return DemoViewer(name, _ABOUT[name], opened.credential, public_id("User", account.id))


async def _of_supplier(name: str, supplier: Supplier) -> DemoViewer:
    token = await add_supplier_token(supplier)
    return DemoViewer(name, _ABOUT[name], token, public_id("Supplier", supplier.id))


async def _of_partner(name: str, partner: Partner) -> DemoViewer:
    return DemoViewer(name, _ABOUT[name], await demo_partners.token_of(partner), public_id("Partner", partner.id))


async def _find(name: str) -> DemoViewer | None:
    """Mint a credential for a viewer of the demonstration that the database holds."""
    if name in _SUPPLIERS:
        supplier = await Supplier.get_or_none(slug=_SUPPLIERS[name])
        return None if supplier is None else await _of_supplier(name, supplier)
    if name in demo_partners.ABOUT:
        partner = await demo_partners.find(name)
        return None if partner is None else await _of_partner(name, partner)
    index = blind_index("account.email", _people()[name].email)
    account = await Account.get_or_none(email_index=index)
    if account is None or account.state is AccountState.CANCELLED:
        return None
    return await _of_account(name, account)


async def _opens(credential: str) -> bool:
    try:
        await sessions.authenticate(credential)
    except sessions.Unauthenticated:
        return False
    return True


def _read_viewers(path: Path) -> dict[str, DemoViewer]:
    try:
        listed: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
        found = [DemoViewer(**entry) for entry in listed]
    except (OSError, ValueError, TypeError):
        # Lost or spoilt: all of them are minted anew.
        return {}
    return {viewer.name: viewer for viewer in found}


def _write_viewers(path: Path, viewers: Sequence[DemoViewer]) -> None:
    write_private(path, json.dumps([asdict(viewer) for viewer in viewers], ensure_ascii=False, indent=1))
