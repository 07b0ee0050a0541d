"""What people do about their own searches."""

from typing import Any

import strawberry

from permissions.fields import mutation, part
from permissions.may_see import Info
from resolvers import searches
from schema.errors import UserError
from schema.sessions import ERRORS
from schema.users import User


@strawberry.type(description="Your account, or why nothing was cleared.")
class SearchesClearPayload:
    """Payload of `searchesClear`."""

    account: User | None = part("Your account as it is now; null if nothing was done.", columns=("object",))
    user_errors: list[UserError] = part(ERRORS)


async def _clear(info: Info) -> Any:
    return await searches.searches_clear(info.context.viewer)


@strawberry.type
class SearchMutations:
    """Mutations of people's own searches."""

    searches_clear: SearchesClearPayload = mutation("Delete all that you searched for.", resolver=_clear)
