"""People who play sales through the API: they register, sign in, fill carts and order."""

import email
import email.policy
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from benchmarks.retail import CURRENCY, Sale
from benchmarks.shelves import Shelf, quantities
from benchmarks.wire import Request, Wire
from models.bounds import CART_LINES
from models.money import Money

PASSWORD = "quartz-meadow-ladder-58"  # noqa: S105  # of invented people in a database that is removed at the end
LETTER_WITHIN_S = 60.0
_CODE = re.compile(r"^(\d{8}) is the code", re.MULTILINE)

POLICY = "query Policy { privacyPolicy { version highlightedTerms { id } } }"
REGISTER = """
mutation Register($input: AccountRegisterInput!) {
  accountRegister(input: $input) { registration { id } userErrors { code } }
}
"""
CONFIRM = """
mutation Confirm($input: AccountConfirmInput!) {
  accountConfirm(input: $input) { account { id } userErrors { code } }
}
"""
LOGIN = "mutation Login($input: LoginInput!) { login(input: $input) { token userErrors { code } } }"
CART = "mutation Cart { cartCreate { cart { id } userErrors { code } } }"
ADD = """
mutation Add($input: CartLinesAddInput!) {
  cartLinesAdd(input: $input) {
    cart { total { amount currencyCode } problems { code } lines { id } }
    userErrors { code }
  }
}
"""
CHECKOUT = """
mutation Checkout($input: CheckoutCompleteInput!) {
  checkoutComplete(input: $input) { order { number total { amount } } userErrors { code } }
}
"""


class Refused(Exception):
    """An action was refused; it is counted by its code, and its customer goes on with the next sale."""


@dataclass
class Tally:
    """What came of all requests; several customers write into it at once."""

    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    errors: Counter[str] = field(default_factory=Counter[str])
    orders: dict[str, str] = field(default_factory=dict[str, str])
    """The sale that each order belongs to, by the order's number."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, operation: str, seconds: float, codes: Sequence[str]) -> None:
        """Note an answer."""
        with self._lock:
            self.seconds.setdefault(operation, []).append(seconds)
            self.errors.update(codes)

    def refuse(self, code: str) -> None:
        """Note something that no answer says, but that went wrong."""
        with self._lock:
            self.errors[code] += 1

    def order(self, number: str, sale: str) -> None:
        """Note an order."""
        with self._lock:
            self.orders[number] = sale

    @property
    def requests(self) -> int:
        """How many there were."""
        return sum(map(len, self.seconds.values()))


class Letters:
    """The messages that the shop writes to files; several customers look for theirs at once."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._read: set[str] = set()
        self._codes: dict[str, str] = {}

    def code(self, address: str) -> str | None:
        """Wait for the code that was sent to an address; None if none comes in time."""
        deadline = time.monotonic() + LETTER_WITHIN_S
        while time.monotonic() < deadline:
            with self._lock:
                self._look()
                if address in self._codes:
                    return self._codes[address]
            time.sleep(0.02)
        return None

    def _look(self) -> None:
        # One whose name begins with a dot is still being written.
        for file in self._folder.glob("[!.]*.eml"):
            if file.name not in self._read:
                self._read.add(file.name)
                letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                body = letter.get_body()
                if body is not None and (code := _CODE.search(str(body.get_content()))):
                    self._codes[str(letter["To"])] = code[1]


@dataclass
class Customer:
    """
    One customer of the file, and what they bought.

    Args:
        place: Their number in this run, from which their network address follows.
        sales: In the order of the file.
    """

    place: int
    number: str
    sales: list[Sale]
    tally: Tally
    port: int
    token: str = field(default="", repr=False)

    @property
    def email(self) -> str:
        """By what they sign in."""
        return f"customer-{self.number}@example.com"

    def join(self, letters: Letters) -> None:
        """Register, and confirm with the code from the letter."""
        with Wire(self.port) as wire:
            policy = self._ask(wire, POLICY, {})["privacyPolicy"]
            terms = [term["id"] for term in policy["highlightedTerms"]]
            wanted = {
                "contact": {"email": self.email},
                "password": PASSWORD,
                "birthDate": "1975-03-21",
                "region": self.sales[0].region,
                "acceptance": {"version": policy["version"], "highlightedTerms": terms},
            }
            begun = self._act(wire, REGISTER, wanted)["registration"]["id"]
            code = letters.code(self.email)
            if code is None:
                self.tally.refuse("NO_LETTER")
                raise Refused("NO_LETTER")
            self._act(wire, CONFIRM, {"registrationId": begun, "code": code})

    def sign_in(self) -> None:
        """Log in with the password."""
        with Wire(self.port) as wire:
            self.token = self._act(wire, LOGIN, {"address": self.email, "password": PASSWORD})["token"]

    def buy(self, shelf: Shelf) -> None:
        """Order every sale; one with more lines than a cart takes becomes several orders."""
        with Wire(self.port) as wire:
            for sale in self.sales:
                try:
                    for lines in carts_of(sale):
                        self._order(wire, sale, lines, shelf)
                except Refused:
                    # It is counted; what is left in the cart would spoil the next sale.
                    return

    def _order(self, wire: Wire, sale: Sale, lines: Mapping[tuple[str, int], int], shelf: Shelf) -> None:
        cart = self._act(wire, CART, None)["cart"]["id"]
        wanted = [{"variantId": shelf[key], "quantity": quantity} for key, quantity in lines.items()]
        filled = self._act(wire, ADD, {"cartId": cart, "lines": wanted})["cart"]
        expected = str(Money(sum(price * quantity for (_, price), quantity in lines.items()), CURRENCY).amount)
        if filled["total"]["amount"] != expected or filled["problems"] or len(filled["lines"]) != len(lines):
            self.tally.refuse("CART_DIFFERS")
            raise Refused("CART_DIFFERS")
        wish = {
            "cartId": cart,
            "recipient": self._recipient(sale),
            "expectedTotal": filled["total"],
            "payment": {"institution": "SANDBOX"},
            "confirmsSensitive": True,
            "idempotencyKey": str(uuid4()),
        }
        ordered = self._act(wire, CHECKOUT, wish)["order"]
        self.tally.order(ordered["number"], sale.number)

    def _recipient(self, sale: Sale) -> dict[str, Any]:
        return {
            "isSelf": True,
            "name": f"Sam Example {self.number}",
            "phone": f"+4474001{self.place:05d}",
            "street": f"High Street {self.place}",
            "city": "Old Town",
            "postalCode": "AB1 2CD",
            "country": sale.region,
        }

    def _act(self, wire: Wire, document: str, given: dict[str, Any] | None) -> Any:
        """Run a mutation, which is the only field of its document, and give its payload."""
        answer = self._ask(wire, document, {} if given is None else {"input": given})
        return next(iter(answer.values()))

    def _ask(self, wire: Wire, document: str, variables: dict[str, Any]) -> Any:
        headers = {"X-Forwarded-For": f"10.{self.place >> 16 & 255}.{self.place >> 8 & 255}.{self.place & 255}"}
        body = {"query": document, "variables": variables}
        written = Request("/graphql", body, self.token, headers).written()
        begun = time.perf_counter()
        said = orjson.loads(wire.ask(written, is_ok_needed=False))
        took = time.perf_counter() - begun
        codes = codes_of(said)
        self.tally.count(document.split()[1].partition("(")[0], took, codes)
        if codes:
            raise Refused(codes[0])
        return said["data"]


def carts_of(sale: Sale) -> list[dict[tuple[str, int], int]]:
    """Split what was bought into as many carts as it takes."""
    lines = list(quantities(sale.bought).items())
    return [dict(lines[start : start + CART_LINES]) for start in range(0, len(lines), CART_LINES)]


def codes_of(said: Mapping[str, Any]) -> list[str]:
    """List the codes of all errors in an answer, those of users included."""
    codes = [error["extensions"]["code"] for error in said.get("errors") or ()]
    payloads: dict[str, dict[str, Any] | None] = said.get("data") or {}
    for payload in filter(None, payloads.values()):
        refusals: list[dict[str, str]] = payload.get("userErrors", [])
        codes += [refusal["code"] for refusal in refusals]
    return codes
