"""The directives of whole operations: in what context somebody asks, for what purpose, and what they want told."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import DirectiveLocation, GraphQLArgument, GraphQLDirective, GraphQLNonNull, GraphQLString

IN_CONTEXT = "inContext"
EXPLAIN = "explain"
PURPOSE = "purpose"
_ON = [DirectiveLocation.QUERY, DirectiveLocation.MUTATION, DirectiveLocation.SUBSCRIPTION]


def declare(schema: strawberry.Schema) -> None:
    """
    Publish the directives of operations.

    Strawberry acts on directives of fields alone, and pays for each field as soon as it knows of one. These are read
    once, from the analysed operation, before it runs (`execution/directives.py`).
    """
    core: Any = schema._schema  # pyright: ignore[reportPrivateUsage]
    core.directives = (*core.directives, _in_context(core.type_map), _purpose(core.type_map), _explain())


def _in_context(types: Mapping[str, Any]) -> GraphQLDirective:
    return GraphQLDirective(
        IN_CONTEXT,
        _ON,
        {
            "country": GraphQLArgument(
                GraphQLString,
                description="An ISO 3166-1 code: how phone numbers without a country code are read, and the country of "
                "a recipient for whom none is given.",
            ),
            "language": GraphQLArgument(
                types["Language"], description="The language of messages, where an input leaves it out."
            ),
            "currency": GraphQLArgument(
                types["CurrencyCode"],
                description="The currency of `products` and `search`, where a filter leaves it out: of prices that "
                "narrow the list, and of the products in it.",
            ),
        },
        description="In what country, language and currency an operation is asked; what an input says itself outweighs "
        "it. `extensions.context` repeats what was understood.",
    )


def _purpose(types: Mapping[str, Any]) -> GraphQLDirective:
    return GraphQLDirective(
        PURPOSE,
        _ON,
        {
            "is": GraphQLArgument(
                GraphQLNonNull(types["Purpose"]), description="One of the purposes that the token was made for."
            )
        },
        description="For what a partner's token asks in this operation, of all that it was made for; without it the "
        "purpose of its kind of partner counts. `extensions.context` repeats it. Nobody else has purposes to choose "
        "from.",
    )


def _explain() -> GraphQLDirective:
    return GraphQLDirective(
        EXPLAIN,
        _ON,
        description="Adds `extensions.privacy.decisions`: how each field of personal data was decided, also those that "
        "were shown; to the person concerned and to staff also as what they were asked for, by which clauses, and "
        "what is missing.",
    )
