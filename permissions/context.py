"""What one operation knows: who asks, from where, its loaders, and what it withheld."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from aiodataloader import DataLoader
from graphql import DocumentNode

from permissions.alike import Alike
from permissions.disclosures import Disclosures
from permissions.errors import OperationRefused
from permissions.grounds import GroundsUsed
from permissions.selections import Selections
from permissions.viewing import Rehearse, Viewing
from permissions.withheld import Decisions, Withheld
from policy.viewer import ANONYMOUS, Viewer

BatchLoad = Callable[[list[Any]], Coroutine[Any, Any, list[Any]]]

Watch = Callable[[Any, Any], Coroutine[Any, Any, None]]
"""Begins to look for changes: by marks (`permissions.fields.Marks`), of the thing with a key."""


class Keep(Enum):
    """Says that an operation leaves the session cookie as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Client:
    """
    What is known of the program that calls; it is recorded with a session and never widens access (P0.1).

    Args:
        user_agent_family: Such as `Firefox`; never the whole header (P1.3b).
        ip_hash: A keyed hash of the address; the address itself is not kept (P1.3b).
        kind: `web`, `app`, `mini-program` or `api`.
    """

    user_agent_family: str = "unknown"
    ip_hash: bytes = b""
    kind: str = "api"


@dataclass(frozen=True, slots=True)
class AskedIn:
    """
    In what context an operation is asked (`@inContext`, `@purpose`); inputs that say it themselves outweigh it.

    Args:
        country: ISO 3166-1 code.
        language: ISO 639-1 code of a language that messages are written in.
        currency: ISO 4217 code.
        purpose: For what a token asks (`@purpose`); None for that of its kind of partner.
    """

    country: str | None = None
    language: str | None = None
    currency: str | None = None
    purpose: str | None = None

    def listing(self) -> dict[str, str | None]:
        """Write it as clients write it; empty where nothing was said."""
        said = {
            "country": self.country,
            "language": self.language and self.language.upper(),
            "currency": self.currency,
        }
        purpose = {"purpose": self.purpose} if self.purpose is not None else {}
        return (said if any(said.values()) else {}) | purpose


@dataclass(slots=True)
class OperationContext:
    """
    The context of one operation; made anew for each, also for every event of a subscription.

    Args:
        open_cells: Decrypts sealed cells, given as (row, column), for many at once.
        budget: How many fields the operation may resolve.
        spent: How many it has, as `spend` counts them.
        viewer: Who asks.
        client: From what.
        prepare: Checks a document that an operation holds as the one of a request is checked, and parses it.
        rehearse: Prepares an operation that an operation holds, to be run as somebody else; None in one that is itself
            run so.
        viewing: Collects what would be shown, where nobody is shown anything; nothing is put on record then.
        asked_in: The country, language and currency that stand for those an input leaves out.
        decisions: Collects how fields were decided, for who asked for it by `@explain`.
        session_cookie: What log-in and log-out want of the session cookie: a new credential, None to clear it.
        watch: Begins to look for changes of what an event shows, by its marks and key; None where no events follow.
    """

    open_cells: BatchLoad
    prepare: Callable[[str], DocumentNode]
    rehearse: Rehearse | None = None
    viewing: Viewing | None = None
    budget: int = 15_000
    spent: int = 0
    viewer: Viewer = ANONYMOUS
    client: Client = field(default_factory=Client)
    asked_in: AskedIn = field(default_factory=AskedIn)
    session_cookie: str | Keep | None = KEEP
    watch: Watch | None = None
    withheld: Withheld = field(default_factory=Withheld)
    decisions: Decisions | None = None
    disclosures: Disclosures = field(default_factory=Disclosures)
    grounds: GroundsUsed = field(default_factory=GroundsUsed)
    selections: Selections | None = None
    alike: Alike = field(default_factory=Alike)
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict[Hashable, DataLoader[Any, Any]])

    async def load(self, key: Hashable, parent: Any, batch: BatchLoad, *, remembers: bool = True) -> Any:
        """
        Load what a field shows of a parent, together with all parents that are asked for it in the same turn.

        Args:
            key: The field, with the arguments that it was called with.
            parent: Whose value is wanted.
            batch: Answers for many parents at once, in their order.
            remembers: Whether a parent that comes again gets the first answer.
        """
        if key not in self._loaders:
            self._loaders[key] = DataLoader(batch, max_batch_size=10_000, cache=remembers)
        # INVARIANT (one field's end is not another's): fields of one parent wait for the same answer, and the executor
        # cancels the fields beside one that failed.
        return await asyncio.shield(self._loaders[key].load(parent))

    def spend(self, fields: int = 1) -> None:
        """
        Count fields before they are resolved, and refuse to go on when there are too many.

        This is the one counter of what an operation costs (`execution/cost.py` works out beforehand what it can come
        to), so whatever resolves fields asks it, before it begins:

        - Where a field's value does not come with its parent's row (its plan has `rows`, or it is a `root` or a
          `mutation`), for each of its parents: as many objects as it leads to, times the fields that are asked of each
          (`Selections.width`, at least one). A page is as many objects as it has nodes, and what is asked of its edges
          and of the page itself is asked of each of them. One object is one, also if it is null; a scalar
          is one field, and so is a list of them.
        - For each call of a field, its plan's `weight`.
        - Nothing else: scalars, objects and lists that come with a row are among the fields asked of it, and what is
          asked of such parts is free, but for what is loaded for them.

        Raises:
            OperationRefused: `QUERY_TOO_COSTLY`. All of the budget then counts as spent.
        """
        spent = self.spent + fields
        if spent > self.budget:
            self.spent = self.budget
            raise OperationRefused(
                "QUERY_TOO_COSTLY", "The answer would have too many fields: ask for smaller pages or shorter lists."
            )
        self.spent = spent

    def forget(self) -> None:
        """Forget all that was loaded, because a mutation is about to change it."""
        self._loaders.clear()
