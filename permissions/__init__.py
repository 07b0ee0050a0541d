"""Permission classes and field helpers that ask the policy, and the record of what was withheld."""

from permissions.context import Client, OperationContext
from permissions.errors import OperationRefused
from permissions.fields import batch, classified, part, public, to_many, to_one
from permissions.may_see import MaySee

__all__ = [
    "Client",
    "MaySee",
    "OperationContext",
    "OperationRefused",
    "batch",
    "classified",
    "part",
    "public",
    "to_many",
    "to_one",
]
