"""What is asked while it is measured: one operation each, or a few requests that follow from each other."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import orjson

from benchmarks.goods import WORD
from benchmarks.purchases import Cast
from benchmarks.wire import Request

Steps = Generator[Request, Any, None]
"""Yields a request and is sent the `data` of its answer, until it has no more."""


@dataclass(frozen=True, slots=True)
class Workload:
    """
    Something to measure.

    Args:
        name: As in `docs/performance.md`.
        about: What it is, in a few words.
        steps: Its requests, for a cast and the number of the repetition.
        is_read: Whether each repetition is the one same request, which changes nothing of what it asks for.
        by_hand: The one request that tells a hand-written server all of it; None if that is the one of the read.
        writes: Whether rows are written, so that they are counted and compared as well.
        is_large: Whether it is measured in a shop of its own, with many more products.
    """

    name: str
    about: str
    steps: Callable[[Cast, int], Steps]
    is_read: bool = True
    by_hand: Callable[[Cast, int], Request] | None = None
    writes: bool = False
    is_large: bool = False

    def request(self, cast: Cast) -> Request:
        """Give the one request of a read."""
        return next(self.steps(cast, 0))


MONEY = "{ amount currencyCode }"

PRODUCTS = f"""
query Products($first: Int!) {{
  products(first: $first) {{
    nodes {{
      title handle description
      category {{ name parent {{ name }} }}
      supplier {{ name }}
      variants {{
        sku price {MONEY} availableQuantity
        priceTiers {{ minimumQuantity price {MONEY} }}
      }}
    }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
PRODUCT = f"""
query Product($handle: String!) {{
  product(handle: $handle) {{
    title handle description
    options {{ name values }}
    media {{ url alt }}
    variants {{
      sku title price {MONEY} compareAtPrice {MONEY} availableQuantity
      selectedOptions {{ name value }}
      priceTiers {{ minimumQuantity price {MONEY} }}
    }}
  }}
}}
"""
SEARCH = f"""
query Search($words: String!, $first: Int!) {{
  search(query: $words, first: $first) {{
    totalCount
    nodes {{ title handle priceRange {{ minimum {MONEY} maximum {MONEY} }} }}
    facets {{
      categories {{ count category {{ name }} }}
      suppliers {{ count supplier {{ name }} }}
      prices {{ count priceFrom {MONEY} priceBelow {MONEY} }}
    }}
  }}
}}
"""
ORDERS = f"""
query Orders($first: Int!) {{
  orders(first: $first) {{
    nodes {{
      number status placedAt total {MONEY}
      recipient {{ name phone street city postalCode country }}
      lines {{ sku title quantity unitPrice {MONEY} }}
    }}
  }}
}}
"""
PARTS = """
query Parts($first: Int!) {
  fulfillmentOrders(first: $first) {
    nodes {
      orderNumber status createdAt
      recipient { name phone street city postalCode country }
      lines { sku title quantity }
    }
  }
}
"""
INTROSPECTION = """
query Introspection {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types { ...FullType }
    directives { name description locations args { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description
  fields(includeDeprecated: true) {
    name description args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason
  }
  inputFields { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
fragment TypeRef on __Type {
  kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }
}
"""
GUEST_CART = f"""
mutation GuestCart($input: CartCreateInput!) {{
  cartCreate(input: $input) {{
    cartToken
    guestCart {{ total {MONEY} lines {{ quantity unitPrice {MONEY} total {MONEY} }} }}
    userErrors {{ code message }}
  }}
}}
"""
OWN_CART = "mutation OwnCart { cartCreate { cart { id } userErrors { code } } }"
LINES_ADD = f"""
mutation LinesAdd($input: CartLinesAddInput!) {{
  cartLinesAdd(input: $input) {{
    cart {{ id total {MONEY} lines {{ quantity unitPrice {MONEY} total {MONEY} }} }}
    userErrors {{ code message }}
  }}
}}
"""
READ_CART = f"""
query ReadCart {{ cart {{ id total {MONEY} lines {{ quantity total {MONEY} }} problems {{ code }} }} }}
"""
CHECKOUT = f"""
mutation Checkout($input: CheckoutCompleteInput!) {{
  checkoutComplete(input: $input) {{
    order {{ number status total {MONEY} }}
    userErrors {{ code message }}
  }}
}}
"""
READ_ORDER = f"""
query ReadOrder($number: String!) {{
  order(number: $number) {{ number status total {MONEY} lines {{ title quantity }} }}
}}
"""

RECIPIENT = {
    "isSelf": True,
    "name": "Robin Example",
    "phone": "+31612345678",
    "street": "Long Street 1",
    "city": "Utrecht",
    "postalCode": "3511 AB",
    "country": "NL",
}


class Unexpected(Exception):
    """An answer that is refused, or is not what the workload is about."""


def asked(document: str, variables: dict[str, Any] | None = None, *, credential: str = "") -> Request:
    """Make a GraphQL request."""
    return Request("/graphql", {"query": document, "variables": variables or {}}, credential)


def read(answer: bytes) -> Any:
    """
    Read the `data` of an answer.

    Raises:
        Unexpected: There are errors.
    """
    said = orjson.loads(answer)
    if said.get("errors") or said.get("data") is None:
        raise Unexpected(f"An operation was refused: {answer[:500].decode()}")
    return said["data"]


def done(payload: Any) -> Any:
    """
    Give a mutation's payload.

    Raises:
        Unexpected: It has user errors.
    """
    if payload["userErrors"]:
        raise Unexpected(f"An action was refused: {payload['userErrors']}")
    return payload


def plain(answer: Any) -> Any:
    """Give what an answer says without what is another in each repetition: the numbers of orders, ids and tokens."""
    if isinstance(answer, dict):
        said = cast("dict[str, Any]", answer)
        return {name: "" if name in _BY_CHANCE and value else plain(value) for name, value in said.items()}
    if isinstance(answer, list):
        return [plain(each) for each in cast("list[Any]", answer)]
    return answer


_BY_CHANCE = frozenset({"number", "id", "cartToken", "endCursor"})


def _only(document: str, credential: Callable[[Cast], str], **variables: Any) -> Callable[[Cast, int], Steps]:
    def steps(cast: Cast, _: int) -> Steps:
        yield asked(document, variables, credential=credential(cast))

    return steps


def _nobody(_: Cast) -> str:
    return ""


def _customer(cast: Cast) -> str:
    return cast.customer


def _supplier(cast: Cast) -> str:
    return cast.supplier


def _add_to_cart(cast: Cast, number: int) -> Steps:
    yield asked(GUEST_CART, {"input": {"lines": _first_line(cast, number)}})


def _add_by_hand(cast: Cast, number: int) -> Request:
    return asked("", {"lines": _first_line(cast, number)})


def _first_line(cast: Cast, number: int) -> list[dict[str, Any]]:
    return [{"variantId": cast.variants[number % len(cast.variants)], "quantity": 2}]


def _checkout_by_hand(cast: Cast, number: int) -> Request:
    lines = [{"variantId": variant, "quantity": 1} for variant in _two(cast, number)]
    given = {"lines": lines, "recipient": RECIPIENT, "idempotencyKey": str(uuid4())}
    return asked("", given, credential=cast.buyers[number % len(cast.buyers)])


def _checkout(cast: Cast, number: int) -> Steps:
    buyer = cast.buyers[number % len(cast.buyers)]
    places = _places(cast, number)
    total = sum(cast.prices[place] for place in places)
    lines = [{"variantId": cast.variants[place], "quantity": 1} for place in places]
    shown = {"amount": f"{total // 100}.{total % 100:02d}", "currencyCode": "EUR"}
    done((yield asked(CHECKOUT, _wish(shown, lines=lines), credential=buyer))["checkoutComplete"])


def _checkout_by_steps(cast: Cast, number: int) -> Steps:
    buyer = cast.buyers[number % len(cast.buyers)]
    begun = done((yield asked(OWN_CART, credential=buyer))["cartCreate"])["cart"]["id"]
    for variant in _two(cast, number):
        lines = [{"variantId": variant, "quantity": 1}]
        done((yield asked(LINES_ADD, _lines(begun, lines), credential=buyer))["cartLinesAdd"])
    cart = (yield asked(READ_CART, credential=buyer))["cart"]
    wish = _wish(cart["total"], cartId=cart["id"])
    ordered = done((yield asked(CHECKOUT, wish, credential=buyer))["checkoutComplete"])["order"]
    yield asked(READ_ORDER, {"number": ordered["number"]}, credential=buyer)


def _two(cast: Cast, number: int) -> list[str]:
    return [cast.variants[place] for place in _places(cast, number)]


def _places(cast: Cast, number: int) -> tuple[int, int]:
    # Two different ones, and other ones each time, so that no row is waited for.
    count = len(cast.variants)
    return number * 2 % count, (number * 2 + 1) % count


def _lines(cart: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {"input": {"cartId": cart, "lines": lines}}


def _wish(total: Any, **what: Any) -> dict[str, Any]:
    return {
        "input": {
            **what,
            "recipient": RECIPIENT,
            "expectedTotal": total,
            "payment": {"institution": "SANDBOX"},
            "confirmsSensitive": True,
            "idempotencyKey": str(uuid4()),
        }
    }


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload(
            "W1", "24 products with category, supplier, variants, stock, tiers", _only(PRODUCTS, _customer, first=24)
        ),
        Workload("W1a", "the same for somebody who is not signed in", _only(PRODUCTS, _nobody, first=24)),
        Workload("W1x100", "the same of 100 products", _only(PRODUCTS, _customer, first=100)),
        Workload("W1L", "W1 in a shop of many more products", _only(PRODUCTS, _customer, first=24), is_large=True),
        Workload("W2", "one product by its handle", _only(PRODUCT, _customer, handle="product-42")),
        Workload("W3", "search with 130 hits, facets and total", _only(SEARCH, _customer, words=WORD, first=24)),
        Workload(
            "W4",
            "a guest's cart and its first line",
            _add_to_cart,
            is_read=False,
            by_hand=_add_by_hand,
            writes=True,
        ),
        Workload(
            "W5",
            "checkout of two lines, in one request",
            _checkout,
            is_read=False,
            by_hand=_checkout_by_hand,
            writes=True,
        ),
        Workload("W5s", "checkout of two lines, step by step", _checkout_by_steps, is_read=False, writes=True),
        Workload("W6", "a customer's 20 latest orders", _only(ORDERS, _customer, first=20)),
        Workload("W6s", "a supplier's 20 latest parts of orders", _only(PARTS, _supplier, first=20), writes=True),
        Workload("W7", "introspection", _only(INTROSPECTION, _customer)),
    )
}
