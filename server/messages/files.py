"""Messages as files, so that a developer can read the codes that were sent."""

import asyncio
import os
from dataclasses import dataclass
from email.headerregistry import Address
from pathlib import Path

from commerce.messages import Channel, Message, NotSent
from models import clock
from server.messages.mail import mail
from server.messages.rendering import rendered


@dataclass(frozen=True)
class FileOutbound:
    """Writes one file per message, readable by its owner alone: `.eml` for e-mail, `.txt` for text messages."""

    folder: Path
    sender: Address

    @property
    def channels(self) -> frozenset[Channel]:
        """Both: nothing really leaves."""
        return frozenset(Channel)

    async def send(self, message: Message) -> None:
        """
        Write one message; a repeated attempt replaces the file of the first.

        Raises:
            NotSent: The folder can not be written.
        """
        if message.channel is Channel.EMAIL:
            suffix, content = "eml", bytes(mail(message, by=self.sender))
        else:
            suffix, content = "txt", f"To: {message.to}\n\n{rendered(message).text}".encode()
        moment = clock.now().strftime("%Y%m%dT%H%M%S")
        try:
            await asyncio.to_thread(self._write, f"{moment}-{message.kind}", f"{message.id}.{suffix}", content)
        except OSError as error:
            raise NotSent(
                f"The message could not be written ({type(error).__name__}); check the folder `{self.folder}`."
            ) from None

    def _write(self, prefix: str, name: str, content: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for earlier in self.folder.glob(f"*-{name}"):
            earlier.unlink(missing_ok=True)
        unfinished = self.folder / f".{name}"
        unfinished.unlink(missing_ok=True)
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        unfinished.rename(self.folder / f"{prefix}-{name}")
