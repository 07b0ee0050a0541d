"""What was searched for: somebody's own, and what is about nobody as long as nobody asks whose it is."""

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from models.bounds import UNLINKED_SEARCHES
from permissions.fields import classified, root, to_many
from permissions.may_see import Info
from policy.classes import DEVICE, SEARCH
from policy.subjects import Subject
from resolvers import searches
from schema.relay import Node, node_id, shows


@strawberry.type(description="What a person searched for, kept because they consent to `PERSONALISATION`.")
class Search(Node):
    """Theirs alone; deleted when they withdraw that consent or clear the list, and after half a year."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Search")

    id: strawberry.ID = node_id("Search")
    words: str | None = classified(SEARCH, "What they searched for, as they wrote it.")
    searched_at: datetime | None = classified(SEARCH, "When they did.")


@strawberry.type(
    description="What was searched for, by whom is not kept. Operators are shown it as long as nothing that the "
    "operation selects, anywhere, leads to a person; otherwise it is null."
)
class UnlinkedSearch:
    """It has no id, no cursor and no place in a list, like a sighting of a device (P2.2c)."""

    about = Subject.VISITOR

    words: str | None = classified(SEARCH, "The words, in small letters.")
    searched_on: date | None = classified(SEARCH, "The day, in UTC.")
    client_kind: str | None = classified(DEVICE, "`web`, `app`, `mini-program` or `api`.")
    user_agent_family: str | None = classified(DEVICE, "The family of the browser or program, such as `Firefox`.")


@strawberry.type(description="Searches of nobody in particular, drawn and ordered by chance anew each time.")
class UnlinkedSearches:
    """What leads to the searches, and says nothing of a person."""

    nodes: list[UnlinkedSearch] = to_many(
        "The searches.", at_most=UNLINKED_SEARCHES, rows=searches.unlinked_of, is_about_nobody=True
    )


First = Annotated[int, strawberry.argument(description=f"How many, 1 to {UNLINKED_SEARCHES}.")]


async def _searches(info: Info, first: First) -> Any:
    return searches.wanted(first)


@strawberry.type
class SearchQueries:
    """Reads of what is searched for."""

    searches: UnlinkedSearches = root(
        "What was searched for without anybody's account; for operators, and empty for everybody else.",
        resolver=_searches,
        is_about_nobody=True,
    )
