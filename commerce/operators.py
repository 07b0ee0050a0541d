"""Who may change the catalogue and its stock, and how what they write is bounded."""

import re
import unicodedata
from uuid import UUID

from commerce.refusals import Refusal
from models.database import fetch
from policy.viewer import StaffRole, Viewer

LONGEST_HANDLE = 255

_HANDLE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


class NotOperator(Refusal):
    """Only operators with valid privacy training change the catalogue and its stock."""

    code = "NOT_OPERATOR"

    def __init__(self) -> None:
        super().__init__("Log in as an operator whose privacy training is valid; nobody else can do this.")


class HandleNotValid(Refusal):
    """A handle or slug that is not made of small letters, digits and hyphens."""

    code = "HANDLE_NOT_VALID"

    def __init__(self, field: str) -> None:
        super().__init__(
            f"Give `{field}` as words of small letters and digits with hyphens between them, such as `blue-cup`, "
            f"in at most {LONGEST_HANDLE} characters.",
            field=(field,),
        )


class HandleTaken(Refusal):
    """Another product has this handle, or another category this slug."""

    code = "HANDLE_TAKEN"

    def __init__(self, field: str) -> None:
        super().__init__(f"This `{field}` is taken; choose another one.", field=(field,))


class NumberNotValid(Refusal):
    """A number is out of its bounds."""

    code = "NUMBER_NOT_VALID"

    def __init__(self, least: int, most: int, *, field: tuple[str, ...]) -> None:
        super().__init__(f"Give `{field[-1]}` as a whole number from {least} to {most}.", field=field)


class SupplierNotFound(Refusal):
    """There is no such supplier."""

    code = "SUPPLIER_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such supplier; take the id from a product of theirs.", field=("supplierId",))


class CategoryNotFound(Refusal):
    """There is no such category."""

    code = "CATEGORY_NOT_FOUND"

    def __init__(self, field: str = "categoryId") -> None:
        super().__init__("There is no such category; take an id from `categories`.", field=(field,))


def require_operator(by: Viewer) -> UUID:
    """
    Tell which account changes the catalogue.

    Training is asked of operators although the catalogue is not personal, because without it they do not see the drafts
    that they would change (P5.1, docs/decisions/0066).

    Raises:
        NotOperator: It is none's who may.
    """
    if by.staff is not StaffRole.OPERATOR or not by.is_trained or by.account is None:
        raise NotOperator
    return by.account


def slug_of(text: str) -> str:
    """Turn a name into what stands for it in addresses: small letters, digits and hyphens; empty if there are none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def handle(given: str | None, *, name: str, field: str) -> str:
    """
    Read a handle, or make one of a name where none is given.

    Raises:
        HandleNotValid: It is none; a name in letters that are not Latin makes none.
    """
    text = given.strip() if given is not None else slug_of(name)[:LONGEST_HANDLE].strip("-")
    if len(text) > LONGEST_HANDLE or not _HANDLE.fullmatch(text):
        raise HandleNotValid(field)
    return text


def whole(number: int, least: int, most: int, *, field: tuple[str, ...]) -> int:
    """
    Read a number within bounds.

    Raises:
        NumberNotValid: It is not.
    """
    if not least <= number <= most:
        raise NumberNotValid(least, most, field=field)
    return number


async def require_supplier(supplier_id: UUID | None) -> str:
    """
    Tell a supplier's name, and let one writer of its products' SKUs come after the other.

    Raises:
        SupplierNotFound: There is none.
    """
    rows = await fetch("SELECT name FROM supplier WHERE id = $1 FOR NO KEY UPDATE", supplier_id)
    if not rows:
        raise SupplierNotFound
    return rows[0]["name"]


async def hold_category(category_id: UUID | None, *, field: str = "categoryId") -> None:
    """
    Keep a category and those above it as they are until the transaction ends: a product is found by their names.

    Raises:
        CategoryNotFound: There is none.
    """
    rows = await fetch(
        "SELECT id FROM category WHERE id = ANY((SELECT lineage FROM category WHERE id = $1)::uuid[])"
        " ORDER BY id FOR SHARE",
        category_id,
    )
    if not rows:
        raise CategoryNotFound(field)
