"""Customer-service tickets, as far as they open an agent's sight of an account."""

from datetime import datetime

import strawberry

from models.tickets import TicketState
from permissions.fields import classified, to_one
from policy.classes import SERVICE_RECORD
from policy.subjects import Subject
from resolvers.users import buyers_of
from schema.relay import Node, node_id, shows
from schema.users import User


@strawberry.type(description="A person's request to customer service.")
class Ticket(Node):
    """While it is open, its agent may ask about the person (P2.7)."""

    about = Subject.ACCOUNT_HOLDER
    is_type_of = shows("Ticket")

    id: strawberry.ID = node_id("Ticket")
    state: TicketState | None = classified(SERVICE_RECORD, "Whether it still waits for an answer.")
    opened_at: datetime | None = classified(SERVICE_RECORD, "When it was opened.")
    closed_at: datetime | None = classified(SERVICE_RECORD, "When it was settled; null while it is open.")
    membership_verified_at: datetime | None = classified(
        SERVICE_RECORD, "When the caller's membership was verified; until then contacts are masked to the agent."
    )
    account: User | None = to_one("Whose ticket it is.", by="account_id", rows=buyers_of)
