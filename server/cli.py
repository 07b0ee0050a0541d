"""The command `avow`: serve, migrate, demo, schema, policy, keys, ledger."""

# ruff: noqa: E402 -- what is imported stays
import gc

# Nothing that is imported is garbage, and the collector would look through all of it again and again.
gc.disable()

import asyncio
import json
import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import typer.exceptions
from rich.console import Console

from server import embedded, import_commands, logs
from server import settings as settings_module
from server.secret_files import write_private
from server.settings import Settings, SettingsFaulty
from server.storage import MESSAGES_FOLDER, Addresses, configured, connected, of_embedded

if TYPE_CHECKING:
    from models.ledger_verification import Verdict

gc.freeze()
gc.enable()

app = typer.Typer(
    name="avow",
    help="A commerce platform whose privacy policy is code.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
schema_commands = typer.Typer(help="The GraphQL schema, and how operations are run.")
policy_commands = typer.Typer(help="Ask the privacy policy.", no_args_is_help=True)
keys_commands = typer.Typer(help="Look after the keys of sealed columns.", no_args_is_help=True)
ledger_commands = typer.Typer(help="Look after the ledger of disclosures.", no_args_is_help=True)
app.add_typer(policy_commands, name="policy")
app.add_typer(schema_commands, name="schema", invoke_without_command=True)
app.add_typer(keys_commands, name="keys")
app.add_typer(ledger_commands, name="ledger")
app.add_typer(import_commands.commands, name="import")

# Nothing in a text or in the name of a file is markup, and no line is broken: it may be copied.
out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
progress = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


class CommandRefused(Exception):
    """A command that can not be carried out as asked; the text names the remedy."""


@app.command()
def serve(
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer requests.")] = 1,
) -> None:
    """Serve the shop until Ctrl-C; in development, migrate first and fill an empty database with the demo shop."""
    from server import serving

    settings = _settings()
    with serving.ended_by_signals(), _databases(settings) as addresses:
        if not settings.is_production:
            _migrate(settings, addresses)
            asyncio.run(_prepare_demo(settings))
        else:
            _look(settings, addresses)
        logs.configure()
        with _identity_sandbox(settings):
            serving.run(settings, workers=workers, announce=lambda port: _announce(settings, port))


@app.command()
def migrate() -> None:
    """Bring both databases to the shape that this version needs."""
    settings = _settings()
    with _databases(settings) as addresses:
        _migrate(settings, addresses)


@app.command()
def demo(
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write each viewer's token and id to this file.", dir_okay=False)
    ] = None,
) -> None:
    """Fill the database of a development shop with invented people, products and orders."""
    settings = _settings()
    if settings.is_production:
        raise CommandRefused(
            "The demo shop is for development only: set AVOW_ENV to `development` and use another database."
        )
    if json_file is not None and not os.access(json_file.parent, os.W_OK | os.X_OK):
        # Said before the shop is filled, which happens only once: the tokens would be lost.
        raise CommandRefused(_unwritable(json_file))
    with _databases(settings) as addresses:
        _migrate(settings, addresses)
        viewers = asyncio.run(_load_demo(settings))
    if json_file is not None:
        _write_tokens(json_file, viewers)
        progress.print(f"Wrote {len(viewers)} viewers to {json_file}.")


@schema_commands.callback()
def schema(
    context: typer.Context,
    write: Annotated[
        bool, typer.Option("--write", help="Rewrite the texts in the repository that are made from code.")
    ] = False,
) -> None:
    """Print the GraphQL schema."""
    from server import generated

    if context.invoked_subcommand is not None:
        return
    if not write:
        out.print(generated.TEXTS["schema/schema.graphql"](), end="")
        return
    for name in generated.write() or ["nothing; all texts are up to date"]:
        progress.print(f"Wrote {name}.")


@schema_commands.command()
def plan(
    document: Annotated[
        Path | None, typer.Argument(help="A file with operations; none to hear what has a plan.")
    ] = None,
) -> None:
    """Outline how operations are run: which fields come from columns, which in batches, and what decides them."""
    from execution.documents import Documents
    from execution.outline import coverage, outline
    from execution.refusals import DocumentInvalid, DocumentRefused
    from schema import schema as shop_schema

    if document is None:
        out.print("\n".join(coverage()))
        return
    try:
        out.print("\n".join(outline(Documents(shop_schema).prepare(document.read_text(encoding="utf-8")))))
    except OSError as error:
        raise CommandRefused(f"`{document}` cannot be read: name a file with GraphQL operations.") from error
    except DocumentRefused as refused:
        raise CommandRefused(refused.message) from refused
    except DocumentInvalid as invalid:
        raise CommandRefused(" ".join(fault.message for fault in invalid.faults)) from invalid


@policy_commands.command()
def explain(
    party: Annotated[str, typer.Argument(help="Who asks, such as `supplier`.")],
    data_class: Annotated[str, typer.Argument(help="What about, such as `recipient_phone`.")],
) -> None:
    """Say when a party may see a class of personal data, and under which clauses."""
    from policy.explain import explain as explained

    try:
        out.print(explained(party, data_class))
    except LookupError as unknown:
        raise CommandRefused(str(unknown.args[0])) from unknown


@policy_commands.command()
def matrix() -> None:
    """Print who may see what, the whole policy."""
    from policy.matrix import matrix as printed

    out.print(printed(), end="")


@policy_commands.command()
def fides() -> None:
    """Print the data catalogue as a Fides manifest: every column, what it holds and what that is used for."""
    from server.fides import manifest

    out.print(manifest(), end="")


@ledger_commands.command()
def verify() -> None:
    """Check that the ledger of disclosures is as it was written; say where it is not, and end with 1."""
    settings = _settings()
    with _databases(settings):
        verdict = asyncio.run(_verify(settings))
    out.print(f"{verdict.rows} disclosures in {verdict.partitions} chains, {verdict.checkpoints} checkpoints.")
    for fault in verdict.faults:
        out.print(f"Chain {fault.partition}, row {fault.position}: {fault.says}.")
    if verdict.faults:
        raise CommandRefused("The ledger is not as it was written: keep both databases as they are, and look into it.")


@keys_commands.command()
def rotate() -> None:
    """Wrap every person's key anew with the active key-encryption key; the shop may stay open meanwhile."""
    settings = _settings()
    with _databases(settings):
        count = asyncio.run(_rotate(settings))
    active = settings.secrets.active
    progress.print(f"{count} keys are now wrapped with `{active}`; the other key-encryption keys may be removed.")


@contextmanager
def _identity_sandbox(settings: Settings) -> Generator[None]:
    """In development, play the provider that checks identities unless one is named; the workers find it by its URL."""
    if settings.is_production or settings.identity_url is not None:
        yield
        return
    from server.demo_partners import VERIFIER
    from server.identity import Sandbox

    with Sandbox().run() as url:
        # It plays the provider of the demonstration, which is in the register; a shop of one's own enters one (P4.5).
        played = {settings_module.IDENTITY_URL: url}
        if settings.identity_partner is None:
            played[settings_module.IDENTITY_PARTNER] = VERIFIER
        os.environ.update(played)
        try:
            yield
        finally:
            for name in played:
                os.environ.pop(name, None)


def _settings() -> Settings:
    return settings_module.read(os.environ)


@contextmanager
def _databases(settings: Settings) -> Generator[Addresses]:
    """Give the databases' addresses; the embedded ones run meanwhile."""
    found = configured(settings)
    if found is not None:
        yield found
        return
    with progress.status("Starting the embedded PostgreSQL ...") as status:
        holding = embedded.hold(settings.data_folder, report=status.update)
        held = holding.__enter__()
    try:
        yield of_embedded(held)
    finally:
        holding.__exit__(None, None, None)


def _migrate(settings: Settings, addresses: Addresses) -> None:
    from models import database, deployment

    deployment.stand_in(settings.storage_region)
    with progress.status("Migrating the databases ..."):
        done = asyncio.run(database.migrate(shop_owner_url=addresses.shop_owner, keys_owner_url=addresses.keys_owner))
    if done:
        progress.print(f"Migrated: {', '.join(done)}.")


def _look(settings: Settings, addresses: Addresses) -> None:
    """Refuse, in a sentence, databases that were made elsewhere (P8.1); each worker refuses them too."""
    from models import database, deployment

    deployment.stand_in(settings.storage_region)
    asyncio.run(database.look(shop_url=addresses.shop, keys_url=addresses.keys))


async def _load_demo(settings: Settings) -> dict[str, dict[str, str]]:
    from server import demo as demo_shop

    async with connected(settings):
        with progress.status("Loading the demo shop ..."):
            viewers = await demo_shop.load(settings.data_folder)
    progress.print("The demo shop is loaded.")
    return viewers


async def _prepare_demo(settings: Settings) -> None:
    """Fill an empty shop, and see to it that one can ask as the demo shop's viewers."""
    from server import demo as demo_shop

    async with connected(settings):
        if not await demo_shop.is_empty():
            if renewed := await demo_shop.renew(settings.data_folder):
                progress.print(f"New tokens, because the old ones open nothing any more: {', '.join(renewed)}.")
            return
        with progress.status("Loading the demo shop ..."):
            await demo_shop.load(settings.data_folder)
    progress.print("The demo shop is loaded.")


async def _verify(settings: Settings) -> "Verdict":
    from models import ledger_verification

    async with connected(settings):
        with progress.status("Checking the ledger ..."):
            return await ledger_verification.verify()


async def _rotate(settings: Settings) -> int:
    from models import keys

    async with connected(settings):
        with progress.status("Wrapping keys ..."):
            return await keys.rotate()


def _announce(settings: Settings, port: int) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{port}"
    progress.print(f"Explorer  {address}/")
    progress.print(f"GraphQL   {address}/graphql")
    progress.print(f"Health    {address}/readyz")
    if settings.is_production:
        progress.print("Sign in   with the mutation `login`, or send a token as `Authorization: Bearer ...`.")
    else:
        progress.print("Sign in   as a demo viewer in the explorer, or send a token as `Authorization: Bearer ...`;")
        progress.print(f"          tokens: {settings.data_folder / 'demo-viewers.json'}")
        if settings.relay is None:
            progress.print(f"Messages  {settings.data_folder / MESSAGES_FOLDER}")
    progress.print("Stop      Ctrl-C")


def _write_tokens(path: Path, viewers: Mapping[str, Mapping[str, str]]) -> None:
    try:
        write_private(path, json.dumps(viewers, indent=2) + "\n")
    except OSError as error:
        raise CommandRefused(_unwritable(path)) from error


def _unwritable(path: Path) -> str:
    return f"`{path}` cannot be written: name a file in a folder that you own."


def main() -> None:
    """Run the command line: an error is one sentence with the remedy, and the exit status is 1."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """
    Run a command and give its exit status.

    Args:
        arguments: What stands behind `avow`.
    """
    try:
        status: object = typer.main.get_command(app).main(arguments, prog_name="avow", standalone_mode=False)
    except typer.Exit as leaving:
        return leaving.exit_code
    except typer.exceptions.TyperException as wrong:
        return _said(_complaint(wrong.format_message()), 2)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except SettingsFaulty as faulty:
        return _said(str(faulty), 1)
    except Exception as error:  # noqa: BLE001  # the end of every command is a sentence
        return _said(_sentence(error), 1)
    return status if isinstance(status, int) else 0


def _complaint(text: str) -> str:
    """Make a sentence of what Typer says of a command line; without a command that is the help itself."""
    if text.startswith("Usage:"):
        return text
    return f"{text if text.endswith(('.', '?')) else text + '.'} `avow --help` shows what there is."


def _said(text: str, status: int) -> int:
    progress.print(text, style="red")
    return status


def _sentence(error: Exception) -> str:
    from models.faults import DatabaseUnavailable
    from models.keys import KeyStoreFault
    from models.roles import RolesRefused
    from server import demo as demo_shop
    from server.importing import ImportRefused
    from server.serving import ServingFailed

    told = (
        demo_shop.DemoLoaded,
        CommandRefused,
        ServingFailed,
        embedded.EmbeddedUnavailable,
        DatabaseUnavailable,
        KeyStoreFault,
        RolesRefused,
        ImportRefused,
    )
    if isinstance(error, told):
        return str(error)
    return (
        f"Something went wrong that should not ({logs.type_of(error)} at {logs.place_of(error.__traceback__)}): "
        "please report this line."
    )
