"""The commands below `avow import`: what may be said to them; each imports what it needs when it runs."""

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(
    help="Take files in: a catalogue, or orders of the past; a second run changes nothing.", no_args_is_help=True
)


@commands.command("shopify-csv")
def shopify_csv(
    files: Annotated[list[str], typer.Argument(help="Product CSVs as Shopify exports them; `-` is standard input.")],
    currency: Annotated[str, typer.Option(help="In which all prices are, as the files do not say.")] = "EUR",
    mapping: Annotated[
        Path | None, typer.Option(help="JSON that says what the columns are called, for other CSVs.", dir_okay=False)
    ] = None,
) -> None:
    """Take products in; refused lines are listed with the reason, and do not stop the others."""
    from server.importing import import_products

    import_products(files, currency=currency, mapping=mapping)


@commands.command("categories")
def categories(
    file: Annotated[Path, typer.Argument(help="A JSON list of categories with their paths, plain or .gz.")],
) -> None:
    """Take a tree of categories in; refused entries are listed with the reason, and do not stop the others."""
    from server.importing import import_categories

    import_categories(file)


@commands.command("orders")
def orders(
    file: Annotated[str, typer.Argument(help="Invoice lines as the Online Retail data set has them; `-`, or .gz.")],
    currency: Annotated[str, typer.Option(help="In which all prices are, as the file does not say.")] = "GBP",
    supplier: Annotated[str, typer.Option(help="Who provided what was sold.")] = "Online Retail",
    shift_dates: Annotated[
        bool, typer.Option("--shift-dates", help="Let the file end yesterday; each order keeps its own day beside it.")
    ] = False,
) -> None:
    """Take orders of the past in; the report accounts for every line, and every penny, of the file."""
    from server.importing_orders import import_orders

    import_orders(file, currency=currency, supplier=supplier, is_shifted=shift_dates)
