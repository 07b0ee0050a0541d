"""What becomes known of a request while it is answered."""

from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from server.media_types import AnswerType
from server.streams import Event, Stream


@dataclass(slots=True)
class Exchange:
    """
    What becomes known of one request, or one event, while it is answered; the log line is written from it.

    Args:
        cost: What an operation that ran has cost, as answers tell it.
        accept: What the client takes, as its headers say it.
        stream: The place of the stream that it becomes, or is an event of.
        shown: Stands for what an event shows; None while there is none.
        shows_nothing: Whether an event has nothing to show to the viewer.
    """

    request_id: str
    answer_type: AnswerType = AnswerType.JSON
    kind: str = "none"
    operation: str | None = None
    viewer_kind: str = "unknown"
    code: str | None = None
    has_begun: bool = False
    available: int = 0
    cost: dict[str, Any] | None = None
    accept: list[str] = field(default_factory=list[str])
    stream: Stream | None = None
    shown: bytes | None = None
    shows_nothing: bool = False

    @property
    def extensions(self) -> dict[str, Any]:
        """What is told beside an answer, whatever became of it."""
        return {"cost": self.cost} if self.cost is not None else {}

    def event(self, response: Response) -> Event:
        """Give the answer as an event; the last one where nothing is shown or looked for."""
        is_watching = self.stream is not None and self.stream.is_watching
        is_last = self.shown is None or self.shows_nothing or not is_watching
        return Event(bytes(response.body), self.shown, is_last, self.code)
