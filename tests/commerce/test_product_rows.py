"""What a file says of a product, in few digits that stay what they are."""

import hashlib
import json
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from commerce.product_csv import ParsedProduct, ParsedVariant
from commerce.product_rows import digest_of

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)


@given(TEXTS, TEXTS, TEXTS, st.integers(0, 10**15))
def test_a_digest_is_that_of_the_same_json_whatever_the_texts_hold(title: str, tag: str, url: str, price: int) -> None:
    variant = ParsedVariant([title], "SKU", price, None, 5, "")
    product = ParsedProduct(
        7, "handle", title, "", "Maker", "", [tag], "ACTIVE", True, "EUR", ["Size"], {}, "", [variant], {url: "\x7f"}
    )
    said = asdict(product)
    del said["line"]
    # As the digests that are in databases were made: the pictures stand behind the variants.
    ordered = {name: said[name] for name in said if name not in {"variants", "media"}}
    written = json.dumps({**ordered, "variants": said["variants"], "media": said["media"]}, separators=(",", ":"))

    assert digest_of(product) == hashlib.blake2b(written.encode(), digest_size=16).hexdigest()


def test_a_digest_of_ascii_alone_is_the_one_that_is_in_databases() -> None:
    product = ParsedProduct(
        1,
        "mug",
        "Mug",
        "",
        "Maker",
        "",
        ["a"],
        "ACTIVE",
        True,
        "EUR",
        [],
        {},
        "",
        [ParsedVariant([], "M", 1, None, None, "")],
    )

    assert digest_of(product) == "87e47cb0d46a9d65205fb68beaed5093"
