"""Messages as texts: one template per kind and language, its first line the subject."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from commerce.messages import Message

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> "ImmutableSandboxedEnvironment":
    # Here, as all that is slow to import and not needed by first answers (`server.later`).
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # The texts are plain: nothing is escaped, because nothing in them is read as markup.
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=False,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


@dataclass(frozen=True)
class Letter:
    """A message as its reader sees it."""

    subject: str
    text: str


def rendered(message: Message) -> Letter:
    """
    Write a message in its language.

    Facts are single lines, so they can not move the empty line that ends the subject.
    """
    template = _environment().get_template(f"{message.language}/{message.kind}.txt")
    subject, _, text = template.render(message.facts).partition("\n\n")
    return Letter(subject=subject, text=text)
