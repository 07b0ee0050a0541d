"""Parses and validates a document; what it says of a fault never repeats a value from the document."""

import re
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    ValidationContext,
    ValuesOfCorrectTypeRule,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from execution.limits import DocumentLimits
from execution.refusals import DocumentInvalid, DocumentRefused

SYNTAX = "GRAPHQL_PARSE_FAILED"
INVALID = "GRAPHQL_VALIDATION_FAILED"

MOST_FAULTS = 5
"""Validation stops after this many faults: each costs time, and nobody mends more at once."""

_LONGEST_MESSAGE = 300

_EXPECTATION = re.compile(
    r"Syntax Error: Expected (?P<expected>'[^'\s]{1,3}'|<[A-Z]{3}>|[A-Za-z ]{1,40}), found "
    r"(?P<found>'[^'\s]{1,3}'|<[A-Z]{3}>|Name|Int|Float|String|BlockString)"
)
_UNEXPECTED = re.compile(
    r"Syntax Error: Unexpected (?P<found>'[^'\s]{1,3}'|<[A-Z]{3}>|Name|Int|Float|String|BlockString)"
)


class _ValuesFit(ValuesOfCorrectTypeRule):
    """The rule of graphql-core, which would repeat the value, with our own words."""

    def report_error(self, error: GraphQLError) -> None:
        """Report that a value does not fit at the place that the original error names."""
        super().report_error(GraphQLError("A value does not fit the type of its place.", error.nodes))


class _OneOfFits(OneOfInputValidationRule):
    """Strawberry's rule for inputs of which exactly one field is given, with our own words."""

    def report_error(self, error: GraphQLError) -> None:
        """Report that not exactly one field is given."""
        super().report_error(GraphQLError("Exactly one field of this input must be given, and not null.", error.nodes))


class _MaybeFits(MaybeNullValidationRule):
    """Strawberry's rule for inputs that may be left out but not be null, with our own words."""

    def report_error(self, error: GraphQLError) -> None:
        """Report a null where only leaving the input out is allowed."""
        super().report_error(GraphQLError("This input may be left out, but it may not be null.", error.nodes))


def _conflicts_within(budget: int) -> type[ASTValidationRule]:
    class ConflictsWithin(OverlappingFieldsCanBeMergedRule):
        """Looks for conflicting fields, and gives up where that would take too long."""

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = budget

        def enter_selection_set(self, selection_set: SelectionSetNode, _key: Any, parent: Any, *_args: Any) -> None:
            try:
                super().enter_selection_set(selection_set, _key, parent, *_args)
            except ValidationAbortedError:
                raise DocumentRefused(
                    "QUERY_TOO_REPETITIVE",
                    "The same fields are asked for too many times to compare them all. "
                    "Ask for each field once, and share fragments.",
                ) from None

    return ConflictsWithin


_OURS: dict[type[ASTValidationRule], type[ASTValidationRule]] = {ValuesOfCorrectTypeRule: _ValuesFit}


def rules(limits: DocumentLimits) -> tuple[type[ASTValidationRule], ...]:
    """Give the rules of the GraphQL specification and of Strawberry, bounded in time and in what they say."""
    ours = _OURS | {OverlappingFieldsCanBeMergedRule: _conflicts_within(limits.field_comparisons)}
    return (*(ours.get(rule, rule) for rule in specified_rules), _MaybeFits, _OneOfFits)


def parse_text(text: str, limits: DocumentLimits) -> DocumentNode:
    """
    Parse a document that the scanner has let through.

    Raises:
        DocumentInvalid: The text is no GraphQL; the fault says where and what kind of token was met.
    """
    try:
        # One more than counted: the parser also counts the end of the text.
        return _unchained(parse(text, max_tokens=limits.tokens + 1))
    except GraphQLSyntaxError as error:
        fault = DocumentRefused(SYNTAX, _syntax_message(error), locations=error.locations or ())
    except GraphQLError:
        fault = DocumentRefused(SYNTAX, "The document is nested too deeply to be read. Ask for fewer levels.")
    raise DocumentInvalid(SYNTAX, [fault]) from None


def _unchained(document: DocumentNode) -> DocumentNode:
    """
    Let go of the links between a document's tokens, which only the parser follows.

    They lead both ways, so a document that is dropped would wait for the collector with all of its tokens.
    """
    token = document.loc.start_token if document.loc is not None else None
    while token is not None:
        following = token.next
        token.prev = token.next = None
        token = following
    return document


def check(schema: GraphQLSchema, document: DocumentNode, checks: tuple[type[ASTValidationRule], ...]) -> None:
    """
    Validate a document that the analyser has let through.

    Raises:
        DocumentInvalid: It does not fit the schema.
        DocumentRefused: `QUERY_TOO_REPETITIVE`.
    """
    errors = validate(schema, document, checks, max_errors=MOST_FAULTS, hide_suggestions=True)
    if errors:
        raise DocumentInvalid(INVALID, [_fault(error) for error in errors[:MOST_FAULTS]])


def _fault(error: GraphQLError) -> DocumentRefused:
    message = error.message
    if len(message) > _LONGEST_MESSAGE:
        message = message[:_LONGEST_MESSAGE] + " …"
    return DocumentRefused(INVALID, message, locations=error.locations or ())


def _syntax_message(error: GraphQLSyntaxError) -> str:
    """Keep the kind of the token that was met and drop its text, which may be personal."""
    place = "at the place given"
    if error.locations:
        place = f"in line {error.locations[0].line}, column {error.locations[0].column}"
    if found := _EXPECTATION.match(error.message):
        return f"Syntax error {place}: expected {found['expected']}, found {found['found']}."
    if found := _UNEXPECTED.match(error.message):
        return f"Syntax error {place}: unexpected {found['found']}."
    return f"Syntax error {place}."
