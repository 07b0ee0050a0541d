"""Reads products from CSV as Shopify exports it: rows in, products and refused lines out, nothing written."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from operator import gt, itemgetter

from commerce.prices import LARGEST_PRICE
from models.bounds import PRODUCT_OPTIONS, PRODUCT_VARIANTS
from models.money import BadAmount, Money

LONGEST_FIELD = 1_000_000
LONGEST_DESCRIPTION = 100_000
MOST_ROWS = 500

_URL = re.compile(r"(https?://[^\s/]|/)\S*", re.ASCII)
_COUNT = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_GRAMS = re.compile(r"[0-9]{1,9}", re.ASCII)
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """
    What the columns of a CSV are called; those without a default must be there.

    A product is one or several rows with the same handle, one after another. The first holds the title and what else
    is about the whole product; each row may hold a variant, a picture, or both.
    """

    handle: str = "Handle"
    title: str = "Title"
    description: str = "Body (HTML)"
    vendor: str = "Vendor"
    product_type: str = "Type"
    tags: str = "Tags"
    published: str = "Published"
    status: str = "Status"
    option_names: tuple[str, ...] = ("Option1 Name", "Option2 Name", "Option3 Name")
    option_values: tuple[str, ...] = ("Option1 Value", "Option2 Value", "Option3 Value")
    sku: str = "Variant SKU"
    price: str = "Variant Price"
    compare_at_price: str = "Variant Compare At Price"
    grams: str = "Variant Grams"
    barcode: str = "Variant Barcode"
    quantity: str = "Variant Inventory Qty"
    category: str = "Product Category"
    picture: str = "Image Src"
    picture_text: str = "Image Alt Text"
    attributes: Mapping[str, str] = field(
        default_factory=lambda: {
            "Gender": "Google Shopping / Gender",
            "Age group": "Google Shopping / Age Group",
            "Condition": "Google Shopping / Condition",
        }
    )
    delimiter: str = ","

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which nothing can be read."""
        return (self.handle, self.title, self.vendor, self.price)


SHOPIFY = Dialect()


class NotThisDialect(ValueError):
    """A file that lacks columns, or a mapping that names what there is not; the message says which."""


def dialect_of(mapping: object) -> Dialect:
    """
    Make a dialect of a mapping such as `{"handle": "slug", "price": "unit price", "delimiter": ";"}`.

    What it leaves out is called as Shopify calls it.

    Raises:
        NotThisDialect: It names something that a dialect has not, or not by a text.
    """
    known = asdict(SHOPIFY)
    if not isinstance(mapping, dict):
        raise NotThisDialect('A mapping is an object of names, such as `{"handle": "slug"}`.')
    given: dict[str, object] = {}
    for name, value in mapping.items():  # pyright: ignore[reportUnknownVariableType]
        if name not in known or not isinstance(value, (str, list, dict)):
            raise NotThisDialect(f"`{str(name)[:40]}` is none of: {', '.join(known)}.")  # pyright: ignore[reportUnknownArgumentType]
        given[str(name)] = tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType]
    if any(type(given[name]) is not type(known[name]) for name in given):
        raise NotThisDialect("In a mapping, each name stands for what it stands for in Shopify's: a text or a list.")
    return replace(SHOPIFY, **given)  # pyright: ignore[reportArgumentType]  # the names and types were compared


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was not taken, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ParsedVariant:
    """One variant, as the file has it."""

    option_values: list[str]
    sku: str
    price_minor: int
    compare_at_minor: int | None
    weight_grams: int | None
    barcode: str
    quantity: int | None = None


@dataclass(slots=True)
class ParsedProduct:
    """One product, as the file has it, and the line where it begins."""

    line: int
    handle: str
    title: str
    description: str
    vendor: str
    product_type: str
    tags: list[str]
    status: str
    is_published: bool
    currency: str
    options: list[str]
    attributes: dict[str, str]
    category: str = ""
    variants: list[ParsedVariant] = field(default_factory=list[ParsedVariant])
    media: dict[str, str] = field(default_factory=dict[str, str])


class _Bad(Exception):
    """What is wrong with a row."""


Row = tuple[int, list[str]]


def products_in(
    lines: Iterable[str], *, currency: str, dialect: Dialect = SHOPIFY
) -> Iterator[ParsedProduct | RefusedLine]:
    """
    Read products one by one; what is wrong is given out as a refused line, and reading goes on.

    A wrong row of a variant leaves out that variant; a wrong first row leaves out the product, with all its lines.

    Args:
        lines: The text, read with `errors="surrogateescape"` so that bytes which are not UTF-8 are found.
        currency: Of all prices, because the file names none.
        dialect: What the columns are called.

    Raises:
        NotThisDialect: The first row is not the names of the columns.
    """
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(lines, delimiter=dialect.delimiter)
    header: list[str] = next(reader, list[str]())
    names = [name.strip().removeprefix("\ufeff") for name in header]
    missing = [name for name in dialect.needed if name not in names]
    if missing:
        raise NotThisDialect(f"The file has no column `{'`, `'.join(missing)}`: it is not in this dialect.")
    parser = _Parser(dialect, currency, {name: place for place, name in enumerate(names)}, len(names))
    group: list[Row] = []
    begins = reader.line_num + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield RefusedLine(begins, f"it cannot be read as CSV ({error})")
            begins = reader.line_num + 1
            continue
        if cells is None:
            break
        line, begins = begins, reader.line_num + 1
        if not any(cells):
            continue
        fault = parser.fault(cells)
        if fault:
            yield RefusedLine(line, fault)
            continue
        # One more, which stands for the columns that the file has not.
        cells = [*map(str.strip, cells), ""]
        if group and parser.handle(cells) != parser.handle(group[0][1]):
            yield from parser.product(group)
            group = []
        if len(group) == MOST_ROWS:
            yield RefusedLine(line, f"the product has more than {MOST_ROWS} rows")
            continue
        group.append((line, cells))
    if group:
        yield from parser.product(group)


class _Columns:
    """Some cells of a row, read together."""

    def __init__(self, at: Mapping[str, int], width: int, *columns: tuple[str, int]) -> None:
        """
        Args:
            at: The place of each column that there is.
            width: How many there are.
            columns: The names of those that are read, and how long their texts may be.
        """
        self._columns = columns
        self._longest = [longest for _, longest in columns]
        self._read = itemgetter(*(at.get(name, width) for name, _ in columns))

    def of(self, cells: list[str]) -> tuple[str, ...]:
        texts: tuple[str, ...] = self._read(cells)
        if any(map(gt, map(len, texts), self._longest)):
            pairs = zip(self._columns, texts, strict=True)
            name, longest = next(column for column, text in pairs if len(text) > column[1])
            raise _Bad(f"`{name}` is longer than {longest} characters")
        return texts


class _Parser:
    """Reads the rows of one product after another."""

    def __init__(self, dialect: Dialect, currency: str, places: dict[str, int], width: int) -> None:
        self._dialect, self._currency, self._width = dialect, currency, width
        self._value_places = [places[name] for name in dialect.option_values if name in places]
        self._handle = places[dialect.handle]
        self._heads = _Columns(
            places,
            width,
            (dialect.title, 255),
            (dialect.vendor, 120),
            (dialect.published, 255),
            (dialect.status, 255),
            (dialect.tags, 10_000),
            (dialect.description, LONGEST_DESCRIPTION),
            (dialect.product_type, 120),
            (dialect.category, 1_000),
            *((name, 120) for name in dialect.option_names),
            *((name, 10_000) for name in dialect.attributes.values()),
        )
        self._pictures = _Columns(places, width, (dialect.picture, 2_000), (dialect.picture_text, 512))
        self._variants = _Columns(
            places,
            width,
            (dialect.price, 255),
            (dialect.compare_at_price, 255),
            (dialect.grams, 255),
            (dialect.quantity, 255),
            (dialect.sku, 64),
            (dialect.barcode, 64),
        )
        self._price = places[dialect.price]

    def handle(self, cells: list[str]) -> str:
        """Read the handle of a row."""
        return cells[self._handle].strip()

    def fault(self, cells: list[str]) -> str:
        """Say what makes a row unreadable; empty if nothing does."""
        if len(cells) != self._width:
            return f"it has {len(cells)} cells instead of {self._width}"
        text = "".join(cells)
        if "\0" in text:
            return "it holds the character U+0000"
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                return "it is not UTF-8"
        handle = self.handle(cells)
        if not handle or len(handle) > 255:
            return "its handle is empty or longer than 255 characters"
        return ""

    def product(self, group: list[Row]) -> Iterator[ParsedProduct | RefusedLine]:
        """Read the rows of one product."""
        try:
            product = self._head(*group[0])
        except _Bad as bad:
            yield RefusedLine(group[0][0], str(bad))
            for line, _ in group[1:]:
                yield RefusedLine(line, "the first row of its product was refused")
            return
        seen: set[tuple[str, ...]] = set()
        for line, cells in group:
            try:
                self._picture(product, cells)
                if line == group[0][0] or self._has_variant(cells):
                    variant = self._variant(product, cells)
                    if tuple(variant.option_values) in seen:
                        raise _Bad("the product has this combination of options already")
                    if len(seen) == PRODUCT_VARIANTS:
                        raise _Bad(f"the product has {PRODUCT_VARIANTS} variants already")
                    seen.add(tuple(variant.option_values))
                    product.variants.append(variant)
            except _Bad as bad:
                yield RefusedLine(line, str(bad))
        if product.variants:
            yield product
        else:
            yield RefusedLine(product.line, "none of its variants was taken")

    def _head(self, line: int, cells: list[str]) -> ParsedProduct:
        dialect = self._dialect
        title, vendor, published, status, tags, description, product_type, category, *others = self._heads.of(cells)
        if not title:
            raise _Bad(f"`{dialect.title}` is empty, and no row of the same product stands before it")
        if not vendor:
            raise _Bad(f"`{dialect.vendor}` is empty, so the supplier is unknown")
        published, status = published.lower(), status.upper()
        if published and published not in _YES and published not in _NO:
            raise _Bad(f"`{dialect.published}` is neither `true` nor `false`")
        if status not in ("", "ACTIVE", "DRAFT", "ARCHIVED"):
            raise _Bad(f"`{dialect.status}` is none of `active`, `draft`, `archived`")
        names, attributes = others[: len(dialect.option_names)], others[len(dialect.option_names) :]
        options = [name for name in names if name]
        if len(options) > PRODUCT_OPTIONS or len(set(options)) != len(options) or names[: len(options)] != options:
            raise _Bad("its options have gaps or the same name twice")
        if options == ["Title"] and self._values(cells)[:1] == ["Default Title"]:
            options = []
        return ParsedProduct(
            line,
            self.handle(cells),
            title,
            description,
            vendor,
            product_type,
            [tag for tag in dict.fromkeys(map(str.strip, tags.split(","))) if tag],
            status or ("ACTIVE" if published in _YES else "DRAFT"),
            published in _YES,
            self._currency,
            options,
            {name: value for name, value in zip(dialect.attributes, attributes, strict=True) if value},
            category,
        )

    def _picture(self, product: ParsedProduct, cells: list[str]) -> None:
        url, text = self._pictures.of(cells)
        if not url:
            return
        if not _URL.fullmatch(url):
            raise _Bad(f"`{self._dialect.picture}` is no address of a picture")
        product.media.setdefault(url, text)

    def _values(self, cells: list[str]) -> list[str]:
        return [cells[place] for place in self._value_places]

    def _has_variant(self, cells: list[str]) -> bool:
        return any(self._values(cells)) or bool(cells[self._price])

    def _variant(self, product: ParsedProduct, cells: list[str]) -> ParsedVariant:
        dialect = self._dialect
        values = self._values(cells)
        if product.options:
            if not all(values[: len(product.options)]) or any(values[len(product.options) :]):
                raise _Bad("it has not one value for each option of its product")
            values = values[: len(product.options)]
            if any(len(value) > 80 for value in values):
                raise _Bad("an option's value is longer than 80 characters")
        else:
            values = []
        price_text, compared, grams, quantity, sku, barcode = self._variants.of(cells)
        price = self._money(price_text, dialect.price)
        if price is None:
            raise _Bad(f"`{dialect.price}` is empty")
        if grams and not _GRAMS.fullmatch(grams):
            raise _Bad(f"`{dialect.grams}` is no whole number of grams")
        if quantity and not _COUNT.fullmatch(quantity):
            raise _Bad(f"`{dialect.quantity}` is no whole number")
        return ParsedVariant(
            values,
            sku,
            price,
            self._money(compared, dialect.compare_at_price),
            int(grams) if grams else None,
            barcode,
            # Shopify counts below zero what was sold without being there.
            max(0, int(quantity)) if quantity else None,
        )

    def _money(self, text: str, name: str) -> int | None:
        if not text:
            return None
        try:
            amount = Money.parse(text, self._currency).amount_minor
        except BadAmount:
            raise _Bad(f"`{name}` is no amount in {self._currency}, such as `12.50`") from None
        if amount < 0:
            raise _Bad(f"`{name}` is below zero")
        if amount > LARGEST_PRICE:
            raise _Bad(f"`{name}` is higher than any price may be")
        return amount
