"""The scalars besides GraphQL's own, each with what specifies its text."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from strawberry.schema.types.base_scalars import DateDefinition, DateTimeDefinition, DecimalDefinition
from strawberry.types.scalar import ScalarDefinition

SCALARS: dict[object, ScalarDefinition] = {
    date: replace(
        DateDefinition,
        description="A day of the calendar: `2027-03-31`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    datetime: replace(
        DateTimeDefinition,
        description="An instant, in UTC: `2027-03-31T08:15:00+00:00`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    Decimal: replace(
        DecimalDefinition,
        description="An exact decimal number, as a string: `12.50`.",
        specified_by_url="https://speleotrove.com/decimal/daconvs.html",
    ),
}
