"""Messages for tests: from an invented shop to an invented person."""

from email.headerregistry import Address
from uuid import UUID, uuid4

from commerce.messages import (
    Message,
    MessageKind,
)

SHOP = Address(display_name="", username="shop", domain="shop.example")


ADA = "ada.canary@mail.example"


def code_for(to: str = ADA, *, language: str = "en", code: str = "271828", message_id: UUID | None = None) -> Message:
    """Make a message with a code."""
    return Message(
        id=message_id or uuid4(),
        kind=MessageKind.REGISTRATION_CODE,
        to=to,
        language=language,
        facts={"code": code, "minutes": "15"},
    )
