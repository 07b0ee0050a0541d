"""Suppliers, as everybody sees them: companies, not persons."""

import strawberry

from permissions.fields import public
from schema.relay import Node, node_id, shows


@strawberry.type(description="A company that provides what the shop sells.")
class Supplier(Node):
    """Everything here is public."""

    is_type_of = shows("Supplier")

    id: strawberry.ID = node_id("Supplier")
    name: str = public("The company's name.")
    slug: str = public("The name as it is used in addresses of pages.")
    region: str = public("Where the company is, as an ISO 3166-1 code.")
